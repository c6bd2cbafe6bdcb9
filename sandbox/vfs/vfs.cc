#include "sandbox/vfs/vfs.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <sys/inotify.h>
#include <sys/mount.h>

#include "sandbox/vfs/permissions.h"
#include "sandbox/vfs/watches.h"

namespace sandbox {

Vfs::Vfs(size_t dentry_capacity) : dentries_(dentry_capacity), mounts_(&dentries_) {}

Result<Path> Vfs::Resolve(const Lookup& lookup) {
  PathWalk walk(*this, lookup.root, lookup.start, lookup.path, lookup.credentials, lookup.flags);
  return walk.Resolve();
}

Result<DentryRef> Vfs::LookupChild(Dentry& directory, std::string_view name, bool last) {
  DentryRef cached = dentries_.Find(directory, name);
  if (cached) {
    if (cached->mounts() > 0 || directory.inode().Revalidate(name, cached->inode(), last)) return cached;
    dentries_.Drop(*cached, /*deleted=*/false);
  }
  if (directory.deleted()) return Error(ENOENT);
  ASSIGN_OR_RETURN(std::shared_ptr<Inode> inode, directory.inode().Lookup(name));
  return dentries_.Add(directory, name, std::move(inode));
}

Path Vfs::AnonymousPath(std::shared_ptr<Inode> inode, std::string_view name) {
  return Path{nullptr, dentries_.MakeRoot(std::move(inode), name)};
}

Result<void> Vfs::Guard(const Path& path, int access) {
  if (guard_ == nullptr || !path.mount) return Ok();
  return guard_->Check(NameOf(path, RootPath()), access);
}

Result<void> Vfs::GuardNew(const Path& directory, std::string_view name) {
  if (guard_ == nullptr || !directory.mount) return Ok();
  std::string path = NameOf(directory, RootPath());
  if (path.back() != '/') path += '/';
  return guard_->Check(path.append(name), kMayWrite);
}

Result<void> Vfs::CheckAccess(const Path& path, const Credentials& credentials, int access) {
  const Inode& inode = path.inode();
  // To walk through a directory is not to execute it.
  const int guarded = inode.IsDirectory() ? access & kMayRead : access;
  if (guarded != 0) RETURN_IF_ERROR(Guard(path, guarded));
  if ((access & kMayWrite) != 0 && path.mount && path.mount->Has(MS_RDONLY)) {
    uint32_t type = inode.type();
    if (type == S_IFREG || type == S_IFDIR || type == S_IFLNK) return Error(EROFS);
  }
  if ((access & kMayExecute) != 0 && path.mount && path.mount->Has(MS_NOEXEC) && inode.type() == S_IFREG)
    return Error(EACCES);
  return sandbox::CheckAccess(credentials, inode.mode(), inode.uid(), inode.gid(), access);
}

// -- open

Result<std::shared_ptr<File>> Vfs::Open(const Lookup& lookup, const OpenOptions& options) {
  OpenOptions effective = options;
  if ((effective.flags & O_PATH) != 0) effective.flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  unsigned flags = lookup.flags;
  bool exclusive = (effective.flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
  if ((effective.flags & O_NOFOLLOW) == 0 && !exclusive) flags |= kFollowLast;
  PathWalk walk(*this, lookup.root, lookup.start, lookup.path, lookup.credentials, flags);
  if ((effective.flags & O_TMPFILE) == O_TMPFILE) {
    ASSIGN_OR_RETURN(Path directory, walk.Resolve());
    return OpenUnnamed(directory, lookup.credentials, effective);
  }
  if ((effective.flags & O_CREAT) == 0) {
    ASSIGN_OR_RETURN(Path path, walk.Resolve());
    return OpenPath(path, lookup.credentials, effective);
  }
  for (;;) {
    RETURN_IF_ERROR(walk.ToParent());
    if (walk.last().empty()) {
      if (exclusive) return Error(EEXIST);
      if (walk.directory().inode().IsDirectory()) return Error(EISDIR);
      return OpenPath(walk.directory(), lookup.credentials, effective);  // one of proc's links led to it
    }
    if (walk.trailing_slash()) return Error(EISDIR);
    Result<Path> child = walk.Last();
    if (!child.ok() && child.error() == ENOENT) {
      ASSIGN_OR_RETURN(Path created, CreateForOpen(walk, lookup.credentials, effective));
      OpenRequest request{effective.flags & ~(O_CREAT | O_EXCL | O_TRUNC), &created, &lookup.credentials,
                          effective.task};
      ASSIGN_OR_RETURN(std::shared_ptr<File> file, created.inode().Open(request));
      Happened(*created.dentry, IN_OPEN);
      return file;
    }
    if (!child.ok()) return Error(child.error());
    if (exclusive) return Error(EEXIST);
    if (child->inode().IsSymlink() && walk.follows_last()) {
      RETURN_IF_ERROR(walk.FollowLink(*child));
      continue;
    }
    return OpenPath(*child, lookup.credentials, effective);
  }
}

Result<Path> Vfs::CreateForOpen(PathWalk& walk, const Credentials& credentials, const OpenOptions& options) {
  if ((options.flags & O_DIRECTORY) != 0) return Error(EINVAL);
  const Path& directory = walk.directory();
  RETURN_IF_ERROR(CheckCreate(directory, credentials));
  RETURN_IF_ERROR(GuardNew(directory, walk.last()));
  CreateRequest request{.mode = S_IFREG | (options.mode & 07777)};
  ASSIGN_OR_RETURN(request, Prepare(directory, credentials, request, options.umask));
  ASSIGN_OR_RETURN(std::shared_ptr<Inode> inode, directory.inode().Create(walk.last(), request));
  Path created{directory.mount, dentries_.Add(*directory.dentry, walk.last(), std::move(inode))};
  EntryHappened(*directory.dentry, walk.last(), IN_CREATE);
  return created;
}

Result<std::shared_ptr<File>> Vfs::OpenUnnamed(const Path& directory, const Credentials& credentials,
                                               const OpenOptions& options) {
  if ((options.flags & O_ACCMODE) == O_RDONLY) return Error(EINVAL);
  if (!directory.inode().IsDirectory()) return Error(ENOTDIR);
  RETURN_IF_ERROR(CheckCreate(directory, credentials));
  CreateRequest request{.mode = S_IFREG | (options.mode & 07777)};
  ASSIGN_OR_RETURN(request, Prepare(directory, credentials, request, options.umask));
  ASSIGN_OR_RETURN(std::shared_ptr<Inode> inode, directory.inode().CreateUnnamed(request));
  Path path{directory.mount,
            dentries_.MakeRoot(inode, "/#" + std::to_string(reinterpret_cast<uintptr_t>(inode.get()) & 0xffffff))};
  dentries_.Drop(*path.dentry, /*deleted=*/true);
  OpenRequest open{options.flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_TMPFILE), &path, &credentials, options.task};
  return inode->Open(open);
}

Result<std::shared_ptr<File>> Vfs::OpenPath(const Path& path, const Credentials& credentials,
                                            const OpenOptions& options) {
  Inode& inode = path.inode();
  const int flags = options.flags;
  if ((flags & O_DIRECTORY) != 0 && !inode.IsDirectory()) return Error(ENOTDIR);
  if ((flags & O_PATH) != 0) return std::shared_ptr<File>(std::make_shared<PathFile>(path, flags));
  if (inode.IsSymlink()) return Error(ELOOP);
  const int mode = flags & O_ACCMODE;
  int access = mode == O_RDONLY ? kMayRead : mode == O_WRONLY ? kMayWrite : kMayRead | kMayWrite;
  if ((flags & O_TRUNC) != 0) access |= kMayWrite;
  if (inode.IsDirectory() && ((access & kMayWrite) != 0 || (flags & O_CREAT) != 0)) return Error(EISDIR);
  RETURN_IF_ERROR(CheckAccess(path, credentials, access));
  bool device = inode.type() == S_IFCHR || inode.type() == S_IFBLK;
  if (device && path.mount && path.mount->Has(MS_NODEV)) return Error(EACCES);
  if ((flags & O_NOATIME) != 0 && credentials.fsuid != inode.uid() && !credentials.Has(CAP_FOWNER)) return Error(EPERM);
  if ((flags & O_TRUNC) != 0 && inode.type() == S_IFREG) {
    RETURN_IF_ERROR(inode.SetAttributes(AttributeChange{.size = 0}));
    Happened(*path.dentry, IN_MODIFY);
  }
  OpenRequest request{flags & ~(O_CREAT | O_EXCL | O_TRUNC), &path, &credentials, options.task};
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, inode.Open(request));
  Happened(*path.dentry, IN_OPEN);
  return file;
}

