#include "sandbox/fs/devpts.h"

#include <sys/resource.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sandbox/fs/memory_inode.h"
#include "sandbox/fs/special_inode.h"
#include "sandbox/kernel/current.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/vfs/fd_table.h"

namespace sandbox {
namespace {

constexpr unsigned kSlaveMajor = 136;
constexpr int kMaxTerminals = 1024;
constexpr uint32_t kTtyGroup = 5;

class SlaveInode : public MemoryInode {
 public:
  SlaveInode(uint64_t device, std::shared_ptr<Terminal> terminal, uint32_t uid)
      : MemoryInode(device, static_cast<uint64_t>(terminal->index()) + 3, S_IFCHR | 0620, uid, kTtyGroup),
        terminal_(std::move(terminal)) {
    attributes_.special_device = gnu_dev_makedev(kSlaveMajor, static_cast<unsigned>(terminal_->index()));
  }
  Result<std::shared_ptr<File>> Open(const OpenRequest& request) override {
    if (terminal_->locked || terminal_->master_gone()) return Error(EIO);
    if (request.task != nullptr && (request.flags & O_NOCTTY) == 0) terminal_->Acquire(*request.task, false);
    return std::shared_ptr<File>(std::make_shared<TerminalFile>(*request.path, request.flags, terminal_));
  }
  const std::shared_ptr<Terminal>& terminal() const { return terminal_; }

 private:
  const std::shared_ptr<Terminal> terminal_;
};

class Devpts;
Result<std::shared_ptr<File>> OpenMaster(Devpts& devpts, const OpenRequest& request);

class Devpts : public MemoryInode {
 public:
  Devpts() : MemoryInode(AllocateDevice(), 1, S_IFDIR | 0755, 0, 0) { RegisterNodes(); }

  Result<std::shared_ptr<Inode>> Lookup(std::string_view name) override {
    std::shared_ptr<Inode> found = entries_.Find(name);
    if (!found) return Error(ENOENT);
    return found;
  }
  bool Revalidate(std::string_view name, Inode& child, bool) override { return entries_.Find(name).get() == &child; }
  Result<std::shared_ptr<File>> Open(const OpenRequest& request) override {
    return std::shared_ptr<File>(
        std::make_shared<MemoryDirectoryFile>(*request.path, request.flags, shared_from_this(), &entries_));
  }

  // ENOSPC when there are too many.
  Result<std::shared_ptr<Terminal>> Allocate(uint32_t uid) {
    int index = 0;
    while (terminals_.contains(index)) ++index;
    if (index >= kMaxTerminals) return Error(ENOSPC);
    auto terminal = std::make_shared<Terminal>(index);
    auto inode = std::make_shared<SlaveInode>(attributes_.device, terminal, uid);
    terminals_[index] = terminal;
    entries_.Add(absl::StrCat(index), std::move(inode));
    return terminal;
  }
  void Free(int index) {
    terminals_.erase(index);
    entries_.Remove(absl::StrCat(index));
  }
  std::shared_ptr<Inode> Slave(int index) const { return entries_.Find(absl::StrCat(index)); }
  std::shared_ptr<Terminal> console;

 private:
  void RegisterNodes();

  DirectoryEntries entries_;
  std::map<int, std::shared_ptr<Terminal>> terminals_;
};

Devpts* the_devpts = nullptr;

class MasterFile : public File {
 public:
  MasterFile(Path path, int flags, std::shared_ptr<Terminal> terminal)
      : File(std::move(path), flags), terminal_(std::move(terminal)) {}
  ~MasterFile() override {
    terminal_->MasterClosed();
    if (the_devpts != nullptr) the_devpts->Free(terminal_->index());
  }

  Result<size_t> Read(IoBuffer& to) override {
    if (to.remaining() == 0) return size_t{0};
    if (terminal_->OutputSize() == 0)
      return (terminal_->MasterReadiness() & EPOLLHUP) != 0 ? Error(EIO) : Error(EAGAIN);
    size_t copied = 0;
    if (packets_) {
      char header = 0;  // TIOCPKT_DATA
      ASSIGN_OR_RETURN(copied, to.CopyOut(&header, 1));
    }
    std::string bytes = terminal_->TakeOutput(to.remaining());
    ASSIGN_OR_RETURN(size_t n, to.CopyOut(bytes.data(), bytes.size()));
    return copied + n;
  }
  Result<size_t> Write(IoBuffer& from) override {
    char bytes[4096];
    ASSIGN_OR_RETURN(size_t n, from.CopyIn(bytes, std::min(from.remaining(), sizeof(bytes))));
    terminal_->Input(std::string_view(bytes, n));
    return n;
  }
  Result<uint64_t> Ioctl(Task& task, uint64_t command, uint64_t argument) override {
    switch (command) {
      case TIOCGPTN:
        RETURN_IF_ERROR(task.memory().Write<unsigned>(argument, static_cast<unsigned>(terminal_->index())));
        return uint64_t{0};
      case TIOCSPTLCK: {
        ASSIGN_OR_RETURN(int lock, task.memory().Read<int>(argument));
        terminal_->locked = lock != 0;
        return uint64_t{0};
      }
      case TIOCGPTLCK:
        RETURN_IF_ERROR(task.memory().Write<int>(argument, terminal_->locked ? 1 : 0));
        return uint64_t{0};
      case TIOCPKT: {
        ASSIGN_OR_RETURN(int on, task.memory().Read<int>(argument));
        packets_ = on != 0;
        return uint64_t{0};
      }
      case TIOCGPTPEER:
        return OpenPeer(task, static_cast<int>(argument));
      case FIONREAD:
        RETURN_IF_ERROR(task.memory().Write<int>(argument, static_cast<int>(terminal_->OutputSize())));
        return uint64_t{0};
      default:
        return terminal_->Ioctl(task, command, argument);
    }
  }
  ReadyMask Readiness(ReadyMask mask) override { return mask & terminal_->MasterReadiness(); }
  WaitQueue* wait_queue() override { return &terminal_->master_queue(); }

