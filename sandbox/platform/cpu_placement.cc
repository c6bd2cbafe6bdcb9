#include "sandbox/platform/cpu_placement.h"

namespace sandbox {

CpuPlacement::CpuPlacement() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &allowed)) cpus_.push_back(cpu);
    }
  }
  if (cpus_.empty()) cpus_.push_back(0);
  load_ = std::make_unique<std::atomic<int>[]>(cpus_.size());
}

int CpuPlacement::LeastLoaded(int preferred) const {
  int best = preferred;
  int best_load = load_[best].load(std::memory_order_relaxed);
  for (int i = 0; i < cpu_count() && best_load > 0; ++i) {
    const int load = load_[i].load(std::memory_order_relaxed);
    if (load < best_load) best = i, best_load = load;
  }
  return best;
}

int CpuPlacement::Enter() {
  const int index = LeastLoaded(0);
  load_[index].fetch_add(1, std::memory_order_relaxed);
  return index;
}

void CpuPlacement::Leave(int index) { load_[index].fetch_sub(1, std::memory_order_relaxed); }

int CpuPlacement::Return(int index) {
  const int best = LeastLoaded(index);
  // A move costs a few microseconds and the caches; only an idle CPU is worth it.
  const int chosen = load_[best].load(std::memory_order_relaxed) == 0 ? best : index;
  load_[chosen].fetch_add(1, std::memory_order_relaxed);
  return chosen;
}

void CpuPlacement::Pin(pid_t tid, int index) const {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpus_[index], &set);
  sched_setaffinity(tid, sizeof(set), &set);  // Pinning is for speed only: a refusal changes nothing else.
}

}  // namespace sandbox
