// Copies the original into the ghost, chunk by chunk, on several connections.
//
// Each chunk is one INSERT IGNORE .. SELECT .. LOCK IN SHARE MODE in its own transaction. The shared locks hold until
// the chunk's rows are committed in the ghost, so a change of one of these rows commits either before the chunk read it
// (the copy has it) or after the chunk committed (its log event is applied afterwards). IGNORE lets a row that already
// came through the log win.
//
// Finished chunks move the watermark: every row up to it is in the ghost. Chunks may finish out of order; the watermark
// waits for the gaps.
#ifndef MIGRATE_COPY_COPIER_H_
#define MIGRATE_COPY_COPIER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "migrate/copy/chunker.h"
#include "migrate/mysql/connection.h"
#include "migrate/schema/table_pair.h"
#include "migrate/throttle/gate.h"

namespace migrate::copy {

struct CopyOptions {
  int threads = 2;
  ChunkOptions chunk;
  int retries = 60;
  bool stop_at_warnings = true;  // a value that the new definition shortens or changes stops the copy
  KeyValue resume_after;         // continue behind this key
  KeyValue resume_last;          // up to this one
  // Told of each attempt at a chunk that failed, by the thread that made it; may be empty.
  std::function<void(const absl::Status& error)> on_retry;
};

// Where the copy stands.
struct CopyProgress {
  uint64_t rows = 0;    // read from the original by finished chunks
  uint64_t chunks = 0;  // finished
  KeyValue watermark;   // every row up to this key is copied; empty before the first
  KeyValue last;        // the copy ends here
  bool done = false;
};

class Copier {
 public:
  // `session` opens sessions fit for moving rows (see migration/sessions.h). All referenced things must outlive the
  // copier.
  Copier(const schema::TablePair& pair, mysql::ConnectionOptions session, CopyOptions options,
         std::vector<const throttle::Gate*> gates);

  // Copies everything; returns when done, failed, or `stop` was requested (Cancelled). Call once.
  absl::Status Run(std::stop_token stop) ABSL_LOCKS_EXCLUDED(mutex_);

  // Copies one range again after its rows were deleted from the ghost (a repair).
  absl::Status CopyRange(mysql::Connection& connection, const KeyRange& range);

  // Any thread.
  CopyProgress Progress() const ABSL_LOCKS_EXCLUDED(mutex_);
  void SetChunkOptions(const ChunkOptions& options) ABSL_LOCKS_EXCLUDED(mutex_);
  ChunkOptions chunk_options() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Rest after each chunk, as a multiple of its time.
  void SetNiceRatio(double ratio) { nice_ratio_ = ratio; }

 private:
  bool WaitForGates(const std::stop_token& stop) const;
  void Work(std::stop_token stop);
  absl::Status CopyChunks(std::stop_token stop);
  absl::StatusOr<std::optional<Chunk>> NextChunk() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<uint64_t> CopyChunk(mysql::Connection& connection, const Chunk& chunk);  // rows read
  absl::Status CheckWarnings(mysql::Connection& connection, const KeyRange& range);
  void Finish(const Chunk& chunk, uint64_t rows, absl::Duration elapsed) ABSL_LOCKS_EXCLUDED(mutex_);
  std::string CopySql(const KeyRange& range) const;

  const schema::TablePair& pair_;
  const mysql::ConnectionOptions session_;
  const CopyOptions options_;
  const std::vector<const throttle::Gate*> gates_;  // all must be open
  const KeyReader reader_;
  std::atomic<double> nice_ratio_ = 0;

  mutable absl::Mutex mutex_;  // held during a round trip of chunk_connection_; no other lock is taken under it
  std::unique_ptr<mysql::Connection> chunk_connection_ ABSL_GUARDED_BY(mutex_);
  std::optional<Chunker> chunker_ ABSL_GUARDED_BY(mutex_);
  CopyProgress progress_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_unfinished_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, KeyValue> finished_ahead_ ABSL_GUARDED_BY(mutex_);  // chunks behind a gap: number -> upper bound
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  ChunkOptions chunk_options_ ABSL_GUARDED_BY(mutex_);
  std::stop_source failed_;  // stops the other workers
};

}  // namespace migrate::copy

#endif  // MIGRATE_COPY_COPIER_H_
