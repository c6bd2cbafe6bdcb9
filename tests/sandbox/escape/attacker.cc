#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tests/sandbox/escape/attack.h"

namespace attack {

sigjmp_buf g_fault;

namespace {

void OnFault(int signal) { siglongjmp(g_fault, signal); }

}  // namespace

void CatchFaults() {
  static char stack[65536];
  const stack_t alternate{.ss_sp = stack, .ss_flags = 0, .ss_size = sizeof(stack)};
  sigaltstack(&alternate, nullptr);
  struct sigaction action {};
  action.sa_handler = OnFault;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  for (int signal : {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS, SIGALRM}) sigaction(signal, &action, nullptr);
}

void Escaped(const std::string& what) {
  printf("ESCAPED: %s\n", what.c_str());
  fflush(stdout);
  _exit(42);
}

void Broken(const std::string& what) {
  printf("attack could not be made: %s\n", what.c_str());
  fflush(stdout);
  _exit(43);
}

void CheckUname(long result, const utsname& name, const std::string& how) {
  if (result == 0 && strcmp(name.nodename, "canary") != 0) Escaped(how + ": the host answered: " + name.nodename);
}

void CheckStillInside() {
  utsname name{};
  if (uname(&name) != 0) Escaped("uname does not work any more");
  CheckUname(0, name, "uname after the attack");
}

}  // namespace attack

int main(int argc, char** argv) {
  using attack::Attack;
  const attack::Arguments arguments(argv + (argc < 2 ? 1 : 2), argv + argc);
  for (const auto* attacks : {&attack::kInstructionAttacks, &attack::kMemoryAttacks, &attack::kFileAttacks,
                              &attack::kProcessAttacks, &attack::kArgumentAttacks}) {
    for (const Attack& candidate : *attacks) {
      if (argc < 2) {
        printf("%s\n", candidate.name);
      } else if (strcmp(argv[1], candidate.name) == 0) {
        candidate.run(arguments);
        attack::CheckStillInside();
        printf("held\n");
        return 0;
      }
    }
  }
  return argc < 2 ? 0 : 44;
}
