#include "migrate/migration/table_lock.h"

#include <optional>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "migrate/mysql/quote.h"
#include "migrate/mysql/retry.h"

namespace migrate::migration {

absl::Status TableLock::Take(const mysql::ConnectionOptions& session) {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(session);
  if (!connection.ok()) return connection.status();
  connection_ = *std::move(connection);
  return Lock();
}

absl::Status TableLock::Lock() {
  const std::string name = absl::StrCat("SHA2(", mysql::QuoteString(absl::StrCat("migrate ", table_)), ", 256)");
  absl::StatusOr<std::optional<std::string>> locked = connection_->QueryValue(
      absl::StrCat("SELECT IF(IS_USED_LOCK(", name, ") <=> CONNECTION_ID(), 1, GET_LOCK(", name, ", 1))"));
  if (!locked.ok()) return locked.status();
  if (locked->value_or("0") == "1") return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("another migration of ", table_, " is running on this server"));
}

void TableLock::Keep() {
  absl::MutexLock lock(&mutex_);
  // A lost session is made sure to have ended, or it would be the other migration.
  absl::Status status =
      mysql::WithRetries(*connection_, {.retries = 2}, [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return Lock(); });
  if (absl::IsFailedPrecondition(status)) {
    failure_ = status;
  } else if (!status.ok()) {
    LOG(WARNING) << "the lock that keeps other migrations away is lost for now: " << status.message();
  }
}

absl::Status TableLock::failure() const {
  absl::MutexLock lock(&mutex_);
  return failure_;
}

}  // namespace migrate::migration
