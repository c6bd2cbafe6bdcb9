#include "sandbox/vfs/inode.h"

#include <sys/sysmacros.h>

#include "sandbox/vfs/file.h"
#include "sandbox/vfs/locks.h"
#include "sandbox/vfs/path.h"
#include "sandbox/vfs/watches.h"

namespace sandbox {

Inode::Inode(uint32_t mode, uint32_t uid, uint32_t gid) : mode_(mode), uid_(uid), gid_(gid) {}

Inode::~Inode() = default;

Result<void> Inode::SetAttributes(const AttributeChange&) { return Error(EPERM); }
Result<std::shared_ptr<Inode>> Inode::Lookup(std::string_view) { return Error(ENOTDIR); }
bool Inode::Revalidate(std::string_view, Inode&, bool) { return true; }
Result<std::shared_ptr<Inode>> Inode::Create(std::string_view, const CreateRequest&) { return Error(EPERM); }
Result<void> Inode::Link(std::string_view, Inode&) { return Error(EPERM); }
Result<void> Inode::Unlink(std::string_view, Inode&) { return Error(EPERM); }
Result<void> Inode::RemoveDirectory(std::string_view, Inode&) { return Error(EPERM); }
Result<void> Inode::Rename(std::string_view, Inode&, Inode&, std::string_view, Inode*, uint32_t) {
  return Error(EPERM);
}
Result<std::shared_ptr<Inode>> Inode::CreateUnnamed(const CreateRequest&) { return Error(EOPNOTSUPP); }
Result<std::string> Inode::ReadLink() { return Error(EINVAL); }

Result<LinkTarget> Inode::Follow(const Credentials&) {
  ASSIGN_OR_RETURN(std::string text, ReadLink());
  return LinkTarget{std::move(text), std::nullopt};
}

Result<std::shared_ptr<File>> Inode::Open(const OpenRequest&) { return Error(ENXIO); }
Result<std::string> Inode::GetXattr(std::string_view) { return Error(EOPNOTSUPP); }
Result<void> Inode::SetXattr(std::string_view, std::string_view, int) { return Error(EOPNOTSUPP); }
Result<void> Inode::RemoveXattr(std::string_view) { return Error(EOPNOTSUPP); }
Result<std::vector<std::string>> Inode::ListXattrs() { return std::vector<std::string>(); }

Result<struct statfs> Inode::StatFs() {
  struct statfs result = {};
  result.f_bsize = result.f_frsize = 4096;
  result.f_namelen = 255;
  return result;
}

WatchList& Inode::MakeWatches() {
  if (!watches_) watches_ = std::make_unique<WatchList>();
  return *watches_;
}

LockList& Inode::MakeLocks() {
  if (!locks_) locks_ = std::make_unique<LockList>();
  return *locks_;
}

uint64_t AllocateDevice() {
  static unsigned next = 20;
  return gnu_dev_makedev(0, next++);
}

}  // namespace sandbox
