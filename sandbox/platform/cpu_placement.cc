#include "sandbox/platform/cpu_placement.h"

#include <algorithm>

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

int CpuPlacement::IndexOfThisCpu() const {
  const auto it = std::find(cpus_.begin(), cpus_.end(), sched_getcpu());
  return it == cpus_.end() ? 0 : static_cast<int>(it - cpus_.begin());
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

void CpuPlacement::Enter(Pair* pair, int inherited) {
  {
    absl::MutexLock lock(&mutex_);
    pair->cpu = inherited >= 0 ? inherited : LeastLoaded(IndexOfThisCpu());
    pair->running = true;
    ++load_[pair->cpu];
    pairs_.push_back(pair);
  }
  // A sentry thread that served another pair before is pinned to that one's CPU.
  if (inherited < 0 || sched_getcpu() != cpus_[inherited]) Pin(*pair);
}

void CpuPlacement::Leave(Pair* pair) {
  absl::MutexLock lock(&mutex_);
  if (pair->running) --load_[pair->cpu];
  pairs_.erase(std::remove(pairs_.begin(), pairs_.end(), pair), pairs_.end());
}

void CpuPlacement::Block(Pair* pair) {
  absl::MutexLock lock(&mutex_);
  pair->running = false;
  --load_[pair->cpu];
}

void CpuPlacement::Resume(Pair* pair) {
  {
    absl::MutexLock lock(&mutex_);
    const int before = pair->cpu;
    const int best = LeastLoaded(before);
    // A move costs a few microseconds and the caches; only an idle CPU is worth it.
    if (load_[best].load(std::memory_order_relaxed) == 0) pair->cpu = best;
    pair->running = true;
    ++load_[pair->cpu];
    if (pair->cpu == before) return;
  }
  Pin(*pair);
}

bool CpuPlacement::OnlyOthersBusy(const Pair& pair) const {
  const int own = pair.cpu.load(std::memory_order_relaxed);
  if (load_[own].load(std::memory_order_relaxed) != 0) return false;
  for (int i = 0; i < cpu_count(); ++i) {
    if (load_[i].load(std::memory_order_relaxed) > 0) return true;
  }
  return false;
}

bool CpuPlacement::Balance() {
  absl::MutexLock lock(&mutex_);
  const auto shared = [this](const Pair* pair) { return pair->running && load_[pair->cpu] > 1; };
  const auto crowded = std::find_if(pairs_.rbegin(), pairs_.rend(), shared);  // the youngest has the least to lose
  if (crowded == pairs_.rend()) return false;
  Pair* const pair = *crowded;
  const int idle = LeastLoaded(pair->cpu);
  if (load_[idle] != 0) return true;
  --load_[pair->cpu];
  ++load_[idle];
  pair->cpu = idle;
  Pin(*pair);
  return true;
}

void CpuPlacement::Pin(const Pair& pair) const {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpus_[pair.cpu], &set);
  // For speed only: a refusal changes nothing else. A thread that was not started is not pinned.
  for (const pid_t tid : {pair.sentry.load(), pair.guest.load()}) {
    if (tid > 0) sched_setaffinity(tid, sizeof(set), &set);
  }
}

}  // namespace sandbox
