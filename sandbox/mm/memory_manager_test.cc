// The memory manager against a model in which memory is an array of bytes.
//
// Random sequences of mmap, munmap, mprotect, mremap, madvise, fork and writes run on both. A guest's own accesses are
// played by applying the manager's changes to a table of pages (fd, offset, protection), as the host does for a stub,
// and asking the manager about faults; the sentry's go through CopyIn and CopyOut. Both must see what the model says.
#include "sandbox/mm/memory_manager.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <map>
#include <random>

#include "gtest/gtest.h"
#include "sandbox/platform/ptrace/ptrace_address_space.h"

namespace sandbox {
namespace {

constexpr Addr kWindow = 0x10'0000'0000;  // random fixed mappings lie here
constexpr int kWindowPages = 48;
constexpr int kFilePages = 8;

using Page = std::array<uint8_t, kPageSize>;

// A process that only waits; the address space kills it at its end.
pid_t Sleeper() {
  const pid_t pid = fork();
  if (pid == 0) {
    for (;;) pause();
  }
  return pid;
}

// What the host has mapped for a stub: the order queue is the platform's own.
class Host {
 public:
  Host() : space_(std::make_shared<PtraceAddressSpace>(Sleeper())) {}
  Host(const Host& parent) : space_(std::make_shared<PtraceAddressSpace>(Sleeper())), pages_(parent.pages_) {}

  const std::shared_ptr<PtraceAddressSpace>& space() const { return space_; }
  void Apply() {
    const std::vector<Order> orders = space_->TakeOrders();
    for (const Order& order : orders) Carry(order);
    space_->Applied(space_->queued());
  }

  // One byte as the guest's instruction would access it; asks `mm` about faults. The signal, or 0.
  int Access(MemoryManager& mm, Addr address, bool write, uint8_t* byte) {
    for (int attempts = 0; attempts < 4; ++attempts) {
      if (space_->urgent()) Apply();
      mm.ReleaseApplied();
      auto it = pages_.find(PageFloor(address));
      if (it != pages_.end() && (it->second.prot & (write ? PROT_WRITE : PROT_READ | PROT_WRITE | PROT_EXEC)) != 0) {
        const Mapped& page = it->second;
        const uint64_t offset = page.offset + address % kPageSize;
        return (write ? pwrite(page.fd, byte, 1, offset) : pread(page.fd, byte, 1, offset)) == 1 ? 0 : SIGBUS;
      }
      const MemoryManager::FaultResult fault = mm.HandleFault(address);
      if (!fault.mended) return fault.signal;
    }
    ADD_FAILURE() << "a fault at 0x" << std::hex << address << " is mended again and again";
    return SIGSEGV;
  }

 private:
  struct Mapped {
    int prot;
    int fd;
    uint64_t offset;
  };

  void Carry(const Order& order) {
    const auto& a = order.arguments;
    const Addr end = a[0] + a[1];
    if (order.number == SYS_mprotect) {
      for (auto it = pages_.lower_bound(a[0]); it != pages_.end() && it->first < end; ++it)
        it->second.prot = static_cast<int>(a[2]);
      return;
    }
    pages_.erase(pages_.lower_bound(a[0]), pages_.lower_bound(end));
    if (order.number != SYS_mmap) return;
    for (Addr page = a[0]; page < end; page += kPageSize) {
      pages_[page] = {static_cast<int>(a[2]), static_cast<int>(a[4]), a[5] + (page - a[0])};
    }
  }

  std::shared_ptr<PtraceAddressSpace> space_;
  std::map<Addr, Mapped> pages_;
};

// A file of kFilePages pages, in the memory file (as tmpfs keeps them) or on the host.
class TestFile : public Mappable {
 public:
  TestFile(std::shared_ptr<MemoryFile> memory, bool in_memory) : memory_(std::move(memory)), in_memory_(in_memory) {
    offset_ = in_memory ? *memory_->Allocate(kFilePages * kPageSize) : 0;
    fd_ = in_memory ? memory_->fd() : memfd_create("host-file", MFD_CLOEXEC);
    for (int i = 0; i < kFilePages; ++i) {
      pages.push_back(std::make_shared<Page>());
      for (size_t at = 0; at < kPageSize; ++at) (*pages[i])[at] = static_cast<uint8_t>(i * 31 + at);
      EXPECT_EQ(pwrite(fd_, pages[i]->data(), kPageSize, offset_ + i * kPageSize), ssize_t{kPageSize});
    }
  }
  ~TestFile() override {
    if (in_memory_) {
      memory_->DecRef(offset_, kFilePages * kPageSize);
    } else {
      close(fd_);
    }
  }
  Result<Extent> Translate(uint64_t offset, uint64_t length, bool) override {
    if (offset >= kFilePages * kPageSize) return Error(ENXIO);
    return Extent{fd_, offset_ + offset, std::min(length, kFilePages * kPageSize - offset), in_memory_};
  }
  std::string MappedName() const override { return "file"; }
  uint64_t MappedDevice() const override { return 1; }
  uint64_t MappedInode() const override { return 2; }

