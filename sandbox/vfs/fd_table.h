// The descriptor table of a process: small numbers to file descriptions.
//
// Shared by tasks with CLONE_FILES, copied by fork. It is also the owner of a process's POSIX record locks, which is
// why closing any descriptor of a file drops all of the process's record locks on it.
//
// Runs under the kernel lock.
#ifndef SANDBOX_VFS_FD_TABLE_H_
#define SANDBOX_VFS_FD_TABLE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "sandbox/abi/result.h"
#include "sandbox/vfs/file.h"

namespace sandbox {

class FdTable {
 public:
  // Numbers at or above this are never handed out, whatever RLIMIT_NOFILE says (fs.nr_open).
  static constexpr int kMaxDescriptors = 1 << 20;

  FdTable() = default;
  FdTable(const FdTable&) = delete;
  ~FdTable();

  // A copy that refers to the same descriptions (fork).
  std::shared_ptr<FdTable> Clone() const;
  // Closes what execve closes.
  void CloseOnExec();

  // EBADF if `fd` is not open.
  Result<std::shared_ptr<File>> Get(int fd) const;
  // The same without sharing; null if not open. Good until the table changes, so not across anything that blocks.
  File* Peek(int fd) const {
    return static_cast<size_t>(static_cast<unsigned>(fd)) < entries_.size() ? entries_[fd].file.get() : nullptr;
  }

  // The lowest free number >= `minimum` and < `limit` (the caller's RLIMIT_NOFILE); EMFILE, or EINVAL if minimum >=
  // limit.
  Result<int> Install(std::shared_ptr<File> file, bool close_on_exec, uint64_t limit, int minimum = 0);
  // At that very number, closing what was there (dup2).
  void InstallAt(int fd, std::shared_ptr<File> file, bool close_on_exec);
  Result<void> Close(int fd);

  Result<bool> close_on_exec(int fd) const;
  Result<void> set_close_on_exec(int fd, bool value);

  // One more than the highest number that may be open.
  int end() const { return static_cast<int>(entries_.size()); }
  int open_count() const { return open_; }

 private:
  struct Entry {
    std::shared_ptr<File> file;
    bool close_on_exec = false;
  };

  bool IsOpen(int fd) const { return Peek(fd) != nullptr; }
  // Drops this table's record locks on the file, then the reference.
  void Closed(std::shared_ptr<File> file);

  std::vector<Entry> entries_;
  int lowest_free_ = 0;  // every number below is open
  int open_ = 0;
};

}  // namespace sandbox

#endif  // SANDBOX_VFS_FD_TABLE_H_