// -- making and removing names

Result<void> Vfs::CheckCreate(const Path& directory, const Credentials& credentials) {
  if (!directory.inode().IsDirectory()) return Error(ENOTDIR);
  if (directory.dentry->deleted()) return Error(ENOENT);
  return CheckAccess(directory, credentials, kMayWrite | kMayExecute);
}

Result<CreateRequest> Vfs::Prepare(const Path& directory, const Credentials& credentials, CreateRequest request,
                                   uint32_t umask) {
  if (!S_ISLNK(request.mode)) request.mode &= ~(umask & 0777);
  request.uid = credentials.fsuid;
  request.gid = credentials.fsgid;
  const Inode& parent = directory.inode();
  if ((parent.mode() & S_ISGID) != 0) {
    request.gid = parent.gid();
    if (S_ISDIR(request.mode)) request.mode |= S_ISGID;
  }
  return request;
}

Result<void> Vfs::Create(const Lookup& lookup, CreateRequest request, uint32_t umask) {
  PathWalk walk(*this, lookup.root, lookup.start, lookup.path, lookup.credentials,
                lookup.flags & ~unsigned{kFollowLast});
  RETURN_IF_ERROR(walk.ToParent());
  if (walk.last().empty()) return Error(EEXIST);
  Result<Path> existing = walk.Last();
  if (existing.ok() || existing.error() == ENOTDIR) return Error(EEXIST);
  if (existing.error() != ENOENT) return Error(existing.error());
  if (walk.trailing_slash() && !S_ISDIR(request.mode)) return Error(ENOENT);
  const Path& directory = walk.directory();
  RETURN_IF_ERROR(CheckCreate(directory, lookup.credentials));
  RETURN_IF_ERROR(GuardNew(directory, walk.last()));
  bool device = S_ISCHR(request.mode) || (S_ISBLK(request.mode));
  if (device && !lookup.credentials.Has(CAP_MKNOD)) return Error(EPERM);
  ASSIGN_OR_RETURN(request, Prepare(directory, lookup.credentials, request, umask));
  ASSIGN_OR_RETURN(std::shared_ptr<Inode> inode, directory.inode().Create(walk.last(), request));
  dentries_.Add(*directory.dentry, walk.last(), std::move(inode));
  EntryHappened(*directory.dentry, walk.last(), IN_CREATE | (S_ISDIR(request.mode) ? IN_ISDIR : 0));
  return Ok();
}