  std::vector<std::shared_ptr<Page>> pages;  // the model's

 private:
  std::shared_ptr<MemoryFile> memory_;
  const bool in_memory_;
  int fd_;
  uint64_t offset_;
};

// The model of one page: `bytes` null is beyond the end of its file.
struct ModelPage {
  int prot;
  bool shared;
  bool own;  // private and written: not the file's any more
  std::shared_ptr<Page> bytes;
  std::shared_ptr<Page> origin;  // what MADV_DONTNEED goes back to; null: zeroes
  bool anonymous;
};

struct Process {
  Host host;
  std::shared_ptr<MemoryManager> mm;
  std::map<Addr, ModelPage> model;
};

class MemoryManagerTest : public testing::TestWithParam<uint32_t> {
 public:
  MemoryManagerTest() : random_(GetParam()) {
    memory_ = *MemoryFile::Create(0);
    for (const bool in_memory : {true, true, false}) files_.push_back(std::make_shared<TestFile>(memory_, in_memory));
    auto first = std::make_unique<Process>();
    first->mm = std::make_shared<MemoryManager>(memory_, first->host.space());
    processes_.push_back(std::move(first));
  }

  uint32_t Pick(uint32_t n) { return random_() % n; }
  Process& AnyProcess() { return *processes_[Pick(processes_.size())]; }
  Addr AnyPage() { return kWindow + Pick(kWindowPages) * kPageSize; }
  // A page the process has, or any.
  Addr LikelyPage(const Process& process) {
    if (process.model.empty() || Pick(8) == 0) return AnyPage();
    auto it = process.model.lower_bound(AnyPage());
    return it == process.model.end() ? process.model.rbegin()->first : it->first;
  }
  int AnyProtection() {
    constexpr int kChoices[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE};
    return kChoices[Pick(4)];
  }

  void Map(Process& process);
  void Unmap(Process& process);
  void Protect(Process& process);
  void Remap(Process& process);
  void DropPages(Process& process);
  void Fork(Process& process);
  void GuestWrite(Process& process);
  void SentryWrite(Process& process);
  void CheckPage(Process& process, Addr page);
  void CheckAll();
  // What a write does to the model; false if it must fail.
  static bool MakeWritable(Process& process, Addr page);

