// eventfd(2), timerfd_create(2) and signalfd(2).
//
// Runs under the kernel lock.
#ifndef SANDBOX_FS_EVENT_FILES_H_
#define SANDBOX_FS_EVENT_FILES_H_

#include <time.h>

#include <cstdint>
#include <memory>

#include "sandbox/kernel/signals.h"
#include "sandbox/kernel/timer_queue.h"
#include "sandbox/vfs/file.h"
#include "sandbox/vfs/vfs.h"

namespace sandbox {

// `flags`: O_NONBLOCK.
std::shared_ptr<File> MakeEventFile(Vfs& vfs, uint64_t count, bool semaphore, int flags);

class TimerFile : public File {
 public:
  TimerFile(Path path, int flags, int clock, TimerQueue* timers);

  int clock() const { return clock_; }
  // `value` and `interval` in nanoseconds; value 0 disarms. Absolute times are of `clock()`.
  void Set(int64_t value, int64_t interval, bool absolute);
  itimerspec Get() const;

  Result<size_t> Read(IoBuffer& to) override;
  ReadyMask Readiness(ReadyMask mask) override;
  WaitQueue* wait_queue() override { return &wait_queue_; }

 private:
  void Expired();

  const int clock_;
  int64_t deadline_ = 0;  // monotonic; 0: disarmed
  int64_t interval_ = 0;
  uint64_t expirations_ = 0;
  WaitQueue wait_queue_;
  TimerQueue::Timer timer_;
};
std::shared_ptr<TimerFile> MakeTimerFile(Vfs& vfs, int clock, TimerQueue* timers, int flags);

// Reads the pending signals of whichever task reads.
class SignalFile : public File {
 public:
  SignalFile(Path path, int flags, SignalSet mask) : File(std::move(path), flags), mask_(mask) {}

  void set_mask(SignalSet mask) { mask_ = mask; }
  Result<size_t> Read(IoBuffer& to) override;
  ReadyMask Readiness(ReadyMask mask) override;
  WaitQueue* wait_queue() override;

 private:
  SignalSet mask_;
  WaitQueue none_;  // for readers that are no task
};
std::shared_ptr<SignalFile> MakeSignalFile(Vfs& vfs, SignalSet mask, int flags);

}  // namespace sandbox

#endif  // SANDBOX_FS_EVENT_FILES_H_
