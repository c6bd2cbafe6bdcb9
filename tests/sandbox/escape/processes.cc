// Signals, ptrace and the like at whoever is out there; forks without end; programs that are not programs.
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "tests/sandbox/escape/attack.h"

namespace attack {
namespace {

constexpr pid_t kLastPid = 70000;

void SignalEverybody(const Arguments&) {
  for (int signal : {SIGSTOP, SIGSEGV, SIGTERM, SIGKILL}) {
    for (pid_t pid = 1; pid < kLastPid; pid += pid < 5000 ? 1 : 97) {
      if (pid == getpid()) continue;
      kill(pid, signal);
      syscall(SYS_tkill, pid, signal);
      syscall(SYS_tgkill, pid, pid, signal);
    }
    if (getppid() > 1) kill(getppid(), signal);
    if (getpid() == 1) kill(-1, signal);
    CheckStillInside();
  }
}

void TraceEverybody(const Arguments&) {
  char bytes[64] = {};
  iovec local{bytes, sizeof(bytes)};
  iovec remote{reinterpret_cast<void*>(0x400000), sizeof(bytes)};
  for (pid_t pid = 1; pid < 5000; ++pid) {
    if (pid == getpid()) continue;
    if (ptrace(PTRACE_ATTACH, pid, 0, 0) == 0) Escaped("attached to process " + std::to_string(pid));
    if (ptrace(PTRACE_SEIZE, pid, 0, 0) == 0) Escaped("seized process " + std::to_string(pid));
    if (process_vm_readv(pid, &local, 1, &remote, 1, 0) > 0)
      Escaped("read the memory of process " + std::to_string(pid));
    if (process_vm_writev(pid, &local, 1, &remote, 1, 0) > 0)
      Escaped("wrote the memory of process " + std::to_string(pid));
    const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (pidfd >= 0 && syscall(SYS_pidfd_getfd, pidfd, 0, 0) >= 0)
      Escaped("took a descriptor of process " + std::to_string(pid));
    const std::string memory = "/proc/" + std::to_string(pid) + "/mem";
    if (open(memory.c_str(), O_RDWR) >= 0) Escaped("opened " + memory);
  }
}

// Writes over our own code through /proc/self/mem, the sandbox's pages included.
void OwnMemoryFile(const Arguments&) {
  const int fd = open("/proc/self/mem", O_RDWR);
  if (fd < 0) return;
  char page[kPage];
  memset(page, 0x0f, sizeof(page));
  for (uintptr_t at = kTopBegin; at < kUserEnd; at += kPage) {
    (void)!pread(fd, page, 16, static_cast<off_t>(at));
    (void)!pwrite(fd, page, 16, static_cast<off_t>(at));
  }
  CheckStillInside();
  for (uint64_t at : {0xffffffff81000000ul, 0xffff888000000000ul, 0x8000000000000000ul, ~0ul - 8}) {
    if (pread(fd, page, 16, static_cast<off_t>(at)) > 0) Escaped("read kernel addresses through /proc/self/mem");
  }
}

// Under --pids: fork must fail in time. Every child stays.
void ForkBomb(const Arguments& arguments) {
  const int limit = std::stoi(arguments.at(0));
  int children = 0;
  for (; children <= 4 * limit; ++children) {
    const pid_t child = fork();
    if (child < 0) break;
    if (child == 0) {
      // Their children, too.
      while (fork() == 0) continue;
      for (;;) pause();
    }
  }
  if (children > limit) Escaped(std::to_string(children) + " children");
  if (errno != EAGAIN && errno != ENOMEM) Broken(std::string("fork: ") + strerror(errno));
  printf("fork failed after %d children\n", children);
  fflush(stdout);
  kill(0, SIGKILL);
}

void* Wait(void*) {
  for (;;) pause();
}

void ThreadBomb(const Arguments& arguments) {
  const int limit = std::stoi(arguments.at(0));
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 65536);
  int threads = 0;
  pthread_t thread;
  while (threads <= 4 * limit && pthread_create(&thread, &attributes, Wait, nullptr) == 0) ++threads;
  if (threads > limit) Escaped(std::to_string(threads) + " threads");
  printf("thread creation failed after %d threads\n", threads);
}

void DescriptorBomb(const Arguments&) {
  int count = 0;
  for (; count < 3'000'000; ++count) {
    if (open("/dev/null", O_RDONLY) < 0) break;
  }
  if (count == 3'000'000) Escaped("descriptors without end");
  if (errno != EMFILE && errno != ENFILE && errno != ENOMEM) Broken(std::string("open: ") + strerror(errno));
  printf("%d descriptors\n", count);
}

// Exec of nearly valid programs: a fair exit code, a signal or an error, and the sandbox goes on.
void Exec(const std::string& image) {
  const char* path = "/tmp/program";
  unlink(path);
  const int fd = open(path, O_CREAT | O_WRONLY, 0700);
  if (fd < 0 || write(fd, image.data(), image.size()) != static_cast<ssize_t>(image.size())) Broken("write a program");
  close(fd);
  const pid_t child = fork();
  if (child == 0) {
    alarm(5);
    execl(path, path, nullptr);
    _exit(1);
  }
  int status;
  waitpid(child, &status, 0);
}

std::string OwnImage() {
  std::string image;
  const int fd = open("/proc/self/exe", O_RDONLY);
  char buffer[65536];
  for (ssize_t n; (n = read(fd, buffer, sizeof(buffer))) > 0;) image.append(buffer, n);
  close(fd);
  if (image.size() < sizeof(Elf64_Ehdr)) Broken("read /proc/self/exe");
  return image;
}

void BadPrograms(const Arguments&) {
  mkdir("/tmp", 0777);
  const std::string image = OwnImage();
  Elf64_Ehdr header;
  memcpy(&header, image.data(), sizeof(header));
  const auto with = [&](auto change) {
    std::string changed = image;
    Elf64_Ehdr h = header;
    Elf64_Phdr p[16];
    const size_t count = std::min<size_t>(h.e_phnum, 16);
    memcpy(p, image.data() + h.e_phoff, count * sizeof(Elf64_Phdr));
    change(h, p, count);
    memcpy(changed.data() + header.e_phoff, p, count * sizeof(Elf64_Phdr));
    memcpy(changed.data(), &h, sizeof(h));
    return changed;
  };
  const auto segments = [&](auto change) {
    return with([&](Elf64_Ehdr&, Elf64_Phdr* p, size_t count) {
      for (size_t i = 0; i < count; ++i) {
        if (p[i].p_type == PT_LOAD) change(p[i]);
      }
    });
  };
  for (uint64_t address :
       {0ul, kUserEnd - kPage, kUserEnd, 0x8000000000000000ul, 0xffffffff81000000ul, ~0ul - kPage + 1}) {
    Exec(segments([&](Elf64_Phdr& p) { p.p_vaddr = p.p_paddr = address; }));
    Exec(with([&](Elf64_Ehdr& h, Elf64_Phdr*, size_t) { h.e_entry = address; }));
  }
  for (uint64_t size : {0ul, 1ul, 1ul << 40, 1ul << 62, ~0ul}) {
    Exec(segments([&](Elf64_Phdr& p) { p.p_memsz = size; }));
    Exec(segments([&](Elf64_Phdr& p) { p.p_filesz = size; }));
    Exec(segments([&](Elf64_Phdr& p) { p.p_offset = size; }));
    Exec(segments([&](Elf64_Phdr& p) { p.p_align = size; }));
    Exec(with([&](Elf64_Ehdr& h, Elf64_Phdr*, size_t) { h.e_phoff = size; }));
  }
  for (uint16_t number : {0, 1, 1000, 65535})
    Exec(with([&](Elf64_Ehdr& h, Elf64_Phdr*, size_t) { h.e_phnum = number; }));
  for (uint32_t type : {PT_INTERP, PT_GNU_STACK, PT_TLS, PT_NOTE})
    Exec(segments([&](Elf64_Phdr& p) { p.p_type = type; }));
  for (size_t length : {0ul, 1ul, 4ul, 63ul, 64ul, 100ul, 4096ul}) Exec(image.substr(0, length));
  // Scripts whose interpreter is a script, itself, nothing, or too long.
  for (const std::string& script :
       {std::string("#!/tmp/program\n"), std::string("#!\n"), std::string("#!"), std::string("#! \t \n"),
        "#!" + std::string(5000, '/'), std::string("#!/nowhere -x\n")}) {
    Exec(script);
  }
  // Headers with random bytes changed.
  std::mt19937 random(7);
  for (int i = 0; i < 60; ++i) {
    std::string changed = image;
    for (int j = 0; j < 3; ++j)
      changed[4 + random() % (header.e_phoff + header.e_phnum * sizeof(Elf64_Phdr) - 4)] = static_cast<char>(random());
    Exec(changed);
  }
}

}  // namespace

const std::vector<Attack> kProcessAttacks = {
    {"signal_everybody", SignalEverybody}, {"trace_everybody", TraceEverybody},
    {"own_memory_file", OwnMemoryFile},    {"fork_bomb", ForkBomb},
    {"thread_bomb", ThreadBomb},           {"descriptor_bomb", DescriptorBomb},
    {"bad_programs", BadPrograms},
};

}  // namespace attack
