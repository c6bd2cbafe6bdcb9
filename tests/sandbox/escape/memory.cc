// Memory: the sandbox's own pages at the top, host files through mappings, bombs.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/sandbox/escape/attack.h"

namespace attack {
namespace {

// Writes to every page at the top of user space that can be reached at all.
void WriteOverStub(const Arguments&) {
  int written = 0;
  for (uintptr_t page = kTopBegin; page < kUserEnd; page = NextPage(page)) {
    volatile unsigned char* bytes = reinterpret_cast<volatile unsigned char*>(page);
    if (Fault([&] { (void)*bytes; }) != 0) continue;
    // Pages that are ours may be written (the stack lies lower than this in the sandbox, natively it does not).
    if (Fault([&] { *bytes = 0xcc; }) == 0) ++written;
    CheckStillInside();
  }
  printf("%d pages at the top could be written\n", written);
}

void UnmapStub(const Arguments&) {
  constexpr size_t kLength = kUserEnd - kTopBegin;
  const uintptr_t stack = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  if (stack >= kTopBegin) Broken("the stack is where the stub should be");
  munmap(reinterpret_cast<void*>(kTopBegin), kLength);
  CheckStillInside();
  for (uintptr_t page = kTopBegin; page < kUserEnd; page += 64 * kPage) {
    void* at = reinterpret_cast<void*>(page);
    munmap(at, kPage);
    mprotect(at, kPage, PROT_NONE);
    mremap(at, kPage, 4 * kPage, MREMAP_MAYMOVE);
    madvise(at, kPage, MADV_DONTNEED);
  }
  CheckStillInside();
}

void MapOverStub(const Arguments&) {
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  for (uintptr_t page = kTopBegin; page < kUserEnd; page += 16 * kPage) {
    void* at = mmap(reinterpret_cast<void*>(page), 16 * kPage, PROT_READ | PROT_WRITE | PROT_EXEC, kFlags, -1, 0);
    if (at != MAP_FAILED) memset(at, 0x0f, 16 * kPage);
  }
  CheckStillInside();
  void* big = mmap(reinterpret_cast<void*>(kTopBegin), kUserEnd - kTopBegin, PROT_NONE, kFlags | MAP_NORESERVE, -1, 0);
  (void)big;
  CheckStillInside();
  // mremap and shmat take addresses, too.
  void* page = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (uintptr_t to = kUserEnd - 64 * kPage; to < kUserEnd + 4 * kPage; to += kPage) {
    void* moved = mremap(page, kPage, kPage, MREMAP_MAYMOVE | MREMAP_FIXED, reinterpret_cast<void*>(to));
    if (moved != MAP_FAILED) page = moved;
  }
  CheckStillInside();
}

// The guest takes away everything it stands on. Only the guest may die of it: the test expects a fault.
void UnmapEverything(const Arguments&) {
  munmap(nullptr, kUserEnd);
  munmap(reinterpret_cast<void*>(kPage), kUserEnd - 2 * kPage);
  munmap(reinterpret_cast<void*>(kPage), 0x7ffff0000000 - 2 * kPage);
  raise(SIGSEGV);
}

// A file of the read-only host, through every kind of mapping. The test compares it afterwards.
void WriteHostFile(const Arguments& arguments) {
  const char* path = arguments.at(0).c_str();
  const int fd = open(path, O_RDONLY);
  if (fd < 0) Broken(std::string("open ") + path);
  for (int flags : {MAP_SHARED, MAP_PRIVATE}) {
    void* direct = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (direct != MAP_FAILED) Fault([&] { memset(direct, 'X', 8); });
    void* upgraded = mmap(nullptr, kPage, PROT_READ, flags, fd, 0);
    if (upgraded == MAP_FAILED) continue;
    if (mprotect(upgraded, kPage, PROT_READ | PROT_WRITE) == 0) Fault([&] { memset(upgraded, 'X', 8); });
    // Through /proc, which may write where the page tables do not let us.
    const int memory = open("/proc/self/mem", O_RDWR);
    if (memory >= 0) (void)!pwrite(memory, "XXXXXXXX", 8, static_cast<off_t>(reinterpret_cast<uintptr_t>(upgraded)));
    close(memory);
  }
  const int write_fd = open(path, O_RDWR);
  if (write_fd >= 0) {
    void* shared = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, write_fd, 0);
    if (shared != MAP_FAILED) {
      Fault([&] { memset(shared, 'X', 8); });
      msync(shared, kPage, MS_SYNC);
    }
    (void)!pwrite(write_fd, "XXXXXXXX", 8, 0);
    (void)!ftruncate(write_fd, 3);
  }
  unlink(path);
}

// Runs under --memory: memory must end for the guest before it ends for the host. Being killed is fine.
void MapBomb(const Arguments& arguments) {
  const size_t limit = std::stoul(arguments.at(0));
  size_t total = 0;
  constexpr size_t kStep = 1 << 20;
  for (;;) {
    void* at = mmap(nullptr, kStep, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) break;
    if (Fault([&] { memset(at, 1, kStep); }) != 0) break;
    total += kStep;
    if (total > 4 * limit) Escaped("touched " + std::to_string(total) + " bytes");
  }
  printf("memory ended after %zu bytes\n", total);
}

// Reserves much, which costs nothing, and then touches all of it: here, and by way of the kernel.
void TouchBomb(const Arguments& arguments) {
  const size_t limit = std::stoul(arguments.at(0));
  auto* const at = static_cast<char*>(
      mmap(nullptr, 8 * limit, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (at == MAP_FAILED) Broken("a reservation should succeed");
  const int zero = open("/dev/zero", O_RDONLY);
  for (size_t done = 0; done < 8 * limit; done += kPage) {
    if (arguments.size() > 1 && read(zero, at + done, kPage) != static_cast<ssize_t>(kPage)) return;
    if (arguments.size() == 1) *(volatile char*)(at + done) = 1;
    if (done > 2 * limit) Escaped("touched " + std::to_string(done) + " bytes");
  }
}

// The same by way of files in memory, shared memory and pipes.
void FileBomb(const Arguments& arguments) {
  const size_t limit = std::stoul(arguments.at(0));
  static char block[1 << 20];
  memset(block, 1, sizeof(block));
  size_t total = 0;
  for (int i = 0; i < 64; ++i) {
    const std::string name = "/tmp/bomb" + std::to_string(i);
    const int fd = i % 2 == 0 ? open(name.c_str(), O_CREAT | O_WRONLY, 0600)
                              : static_cast<int>(syscall(SYS_memfd_create, "bomb", 0));
    if (fd < 0) break;
    for (int j = 0; j < 64; ++j) {
      const ssize_t n = write(fd, block, sizeof(block));
      if (n <= 0) break;
      total += n;
    }
    if (total > 4 * limit) Escaped("wrote " + std::to_string(total) + " bytes");
  }
  printf("memory ended after %zu bytes\n", total);
}

// Address space costs nothing; the sentry's books about it must not, either.
void MappingBomb(const Arguments&) {
  int count = 0;
  for (; count < 3000; ++count) {
    const int protection = count % 2 == 0 ? PROT_READ : PROT_NONE;
    if (mmap(nullptr, kPage, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) break;
  }
  printf("%d mappings\n", count);
  if (mmap(nullptr, 1ul << 46, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) ==
      MAP_FAILED)
    return;
}

}  // namespace

const std::vector<Attack> kMemoryAttacks = {
    {"write_over_stub", WriteOverStub}, {"unmap_stub", UnmapStub},
    {"map_over_stub", MapOverStub},     {"unmap_everything", UnmapEverything},
    {"write_host_file", WriteHostFile}, {"map_bomb", MapBomb},
    {"touch_bomb", TouchBomb},          {"file_bomb", FileBomb},
    {"mapping_bomb", MappingBomb},
};

}  // namespace attack