  std::mt19937 random_;
  std::shared_ptr<MemoryFile> memory_;
  std::vector<std::shared_ptr<TestFile>> files_;
  std::vector<std::unique_ptr<Process>> processes_;
};

void MemoryManagerTest::Map(Process& process) {
  MemoryManager::MapOptions options;
  const int pages = 1 + static_cast<int>(Pick(6));
  options.length = pages * kPageSize;
  options.prot = AnyProtection();
  options.fixed = Pick(3) != 0;
  options.address = options.fixed ? AnyPage() : 0;
  const uint32_t kind = Pick(4);
  uint64_t first_page = 0;
  if (kind != 0) {
    options.file = files_[kind - 1];
    first_page = Pick(kFilePages);
    options.file_offset = first_page * kPageSize;
    // The one that is shared is never mapped privately: whether a private page that was not written shows later changes
    // of its file is unspecified (mmap(2)), and here depends on whether a neighbour was written.
    options.shared = kind == 1;
  }
  const std::shared_ptr<TestFile> file = kind == 0 ? nullptr : files_[kind - 1];
  const Result<Addr> start = process.mm->Map(options);
  ASSERT_TRUE(start.ok()) << start.error();
  ASSERT_TRUE(!options.fixed || *start == options.address);
  for (int i = 0; i < pages; ++i) {
    const Addr page = *start + i * kPageSize;
    ASSERT_TRUE(options.fixed || !process.model.contains(page)) << "given out twice";
    ModelPage& model = process.model[page];
    model = {options.prot, options.shared, false, nullptr, nullptr, file == nullptr};
    if (file == nullptr) {
      model.bytes = std::make_shared<Page>();
      model.bytes->fill(0);
      model.own = true;
    } else if (first_page + i < kFilePages) {
      model.bytes = model.origin = file->pages[first_page + i];
    }
  }
}

void MemoryManagerTest::Unmap(Process& process) {
  const Addr start = LikelyPage(process);
  const uint64_t length = (1 + Pick(5)) * kPageSize;
  ASSERT_TRUE(process.mm->Unmap(start, length).ok());
  process.model.erase(process.model.lower_bound(start), process.model.lower_bound(start + length));
}

void MemoryManagerTest::Protect(Process& process) {
  const Addr start = LikelyPage(process);
  const int pages = 1 + static_cast<int>(Pick(4));
  const int prot = AnyProtection();
  bool whole = true;
  for (int i = 0; i < pages; ++i) whole = whole && process.model.contains(start + i * kPageSize);
  const Result<void> result = process.mm->Protect(start, pages * kPageSize, prot);
  ASSERT_EQ(result.ok(), whole) << result.error();
  for (int i = 0; whole && i < pages; ++i) process.model[start + i * kPageSize].prot = prot;
}

void MemoryManagerTest::Remap(Process& process) {
  const Addr start = LikelyPage(process);
  if (!process.model.contains(start)) return;
  const uint64_t old_length = kPageSize, new_length = (1 + Pick(3)) * kPageSize;
  const ModelPage moved = process.model[start];
  const Result<Addr> target = process.mm->Remap(start, old_length, new_length, MREMAP_MAYMOVE, 0);
  ASSERT_TRUE(target.ok()) << target.error();
  if (*target != start) process.model.erase(start);
  process.model[*target] = moved;
  for (uint64_t at = kPageSize; at < new_length; at += kPageSize) {
    ModelPage& added = process.model[*target + at];
    added = {moved.prot, moved.shared, false, nullptr, nullptr, moved.anonymous};
    if (moved.anonymous) {
      added.bytes = std::make_shared<Page>();
      added.bytes->fill(0);
      added.own = true;
      continue;
    }
    // The next page of the same file.
    for (const std::shared_ptr<TestFile>& file : files_) {
      for (size_t i = 0; i < kFilePages; ++i) {
        const size_t next = i + at / kPageSize;
        if (file->pages[i] == moved.origin && next < kFilePages) added.bytes = added.origin = file->pages[next];
      }
    }
  }
}

void MemoryManagerTest::DropPages(Process& process) {
  const Addr page = LikelyPage(process);
  auto it = process.model.find(page);
  if (it == process.model.end()) return;
  ASSERT_TRUE(process.mm->Advise(page, kPageSize, MADV_DONTNEED).ok());
  ModelPage& model = it->second;
  if (model.shared || !model.own) return;
  if (model.anonymous) {
    model.bytes = std::make_shared<Page>();
    model.bytes->fill(0);
  } else {
    model.bytes = model.origin;
    model.own = false;
  }
}

void MemoryManagerTest::Fork(Process& process) {
  if (processes_.size() >= 4) {
    processes_.erase(processes_.begin() + Pick(processes_.size() - 1));
    return;
  }
  process.mm->PrepareFork(LikelyPage(process));
  process.host.Apply();
  auto child = std::make_unique<Process>(Process{Host(process.host), nullptr, process.model});
  child->mm = process.mm->Fork(child->host.space());
  ASSERT_NE(child->mm, nullptr);
  for (auto& [page, model] : child->model) {
    if (model.own && !model.shared) model.bytes = std::make_shared<Page>(*model.bytes);
  }
  processes_.push_back(std::move(child));
}

bool MemoryManagerTest::MakeWritable(Process& process, Addr page) {
  auto it = process.model.find(page);
  if (it == process.model.end() || (it->second.prot & PROT_WRITE) == 0 || it->second.bytes == nullptr) return false;
  ModelPage& model = it->second;
  if (!model.shared && !model.own) {
    model.bytes = std::make_shared<Page>(*model.bytes);
    model.own = true;
  }
  return true;
}

void MemoryManagerTest::GuestWrite(Process& process) {
  const Addr page = LikelyPage(process), address = page + Pick(kPageSize);
  uint8_t byte = static_cast<uint8_t>(random_());
  // An munmap is applied late: until then the guest would still reach what was there.
  process.mm->address_space()->MakeUrgent();
  const int signal = process.host.Access(*process.mm, address, /*write=*/true, &byte);
  const bool may = MakeWritable(process, page);
  ASSERT_EQ(signal == 0, may) << "signal " << signal;
  if (may) (*process.model[page].bytes)[address % kPageSize] = byte;
}

void MemoryManagerTest::SentryWrite(Process& process) {
  const Addr address = LikelyPage(process) + Pick(kPageSize);
  std::vector<uint8_t> bytes(1 + Pick(3 * kPageSize));
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random_());
  const size_t copied = process.mm->CopyOutPartly(address, bytes.data(), bytes.size());
  size_t expected = 0;
  while (expected < bytes.size()) {
    const Addr at = address + expected;
    if (!MakeWritable(process, PageFloor(at))) break;
    (*process.model[PageFloor(at)].bytes)[at % kPageSize] = bytes[expected];
    ++expected;
  }
  ASSERT_EQ(copied, expected);
}

void MemoryManagerTest::CheckPage(Process& process, Addr page) {
  auto it = process.model.find(page);
  const bool readable = it != process.model.end() && it->second.prot != PROT_NONE && it->second.bytes != nullptr;
  Page seen;
  ASSERT_EQ(process.mm->CopyInPartly(seen.data(), page, kPageSize) == kPageSize, readable) << std::hex << page;
  const size_t at = Pick(kPageSize);
  uint8_t byte = 0;
  process.mm->address_space()->MakeUrgent();
  const int signal = process.host.Access(*process.mm, page + at, /*write=*/false, &byte);
  if (it == process.model.end() || it->second.prot == PROT_NONE) {
    ASSERT_EQ(signal, SIGSEGV) << std::hex << page;
  } else if (it->second.bytes == nullptr) {
    ASSERT_EQ(signal, SIGBUS) << std::hex << page;
  } else {
    ASSERT_EQ(signal, 0) << std::hex << page;
    ASSERT_EQ(seen, *it->second.bytes) << "the sentry's view of 0x" << std::hex << page;
    ASSERT_EQ(byte, (*it->second.bytes)[at]) << "the guest's view of 0x" << std::hex << page + at;
  }
}

void MemoryManagerTest::CheckAll() {
  for (const std::unique_ptr<Process>& process : processes_) {
    for (int i = 0; i < kWindowPages; ++i) CheckPage(*process, kWindow + i * kPageSize);
    std::vector<Addr> pages;
    for (const auto& [page, model] : process->model) pages.push_back(page);
    for (const Addr page : pages) CheckPage(*process, page);
    uint64_t mapped = 0;
    for (const auto& [start, vma] : process->mm->vmas()) mapped += vma.end - start;
    ASSERT_EQ(mapped, process->model.size() * kPageSize);
    ASSERT_EQ(process->mm->mapped_bytes(), mapped);
  }
}

TEST_P(MemoryManagerTest, AgreesWithAnArrayOfBytes) {
  using Step = void (MemoryManagerTest::*)(Process&);
  // As often as they stand here.
  constexpr Step kSteps[] = {
      &MemoryManagerTest::Map,        &MemoryManagerTest::Map,         &MemoryManagerTest::Unmap,
      &MemoryManagerTest::Protect,    &MemoryManagerTest::Remap,       &MemoryManagerTest::DropPages,
      &MemoryManagerTest::GuestWrite, &MemoryManagerTest::GuestWrite,  &MemoryManagerTest::GuestWrite,
      &MemoryManagerTest::GuestWrite, &MemoryManagerTest::SentryWrite, &MemoryManagerTest::Fork};
  for (int step = 0; step < 4000 && !HasFatalFailure(); ++step) {
    SCOPED_TRACE(step);
    const uint32_t which = Pick(std::size(kSteps));
    (this->*kSteps[which])(AnyProcess());
    if (HasFatalFailure()) FAIL() << "in step kind " << which;
    Process& looked_at = AnyProcess();
    CheckPage(looked_at, LikelyPage(looked_at));
    if (step % 100 == 99) CheckAll();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, MemoryManagerTest, testing::Range(1u, 9u));

// Thousands of neighbours of different protection, as a hostile or a garbage-collected program makes them.
TEST(MemoryManager, ManySmallMappings) {
  const std::shared_ptr<MemoryFile> memory = *MemoryFile::Create(0);
  Host host;
  MemoryManager mm(memory, host.space());
  constexpr int kCount = 50000;
  Addr first = 0, last = 0;
  for (int i = 0; i < kCount; ++i) {
    MemoryManager::MapOptions options;
    options.length = kPageSize;
    options.prot = i % 2 == 0 ? PROT_READ : PROT_READ | PROT_WRITE;
    const Result<Addr> start = mm.Map(options);
    ASSERT_TRUE(start.ok());
    if (i == 0) first = *start;
    ASSERT_TRUE(i == 0 || *start == last - kPageSize);
    last = *start;
    host.Apply();
  }
  // A hole above is found again.
  ASSERT_TRUE(mm.Unmap(first - 100 * kPageSize, 2 * kPageSize).ok());
  MemoryManager::MapOptions options;
  options.length = 2 * kPageSize;
  EXPECT_EQ(*mm.Map(options), first - 100 * kPageSize);
  options.length = kPageSize;
  EXPECT_EQ(*mm.Map(options), last - kPageSize);
}

}  // namespace
}  // namespace sandbox
