// Clocks of the CPU time that guests have used: CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, and those that
// clock_getcpuclockid(3) and pthread_getcpuclockid(3) make (the id, inverted, above three bits).
#ifndef SANDBOX_KERNEL_CPU_CLOCK_H_
#define SANDBOX_KERNEL_CPU_CLOCK_H_

#include <time.h>

#include <cstdint>
#include <functional>

#include "sandbox/abi/result.h"

namespace sandbox {

class Task;

// Reads the clock in nanoseconds, under the kernel lock; 0 once what it measures has gone. EINVAL if `task` may not
// name such a clock.
using CpuClock = std::function<int64_t()>;
Result<CpuClock> FindCpuClock(Task& task, clockid_t clock);

}  // namespace sandbox
#endif  // SANDBOX_KERNEL_CPU_CLOCK_H_
