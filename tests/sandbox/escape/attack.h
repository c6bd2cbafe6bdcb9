// The guest's side of the escape tests: a static program that tries one way out of the sandbox.
//
//   attacker NAME [ARGUMENT...]
//
// Each attack is a function; it returns normally if the sandbox held, calls Escaped() with what it got hold of if not.
// A canary tells whose kernel answered: the sandbox runs with --hostname=canary, the host is called something else.
#ifndef TESTS_SANDBOX_ESCAPE_ATTACK_H_
#define TESTS_SANDBOX_ESCAPE_ATTACK_H_

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>

#include <string>
#include <vector>

namespace attack {

using Arguments = std::vector<std::string>;

struct Attack {
  const char* name;
  void (*run)(const Arguments& arguments);
};

// Exit code 42, which the tests look for, and the reason on standard output.
[[noreturn]] void Escaped(const std::string& what);
// Exit code 43: the attack could not even be made.
[[noreturn]] void Broken(const std::string& what);

// Escaped() unless uname(2), called in the ordinary way, shows the canary: the sandbox must still be sound.
void CheckStillInside();
// The same for a result that an odd call filled in; `result` is what the call returned.
void CheckUname(long result, const struct utsname& name, const std::string& how);

// Runs `body`; the number of the signal that ended it, or 0. Only for faults.
template <typename Body>
int Fault(Body body);

// 0x7ffffffff000: where x86-64 user space ends. The sandbox keeps its own pages somewhere below.
inline constexpr uintptr_t kUserEnd = 0x7ffffffff000;
inline constexpr uintptr_t kTopBegin = kUserEnd - (256ul << 20);
inline constexpr uintptr_t kPage = 4096;
// Pages in which to look for the sandbox's own: all of the first and last 2 MiB of the top, samples between.
inline uintptr_t NextPage(uintptr_t page) {
  constexpr uintptr_t kEdge = 2 << 20;
  return page + (page < kTopBegin + kEdge || page >= kUserEnd - kEdge ? kPage : 256 * kPage);
}

extern sigjmp_buf g_fault;
void CatchFaults();

template <typename Body>
int Fault(Body body) {
  CatchFaults();
  const int signal = sigsetjmp(g_fault, 1);
  if (signal == 0) body();
  return signal;
}

// The attacks, by file.
extern const std::vector<Attack> kInstructionAttacks;  // instructions.cc
extern const std::vector<Attack> kMemoryAttacks;       // memory.cc
extern const std::vector<Attack> kFileAttacks;         // files.cc
extern const std::vector<Attack> kProcessAttacks;      // processes.cc
extern const std::vector<Attack> kArgumentAttacks;     // arguments.cc

}  // namespace attack
#endif  // TESTS_SANDBOX_ESCAPE_ATTACK_H_
