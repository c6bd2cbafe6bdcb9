// A guest program: clocks as the C library reads them (through the vDSO if there is one) and as system calls tell them.
#include <sched.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <initializer_list>

namespace {

int64_t Nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

int64_t ByLibrary(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return Nanoseconds(now);
}

int64_t ByCall(clockid_t clock) {
  timespec now{};
  syscall(SYS_clock_gettime, clock, &now);
  return Nanoseconds(now);
}

// A reading by the library lies between two by system call (which coarse clocks may round down by a tick).
void Ordered(const char* name, clockid_t clock) {
  bool ordered = true;
  for (int i = 0; i < 1000; ++i) {
    const int64_t before = ByCall(clock), between = ByLibrary(clock), after = ByCall(clock);
    ordered = ordered && before <= between && between <= after;
  }
  printf("%s ordered %d\n", name, ordered);
}

void NeverBack() {
  int64_t last = 0, steps_back = 0;
  for (int i = 0; i < 200000; ++i) {
    const int64_t now = ByLibrary(CLOCK_MONOTONIC);
    steps_back += now < last;
    last = now;
  }
  printf("monotonic steps back %ld\n", static_cast<long>(steps_back));
}

void Others() {
  timeval day;
  gettimeofday(&day, nullptr);
  const time_t seconds = time(nullptr);
  printf("gettimeofday and time agree %d\n", seconds - day.tv_sec >= 0 && seconds - day.tv_sec <= 1);
  cpu_set_t set;
  sched_getaffinity(0, sizeof(set), &set);
  const int cpu = sched_getcpu();
  printf("getcpu answers %d\n", cpu >= 0 && cpu < sysconf(_SC_NPROCESSORS_CONF));
  timespec resolution;
  printf("resolution of monotonic %d %ld\n", clock_getres(CLOCK_MONOTONIC, &resolution), resolution.tv_nsec);
  printf("no such clock %d\n", clock_gettime(1000, &resolution));
}

}  // namespace

int main(int argc, char** argv) {
  const auto* image = reinterpret_cast<const char*>(getauxval(AT_SYSINFO_EHDR));
  printf("vDSO is an ELF image %d\n", image != nullptr && memcmp(image, "\177ELF", 4) == 0);
  Ordered("realtime", CLOCK_REALTIME);
  Ordered("monotonic", CLOCK_MONOTONIC);
  Ordered("monotonic raw", CLOCK_MONOTONIC_RAW);
  Ordered("boottime", CLOCK_BOOTTIME);
  Ordered("realtime coarse", CLOCK_REALTIME_COARSE);
  Ordered("process time", CLOCK_PROCESS_CPUTIME_ID);
  NeverBack();
  Others();
  fflush(stdout);
  if (argc > 1) return 0;
  // In a forked child, and in one that starts anew.
  for (const bool anew : {false, true}) {
    const pid_t child = fork();
    if (child == 0) {
      if (anew) execl("/proc/self/exe", argv[0], "again", nullptr);
      Ordered("child's monotonic", CLOCK_MONOTONIC);
      fflush(stdout);
      _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    printf("child %d\n", status);
    fflush(stdout);
  }
  return 0;
}
