// The end of a thread and of a process.
#include <malloc.h>
#include <sys/wait.h>

#include <cstddef>
#include <utility>

#include "absl/log/log.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/vfs/fd_table.h"
#include "sandbox/vfs/fs_context.h"

namespace sandbox {
namespace {

constexpr uint32_t kFutexOwnerDied = 0x40000000, kFutexTidMask = 0x3fffffff, kFutexWaiters = 0x80000000;
constexpr int kRobustListLimit = 2048;

// A guest's burst, of 65,000 mappings for example, leaves holes in the sentry's heap that malloc would keep for ever.
// Large ones are given back to the host; as finding them takes time, no more often than once a second.
void GiveBackHeap() {
  constexpr size_t kWorthIt = size_t{16} << 20;
  static absl::Time next_look;  // under the kernel lock, like all of this file
  const absl::Time now = absl::Now();
  if (now < next_look) return;
  next_look = now + absl::Seconds(1);
  if (mallinfo2().fordblks > kWorthIt) malloc_trim(0);
}

}  // namespace

void Task::Exit(int status) {
  exiting_ = true;
  exit_status_ = status;
}

// Futexes that the dying thread still holds get FUTEX_OWNER_DIED (set_robust_list(2)).
void Task::WakeRobustFutexes() {
  struct Head {
    Addr next;
    int64_t futex_offset;
    Addr pending;
  };
  if (robust_list == 0) return;
  const Result<Head> head = mm_->Read<Head>(robust_list);
  if (!head.ok()) return;
  const auto release = [&](Addr entry) {
    const Addr address = (entry & ~Addr{1}) + head->futex_offset;
    uint32_t* word = mm_->WordPointer(address, /*write=*/true);
    if (word == nullptr) return false;
    uint32_t value = __atomic_load_n(word, __ATOMIC_SEQ_CST);
    do {
      if ((value & kFutexTidMask) != static_cast<uint32_t>(tid_)) return true;
    } while (!__atomic_compare_exchange_n(word, &value, (value & kFutexWaiters) | kFutexOwnerDied, false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    if ((value & kFutexWaiters) != 0) (void)kernel_->futexes().Wake(*this, address, /*is_private=*/false, 1, ~0u);
    return true;
  };
  Addr entry = head->next;
  for (int i = 0; i < kRobustListLimit && (entry & ~Addr{1}) != robust_list; ++i) {
    const Result<Addr> next = mm_->Read<Addr>(entry & ~Addr{1});
    if (entry != head->pending && !release(entry)) break;
    if (!next.ok()) break;
    entry = *next;
  }
  if (head->pending != 0) release(head->pending);
}

void Task::Leave() {
  state_ = State::kSentry;
  context_->WillBlock();  // Whoever is woken below need not look for another CPU.
  WakeRobustFutexes();
  if (clear_child_tid != 0 && mm_.use_count() > 1) {
    if (mm_->Write<uint32_t>(clear_child_tid, 0).ok()) {
      (void)kernel_->futexes().Wake(*this, clear_child_tid, /*is_private=*/false, 1, ~0u);
    }
  }
  if (Task* parent = std::exchange(vfork_parent_, nullptr)) {
    parent->vfork_waiting_ = false;
    parent->Wake();
  }
  const std::shared_ptr<ThreadGroup> group = thread_group_;
  // The sum of the group, as long as the host can tell it.
  const CpuTimes times = group->tasks().size() == 1 ? group->Times() : Times();
  if (group->tasks().size() == 1) group->dead_tasks_times = CpuTimes{};
  group->dead_tasks_times.user += times.user;
  group->dead_tasks_times.system += times.system;
  kernel_->Unregister(this);
  context_.reset();  // Ends the stub's thread before its memory is given back.
  // Of the last task the host takes the memory back at once, with the process.
  if (kernel_->tasks().empty()) (void)new std::shared_ptr<MemoryManager>(mm_);
  mm_.reset();
  fd_table_.reset();
  fs_context_.reset();
  // The last one's code is the process's (Linux, synchronize_group_exit).
  if (!group->exiting() && group->tasks().size() == 1) group->wait_status = exit_status_;
  group->RemoveTask(this);
  if (group->tasks().empty()) GiveBackHeap();
}

}  // namespace sandbox
