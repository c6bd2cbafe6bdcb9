// Follows the binary log and keeps the ghost table up with it.
//
// Two threads of its own: the reader pulls changes from the stream into the pending set; the flusher takes the set,
// whole, and writes it, on several connections where it is large. While a set is being written the next one fills; when
// that is full the reader stops reading, so the backlog stays in the server's log and not in memory.
//
//   Applier applier(pair, session, options, gate);
//   applier.Start(std::move(stream));
//   applier.WaitFor(position, deadline, stop);   // everything up to `position` is in the ghost
//
// At cut-over nobody but the locking session can write the ghost, so that session takes the last changes along:
//
//   applier.Pause();                              // no statement of ours is running or will be
//   LOCK TABLES ...
//   applier.DrainThrough(locking_session, position, deadline);
//   RENAME ...                                    // or, where it failed: UNLOCK TABLES, applier.Resume()
//
// Thread-safe. Lock order: mutex_ is a leaf.
#ifndef MIGRATE_APPLY_APPLIER_H_
#define MIGRATE_APPLY_APPLIER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "migrate/apply/change_set.h"
#include "migrate/apply/writer.h"
#include "migrate/binlog/position.h"
#include "migrate/binlog/stream.h"
#include "migrate/mysql/connection.h"
#include "migrate/schema/table_pair.h"
#include "migrate/throttle/gate.h"

namespace migrate::apply {

struct ApplyOptions {
  int threads = 2;  // connections that write
  // Changes in one statement; 0: a set is shared among the connections, from 10 to 500 in a statement.
  size_t batch_rows = 0;
  size_t max_pending_bytes = 8 << 20;
  // A small set waits this long for company, so that a trickle of changes does not become a trickle of statements.
  absl::Duration gather = absl::Milliseconds(20);
  int retries = 60;
};

struct ApplyProgress {
  uint64_t changes_read = 0;     // row changes that came from the log
  uint64_t changes_applied = 0;  // of these, in the ghost
  binlog::Position read;         // the log has been read up to here
  binlog::Position applied;      // and is in the ghost up to here
  binlog::Position resume;       // a stream opened here misses nothing that is not applied
  absl::Time event_time;         // when the server wrote what was read last
  absl::Duration lag;  // age of the oldest change that is not in the ghost; in whole seconds, as the log's times
};

class Applier {
 public:
  Applier(const schema::TablePair& pair, mysql::ConnectionOptions session, ApplyOptions options,
          const throttle::Gate& gate);
  ~Applier();

  // Takes the stream, which begins at `start`, and begins to follow it.
  absl::Status Start(std::unique_ptr<binlog::Stream> stream, const binlog::Position& start);
  // Ends both threads; pending changes are dropped.
  void Stop();

  absl::Status WaitFor(const binlog::Position& target, absl::Time deadline, const std::stop_token& stop)
      ABSL_LOCKS_EXCLUDED(mutex_);

  void Pause() ABSL_LOCKS_EXCLUDED(mutex_);
  void Resume() ABSL_LOCKS_EXCLUDED(mutex_);
  // While somebody waits for the end of the log, small sets do not wait for company.
  void Hurry(bool hurry) { hurry_ = hurry; }
  // While paused: writes everything up to `target` through `session`. DeadlineExceeded if that takes too long. When it
  // fails nothing is lost: what was taken is written again after Resume().
  absl::Status DrainThrough(mysql::Connection& session, const binlog::Position& target, absl::Time deadline)
      ABSL_LOCKS_EXCLUDED(mutex_);

  ApplyProgress Progress() const ABSL_LOCKS_EXCLUDED(mutex_);
  // What ended the following of the log; ok while it goes on.
  absl::Status status() const ABSL_LOCKS_EXCLUDED(mutex_);
  void SetBatchRows(size_t rows) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Changes with the place in the log up to which they bring the ghost.
  struct Pending {
    explicit Pending(const RowText& row_text) : set(row_text) {}
    ChangeSet set;
    binlog::Position read;
    binlog::Position resume;
    absl::Time oldest = absl::InfiniteFuture();  // when the server wrote the first of them
  };

  void ReadLog() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Take(const binlog::Item& item) ABSL_LOCKS_EXCLUDED(mutex_);
  void FlushSets() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Flush(const Pending& taken);
  absl::Status RunPhase(const std::vector<std::string>& statements);
  absl::StatusOr<std::vector<std::unique_ptr<mysql::Connection>>> OpenConnections() const;
  absl::Status KeepToPacketSize();
  absl::Status WriteThrough(mysql::Connection& session, const Pending& taken);
  void PutBack(Pending taken) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Pending TakePending() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetApplied(const Pending& taken) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Fail(absl::Status status) ABSL_LOCKS_EXCLUDED(mutex_);
  bool CanFlush() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool CanRead() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  BatchLimits LimitsFor(const ChangeSet& set, size_t connections) const ABSL_LOCKS_EXCLUDED(mutex_);

  const schema::TablePair& pair_;
  const mysql::ConnectionOptions session_;
  const ApplyOptions options_;
  const throttle::Gate& gate_;
  RowText row_text_;        // and
  size_t batch_bytes_ = 0;  // are fixed by Start()
  const Writer writer_;
  std::unique_ptr<binlog::Stream> stream_;
  std::vector<std::unique_ptr<mysql::Connection>> connections_;  // of the flusher and its helpers
  std::stop_source stopping_;
  std::atomic<bool> hurry_ = false;
  std::thread reader_;
  std::thread flusher_;

  mutable absl::Mutex mutex_;
  Pending pending_ ABSL_GUARDED_BY(mutex_);
  ApplyProgress progress_ ABSL_GUARDED_BY(mutex_);
  size_t batch_rows_ ABSL_GUARDED_BY(mutex_);  // as in ApplyOptions
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
  bool flushing_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time flushing_since_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();  // `oldest` of what is being written
};

}  // namespace migrate::apply

#endif  // MIGRATE_APPLY_APPLIER_H_
