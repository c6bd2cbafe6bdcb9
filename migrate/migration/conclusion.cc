// The end of a migration: which table is in place, and what is left to clean.
#include <iostream>
#include <string>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "migrate/migration/migration.h"
#include "migrate/mysql/quote.h"
#include "migrate/mysql/retry.h"

namespace migrate::migration {

// What stopped it was not the change itself.
bool Migration::MayBeResumed(const absl::Status& status) const {
  // The work of an earlier run is given up only where going on could never help.
  if (options_.resume()) return status.code() != absl::StatusCode::kDataLoss;
  if (!checkpointer_ || !checkpointer_->saved()) return false;
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
      return false;
    default:
      return true;
  }
}

// Drops what is ours; returns what has to be said about the rest.
std::string Migration::CleanUp(const absl::Status& status) {
  const std::string ghost = mysql::QualifiedName(options_.database(), names_.ghost);
  if (Panicked()) return absl::StrCat("; left as they are: ", ghost, " and ", store_.table());
  if (MayBeResumed(status)) {
    return absl::StrCat("; --resume goes on from here, or drop ", ghost, " and ", store_.table());
  }
  absl::Status dropped = mysql::WithRetries(*connection_, {.retries = 10}, [&] {
    absl::Status status = schema::DropTable(*connection_, options_.database(), names_.ghost);
    if (!status.ok() || !checkpointer_) return status;
    return schema::DropTable(*connection_, options_.database(), names_.changelog);
  });
  if (dropped.ok()) return "";
  return absl::StrCat("; left to drop: ", ghost, " and ", store_.table(), " (", dropped.message(), ")");
}

absl::Status Migration::Conclude(absl::Status status) {
  const bool resumable_kind = ghost_exists_ && !swapped_ && !status.ok();
  housekeeper_.Stop();
  if (ShowsBar()) std::cout << "\r\x1b[K" << std::flush;
  if (resumable_kind) SaveCheckpoint();
  if (applier_) applier_->Stop();
  std::string left;
  if (ghost_exists_ && !swapped_ && !absl::IsUnknown(status)) left = CleanUp(status);
  if (Panicked()) status = absl::AbortedError(operator_.panicked() ? "panic commanded by user" : status.message());
  if (monitor_) monitor_->Stop();

  const std::string old = mysql::QualifiedName(options_.database(), names_.old);
  absl::Status hook =
      status.ok() ? RunHooks("success", {{"GH_OST_INSTANT_DDL", instant_ ? "true" : "false"}}) : RunHooks("failure");
  if (!hook.ok()) LOG(WARNING) << hook.message();
  if (!status.ok()) {
    std::string place = absl::StrCat("; ", table_, " is unchanged");
    if (swapped_) place = absl::StrCat("; ", table_, " is the new table, ", old, " the old one");
    if (absl::IsUnknown(status)) {
      place = absl::StrCat("; ", table_, " is unchanged if there is still a table ",
                           mysql::QualifiedName(options_.database(), names_.ghost), ", else it is the new table");
    }
    return absl::Status(status.code(), absl::StrCat(status.message(), place, left));
  }
  const std::string took = absl::FormatDuration(absl::Trunc(absl::Now() - progress_.begin(), absl::Milliseconds(1)));
  if (!options_.execute()) {
    std::cout << "dry run: every check passed; " << table_ << " is unchanged. --execute does it" << left << std::endl;
  } else if (options_.test_on_replica()) {
    std::cout << "test on replica: " << table_ << " is unchanged, "
              << mysql::QualifiedName(options_.database(), names_.ghost)
              << " has its rows in the new definition; compare them, drop the latter, and start replication again"
              << std::endl;
  } else if (instant_) {
    std::cout << table_ << " has the new definition, by ALGORITHM=INSTANT" << left << std::endl;
  } else {
    std::cout << table_ << " has the new definition after " << took
              << (options_.ok_to_drop_table() ? "; the old table is dropped" : absl::StrCat("; the old table is ", old))
              << std::endl;
  }
  return absl::OkStatus();
}

}  // namespace migrate::migration
