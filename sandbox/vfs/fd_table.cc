#include "sandbox/vfs/fd_table.h"

#include <algorithm>

#include "sandbox/vfs/locks.h"

namespace sandbox {

FdTable::~FdTable() {
  for (Entry& entry : entries_) {
    if (entry.file) Closed(std::move(entry.file));
  }
}

std::shared_ptr<FdTable> FdTable::Clone() const {
  auto copy = std::make_shared<FdTable>();
  copy->entries_ = entries_;
  copy->lowest_free_ = lowest_free_;
  copy->open_ = open_;
  return copy;
}

void FdTable::CloseOnExec() {
  for (int fd = 0; fd < end(); ++fd) {
    if (entries_[fd].file && entries_[fd].close_on_exec) (void)Close(fd);
  }
}

Result<std::shared_ptr<File>> FdTable::Get(int fd) const {
  if (!IsOpen(fd)) return Error(EBADF);
  return entries_[fd].file;
}

Result<int> FdTable::Install(std::shared_ptr<File> file, bool close_on_exec, uint64_t limit, int minimum) {
  if (limit > kMaxDescriptors) limit = kMaxDescriptors;
  int fd = std::max(minimum, lowest_free_);
  while (IsOpen(fd)) ++fd;
  if (static_cast<uint64_t>(fd) >= limit) return Error(EMFILE);
  if (minimum <= lowest_free_) lowest_free_ = fd + 1;
  if (fd >= end()) entries_.resize(fd + 1);
  entries_[fd] = Entry{std::move(file), close_on_exec};
  ++open_;
  return fd;
}

void FdTable::InstallAt(int fd, std::shared_ptr<File> file, bool close_on_exec) {
  if (fd >= end()) entries_.resize(fd + 1);
  std::shared_ptr<File> old = std::move(entries_[fd].file);
  entries_[fd] = Entry{std::move(file), close_on_exec};
  if (old) {
    Closed(std::move(old));
  } else {
    ++open_;
  }
}

Result<void> FdTable::Close(int fd) {
  if (!IsOpen(fd)) return Error(EBADF);
  std::shared_ptr<File> file = std::move(entries_[fd].file);
  entries_[fd] = Entry();
  --open_;
  lowest_free_ = std::min(lowest_free_, fd);
  Closed(std::move(file));
  return Ok();
}

void FdTable::Closed(std::shared_ptr<File> file) {
  if (LockList* locks = file->inode().locks()) locks->ReleaseAll(this);
  file->DescriptorClosed();
}

Result<bool> FdTable::close_on_exec(int fd) const {
  if (!IsOpen(fd)) return Error(EBADF);
  return entries_[fd].close_on_exec;
}

Result<void> FdTable::set_close_on_exec(int fd, bool value) {
  if (!IsOpen(fd)) return Error(EBADF);
  entries_[fd].close_on_exec = value;
  return Ok();
}

}  // namespace sandbox
