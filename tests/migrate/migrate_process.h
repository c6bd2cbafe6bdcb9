// Runs the migrate program as a user would.
//
//   MigrateProcess process({"--host=127.0.0.1", ...});
//   EXPECT_EQ(process.Wait(), 0) << process.output();
//
// With kTerminal it has a terminal of its own, 80 columns wide, and Type() is what the user types there.
#ifndef TESTS_MIGRATE_MIGRATE_PROCESS_H_
#define TESTS_MIGRATE_MIGRATE_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace tests::migrate {

class MigrateProcess {
 public:
  enum Place { kPipe, kTerminal };

  // Starts it; both output streams are collected.
  explicit MigrateProcess(std::vector<std::string> arguments, Place place = kPipe);
  ~MigrateProcess();  // kills it if it still runs

  // Waits for its end: the exit code, or 128 + the signal that killed it.
  int Wait();
  void Signal(int signal) const;
  void Type(const std::string& text) const;  // kTerminal
  // Waits until the output holds `text`; false if the program ended or `timeout` passed without it.
  bool WaitForOutput(const std::string& text, absl::Duration timeout);
  // What it has written so far.
  std::string output() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void StartOnPipe(char* const* argv);
  void StartOnTerminal(char* const* argv);
  void Collect(int fd) ABSL_LOCKS_EXCLUDED(mutex_);

  pid_t pid_ = -1;
  int fd_ = -1;  // its output, and on a terminal its input too
  std::thread collector_;
  mutable absl::Mutex mutex_;
  std::string output_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tests::migrate

#endif  // TESTS_MIGRATE_MIGRATE_PROCESS_H_
