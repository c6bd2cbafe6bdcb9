#include "sandbox/fs/proc.h"

#include <linux/magic.h>
#include <sys/mount.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sandbox/kernel/current.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/vfs/fs_context.h"
#include "sandbox/vfs/vfs.h"

namespace sandbox {

uint64_t ProcDevice() {
  static const uint64_t device = AllocateDevice();
  return device;
}

uint64_t NextProcInode() {
  static uint64_t next = 1;
  return next++;
}

namespace {

struct statfs ProcStatFs() {
  struct statfs result = {};
  result.f_type = PROC_SUPER_MAGIC;
  result.f_bsize = result.f_frsize = 4096;
  result.f_namelen = 255;
  return result;
}

class TextInode : public MemoryInode {
 public:
  TextInode(uint64_t number, uint32_t mode, uint32_t uid, uint32_t gid, TextMaker maker, TextTaker taker)
      : MemoryInode(ProcDevice(), number, S_IFREG | mode, uid, gid),
        maker_(std::move(maker)),
        taker_(std::move(taker)) {}
  Result<std::shared_ptr<File>> Open(const OpenRequest& request) override;
  // Opening with O_TRUNC is how shells write.
  Result<void> SetAttributes(const AttributeChange& change) override {
    return change.size && taker_ ? Ok() : Result<void>(Error(EPERM));
  }
  Result<struct statfs> StatFs() override { return ProcStatFs(); }
  const TextMaker& maker() const { return maker_; }
  const TextTaker& taker() const { return taker_; }

 private:
  const TextMaker maker_;
  const TextTaker taker_;
};

class TextFile : public SeekableFile {
 public:
  TextFile(Path path, int flags, std::shared_ptr<TextInode> node)
      : SeekableFile(std::move(path), flags), node_(std::move(node)) {}

  Result<size_t> ReadAt(IoBuffer& to, uint64_t offset) override {
    if (offset == 0 || !made_) {
      ASSIGN_OR_RETURN(text_, node_->maker()());
      made_ = true;
    }
    if (offset >= text_.size()) return size_t{0};
    return to.CopyOut(text_.data() + offset, std::min<size_t>(to.remaining(), text_.size() - offset));
  }
  Result<size_t> WriteAt(IoBuffer& from, uint64_t) override {
    if (!node_->taker()) return Error(EINVAL);
    std::string written(std::min<size_t>(from.remaining(), 65536), '\0');
    ASSIGN_OR_RETURN(size_t n, from.CopyIn(written.data(), written.size()));
    written.resize(n);
    RETURN_IF_ERROR(node_->taker()(written));
    return n;
  }

 private:
  const std::shared_ptr<TextInode> node_;
  std::string text_;
  bool made_ = false;
};

Result<std::shared_ptr<File>> TextInode::Open(const OpenRequest& request) {
  return std::shared_ptr<File>(std::make_shared<TextFile>(*request.path, request.flags,
                                                          std::static_pointer_cast<TextInode>(shared_from_this())));
}

class LinkInode : public MemoryInode {
 public:
  LinkInode(uint64_t number, uint32_t uid, uint32_t gid, LinkMaker maker)
      : MemoryInode(ProcDevice(), number, S_IFLNK | 0777, uid, gid), maker_(std::move(maker)) {}
  Result<std::string> ReadLink() override {
    ASSIGN_OR_RETURN(LinkTarget target, maker_());
    return target.text;
  }
  Result<LinkTarget> Follow(const Credentials&) override { return maker_(); }
  Result<struct statfs> StatFs() override { return ProcStatFs(); }

 private:
  const LinkMaker maker_;
};

class DynamicDirectoryFile : public DirectoryFile {
 public:
  DynamicDirectoryFile(Path path, int flags, std::shared_ptr<DynamicDirectory> directory)
      : DirectoryFile(std::move(path), flags), directory_(std::move(directory)) {}

 protected:
  Result<int64_t> ListFrom(int64_t position, DirectorySink& sink) override {
    for (const DynamicDirectory::Name& entry : directory_->List(position)) {
      if (!sink.Add(entry.name, static_cast<uint64_t>(entry.position) + 0x10000, entry.type, entry.position + 1))
        return entry.position;
      position = entry.position + 1;
    }
    return position;
  }

 private:
  const std::shared_ptr<DynamicDirectory> directory_;
};

// The root: fixed entries, "self", and one directory a process.
class ProcRoot : public DynamicDirectory {
 public:
  explicit ProcRoot(Kernel& kernel)
      : DynamicDirectory(NextProcInode(), 0555, 0, 0),
        kernel_(kernel),
        fixed_(std::make_shared<StaticDirectory>(NextProcInode())) {
    AddSystemFiles(kernel, *fixed_);
    fixed_->Add("sys", MakeSysctl(kernel));
    fixed_->Add("self", MakeProcLink(NextProcInode(), 0, 0, []() -> Result<LinkTarget> {
                  if (CurrentTask() == nullptr) return Error(ENOENT);
                  return LinkTarget{absl::StrCat(CurrentTask()->thread_group().id()), std::nullopt};
                }));
    fixed_->Add("thread-self", MakeProcLink(NextProcInode(), 0, 0, []() -> Result<LinkTarget> {
                  Task* task = CurrentTask();
                  if (task == nullptr) return Error(ENOENT);
                  return LinkTarget{absl::StrCat(task->thread_group().id(), "/task/", task->tid()), std::nullopt};
                }));
  }

