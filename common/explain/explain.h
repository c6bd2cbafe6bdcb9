// `--explain`: the program narrates, on standard error, what it does while it does it, each line with the place in the
// code where it happens, so that a reader can follow along with the source open.
//
//   EXPLAIN() << "the ghost table " << name << " gets the new schema";
//   EXPLAIN_FIRST_N(3) << "chunk " << lower << " .. " << upper << " is copied in one statement";
//
// prints
//
//   explain  1  migrate/migration/runner.cc:88  the ghost table `_t_gho` gets the new schema
//
// Lines are numbered in the order in which they are printed. While narration is off, a line costs one load of a flag
// and its operands are not evaluated. Thread-safe.
#ifndef COMMON_EXPLAIN_EXPLAIN_H_
#define COMMON_EXPLAIN_EXPLAIN_H_

#include <atomic>
#include <functional>
#include <sstream>
#include <string>

namespace common::explain {

// Switches narration on or off; off at first.
void Enable(bool on);
bool Enabled();

// Sends lines (without line end) to `sink` instead of standard error; nullptr restores that. For tests and for programs
// that own the terminal.
void SetSink(std::function<void(const std::string& line)> sink);

namespace internal {

extern std::atomic<bool> enabled;

// Collects one line and prints it when destroyed.
class Line {
 public:
  Line(const char* file, int line) : file_(file), line_(line) {}
  ~Line();
  std::ostream& stream() { return stream_; }

 private:
  const char* file_;
  int line_;
  std::ostringstream stream_;
};

// Lets the macros below be statements of type void on both branches.
struct Voidify {
  void operator&&(std::ostream&) const {}
};

}  // namespace internal
}  // namespace common::explain

#define COMMON_EXPLAIN_IF(condition) \
  !(condition)                       \
      ? (void)0                      \
      : ::common::explain::internal::Voidify() && ::common::explain::internal::Line(__FILE__, __LINE__).stream()

#define EXPLAIN() COMMON_EXPLAIN_IF(::common::explain::internal::enabled.load(std::memory_order_relaxed))

// Only the first `n` times that this line is reached while narration is on.
#define EXPLAIN_FIRST_N(n)                                                                  \
  COMMON_EXPLAIN_IF(::common::explain::internal::enabled.load(std::memory_order_relaxed) && \
                    ([] {                                                                   \
                      static std::atomic<int> count{0};                                     \
                      return count.fetch_add(1, std::memory_order_relaxed);                 \
                    }()) < (n))

#endif  // COMMON_EXPLAIN_EXPLAIN_H_
