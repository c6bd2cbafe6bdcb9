// From signals to an orderly end. The first SIGINT or SIGTERM asks the program to stop: loops look at
// ShutdownRequested(), waits use WaitForShutdown(), event loops watch ShutdownFd(). The second one ends the process at
// once with code 130.
//
// All functions are thread-safe; RequestShutdown() is also safe in a signal handler.
#ifndef COMMON_LIFECYCLE_SHUTDOWN_H_
#define COMMON_LIFECYCLE_SHUTDOWN_H_

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace common::lifecycle {

// Exit codes, the same for all programs.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitInterrupted = 130;

// Installs the handlers of SIGINT and SIGTERM, and ignores SIGPIPE. Call once, early in main; Main() does.
void InstallSignalHandlers();

// Whether the program was asked to stop, by a signal or by RequestShutdown().
bool ShutdownRequested();

// A descriptor for poll(2): readable from the moment of the request on. Belongs to this room; do not read or close it.
int ShutdownFd();

// Waits until the request or until `timeout` has passed; whether it was requested.
bool WaitForShutdown(absl::Duration timeout);

// What a signal does, done by the program itself.
void RequestShutdown();

// Cancelled, "interrupted", for functions that stop early because of the request.
absl::Status InterruptedError();

// The exit code that belongs to a status: InvalidArgument is bad usage or config, Cancelled is interrupted.
int ExitCodeFor(const absl::Status& status);

}  // namespace common::lifecycle

#endif  // COMMON_LIFECYCLE_SHUTDOWN_H_
