#include "vrcharts/quotes/store.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "common/metrics/metrics.h"
#include "vrcharts/quotes/cache.h"

namespace vrcharts::quotes {

namespace {

constexpr absl::Duration kLongestPause = absl::Hours(1);  // however long the service asks for

}  // namespace

absl::Duration RetryDelay(int failures, absl::Duration first, absl::Duration longest, double jitter) {
  absl::Duration delay = first;
  for (int i = 1; i < failures && delay < longest; ++i) delay *= 2;
  return std::min(delay, longest) * (0.75 + 0.5 * jitter);
}

bool IsTransient(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status);
}

Store::Store(StoreOptions options) : options_(std::move(options)) {
  for (int i = 0; i < options_.threads; ++i) workers_.emplace_back([this] { Work(); });
}

Store::~Store() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = changed_ = true;
  }
  for (std::thread& worker : workers_) worker.join();
}

size_t Store::Add(Instrument instrument, std::shared_ptr<Source> source) {
  absl::MutexLock lock(&mutex_);
  auto feed = std::make_unique<Feed>();
  feed->instrument = std::move(instrument);
  feed->source = std::move(source);
  feed->due = absl::InfinitePast();
  feeds_.push_back(std::move(feed));
  changed_ = true;
  return feeds_.size() - 1;
}

bool Store::WaitForAll(absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  const auto all_tried = [this] {
    mutex_.AssertReaderHeld();
    return std::all_of(feeds_.begin(), feeds_.end(), [](const auto& feed) { return feed->tried; });
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&all_tried), timeout);
}

Store::Feed* Store::Choose(absl::Time now, absl::Time* wait) {
  Feed* best = nullptr;
  absl::Time best_due = absl::InfiniteFuture();
  for (const auto& feed : feeds_) {
    if (feed->running) continue;
    absl::Time due = feed->due;
    if (const auto it = source_free_.find(feed->source.get()); it != source_free_.end())
      due = std::max(due, it->second);
    if (due < best_due) {
      best_due = due;
      best = feed.get();
    }
  }
  *wait = best_due;
  return best_due <= now ? best : nullptr;
}

void Store::Work() {
  while (true) {
    size_t index = 0;
    Instrument instrument;
    std::shared_ptr<Source> source;
    bool first = false;
    {
      absl::MutexLock lock(&mutex_);
      Feed* feed = nullptr;
      while (!stopping_) {
        absl::Time wait;
        const absl::Time now = absl::Now();
        feed = Choose(now, &wait);
        if (feed != nullptr) break;
        changed_ = false;
        mutex_.AwaitWithDeadline(absl::Condition(&changed_), wait);
      }
      if (stopping_) return;
      feed->running = true;
      index =
          std::find_if(feeds_.begin(), feeds_.end(), [&](const auto& f) { return f.get() == feed; }) - feeds_.begin();
      instrument = feed->instrument;
      source = feed->source;
      first = !feed->tried;
      if (source->spacing() > absl::ZeroDuration()) source_free_[source.get()] = absl::Now() + source->spacing();
    }
    Run(index, instrument, source.get(), first);
  }
}

void Store::Run(size_t index, const Instrument& instrument, Source* source, bool first) {
  if (first && options_.cache != nullptr) {
    if (std::optional<Fetched> cached = options_.cache->Load(instrument); cached.has_value()) {
      Update update{index, instrument, cached->series, "", cached->splits, true, false};
      if (update.instrument.name.empty()) update.instrument = cached->instrument;
      {
        absl::MutexLock lock(&mutex_);
        feeds_[index]->last = cached->series;
        feeds_[index]->last_splits = cached->splits;
      }
      Publish(std::move(update));
    }
  }
  const bool ask = !options_.offline || !source->remote();
  Finish(index, ask ? source->Fetch(instrument) : absl::FailedPreconditionError("offline"), ask);
}

void Store::Finish(size_t index, absl::StatusOr<Fetched> fetched, bool asked) {
  static auto& fetches = common::metrics::GetCounter("vrcharts_fetches_total", "Series fetched.", {{"result", "ok"}});
  static auto& failures =
      common::metrics::GetCounter("vrcharts_fetches_total", "Series fetched.", {{"result", "error"}});
  Update update;
  update.feed = index;
  {
    absl::MutexLock lock(&mutex_);
    Feed& feed = *feeds_[index];
    update.instrument = feed.instrument;
    if (fetched.ok()) {
      feed.last = fetched->series;
      feed.last_splits = fetched->splits;
      feed.failures = 0;
      feed.instrument = update.instrument = fetched->instrument;
      update.message = fetched->warning;
    } else {
      ++feed.failures;
      update.message = std::string(fetched.status().message());
      update.stale = update.failed = true;
    }
    update.series = feed.last;
    update.splits = feed.last_splits;
  }
  if (fetched.ok()) {
    fetches.Increment();
    if (!fetched->warning.empty()) LOG(WARNING) << update.instrument.symbol << ": " << fetched->warning;
    if (options_.cache != nullptr && !fetched->series->empty()) {
      if (const absl::Status saved = options_.cache->Save(*fetched); !saved.ok()) LOG(WARNING) << saved.message();
    }
  } else if (asked) {
    failures.Increment();
    LOG(WARNING) << update.instrument.symbol << ": " << fetched.status().message();
  }
  Publish(std::move(update));

  absl::MutexLock lock(&mutex_);
  Feed& feed = *feeds_[index];
  // xorshift: pauses of different feeds should not stay in step; nothing depends on its quality.
  jitter_ ^= jitter_ << 13;
  jitter_ ^= jitter_ >> 7;
  jitter_ ^= jitter_ << 17;
  const double jitter = static_cast<double>(jitter_ % 1024) / 1024;
  if (!asked || !feed.source->refreshes()) {
    feed.due = absl::InfiniteFuture();
  } else if (fetched.ok() || !IsTransient(fetched.status())) {
    feed.due = absl::Now() + options_.refresh * (fetched.ok() ? 1 : 5);
  } else {
    feed.due = absl::Now() + RetryDelay(feed.failures, options_.first_retry, options_.longest_retry, jitter);
    // Who is told to wait does so, with all symbols of that source.
    if (const absl::Duration pause = std::min(RetryAfter(fetched.status()), kLongestPause);
        pause > absl::ZeroDuration()) {
      absl::Time& free = source_free_[feed.source.get()];
      free = std::max(free, absl::Now() + pause);
    }
  }
  feed.running = false;
  feed.tried = true;
  changed_ = true;
}

void Store::Publish(Update update) {
  if (options_.on_update) options_.on_update(std::move(update));
}

}  // namespace vrcharts::quotes
