// /proc: what programs ask about processes and the system.
//
// What it tells is the sandbox's own: its processes, its mounts, its limits. Of the host it tells the number of CPUs
// and their model, nothing else.
//
// Directories are made when they are looked up; a process's entries are good while the process lives. Text is made when
// a file is read from its beginning, and stays for that description.
//
// Runs under the kernel lock.
#ifndef SANDBOX_FS_PROC_H_
#define SANDBOX_FS_PROC_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/fs/memory_inode.h"
#include "sandbox/vfs/inode.h"

namespace sandbox {

class Kernel;
class Task;
class ThreadGroup;

// The root of a proc file system for `kernel`, which must outlive it.
std::shared_ptr<Inode> MakeProc(Kernel& kernel);

// -- building blocks, for proc and sys

using TextMaker = std::function<Result<std::string>()>;
using TextTaker = std::function<Result<void>(std::string_view written)>;

// A file whose text is made on each reading. With `taker` it can be written (one write(2) is one value).
std::shared_ptr<Inode> MakeTextFile(uint64_t number, uint32_t mode, uint32_t uid, uint32_t gid, TextMaker maker,
                                    TextTaker taker = nullptr);

// A symbolic link whose target is made when it is read; `object` (may be empty) is where a walk goes on.
using LinkMaker = std::function<Result<LinkTarget>()>;
std::shared_ptr<Inode> MakeProcLink(uint64_t number, uint32_t uid, uint32_t gid, LinkMaker maker);

// A directory of fixed entries.
class StaticDirectory : public MemoryInode {
 public:
  StaticDirectory(uint64_t number, uint32_t permissions = 0555, uint32_t uid = 0, uint32_t gid = 0);
  void Add(std::string_view name, std::shared_ptr<Inode> inode) { entries_.Add(name, std::move(inode)); }
  Result<std::shared_ptr<Inode>> Lookup(std::string_view name) override;
  Result<std::shared_ptr<File>> Open(const OpenRequest& request) override;
  Result<struct statfs> StatFs() override;

 private:
  DirectoryEntries entries_;
};

// A directory whose entries come and go.
class DynamicDirectory : public MemoryInode {
 public:
  struct Name {
    int64_t position;  // >= 2, ascending
    std::string name;
    unsigned char type;
  };
  DynamicDirectory(uint64_t number, uint32_t permissions, uint32_t uid, uint32_t gid);
  // The names at or after `position`.
  virtual std::vector<Name> List(int64_t position) = 0;
  Result<std::shared_ptr<File>> Open(const OpenRequest& request) override;
  Result<struct statfs> StatFs() override;
};

uint64_t ProcDevice();
uint64_t NextProcInode();

// Has another room tell a file of /proc, such as "net/tcp" or "sysvipc/sem". Before MakeProc.
void ProvideProcText(std::string_view name, std::function<std::string()> maker);

// -- parts of proc, one file each

// /proc/PID, or /proc/PID/task/TID with `task_only`.
std::shared_ptr<Inode> MakeProcessDirectory(Kernel& kernel, std::shared_ptr<ThreadGroup> group, int32_t tid,
                                            bool task_only);
// The process that such a directory is of; null for any other inode.
std::shared_ptr<ThreadGroup> ProcessOfDirectory(Inode& inode);
// cpuinfo, meminfo, stat, uptime ... into `root`.
void AddSystemFiles(Kernel& kernel, StaticDirectory& root);
// /proc/sys.
std::shared_ptr<Inode> MakeSysctl(Kernel& kernel);

// /proc/mounts and /proc/PID/mountinfo as seen by `task`.
std::string MountsText(Kernel& kernel, Task& task, bool mountinfo);

}  // namespace sandbox

#endif  // SANDBOX_FS_PROC_H_