 private:
  Result<uint64_t> OpenPeer(Task& task, int flags);

  const std::shared_ptr<Terminal> terminal_;
  bool packets_ = false;
};

// A slave's path outside any walk: as if it had been opened at /dev/pts/N.
Path SlavePath(Vfs& vfs, const std::shared_ptr<Inode>& slave, int index) {
  Path root = vfs.RootPath();
  std::string name = absl::StrCat("/dev/pts/", index);
  const std::shared_ptr<const Credentials> credentials = Credentials::ForUser(0, 0, {});
  Result<Path> found = vfs.Resolve(Lookup{root, root, name, *credentials, 0});
  if (found.ok()) return *found;
  return vfs.AnonymousPath(slave, name);
}

Result<uint64_t> MasterFile::OpenPeer(Task& task, int flags) {
  std::shared_ptr<Inode> slave = the_devpts->Slave(terminal_->index());
  if (!slave) return Error(EIO);
  Path path = SlavePath(task.kernel().vfs(), slave, terminal_->index());
  OpenRequest request{flags, &path, &task.credentials(), &task};
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, slave->Open(request));
  ASSIGN_OR_RETURN(int fd, task.fd_table()->Install(std::move(file), (flags & O_CLOEXEC) != 0,
                                                    task.thread_group().Limit(RLIMIT_NOFILE)));
  return static_cast<uint64_t>(fd);
}

Result<std::shared_ptr<File>> OpenMaster(Devpts& devpts, const OpenRequest& request) {
  ASSIGN_OR_RETURN(std::shared_ptr<Terminal> terminal, devpts.Allocate(request.credentials->fsuid));
  terminal->locked = true;
  return std::shared_ptr<File>(std::make_shared<MasterFile>(*request.path, request.flags, std::move(terminal)));
}

Result<std::shared_ptr<File>> OpenControllingTerminal(const OpenRequest& request) {
  if (request.task == nullptr) return Error(ENXIO);
  Session& session = request.task->thread_group().session();
  if (!session.terminal && the_devpts->console) the_devpts->console->Acquire(*request.task, false);
  if (!session.terminal) return Error(ENXIO);
  auto terminal = std::static_pointer_cast<Terminal>(session.terminal);
  return std::shared_ptr<File>(std::make_shared<TerminalFile>(*request.path, request.flags, std::move(terminal)));
}

void Devpts::RegisterNodes() {
  CreateRequest ptmx{.mode = S_IFCHR | 0666, .special_device = gnu_dev_makedev(5, 2)};
  Result<std::shared_ptr<Inode>> node = MakeSpecialInode(attributes_.device, 2, ptmx);
  if (!node.ok()) return;
  entries_.Add("ptmx", *node);
  RegisterCharacterDevice(gnu_dev_makedev(5, 0), OpenControllingTerminal);
  RegisterCharacterDevice(gnu_dev_makedev(5, 1), [this](const OpenRequest& request) -> Result<std::shared_ptr<File>> {
    if (!console) return Error(ENXIO);
    return std::shared_ptr<File>(std::make_shared<TerminalFile>(*request.path, request.flags, console));
  });
  RegisterCharacterDevice(gnu_dev_makedev(5, 2),
                          [this](const OpenRequest& request) { return OpenMaster(*this, request); });
}

}  // namespace

std::shared_ptr<Inode> MakeDevpts() {
  auto devpts = std::make_shared<Devpts>();
  the_devpts = devpts.get();
  return devpts;
}

// The rest of the console is in console.cc; these two need the devpts.
Result<std::shared_ptr<Terminal>> AllocateConsole() {
  if (the_devpts == nullptr) return Error(ENXIO);
  ASSIGN_OR_RETURN(std::shared_ptr<Terminal> terminal, the_devpts->Allocate(0));
  the_devpts->console = terminal;
  return terminal;
}

void GiveConsoleTo(const std::shared_ptr<Session>& session, int32_t group) {
  if (the_devpts != nullptr && the_devpts->console) the_devpts->console->GiveTo(session, group);
}

Result<std::shared_ptr<File>> OpenConsole(Vfs& vfs, const std::shared_ptr<Terminal>& console, int flags) {
  std::shared_ptr<Inode> slave = the_devpts->Slave(console->index());
  if (!slave) return Error(ENXIO);
  return std::shared_ptr<File>(std::make_shared<TerminalFile>(SlavePath(vfs, slave, console->index()), flags, console));
}

}  // namespace sandbox
