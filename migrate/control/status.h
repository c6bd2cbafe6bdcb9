// How a migration stands, as one line for people, one JSON object for programs, and a bar for a terminal.
//
//   Copy: 51000/100000 51.0%; Applied: 1203; Backlog: 0; Time: 12s(total), 11s(copy); streamer: bin.000003:48233; Lag:
//   0.12s, State: migrating; ETA: 10s
//
// The line is gh-ost's, for the scripts that read it.
#ifndef MIGRATE_CONTROL_STATUS_H_
#define MIGRATE_CONTROL_STATUS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"

namespace migrate::control {

struct StatusReport {
  std::string table;  // qualified
  std::string state;  // "migrating", "throttled, lag=2s", "postponing cut-over"
  uint64_t rows_copied = 0;
  uint64_t rows_total = 0;  // an estimate while the copy goes on
  bool copy_done = false;
  uint64_t changes_applied = 0;
  uint64_t backlog = 0;  // changes read and not yet applied
  absl::Duration elapsed;
  absl::Duration copy_elapsed;
  std::string position;  // of the stream
  absl::Duration lag;    // of the ghost behind the log

  double progress_percent() const;
  // Of the copy; nullopt while nothing can be said.
  std::optional<absl::Duration> eta() const;
};

std::string FormatText(const StatusReport& report);
std::string FormatJson(const StatusReport& report);
// "[=======>      ]  51.0% of 100000 rows, ETA 10s, migrating", at most `width` columns wide.
std::string FormatBar(const StatusReport& report, int width);

// Whether a line is due now, `second` seconds after the start: every second in the first minute and near the end, then
// less often.
bool IsStatusDue(int64_t second, const StatusReport& report);

}  // namespace migrate::control

#endif  // MIGRATE_CONTROL_STATUS_H_
