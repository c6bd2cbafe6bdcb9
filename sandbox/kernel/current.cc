#include "sandbox/kernel/current.h"

namespace sandbox {
namespace {

thread_local Task* current_task = nullptr;

}  // namespace

Task* CurrentTask() { return current_task; }
void SetCurrentTask(Task* task) { current_task = task; }

}  // namespace sandbox
