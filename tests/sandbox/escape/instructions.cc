// System calls from every odd place and by every odd instruction.
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/sandbox/escape/attack.h"

namespace attack {
namespace {

constexpr int kUname32 = 122;  // i386 table

using Code = long (*)(long number, void* argument);

// mov %rdi,%rax; mov %rsi,%rdi; syscall; ret
constexpr unsigned char kCall[] = {0x48, 0x89, 0xf8, 0x48, 0x89, 0xf7, 0x0f, 0x05, 0xc3};
constexpr size_t kSyscallAt = 6;

unsigned char* Pages(size_t count, int protection = PROT_READ | PROT_WRITE | PROT_EXEC) {
  void* pages = mmap(nullptr, count * kPage, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) Broken("mmap");
  return static_cast<unsigned char*>(pages);
}

void CallUnameAt(unsigned char* code, const std::string& how) {
  utsname name{};
  volatile long result = -1;
  Fault([&] { result = reinterpret_cast<Code>(code)(SYS_uname, &name); });
  CheckUname(result, name, how);
}

void Int80(const Arguments&) {
  // The buffer must be below 4 GiB to be a 32-bit pointer.
  void* low = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  if (low == MAP_FAILED) Broken("MAP_32BIT");
  long result = -1;
  Fault([&] {
    asm volatile("int $0x80" : "=a"(result) : "a"(kUname32), "b"(low) : "memory", "r8", "r9", "r10", "r11");
  });
  utsname name;
  memcpy(&name, low, sizeof(name));
  CheckUname(result, name, "int 0x80");
  long pid = -1;
  Fault([&] { asm volatile("int $0x80" : "=a"(pid) : "a"(20) : "memory", "r8", "r9", "r10", "r11"); });
  if (pid > 0 && pid != getpid()) Escaped("int 0x80 getpid answered " + std::to_string(pid));
}

void Sysenter(const Arguments&) {
  Fault([] {
    asm volatile("push %%rbp; mov %%rsp, %%rbp; sysenter; pop %%rbp" ::"a"(20)
                 : "memory", "rcx", "rdx", "r8", "r9", "r10", "r11");
  });
}

// Far-jumps into the 32-bit code segment that every Linux process has, and calls from there.
void CompatibilityMode(const Arguments&) {
  auto* low = static_cast<unsigned char*>(
      mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0));
  if (low == MAP_FAILED) Broken("MAP_32BIT");
  for (const unsigned char* instruction :
       {reinterpret_cast<const unsigned char*>("\xcd\x80"), reinterpret_cast<const unsigned char*>("\x0f\x05"),
        reinterpret_cast<const unsigned char*>("\x0f\x34")}) {
    memset(low, 0xf4, kPage);  // hlt: a fault that brings us back
    memcpy(low, instruction, 2);
    memset(low + kPage, 0, kPage);
    const struct {
      uint32_t offset;
      uint16_t segment;
    } __attribute__((packed)) target = {static_cast<uint32_t>(reinterpret_cast<uintptr_t>(low)), 0x23};
    Fault([&] {
      asm volatile("ljmp *%0" ::"m"(target), "a"(kUname32), "b"(low + kPage)
                   : "memory", "rcx", "rdx", "r8", "r9", "r10", "r11");
    });
    utsname name;
    memcpy(&name, low + kPage, sizeof(name));
    if (name.nodename[0] != '\0') CheckUname(0, name, "32-bit code segment");
  }
}

void Vsyscall(const Arguments&) {
  using GetTimeOfDay = int (*)(timeval*, void*);
  timeval time{};
  const int signal = Fault([&] {
    if (reinterpret_cast<GetTimeOfDay>(0xffffffffff600000)(&time, nullptr) != 0) time.tv_sec = 0;
  });
  if (signal == 0 && time.tv_sec < 1'500'000'000) Escaped("the vsyscall page answered nonsense");
  // Anything but its three entries must fault.
  for (uintptr_t offset : {1, 2, 7, 0x3ff, 0x403, 0xc00, 0xfff}) {
    if (Fault([&] { reinterpret_cast<void (*)()>(0xffffffffff600000 + offset)(); }) == 0) {
      Escaped("an odd address of the vsyscall page ran");
    }
  }
}

void Unaligned(const Arguments&) {
  unsigned char* page = Pages(1);
  for (int offset = 0; offset < 64; ++offset) {
    memset(page, 0x90, kPage);
    memcpy(page + offset, kCall, sizeof(kCall));
    CallUnameAt(page + offset, "syscall at offset " + std::to_string(offset));
  }
}

void AcrossPages(const Arguments&) {
  unsigned char* pages = Pages(2);
  unsigned char* code = pages + kPage - kSyscallAt - 1;  // 0f | 05
  memcpy(code, kCall, sizeof(kCall));
  CallUnameAt(code, "syscall across two pages");
  // At the very end of mapped memory: behind it is nothing to return to.
  munmap(pages + kPage, kPage);
  memcpy(pages + kPage - 2, "\x0f\x05", 2);
  utsname name{};
  Fault([&] { asm volatile("jmp *%0" ::"r"(pages + kPage - 2), "a"(SYS_uname), "D"(&name) : "memory", "rcx", "r11"); });
  if (name.nodename[0] != '\0') CheckUname(0, name, "syscall at the end of a mapping");
}

void SelfModifying(const Arguments&) {
  unsigned char* page = Pages(1);
  for (int i = 0; i < 1000; ++i) {
    memset(page, 0xc3, 64);
    memcpy(page, kCall, sizeof(kCall));
    CallUnameAt(page, "freshly written syscall");
    page[kSyscallAt + 1] = 0x0b;  // ud2
    CallUnameAt(page, "overwritten syscall");
    mprotect(page, kPage, PROT_READ | PROT_EXEC);
    CallUnameAt(page, "overwritten syscall, read-only");
    mprotect(page, kPage, PROT_READ | PROT_WRITE | PROT_EXEC);
  }
  // The same bytes through a second mapping of the same memory.
  const int fd = static_cast<int>(syscall(SYS_memfd_create, "code", 0));
  if (fd < 0 || ftruncate(fd, kPage) != 0) Broken("memfd");
  auto* writable = static_cast<unsigned char*>(mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  auto* executable = static_cast<unsigned char*>(mmap(nullptr, kPage, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0));
  if (writable == MAP_FAILED || executable == MAP_FAILED) Broken("mmap of a memfd");
  memcpy(writable, kCall, sizeof(kCall));
  CallUnameAt(executable, "syscall written through another mapping");
}

// Looks for the sandbox's own pages and runs every `syscall` instruction in them.
void StubCode(const Arguments&) {
  int readable = 0, calls = 0;
  for (uintptr_t page = kTopBegin; page < kUserEnd; page = NextPage(page)) {
    volatile unsigned char* bytes = reinterpret_cast<volatile unsigned char*>(page);
    if (Fault([&] { (void)*bytes; }) != 0) continue;
    ++readable;
    for (size_t at = 0; at + 1 < kPage; ++at) {
      if (bytes[at] != 0x0f || bytes[at + 1] != 0x05) continue;
      ++calls;
      utsname name{};
      long result = -1;
      // What follows the instruction in the stub is not ours; a fault or trap brings us back.
      const uintptr_t target = page + at;
      Fault([&] {
        // Or it goes on for ever.
        const itimerval soon{.it_interval = {}, .it_value = {0, 20'000}};
        syscall(SYS_setitimer, ITIMER_REAL, &soon, nullptr);
        asm volatile("jmp *%1" : "=a"(result) : "r"(target), "0"(SYS_uname), "D"(&name) : "memory", "rcx", "r11");
      });
      if (name.nodename[0] != '\0') CheckUname(0, name, "syscall instruction at the top of memory");
    }
  }
  printf("%d pages readable at the top, %d system-call instructions tried\n", readable, calls);
}

void TrapFlag(const Arguments&) {
  utsname name{};
  long result = -1;
  Fault([&] {
    asm volatile("pushfq; orl $0x100, (%%rsp); popfq; syscall; nop"
                 : "=a"(result)
                 : "0"(SYS_uname), "D"(&name)
                 : "memory", "rcx", "r11");
  });
  if (name.nodename[0] != '\0') CheckUname(0, name, "single-stepped syscall");
}

// rt_sigreturn from frames with registers that no handler could have.
void ForgedSignalFrames(const Arguments&) {
  static utsname name;
  static volatile int round;
  static unsigned char* call_page;
  call_page = Pages(1);
  memcpy(call_page, "\x0f\x05\xf4", 3);  // syscall; hlt
  struct sigaction action {};
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int, siginfo_t*, void* context) {
    greg_t* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    registers[REG_RAX] = SYS_uname;
    registers[REG_RDI] = reinterpret_cast<greg_t>(&name);
    registers[REG_RIP] = reinterpret_cast<greg_t>(call_page);
    switch (round) {
      case 0:
        registers[REG_CSGSFS] = (registers[REG_CSGSFS] & ~0xffffLL) | 0x23;  // 32-bit code
        break;
      case 1:
        registers[REG_CSGSFS] = (registers[REG_CSGSFS] & ~0xffffLL) | 0x10;  // the kernel's code segment
        break;
      case 2:
        registers[REG_EFL] |= 0x3000 | 0x20000 | 0x4000 | 0x100;  // IOPL, VM, NT, TF
        break;
      case 3:
        registers[REG_RIP] = static_cast<greg_t>(0x8000000000000000);  // not canonical
        break;
      case 4:
        registers[REG_RIP] = static_cast<greg_t>(0xffffffff81000000);  // kernel text
        break;
      case 5:
        registers[REG_RSP] = static_cast<greg_t>(0xffffffff81000000);
        break;
      default:
        static_cast<ucontext_t*>(context)->uc_mcontext.fpregs = reinterpret_cast<fpregset_t>(0xffffffff81000000);
        break;
    }
  };
  for (int i = 0; i < 7; ++i) {
    round = i;
    memset(&name, 0, sizeof(name));
    Fault([&] {
      sigaction(SIGUSR1, &action, nullptr);
      raise(SIGUSR1);
    });
    if (name.nodename[0] != '\0') CheckUname(0, name, "forged signal frame " + std::to_string(i));
  }
}

}  // namespace

const std::vector<Attack> kInstructionAttacks = {
    {"int80", Int80},
    {"sysenter", Sysenter},
    {"compatibility_mode", CompatibilityMode},
    {"vsyscall", Vsyscall},
    {"unaligned_syscall", Unaligned},
    {"syscall_across_pages", AcrossPages},
    {"self_modifying_code", SelfModifying},
    {"stub_code", StubCode},
    {"trap_flag", TrapFlag},
    {"forged_signal_frames", ForgedSignalFrames},
};

}  // namespace attack
