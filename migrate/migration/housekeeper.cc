#include "migrate/migration/housekeeper.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace migrate::migration {

void Housekeeper::Every(absl::Duration interval, std::function<void()> task) {
  tasks_.push_back({interval, std::move(task), absl::InfiniteFuture()});
}

void Housekeeper::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Housekeeper::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Housekeeper::Run() {
  for (Task& task : tasks_) task.due = absl::Now() + task.interval;
  while (true) {
    absl::Time next = absl::InfiniteFuture();
    for (const Task& task : tasks_) next = std::min(next, task.due);
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithDeadline(absl::Condition(&stopping_), next)) return;
    }
    for (Task& task : tasks_) {
      if (absl::Now() < task.due) continue;
      task.run();
      // What was missed while a task took long is not made up for.
      task.due = std::max(task.due + task.interval, absl::Now());
    }
  }
}

}  // namespace migrate::migration
