#include "migrate/mysql/pool.h"

namespace migrate::mysql {

Pool::Lease& Pool::Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    Return();
    pool_ = std::exchange(other.pool_, nullptr);
    connection_ = std::move(other.connection_);
  }
  return *this;
}

void Pool::Lease::Return() {
  if (pool_ != nullptr) pool_->Return(std::move(connection_));
  pool_ = nullptr;
}

absl::StatusOr<Pool::Lease> Pool::Acquire() {
  std::unique_ptr<Connection> connection;
  {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &Pool::HasRoom));
    ++out_;
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  absl::Status status;
  if (connection == nullptr) {
    absl::StatusOr<std::unique_ptr<Connection>> opened = Connection::Open(options_);
    status = opened.status();
    if (opened.ok()) connection = *std::move(opened);
  } else if (connection->broken()) {
    status = connection->Reconnect();
  }
  if (!status.ok()) {
    Return(nullptr);
    return status;
  }
  return Lease(this, std::move(connection));
}

void Pool::Return(std::unique_ptr<Connection> connection) {
  absl::MutexLock lock(&mutex_);
  --out_;
  if (connection != nullptr) idle_.push_back(std::move(connection));
}

}  // namespace migrate::mysql