Result<void> Vfs::CheckRemove(const Path& directory, const Path& child, const Credentials& credentials) {
  if (child.mount != directory.mount || child.dentry->mounts() > 0) return Error(EBUSY);
  RETURN_IF_ERROR(Guard(child, kMayWrite));
  RETURN_IF_ERROR(CheckAccess(directory, credentials, kMayWrite | kMayExecute));
  const Inode& parent = directory.inode();
  bool sticky = (parent.mode() & S_ISVTX) != 0;
  if (sticky && credentials.fsuid != child.inode().uid() && credentials.fsuid != parent.uid() &&
      !credentials.Has(CAP_FOWNER)) {
    return Error(EPERM);
  }
  return Ok();
}

Result<void> Vfs::Unlink(const Lookup& lookup) {
  PathWalk walk(*this, lookup.root, lookup.start, lookup.path, lookup.credentials,
                lookup.flags & ~unsigned{kFollowLast});
  RETURN_IF_ERROR(walk.ToParent());
  if (walk.last().empty()) return Error(EISDIR);
  ASSIGN_OR_RETURN(Path child, walk.Last());
  RETURN_IF_ERROR(CheckRemove(walk.directory(), child, lookup.credentials));
  if (child.inode().IsDirectory()) return Error(EISDIR);
  if (walk.trailing_slash()) return Error(ENOTDIR);
  RETURN_IF_ERROR(walk.directory().inode().Unlink(walk.last(), child.inode()));
  dentries_.Drop(*child.dentry, /*deleted=*/true);
  Happened(*child.dentry, IN_ATTRIB);
  EntryHappened(*walk.directory().dentry, child.dentry->name(), IN_DELETE);
  Result<Attributes> left = child.inode().GetAttributes();
  if (!left.ok() || left->links == 0) SelfHappened(child.inode(), IN_DELETE_SELF);
  return Ok();
}

