// Where log messages go and what they look like. Messages themselves are Abseil's: LOG(INFO) << ..., VLOG(1) for debug,
// VLOG(2) for trace (absl/log/log.h).
//
// As text, for people:    2026-11-23 10:15:02.123456 I migrate/copy    chunk 12 done  (copier.cc:88)
// As JSON, for machines:
// {"time":"2026-11-23T10:15:02.123456Z","level":"info","component":"migrate/copy","source":"copier.cc:88",
//                          "message":"chunk 12 done"}
//
// The component is the folder of the source file: rooms name themselves.
#ifndef COMMON_LOGGING_LOGGING_H_
#define COMMON_LOGGING_LOGGING_H_

#include <string>

#include "absl/log/log_entry.h"
#include "absl/status/status.h"
#include "common/config/common_options.pb.h"

namespace common::logging {

// Starts logging as the options say: level, format, and file (appended to, created with mode 0640) or standard error.
// Call once, before other threads begin. InvalidArgument if the file cannot be opened; logging then stays on standard
// error.
absl::Status Start(const config::CommonOptions& options);

// Writes out what is buffered; lines are written whole and at once, so this matters only to a file on a failing disk.
void Flush();

// One line, without line end. Thread-safe.
std::string FormatText(const absl::LogEntry& entry);
std::string FormatJson(const absl::LogEntry& entry);

}  // namespace common::logging

#endif  // COMMON_LOGGING_LOGGING_H_
