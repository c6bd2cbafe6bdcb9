// A fixed number of connections shared by worker threads.
//
//   Pool pool(options, 4);
//   ASSIGN_OR_RETURN(Pool::Lease connection, pool.Acquire());   // waits while all 4 are out
//   connection->Execute("...");                                 // goes back when the lease ends
//
// Connections are opened on first use and reopened at the next Acquire() when they broke. Sessions are not reset
// between leases: whoever takes table locks or begins a transaction ends it. Thread-safe; the pool must outlive its
// leases.
#ifndef MIGRATE_MYSQL_POOL_H_
#define MIGRATE_MYSQL_POOL_H_

#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "migrate/mysql/connection.h"

namespace migrate::mysql {

class Pool {
 public:
  class Lease {
   public:
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), connection_(std::move(other.connection_)) {}
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { Return(); }

    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    friend class Pool;
    Lease(Pool* pool, std::unique_ptr<Connection> connection) : pool_(pool), connection_(std::move(connection)) {}
    void Return();

    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  Pool(ConnectionOptions options, int size) : options_(std::move(options)), size_(size) {}

  // Waits for a free slot, then fails only if a connection cannot be opened.
  absl::StatusOr<Lease> Acquire() ABSL_LOCKS_EXCLUDED(mutex_);

  int size() const { return size_; }

 private:
  void Return(std::unique_ptr<Connection> connection) ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return out_ < size_; }

  const ConnectionOptions options_;
  const int size_;
  absl::Mutex mutex_;  // a leaf: nothing is called while it is held
  int out_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<Connection>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace migrate::mysql

#endif  // MIGRATE_MYSQL_POOL_H_
