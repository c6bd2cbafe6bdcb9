// /proc/PID and /proc/PID/task/TID.
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sandbox/fs/proc.h"
#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/mm/memory_manager.h"
#include "sandbox/vfs/fd_table.h"
#include "sandbox/vfs/fs_context.h"
#include "sandbox/vfs/vfs.h"

namespace sandbox {
namespace {

using GroupPtr = std::shared_ptr<ThreadGroup>;

constexpr int64_t kTick = kNanosecondsPerSecond / 100;  // USER_HZ

// Guest memory of another process, as much as there is of [from, to).
std::string ReadGuest(Task& task, Addr from, Addr to) {
  if (to <= from) return "";
  std::string bytes(std::min<uint64_t>(to - from, 1 << 20), '\0');
  bytes.resize(task.memory().CopyInPartly(bytes.data(), from, bytes.size()));
  return bytes;
}

struct Sizes {
  uint64_t total = 0, data = 0, stack = 0, code = 0;
};

Sizes SizesOf(Task& task) {
  Sizes sizes;
  for (const auto& [start, vma] : task.mm().vmas()) {
    uint64_t length = vma.end - start;
    sizes.total += length;
    if (vma.name == "[stack]")
      sizes.stack += length;
    else if ((vma.prot & PROT_EXEC) != 0)
      sizes.code += length;
    else if (!vma.shared && (vma.prot & PROT_WRITE) != 0)
      sizes.data += length;
  }
  return sizes;
}

std::string NameOfFile(Kernel& kernel, Task& task, const Path& path) {
  return kernel.vfs().NameOf(path, task.fs_context()->root);
}

// Files of the host are mapped as the descriptions that they were opened by.
std::string NameOfMapped(Kernel& kernel, Task& task, Mappable& mapped) {
  const auto* file = dynamic_cast<const File*>(&mapped);
  return file != nullptr ? NameOfFile(kernel, task, file->path()) : mapped.MappedName();
}

std::string Maps(Kernel& kernel, Task& task, bool smaps) {
  std::string text;
  for (const auto& [start, vma] : task.mm().vmas()) {
    std::string name = vma.name;
    uint64_t device = 0, inode = 0;
    if (vma.file) {
      if (name.empty()) name = NameOfMapped(kernel, task, *vma.file);
      device = vma.file->MappedDevice();
      inode = vma.file->MappedInode();
    }
    std::string line = absl::StrFormat(
        "%08x-%08x %c%c%c%c %08x %02x:%02x %d ", start, vma.end, (vma.prot & PROT_READ) != 0 ? 'r' : '-',
        (vma.prot & PROT_WRITE) != 0 ? 'w' : '-', (vma.prot & PROT_EXEC) != 0 ? 'x' : '-', vma.shared ? 's' : 'p',
        vma.file ? vma.file_offset : 0, gnu_dev_major(device), gnu_dev_minor(device), inode);
    if (!name.empty()) {
      if (line.size() < 73) line.resize(73, ' ');
      line += name;
    }
    absl::StrAppend(&text, line, "\n");
    if (smaps)
      absl::StrAppendFormat(&text, "Size: %18d kB\nRss: %19d kB\nPss: %19d kB\n", (vma.end - start) / 1024,
                            (vma.end - start) / 1024, (vma.end - start) / 1024);
  }
  return text;
}

std::string CommandLine(Task& task) { return ReadGuest(task, task.mm().layout.arg_start, task.mm().layout.arg_end); }

int32_t TerminalGroup(ThreadGroup& group) { return group.session().terminal ? group.session().foreground_group : -1; }

std::string Stat(Kernel&, ThreadGroup& group, Task* task, bool task_only) {
  const CpuTimes times = task != nullptr && task_only ? task->Times() : group.Times();
  Sizes sizes = task != nullptr ? SizesOf(*task) : Sizes();
  const MemoryManager::Layout layout = task != nullptr ? task->mm().layout : MemoryManager::Layout();
  // proc_pid_stat(5); fields that the sentry does not keep are 0.
  return absl::StrFormat(
      "%d (%s) %c %d %d %d %d %d 0 0 0 0 0 %d %d %d %d %d %d %d 0 %d %d %d %d %d %d %d 0 0 %d %d %d %d 0 0 0 %d 0 0 0 "
      "0 0 0 0 0 0 0 0 0 0 %d\n",
      task_only && task != nullptr ? task->tid() : group.id(), task != nullptr ? task->name() : "",
      task != nullptr ? task->StateLetter() : 'Z', group.parent_id(), group.process_group()->id, group.session().id,
      group.session().terminal ? 34816 : 0, TerminalGroup(group), times.user / kTick, times.system / kTick,
      group.reaped_children_times.user / kTick, group.reaped_children_times.system / kTick,
      20 + (task != nullptr ? task->nice : 0), task != nullptr ? task->nice : 0, group.tasks().size(),
      group.start_time / kTick, sizes.total, sizes.data / 4096, group.Limit(RLIMIT_RSS), layout.code_start,
      layout.code_end, layout.stack_start, group.pending().set(), task != nullptr ? task->signal_mask() : 0, 0, 0,
      SIGCHLD, group.wait_status);
}

std::string IdLine(const char* name, uint32_t real, uint32_t effective, uint32_t saved, uint32_t fs) {
  return absl::StrFormat("%s:\t%d\t%d\t%d\t%d\n", name, real, effective, saved, fs);
}

const char* StateName(char letter) {
  switch (letter) {
    case 'R':
      return "R (running)";
    case 'S':
      return "S (sleeping)";
    case 'D':
      return "D (disk sleep)";
    case 'T':
      return "T (stopped)";
    default:
      return "Z (zombie)";
  }
}

std::string Status(ThreadGroup& group, Task* task) {
  std::string text = absl::StrFormat("Name:\t%s\n", task != nullptr ? task->name() : "");
  if (task != nullptr && task->fs_context()) absl::StrAppendFormat(&text, "Umask:\t%04o\n", task->fs_context()->umask);
  absl::StrAppendFormat(&text, "State:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
                        StateName(task != nullptr ? task->StateLetter() : 'Z'), group.id(),
                        task != nullptr ? task->tid() : group.id(), group.parent_id());
  if (task == nullptr) return text;
  const Credentials& c = task->credentials();
  text += IdLine("Uid", c.uid, c.euid, c.suid, c.fsuid) + IdLine("Gid", c.gid, c.egid, c.sgid, c.fsgid);
  absl::StrAppend(&text, "FDSize:\t", task->fd_table() ? task->fd_table()->end() : 0, "\nGroups:\t");
  for (gid_t gid : c.groups) absl::StrAppend(&text, gid, " ");
  absl::StrAppendFormat(&text, "\nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", group.id(), task->tid(),
                        group.process_group()->id, group.session().id);
  Sizes sizes = SizesOf(*task);
  absl::StrAppendFormat(&text,
                        "VmPeak:\t%8d kB\nVmSize:\t%8d kB\nVmLck:\t       0 kB\nVmHWM:\t%8d kB\nVmRSS:\t%8d "
                        "kB\nVmData:\t%8d kB\nVmStk:\t%8d kB\nVmExe:\t%8d kB\n",
                        sizes.total / 1024, sizes.total / 1024, sizes.data / 1024, sizes.data / 1024, sizes.data / 1024,
                        sizes.stack / 1024, sizes.code / 1024);
  SignalSet ignored = 0, caught = 0;
  for (int signal = 1; signal <= kSignalCount; ++signal) {
    Addr handler = group.handlers().Get(signal).handler;
    if (handler == kSignalIgnore)
      ignored |= SignalBit(signal);
    else if (handler != kSignalDefault)
      caught |= SignalBit(signal);
  }
  absl::StrAppendFormat(
      &text,
      "Threads:\t%d\nSigQ:\t%d/%d\nSigPnd:\t%016x\nShdPnd:\t%016x\nSigBlk:\t%016x\nSigIgn:\t%016x\nSigCgt:\t%016x\n",
      group.tasks().size(), group.pending().size(), group.Limit(RLIMIT_SIGPENDING), task->pending().set(),
      group.pending().set(), task->signal_mask(), ignored, caught);
  absl::StrAppendFormat(&text, "CapInh:\t%016x\nCapPrm:\t%016x\nCapEff:\t%016x\nCapBnd:\t%016x\nCapAmb:\t%016x\n",
                        c.inheritable, c.permitted, c.effective, c.bounding, c.ambient);
  absl::StrAppendFormat(
      &text, "NoNewPrivs:\t%d\nCpus_allowed_list:\t0-%d\nvoluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n",
      task->no_new_privileges ? 1 : 0, std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)) - 1);
  return text;
}