Result<void> Vfs::RemoveDirectory(const Lookup& lookup) {
  PathWalk walk(*this, lookup.root, lookup.start, lookup.path, lookup.credentials,
                lookup.flags & ~unsigned{kFollowLast});
  RETURN_IF_ERROR(walk.ToParent());
  if (walk.last_is_dot()) return Error(EINVAL);
  if (walk.last_is_dot_dot()) return Error(ENOTEMPTY);
  if (walk.last().empty()) return Error(EBUSY);
  ASSIGN_OR_RETURN(Path child, walk.Last());
  if (!child.inode().IsDirectory()) return Error(ENOTDIR);
  RETURN_IF_ERROR(CheckRemove(walk.directory(), child, lookup.credentials));
  RETURN_IF_ERROR(walk.directory().inode().RemoveDirectory(walk.last(), child.inode()));
  dentries_.Drop(*child.dentry, /*deleted=*/true);
  EntryHappened(*walk.directory().dentry, child.dentry->name(), IN_DELETE | IN_ISDIR);
  SelfHappened(child.inode(), IN_DELETE_SELF);
  return Ok();
}

Result<void> Vfs::Link(const Path& target, const Lookup& link) {
  PathWalk walk(*this, link.root, link.start, link.path, link.credentials, link.flags & ~unsigned{kFollowLast});
  RETURN_IF_ERROR(walk.ToParent());
  if (walk.last().empty()) return Error(EEXIST);
  Result<Path> existing = walk.Last(/*check_slash=*/false);
  if (existing.ok()) return Error(EEXIST);
  if (existing.error() != ENOENT) return Error(existing.error());
  if (walk.trailing_slash()) return Error(ENOENT);
  const Path& directory = walk.directory();
  if (directory.mount != target.mount) return Error(EXDEV);
  if (target.inode().IsDirectory()) return Error(EPERM);
  RETURN_IF_ERROR(CheckCreate(directory, link.credentials));
  RETURN_IF_ERROR(GuardNew(directory, walk.last()));
  RETURN_IF_ERROR(Guard(target, kMayRead | kMayWrite | kMayExecute));  // it would get another path
  RETURN_IF_ERROR(directory.inode().Link(walk.last(), target.inode()));
  dentries_.Add(*directory.dentry, walk.last(), target.dentry->shared_inode());
  SelfHappened(target.inode(), IN_ATTRIB);
  EntryHappened(*directory.dentry, walk.last(), IN_CREATE);
  return Ok();
}

// -- rename

Result<void> Vfs::Rename(const Lookup& from, const Lookup& to, uint32_t flags) {
  constexpr uint32_t kKnown = RENAME_NOREPLACE | RENAME_EXCHANGE;
  if ((flags & ~kKnown) != 0 || (flags & kKnown) == kKnown) return Error(EINVAL);
  PathWalk source(*this, from.root, from.start, from.path, from.credentials, from.flags & ~unsigned{kFollowLast});
  PathWalk target(*this, to.root, to.start, to.path, to.credentials, to.flags & ~unsigned{kFollowLast});
  RETURN_IF_ERROR(source.ToParent());
  RETURN_IF_ERROR(target.ToParent());
  if (source.directory().mount != target.directory().mount) return Error(EXDEV);
  if (source.last().empty()) return Error(EBUSY);
  if (target.last().empty()) return Error((flags & RENAME_NOREPLACE) != 0 ? EEXIST : EBUSY);
  ASSIGN_OR_RETURN(Path child, source.Last(/*check_slash=*/false));
  Result<DentryRef> found = LookupChild(*target.directory().dentry, target.last(), true);
  if (target.last().size() > NAME_MAX) return Error(ENAMETOOLONG);
  if (!found.ok() && found.error() != ENOENT) return Error(found.error());
  DentryRef victim = found.ok() ? *found : DentryRef();
  const bool exchange = (flags & RENAME_EXCHANGE) != 0;
  if (victim && (flags & RENAME_NOREPLACE) != 0) return Error(EEXIST);
  if (!victim && exchange) return Error(ENOENT);
  if (exchange && !victim->inode().IsDirectory() && target.trailing_slash()) return Error(ENOTDIR);
  if (!child.inode().IsDirectory() && (source.trailing_slash() || (target.trailing_slash() && !exchange))) {
    return Error(ENOTDIR);
  }
  return RenameChecked(Renaming{source.directory(), child, target.directory(), target.last(), victim, flags},
                       from.credentials);
}

