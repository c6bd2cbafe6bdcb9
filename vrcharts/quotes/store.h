#ifndef VRCHARTS_QUOTES_STORE_H_
#define VRCHARTS_QUOTES_STORE_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "vrcharts/quotes/source.h"

namespace vrcharts::quotes {

class Cache;

// News about one symbol.
struct Update {
  size_t feed = 0;  // as Store::Add returned it
  Instrument instrument;
  SeriesPtr series;                     // null if there is nothing to show (yet)
  std::string message;                  // what went wrong, or a warning about the data; for the panel
  std::vector<CorporateAction> splits;  // that `series` is adjusted for
  bool stale = false;                   // `series` is older than it should be: from the cache, or the last fetch failed
  bool failed = false;                  // the last fetch failed
};

struct StoreOptions {
  int threads = 4;
  absl::Duration refresh = absl::Seconds(60);     // between successful fetches of sources that refresh
  absl::Duration first_retry = absl::Seconds(1);  // doubles with each failure, with jitter of a quarter either way
  absl::Duration longest_retry = absl::Minutes(5);
  bool offline = false;          // only the cache is asked
  std::shared_ptr<Cache> cache;  // may be null
  // Called on worker threads, possibly several at once, with no lock held. For one feed the calls come in order.
  std::function<void(Update)> on_update;
};

// Fetches all symbols on worker threads, again and again: at once when a feed is added (what the cache has first), then
// every `refresh`, after a failure with growing pauses, and never faster than a source's spacing().
//
// Thread-safe. The destructor waits for fetches in progress, which have deadlines of their own.
class Store {
 public:
  explicit Store(StoreOptions options);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Returns the number of the feed: 0, 1, 2...
  size_t Add(Instrument instrument, std::shared_ptr<Source> source) ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits until every feed has been fetched or has failed once; false if that took longer than `timeout`.
  bool WaitForAll(absl::Duration timeout) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Feed {
    Instrument instrument;
    std::shared_ptr<Source> source;
    absl::Time due;
    bool running = false;
    bool tried = false;  // at least once to the end
    int failures = 0;    // since the last success
    SeriesPtr last;
    std::vector<CorporateAction> last_splits;
  };

  void Work() ABSL_LOCKS_EXCLUDED(mutex_);
  // The feed to run next, and in *wait when to look again if none is due.
  Feed* Choose(absl::Time now, absl::Time* wait) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Run(size_t index, const Instrument& instrument, Source* source, bool first) ABSL_LOCKS_EXCLUDED(mutex_);
  // `asked` is false where there was nobody to ask, offline.
  void Finish(size_t index, absl::StatusOr<Fetched> fetched, bool asked) ABSL_LOCKS_EXCLUDED(mutex_);
  void Publish(Update update);

  const StoreOptions options_;
  absl::Mutex mutex_;  // a leaf: nothing is called with it held
  std::vector<std::unique_ptr<Feed>> feeds_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<const Source*, absl::Time> source_free_ ABSL_GUARDED_BY(mutex_);  // spacing() allows the next one
  uint64_t jitter_ ABSL_GUARDED_BY(mutex_) = 1;
  bool changed_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> workers_;
};

// How long to wait after the nth failure in a row (n >= 1): doubles up to `longest`, times 0.75..1.25 for `jitter`
// 0..1.
absl::Duration RetryDelay(int failures, absl::Duration first, absl::Duration longest, double jitter);

// Whether trying again soon may help.
bool IsTransient(const absl::Status& status);

}  // namespace vrcharts::quotes

#endif  // VRCHARTS_QUOTES_STORE_H_