std::string Limits(ThreadGroup& group) {
  struct Row {
    int resource;
    const char* name;
    const char* unit;
  };
  static constexpr Row kRows[] = {
      {RLIMIT_CPU, "Max cpu time", "seconds"},         {RLIMIT_FSIZE, "Max file size", "bytes"},
      {RLIMIT_DATA, "Max data size", "bytes"},         {RLIMIT_STACK, "Max stack size", "bytes"},
      {RLIMIT_CORE, "Max core file size", "bytes"},    {RLIMIT_RSS, "Max resident set", "bytes"},
      {RLIMIT_NPROC, "Max processes", "processes"},    {RLIMIT_NOFILE, "Max open files", "files"},
      {RLIMIT_MEMLOCK, "Max locked memory", "bytes"},  {RLIMIT_AS, "Max address space", "bytes"},
      {RLIMIT_LOCKS, "Max file locks", "locks"},       {RLIMIT_SIGPENDING, "Max pending signals", "signals"},
      {RLIMIT_MSGQUEUE, "Max msgqueue size", "bytes"}, {RLIMIT_NICE, "Max nice priority", ""},
      {RLIMIT_RTPRIO, "Max realtime priority", ""},    {RLIMIT_RTTIME, "Max realtime timeout", "us"}};
  auto value = [](uint64_t limit) { return limit == RLIM_INFINITY ? std::string("unlimited") : absl::StrCat(limit); };
  std::string text = absl::StrFormat("%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
  for (const Row& row : kRows) {
    absl::StrAppendFormat(&text, "%-25s %-20s %-20s %-10s\n", row.name, value(group.limit(row.resource).rlim_cur),
                          value(group.limit(row.resource).rlim_max), row.unit);
  }
  return text;
}

// One process or thread. Holds the thread group, looks the task up each time: it may have gone.
class ProcessDirectory : public DynamicDirectory {
 public:
  ProcessDirectory(Kernel& kernel, GroupPtr group, int32_t tid, bool task_only, uint32_t uid, uint32_t gid)
      : DynamicDirectory(NextProcInode(), 0555, uid, gid),
        kernel_(kernel),
        group_(std::move(group)),
        tid_(tid),
        task_only_(task_only) {}

  // Null for a thread's.
  GroupPtr process() const { return task_only_ ? nullptr : group_; }
  Result<std::shared_ptr<Inode>> Lookup(std::string_view name) override;
  bool Revalidate(std::string_view, Inode&, bool) override { return Alive(); }

  std::vector<Name> List(int64_t position) override {
    static constexpr std::pair<std::string_view, unsigned char> kNames[] = {
        {"auxv", DT_REG},      {"cgroup", DT_REG},        {"cmdline", DT_REG}, {"comm", DT_REG},
        {"cwd", DT_LNK},       {"environ", DT_REG},       {"exe", DT_LNK},     {"fd", DT_DIR},
        {"fdinfo", DT_DIR},    {"gid_map", DT_REG},       {"limits", DT_REG},  {"loginuid", DT_REG},
        {"maps", DT_REG},      {"mountinfo", DT_REG},     {"mounts", DT_REG},  {"net", DT_DIR},
        {"oom_score", DT_REG}, {"oom_score_adj", DT_REG}, {"root", DT_LNK},    {"setgroups", DT_REG},
        {"smaps", DT_REG},     {"stat", DT_REG},          {"statm", DT_REG},   {"status", DT_REG},
        {"task", DT_DIR},      {"uid_map", DT_REG},       {"wchan", DT_REG}};
    std::vector<Name> names;
    int64_t at = 2;
    for (const auto& [name, type] : kNames) {
      if (at >= position && !(task_only_ && name == "task")) names.push_back({at, std::string(name), type});
      ++at;
    }
    return names;
  }

 private:
  bool Alive() const {
    if (task_only_) return kernel_.FindTask(tid_) != nullptr;
    return kernel_.FindThreadGroup(group_->id()) == group_;
  }
  // The task itself, the group's leader, or any thread that still lives; null for a zombie.
  Task* GetTask() const {
    if (task_only_) return kernel_.FindTask(tid_);
    if (Task* leader = group_->leader()) return leader;
    return group_->tasks().empty() ? nullptr : group_->tasks().front();
  }
  std::shared_ptr<Inode> Text(uint32_t mode, TextMaker maker, TextTaker taker = nullptr) {
    return MakeTextFile(NextProcInode(), mode, uid(), gid(), std::move(maker), std::move(taker));
  }
  // A text that needs a living task.
  std::shared_ptr<Inode> TaskText(uint32_t mode, std::function<std::string(Task&)> maker) {
    auto self = Self();
    return Text(mode, [self, maker]() -> Result<std::string> {
      Task* task = self->GetTask();
      if (task == nullptr) return std::string();
      return maker(*task);
    });
  }
  std::shared_ptr<Inode> TaskLink(std::function<Result<Path>(Task&)> where) {
    auto self = Self();
    return MakeProcLink(NextProcInode(), uid(), gid(), [self, where]() -> Result<LinkTarget> {
      Task* task = self->GetTask();
      if (task == nullptr) return Error(ENOENT);
      ASSIGN_OR_RETURN(Path path, where(*task));
      return LinkTarget{NameOfFile(self->kernel_, *task, path), path};
    });
  }
  std::shared_ptr<ProcessDirectory> Self() { return std::static_pointer_cast<ProcessDirectory>(shared_from_this()); }
  std::shared_ptr<Inode> MakeEntry(std::string_view name);
  std::shared_ptr<Inode> MakeLinkEntry(std::string_view name);
  std::shared_ptr<Inode> MakeConstantEntry(std::string_view name);

  friend class FdDirectory;
  friend class TaskDirectory;
  Kernel& kernel_;
  const GroupPtr group_;
  const int32_t tid_;
  const bool task_only_;
};

// /proc/PID/fd and fdinfo.
class FdDirectory : public DynamicDirectory {
 public:
  FdDirectory(std::shared_ptr<ProcessDirectory> process, bool info)
      : DynamicDirectory(NextProcInode(), 0500, process->uid(), process->gid()),
        process_(std::move(process)),
        info_(info) {}

  Result<std::shared_ptr<Inode>> Lookup(std::string_view name) override {
    int fd;
    Task* task = process_->GetTask();
    if (task == nullptr || !task->fd_table() || !absl::SimpleAtoi(name, &fd) || fd < 0 ||
        task->fd_table()->Peek(fd) == nullptr)
      return Error(ENOENT);
    auto process = process_;
    if (info_) return MakeTextFile(NextProcInode(), 0400, uid(), gid(), [process, fd]() { return Info(*process, fd); });
    return MakeProcLink(NextProcInode(), uid(), gid(), [process, fd]() -> Result<LinkTarget> {
      Task* owner = process->GetTask();
      File* file = owner == nullptr || !owner->fd_table() ? nullptr : owner->fd_table()->Peek(fd);
      if (file == nullptr) return Error(ENOENT);
      return LinkTarget{NameOfFile(process->kernel_, *owner, file->path()), file->path()};
    });
  }
  // The number may have been closed, or mean another file by now: the link is made anew.
  bool Revalidate(std::string_view, Inode&, bool) override { return false; }

  std::vector<Name> List(int64_t position) override {
    std::vector<Name> names;
    Task* task = process_->GetTask();
    if (task == nullptr || !task->fd_table()) return names;
    for (int fd = std::max<int>(0, static_cast<int>(position) - 2); fd < task->fd_table()->end(); ++fd) {
      if (task->fd_table()->Peek(fd) != nullptr)
        names.push_back({fd + 2, absl::StrCat(fd), static_cast<unsigned char>(info_ ? DT_REG : DT_LNK)});
    }
    return names;
  }

 private:
  static Result<std::string> Info(ProcessDirectory& process, int fd) {
    Task* task = process.GetTask();
    File* file = task == nullptr || !task->fd_table() ? nullptr : task->fd_table()->Peek(fd);
    if (file == nullptr) return Error(ENOENT);
    Result<bool> close_on_exec = task->fd_table()->close_on_exec(fd);
    int flags = file->flags() | (close_on_exec.ok() && *close_on_exec ? O_CLOEXEC : 0);
    return absl::StrFormat("pos:\t%d\nflags:\t0%o\nmnt_id:\t%d\n%s", file->position(), flags,
                           file->path().mount ? file->path().mount->id() : 0, file->FdInfo());
  }

  const std::shared_ptr<ProcessDirectory> process_;
  const bool info_;
};

class TaskDirectory : public DynamicDirectory {
 public:
  explicit TaskDirectory(std::shared_ptr<ProcessDirectory> process)
      : DynamicDirectory(NextProcInode(), 0555, process->uid(), process->gid()), process_(std::move(process)) {}
  Result<std::shared_ptr<Inode>> Lookup(std::string_view name) override {
    int32_t tid;
    if (!absl::SimpleAtoi(name, &tid)) return Error(ENOENT);
    Task* task = process_->kernel_.FindTask(tid);
    if (task == nullptr || &task->thread_group() != process_->group_.get()) return Error(ENOENT);
    return MakeProcessDirectory(process_->kernel_, process_->group_, tid, true);
  }
  bool Revalidate(std::string_view name, Inode&, bool) override {
    int32_t tid;
    return absl::SimpleAtoi(name, &tid) && process_->kernel_.FindTask(tid) != nullptr;
  }
  std::vector<Name> List(int64_t position) override {
    std::vector<Name> names;
    for (Task* task : process_->group_->tasks()) {
      if (task->tid() + 2 >= position) names.push_back({task->tid() + 2, absl::StrCat(task->tid()), DT_DIR});
    }
    std::sort(names.begin(), names.end(), [](const Name& a, const Name& b) { return a.position < b.position; });
    return names;
  }

 private:
  const std::shared_ptr<ProcessDirectory> process_;
};

std::shared_ptr<Inode> ProcessDirectory::MakeConstantEntry(std::string_view name) {
  auto constant = [this](std::string text) { return Text(0444, [text]() { return text; }); };
  if (name == "cgroup") return constant("0::/\n");
  if (name == "loginuid") return constant("4294967295");
  if (name == "oom_score") return constant("0\n");
  if (name == "oom_score_adj")
    return Text(
        0644, []() { return std::string("0\n"); }, [](std::string_view) { return Ok(); });
  if (name == "setgroups") return constant("allow\n");
  if (name == "uid_map" || name == "gid_map") return constant("         0          0 4294967295\n");
  if (name == "wchan") return constant("0");
  return nullptr;
}

std::shared_ptr<Inode> ProcessDirectory::MakeLinkEntry(std::string_view name) {
  if (name == "cwd") return TaskLink([](Task& task) -> Result<Path> { return task.fs_context()->cwd; });
  if (name == "root") return TaskLink([](Task& task) -> Result<Path> { return task.fs_context()->root; });
  if (name == "exe") {
    return TaskLink([](Task& task) -> Result<Path> {
      if (!task.thread_group().executable) return Error(ENOENT);
      return task.thread_group().executable->path();
    });
  }
  return nullptr;
}

std::shared_ptr<Inode> ProcessDirectory::MakeEntry(std::string_view name) {
  auto self = Self();
  Kernel& kernel = kernel_;
  if (name == "cmdline") return TaskText(0444, CommandLine);
  if (name == "environ")
    return TaskText(0400, [](Task& t) { return ReadGuest(t, t.mm().layout.env_start, t.mm().layout.env_end); });
  if (name == "maps" || name == "smaps") {
    return TaskText(0444,
                    [&kernel = kernel_, smaps = name == "smaps"](Task& task) { return Maps(kernel, task, smaps); });
  }
  if (name == "mounts") return TaskText(0444, [&kernel](Task& task) { return MountsText(kernel, task, false); });
  if (name == "mountinfo") return TaskText(0444, [&kernel](Task& task) { return MountsText(kernel, task, true); });
  if (name == "status")
    return Text(0444, [self]() -> Result<std::string> { return Status(*self->group_, self->GetTask()); });
  if (name == "stat")
    return Text(0444, [self]() -> Result<std::string> {
      return Stat(self->kernel_, *self->group_, self->GetTask(), self->task_only_);
    });
  if (name == "limits") return Text(0444, [self]() -> Result<std::string> { return Limits(*self->group_); });
  if (name == "auxv") {
    return TaskText(0400, [](Task& task) {
      const std::vector<uint64_t>& auxv = task.mm().layout.auxv;
      return std::string(reinterpret_cast<const char*>(auxv.data()), auxv.size() * sizeof(uint64_t));
    });
  }
  if (name == "statm") {
    return TaskText(0444, [](Task& task) {
      Sizes sizes = SizesOf(task);
      return absl::StrFormat("%d %d 0 %d 0 %d 0\n", sizes.total / 4096, sizes.data / 4096, sizes.code / 4096,
                             (sizes.data + sizes.stack) / 4096);
    });
  }
  if (name == "comm") {
    return Text(
        0644,
        [self]() -> Result<std::string> {
          return absl::StrCat(self->GetTask() != nullptr ? self->GetTask()->name() : "", "\n");
        },
        [self](std::string_view text) -> Result<void> {
          if (self->GetTask() == nullptr) return Error(ESRCH);
          self->GetTask()->set_name(std::string(text.substr(0, text.find('\n'))));
          return Ok();
        });
  }
  return nullptr;
}

Result<std::shared_ptr<Inode>> ProcessDirectory::Lookup(std::string_view name) {
  if (!Alive()) return Error(ENOENT);
  if (name == "fd" || name == "fdinfo")
    return std::shared_ptr<Inode>(std::make_shared<FdDirectory>(Self(), name == "fdinfo"));
  if (name == "task" && !task_only_) return std::shared_ptr<Inode>(std::make_shared<TaskDirectory>(Self()));
  if (name == "net") {
    return MakeProcLink(NextProcInode(), uid(), gid(), []() -> Result<LinkTarget> {
      return LinkTarget{"/proc/net-files", std::nullopt};
    });
  }
  if (std::shared_ptr<Inode> entry = MakeEntry(name)) return entry;
  if (std::shared_ptr<Inode> entry = MakeLinkEntry(name)) return entry;
  if (std::shared_ptr<Inode> entry = MakeConstantEntry(name)) return entry;
  return Error(ENOENT);
}

}  // namespace

std::shared_ptr<ThreadGroup> ProcessOfDirectory(Inode& inode) {
  const auto* directory = dynamic_cast<const ProcessDirectory*>(&inode);
  return directory == nullptr ? nullptr : directory->process();
}

std::shared_ptr<Inode> MakeProcessDirectory(Kernel& kernel, GroupPtr group, int32_t tid, bool task_only) {
  uint32_t uid = 0, gid = 0;
  Task* task = kernel.FindTask(tid);
  if (task != nullptr && group->dumpable) {
    uid = task->credentials().euid;
    gid = task->credentials().egid;
  }
  return std::make_shared<ProcessDirectory>(kernel, std::move(group), tid, task_only, uid, gid);
}

}  // namespace sandbox