Result<void> Vfs::RenameChecked(const Renaming& names, const Credentials& credentials) {
  const auto& [from_directory, child, to_directory, new_name, victim, flags] = names;
  const bool exchange = (flags & RENAME_EXCHANGE) != 0;
  if (child.dentry->IsAncestorOf(*to_directory.dentry)) return Error(EINVAL);
  if (victim && victim->IsAncestorOf(*from_directory.dentry)) return Error(exchange ? EINVAL : ENOTEMPTY);
  Inode& inode = child.inode();
  if (victim && victim->shared_inode() == child.dentry->shared_inode()) return Ok();  // two links of one file
  RETURN_IF_ERROR(CheckRemove(from_directory, child, credentials));
  if (guard_ != nullptr && (exchange || inode.IsDirectory())) return Error(EXDEV);
  RETURN_IF_ERROR(Guard(child, kMayRead | kMayWrite | kMayExecute));
  RETURN_IF_ERROR(GuardNew(to_directory, new_name));
  if (!victim) {
    RETURN_IF_ERROR(CheckCreate(to_directory, credentials));
  } else {
    RETURN_IF_ERROR(CheckRemove(to_directory, Path{to_directory.mount, victim}, credentials));
    if (!exchange && inode.IsDirectory() && !victim->inode().IsDirectory()) return Error(ENOTDIR);
    if (!exchange && !inode.IsDirectory() && victim->inode().IsDirectory()) return Error(EISDIR);
  }
  if (inode.IsDirectory() && from_directory.dentry != to_directory.dentry) {
    RETURN_IF_ERROR(CheckAccess(child, credentials, kMayWrite));  // its ".." changes
  }
  const std::string old_name = child.dentry->name();
  RETURN_IF_ERROR(from_directory.inode().Rename(old_name, inode, to_directory.inode(), new_name,
                                                victim ? &victim->inode() : nullptr, flags));
  if (exchange) {
    dentries_.Exchange(*child.dentry, *victim);
    return Ok();
  }
  if (victim) {
    dentries_.Drop(*victim, /*deleted=*/true);
    SelfHappened(victim->inode(), IN_DELETE_SELF);
  }
  dentries_.Move(*child.dentry, *to_directory.dentry, new_name);
  static uint32_t cookie = 0;
  const uint32_t directory = inode.IsDirectory() ? IN_ISDIR : 0;
  EntryHappened(*from_directory.dentry, old_name, IN_MOVED_FROM | directory, ++cookie);
  EntryHappened(*to_directory.dentry, new_name, IN_MOVED_TO | directory, cookie);
  SelfHappened(inode, IN_MOVE_SELF);
  return Ok();
}

Result<void> Vfs::SetAttributes(const Path& path, const Credentials& credentials, const AttributeChange& change) {
  if (path.mount && path.mount->Has(MS_RDONLY)) return Error(EROFS);
  RETURN_IF_ERROR(Guard(path, kMayWrite));
  ASSIGN_OR_RETURN(Attributes attributes, path.inode().GetAttributes());
  ASSIGN_OR_RETURN(AttributeChange allowed, CheckChange(credentials, attributes, change));
  RETURN_IF_ERROR(path.inode().SetAttributes(allowed));
  Happened(*path.dentry, allowed.size ? IN_MODIFY : IN_ATTRIB);
  return Ok();
}

}  // namespace sandbox