  Result<std::shared_ptr<Inode>> Lookup(std::string_view name) override {
    Result<std::shared_ptr<Inode>> fixed = fixed_->Lookup(name);
    if (fixed.ok()) return fixed;
    int32_t pid;
    if (name.empty() || name[0] < '1' || name[0] > '9' || !absl::SimpleAtoi(name, &pid)) return Error(ENOENT);
    std::shared_ptr<ThreadGroup> group = kernel_.FindThreadGroup(pid);
    if (!group) {
      // A thread has a directory, too, that ls does not show.
      Task* task = kernel_.FindTask(pid);
      if (task == nullptr) return Error(ENOENT);
      return MakeProcessDirectory(kernel_, task->thread_group().shared_from_this(), pid, false);
    }
    return MakeProcessDirectory(kernel_, std::move(group), pid, false);
  }

  bool Revalidate(std::string_view name, Inode& child, bool) override {
    if (child.type() == S_IFLNK || name[0] < '0' || name[0] > '9') return true;
    int32_t pid;
    return absl::SimpleAtoi(name, &pid) && child.Lookup("comm").ok();
  }

  std::vector<Name> List(int64_t position) override {
    std::vector<Name> names;
    // Fixed entries first, then processes at 1000 + pid.
    static constexpr std::string_view kFixed[] = {"cmdline",     "cpuinfo", "devices", "diskstats", "filesystems",
                                                  "loadavg",     "meminfo", "mounts",  "net",       "partitions",
                                                  "self",        "stat",    "swaps",   "sys",       "sysvipc",
                                                  "thread-self", "uptime",  "version", "vmstat"};
    int64_t at = 2;
    for (std::string_view name : kFixed) {
      Result<std::shared_ptr<Inode>> inode = fixed_->Lookup(name);
      if (at >= position && inode.ok()) names.push_back({at, std::string(name), DirectoryType((*inode)->mode())});
      ++at;
    }
    for (const auto& [pid, group] : kernel_.thread_groups()) {
      if (1000 + pid >= position) names.push_back({1000 + pid, absl::StrCat(pid), DT_DIR});
    }
    return names;
  }

 private:
  Kernel& kernel_;
  const std::shared_ptr<StaticDirectory> fixed_;
};

}  // namespace

std::shared_ptr<Inode> MakeTextFile(uint64_t number, uint32_t mode, uint32_t uid, uint32_t gid, TextMaker maker,
                                    TextTaker taker) {
  return std::make_shared<TextInode>(number, mode, uid, gid, std::move(maker), std::move(taker));
}

std::shared_ptr<Inode> MakeProcLink(uint64_t number, uint32_t uid, uint32_t gid, LinkMaker maker) {
  return std::make_shared<LinkInode>(number, uid, gid, std::move(maker));
}

StaticDirectory::StaticDirectory(uint64_t number, uint32_t permissions, uint32_t uid, uint32_t gid)
    : MemoryInode(ProcDevice(), number, S_IFDIR | permissions, uid, gid) {}

Result<std::shared_ptr<Inode>> StaticDirectory::Lookup(std::string_view name) {
  std::shared_ptr<Inode> found = entries_.Find(name);
  if (!found) return Error(ENOENT);
  return found;
}

Result<std::shared_ptr<File>> StaticDirectory::Open(const OpenRequest& request) {
  return std::shared_ptr<File>(
      std::make_shared<MemoryDirectoryFile>(*request.path, request.flags, shared_from_this(), &entries_));
}

Result<struct statfs> StaticDirectory::StatFs() { return ProcStatFs(); }

DynamicDirectory::DynamicDirectory(uint64_t number, uint32_t permissions, uint32_t uid, uint32_t gid)
    : MemoryInode(ProcDevice(), number, S_IFDIR | permissions, uid, gid) {}

Result<std::shared_ptr<File>> DynamicDirectory::Open(const OpenRequest& request) {
  auto self = std::static_pointer_cast<DynamicDirectory>(shared_from_this());
  return std::shared_ptr<File>(std::make_shared<DynamicDirectoryFile>(*request.path, request.flags, std::move(self)));
}

Result<struct statfs> DynamicDirectory::StatFs() { return ProcStatFs(); }

std::string MountsText(Kernel& kernel, Task& task, bool mountinfo) {
  std::string text;
  const Path& root = task.fs_context()->root;
  for (const std::shared_ptr<Mount>& mount : kernel.vfs().mounts().mounts()) {
    const MountOptions& options = mount->options();
    std::string where = kernel.vfs().NameOf(Path{mount, mount->root()}, root);
    if (where.find('(') != std::string::npos) continue;  // outside this task's root
    std::string flags = mount->Has(MS_RDONLY) ? "ro" : "rw";
    if (mount->Has(MS_NOSUID)) flags += ",nosuid";
    if (mount->Has(MS_NODEV)) flags += ",nodev";
    if (mount->Has(MS_NOEXEC)) flags += ",noexec";
    flags += ",relatime";
    std::string data = options.data.empty() ? "" : "," + options.data;
    if (mountinfo) {
      int parent = mount->point() ? mount->point().mount->id() : 1;
      absl::StrAppend(&text, mount->id(), " ", parent, " 0:", mount->id(), " / ", where, " ", flags, " - ",
                      options.type, " ", options.source, " rw", data, "\n");
    } else {
      absl::StrAppend(&text, options.source, " ", where, " ", options.type, " ", flags, data, " 0 0\n");
    }
  }
  return text;
}

std::shared_ptr<Inode> MakeProc(Kernel& kernel) { return std::make_shared<ProcRoot>(kernel); }

}  // namespace sandbox
