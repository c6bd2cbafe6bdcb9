#include "sandbox/vfs/path_walk.h"

#include <limits.h>

#include "sandbox/vfs/permissions.h"
#include "sandbox/vfs/vfs.h"

namespace sandbox {
namespace {

constexpr int kMaxLinks = 40;  // as Linux

bool IsOnlySlashes(std::string_view text) { return text.find_first_not_of('/') == std::string_view::npos; }

}  // namespace

PathWalk::PathWalk(Vfs& vfs, const Path& root, const Path& start, std::string_view path, const Credentials& credentials,
                   unsigned flags)
    : vfs_(vfs), root_(root), start_(start), credentials_(credentials), flags_(flags), remaining_(path) {
  if (path.empty()) {
    failed_ = Error(ENOENT);
    return;
  }
  if (path.front() == '/' && (flags_ & kBeneath) != 0) failed_ = Error(EXDEV);
  current_ = path.front() == '/' ? root_ : start_;
}

// Search permission on the current directory.
Result<void> PathWalk::CheckSearch() const {
  const Inode& inode = current_.inode();
  if (!inode.IsDirectory()) return Error(ENOTDIR);
  if (credentials_.Has(CAP_DAC_OVERRIDE)) return Ok();
  return CheckAccess(credentials_, inode.mode(), inode.uid(), inode.gid(), kMayExecute);
}

Result<void> PathWalk::Up() {
  if ((flags_ & kBeneath) != 0 && current_ == start_) return Error(EXDEV);
  Path parent = vfs_.mounts().Parent(current_, root_);
  if ((flags_ & kNoMountCross) != 0 && parent.mount != current_.mount) return Error(EXDEV);
  current_ = std::move(parent);
  return Ok();
}

Result<Path> PathWalk::Child(std::string_view name, bool last) {
  if (name.size() > NAME_MAX) return Error(ENAMETOOLONG);
  ASSIGN_OR_RETURN(DentryRef dentry, vfs_.LookupChild(*current_.dentry, name, last));
  Path child{current_.mount, std::move(dentry)};
  if (child.dentry->mounts() == 0) return child;
  Path top = vfs_.mounts().TopOf(child);
  if ((flags_ & kNoMountCross) != 0 && top.mount != child.mount) return Error(EXDEV);
  return top;
}

Result<void> PathWalk::ToParent() {
  if (failed_.code() != 0) return failed_;
  last_ = std::string_view();
  trailing_slash_ = dot_ = dot_dot_ = false;
  if (jumped_ && IsOnlySlashes(remaining_)) return Ok();
  jumped_ = false;
  for (;;) {
    size_t begin = remaining_.find_first_not_of('/');
    if (begin == std::string_view::npos) return Ok();
    remaining_.remove_prefix(begin);
    size_t end = remaining_.find('/');
    std::string_view name = remaining_.substr(0, end);
    std::string_view rest = end == std::string_view::npos ? std::string_view() : remaining_.substr(end);
    bool is_last = IsOnlySlashes(rest);
    RETURN_IF_ERROR(CheckSearch());
    remaining_ = rest;
    if (name == "." || name == "..") {
      if (name == "..") RETURN_IF_ERROR(Up());
      dot_ = is_last && name == ".";
      dot_dot_ = is_last && name == "..";
      continue;
    }
    if (is_last) {
      last_ = name;
      trailing_slash_ = !rest.empty();
      remaining_ = std::string_view();
      return Ok();
    }
    ASSIGN_OR_RETURN(Path child, Child(name, false));
    if (child.inode().IsSymlink()) {
      RETURN_IF_ERROR(FollowLink(child));
      continue;
    }
    current_ = std::move(child);
  }
}

Result<Path> PathWalk::Last(bool check_slash) {
  ASSIGN_OR_RETURN(Path child, Child(last_, true));
  if (check_slash && trailing_slash_ && !child.inode().IsDirectory() && !child.inode().IsSymlink())
    return Error(ENOTDIR);
  return child;
}

Result<void> PathWalk::FollowLink(const Path& link) {
  if (++links_ > kMaxLinks || (flags_ & kNoSymlinks) != 0) return Error(ELOOP);
  ASSIGN_OR_RETURN(LinkTarget target, link.inode().Follow(credentials_));
  if (target.object) {
    if ((flags_ & kNoMagicLinks) != 0) return Error(ELOOP);
    if ((flags_ & (kBeneath | kInRoot)) != 0) return Error(EXDEV);
    std::string rest(trailing_slash_ ? "/" : remaining_);
    current_ = *target.object;
    buffer_ = std::move(rest);
    remaining_ = buffer_;
    jumped_ = true;
    return Ok();
  }
  if (target.text.empty()) return Error(ENOENT);
  if (target.text.front() == '/') {
    if ((flags_ & kBeneath) != 0) return Error(EXDEV);
    current_ = root_;
  }
  if (trailing_slash_) {
    target.text += '/';
  } else {
    target.text += remaining_;
  }
  if (target.text.size() >= PATH_MAX) return Error(ENAMETOOLONG);
  buffer_ = std::move(target.text);
  remaining_ = buffer_;
  return Ok();
}

Result<Path> PathWalk::Resolve() {
  for (;;) {
    RETURN_IF_ERROR(ToParent());
    if (last_.empty()) {
      if (trailing_slash_ && !current_.inode().IsDirectory()) return Error(ENOTDIR);
      return current_;
    }
    ASSIGN_OR_RETURN(Path child, Last());
    if (!child.inode().IsSymlink() || !follows_last()) return child;
    RETURN_IF_ERROR(FollowLink(child));
  }
}

}  // namespace sandbox
