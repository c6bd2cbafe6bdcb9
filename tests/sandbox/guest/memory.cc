// A guest program: memory as programs see it.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr size_t kPage = 4096;

char* Anonymous(size_t pages, int prot = PROT_READ | PROT_WRITE, int flags = MAP_PRIVATE) {
  return static_cast<char*>(mmap(nullptr, pages * kPage, prot, flags | MAP_ANONYMOUS, -1, 0));
}

// Whether the kernel can read a byte there.
bool Readable(const void* at) {
  int ends[2];
  if (pipe(ends) != 0) return false;
  const bool ok = write(ends[1], at, 1) == 1;
  close(ends[0]);
  close(ends[1]);
  return ok;
}

void CopyOnWrite() {
  char* memory = Anonymous(64);
  for (int i = 0; i < 64; ++i) memory[i * kPage] = static_cast<char>(i);
  char* shared = Anonymous(1, PROT_READ | PROT_WRITE, MAP_SHARED);
  for (int round = 0; round < 3; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      int wrong = 0;
      for (int i = 0; i < 64; ++i) wrong += memory[i * kPage] != static_cast<char>(i + round);
      for (int i = 0; i < 64; ++i) memory[i * kPage] = 99;
      shared[round] = 'c';
      _exit(wrong);
    }
    int status;
    waitpid(child, &status, 0);
    int wrong = 0;
    for (int i = 0; i < 64; ++i) wrong += memory[i * kPage] != static_cast<char>(i + round);
    printf("round %d: child %d parent %d shared %c\n", round, WEXITSTATUS(status), wrong, shared[round]);
    for (int i = 0; i < 64; ++i) ++memory[i * kPage];
  }
}

// What is unmapped and mapped again is empty, and gone in between.
void MappedAgain() {
  int stale = 0, moved = 0;
  size_t size = 3;
  char* at = Anonymous(size);
  for (int round = 0; round < 200; ++round) {
    const size_t pages = round % 8 < 6 ? size : 1 + round % 6;
    const bool writable = round % 3 != 0;
    munmap(at, (round % 4 == 0 ? 6 : size) * kPage);
    if (round % 7 == 0 && Readable(at)) ++stale;
    if (round % 11 == 0 && fork() == 0) _exit(0);
    auto* again = static_cast<char*>(
        mmap(at, pages * kPage, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    moved += again != at;
    at = again;
    size = pages;
    for (size_t i = 0; i < pages * kPage; i += 64) stale += at[i] != 0;
    if (!writable && round % 2 == 0) mprotect(at, pages * kPage, PROT_READ | PROT_WRITE);
    if (writable || round % 2 == 0) memset(at, round + 1, pages * kPage);
    if (round % 5 == 0) munmap(at + (pages - 1) * kPage, kPage);
  }
  while (wait(nullptr) > 0) continue;
  printf("mapped again: stale %d moved %d\n", stale, moved);
}

void FileMappings() {
  char name[] = "/tmp/mapXXXXXX";
  const int fd = mkstemp(name);
  const std::string text(3 * kPage + 100, 'f');
  (void)!write(fd, text.data(), text.size());
  auto* shared = static_cast<char*>(mmap(nullptr, 4 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  auto* mine = static_cast<char*>(mmap(nullptr, 4 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
  shared[5] = 'S';
  mine[6] = 'P';
  char bytes[8] = {};
  (void)!pread(fd, bytes, 7, 1);
  printf("file %s private %c%c zero %d\n", bytes, mine[5], mine[6], shared[3 * kPage + 200]);
  (void)!pwrite(fd, "W", 1, 10);
  printf("shared sees write %c\n", shared[10]);
  msync(shared, kPage, MS_SYNC);
  unlink(name);
  close(fd);
}

void ProtectAndUnmap() {
  char* memory = Anonymous(4);
  memory[kPage] = 'x';
  printf("mprotect %d\n", mprotect(memory + kPage, kPage, PROT_NONE));
  printf("readable %d %d\n", Readable(memory), Readable(memory + kPage));
  mprotect(memory + kPage, kPage, PROT_READ);
  printf("kept %c\n", memory[kPage]);
  munmap(memory + 2 * kPage, kPage);
  printf("hole %d then %d\n", Readable(memory + 2 * kPage), Readable(memory + 3 * kPage));
  printf("fixed no replace %d\n",
         mmap(memory, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED &&
             errno == EEXIST);
  printf("bad addresses %d %d %d\n", mprotect(memory + 1, kPage, PROT_READ),
         munmap(reinterpret_cast<void*>(0x123), kPage), mprotect(memory + 2 * kPage, kPage, PROT_READ));
}

void Remap() {
  char* memory = Anonymous(4);
  strcpy(memory + 3 * kPage, "tail");
  auto* moved = static_cast<char*>(mremap(memory, 4 * kPage, 64 * kPage, MREMAP_MAYMOVE));
  printf("moved %s %d\n", moved + 3 * kPage, moved[40 * kPage]);
  auto* shrunk = static_cast<char*>(mremap(moved, 64 * kPage, 4 * kPage, 0));
  printf("shrunk %d %s gone %d\n", shrunk == moved, shrunk + 3 * kPage, Readable(moved + 10 * kPage));
}

void Advice() {
  char* memory = Anonymous(4);
  memset(memory, 'a', 4 * kPage);
  madvise(memory + kPage, kPage, MADV_DONTNEED);
  printf("dropped %c %d %c\n", memory[0], memory[kPage], memory[2 * kPage]);
  const pid_t child = fork();
  if (child == 0) {
    madvise(memory, kPage, MADV_DONTNEED);
    _exit(memory[0]);
  }
  int status;
  waitpid(child, &status, 0);
  printf("after fork: child %d parent %c\n", WEXITSTATUS(status), memory[0]);
}

void Break() {
  auto* start = static_cast<char*>(sbrk(0));
  sbrk(300000);
  start[299999] = 'b';
  printf("heap grew %td %c\n", static_cast<char*>(sbrk(0)) - start, start[299999]);
  sbrk(-300000);
  sbrk(300000);
  printf("fresh again %d\n", start[299999]);
}

void Reservations() {
  char* room =
      static_cast<char*>(mmap(nullptr, size_t{1} << 40, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  printf("reserved %d\n", room != MAP_FAILED);
  mprotect(room + (size_t{1} << 39), kPage, PROT_READ | PROT_WRITE);
  room[size_t{1} << 39] = 'r';
  printf("used %c\n", room[size_t{1} << 39]);
}

}  // namespace

int main() {
  setvbuf(stdout, nullptr, _IONBF, 0);
  CopyOnWrite();
  MappedAgain();
  FileMappings();
  ProtectAndUnmap();
  Remap();
  Advice();
  Break();
  Reservations();
  return 0;
}
