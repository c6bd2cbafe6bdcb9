#include "sandbox/kernel/cpu_clock.h"

#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"

namespace sandbox {

Result<CpuClock> FindCpuClock(Task& task, clockid_t clock) {
  constexpr int kThread = 4, kKind = 3, kTickKinds = 3;
  if (clock >= 0 && clock != CLOCK_PROCESS_CPUTIME_ID && clock != CLOCK_THREAD_CPUTIME_ID) return Error(EINVAL);
  if (clock < 0 && (clock & kKind) == kTickKinds) return Error(EINVAL);
  const bool thread = clock == CLOCK_THREAD_CPUTIME_ID || (clock < 0 && (clock & kThread) != 0);
  const pid_t id = clock < 0 ? ~(clock >> 3) : 0;
  Task* const target = id == 0 ? &task : task.kernel().FindTask(id);
  if (target == nullptr || (thread && &target->thread_group() != &task.thread_group())) return Error(EINVAL);
  const auto sum = [](const CpuTimes& times) { return times.user + times.system; };
  if (!thread) {
    return CpuClock([group = target->thread_group().weak_from_this(), sum]() -> int64_t {
      const auto alive = group.lock();
      return alive == nullptr ? 0 : sum(alive->Times());
    });
  }
  return CpuClock([&kernel = task.kernel(), tid = target->tid(), sum]() -> int64_t {
    const Task* alive = kernel.FindTask(tid);
    return alive == nullptr ? 0 : sum(alive->Times());
  });
}

}  // namespace sandbox
