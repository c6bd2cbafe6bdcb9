#include "common/explain/explain.h"

#include <unistd.h>

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"

namespace common::explain {
namespace {

struct State {
  absl::Mutex mutex;
  int lines ABSL_GUARDED_BY(mutex) = 0;
  std::function<void(const std::string&)> sink ABSL_GUARDED_BY(mutex);
};

State& GetState() {
  static State* state = new State;  // never destroyed: threads may narrate until the very end
  return *state;
}

void WriteToStandardError(const std::string& line) {
  const std::string text = line + "\n";
  // One write, so that lines of several processes on one terminal do not mix. Nothing can be done about a closed
  // terminal.
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

namespace internal {

std::atomic<bool> enabled{false};

Line::~Line() {
  State& state = GetState();
  absl::MutexLock lock(&state.mutex);
  const std::string place = absl::StrCat(file_, ":", line_);
  const std::string line = absl::StrFormat("explain %3d  %-40s  %s", ++state.lines, place, stream_.str());
  if (state.sink) {
    state.sink(line);
  } else {
    WriteToStandardError(line);
  }
}

}  // namespace internal

void Enable(bool on) { internal::enabled.store(on, std::memory_order_relaxed); }

bool Enabled() { return internal::enabled.load(std::memory_order_relaxed); }

void SetSink(std::function<void(const std::string& line)> sink) {
  State& state = GetState();
  absl::MutexLock lock(&state.mutex);
  state.sink = std::move(sink);
}

}  // namespace common::explain
