// The task whose system call this sentry thread is serving; for the few places that a caller's identity reaches by no
// argument: job control of terminals, /proc/self.
#ifndef SANDBOX_KERNEL_CURRENT_H_
#define SANDBOX_KERNEL_CURRENT_H_

namespace sandbox {

class Task;

// Null on threads that serve no guest.
Task* CurrentTask();
void SetCurrentTask(Task* task);

}  // namespace sandbox

#endif  // SANDBOX_KERNEL_CURRENT_H_
