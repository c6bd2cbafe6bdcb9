#include "vrcharts/wall/background.h"

#include <utility>

namespace vrcharts::wall {

Background::Background() : thread_([this] { Work(); }) {}

Background::~Background() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void Background::Post(std::function<void()> job) {
  absl::MutexLock lock(&mutex_);
  jobs_.push_back(std::move(job));
}

bool Background::WaitUntilIdle(absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  const auto idle = [this] {
    mutex_.AssertReaderHeld();
    return jobs_.empty() && !running_;
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&idle), timeout);
}

void Background::Work() {
  const auto wanted = [this] {
    mutex_.AssertReaderHeld();
    return stopping_ || !jobs_.empty();
  };
  while (true) {
    std::function<void()> job;
    {
      absl::MutexLock lock(&mutex_);
      running_ = false;
      mutex_.Await(absl::Condition(&wanted));
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
      running_ = true;
    }
    job();
  }
}

}  // namespace vrcharts::wall
