// Path resolution (path_resolution(7)), one component at a time.
//
//   PathWalk walk(vfs, root, start, "etc/motd", credentials, kFollowLast);
//   ASSIGN_OR_RETURN(Path path, walk.Resolve());
//
// Callers that create, delete or rename stop one component earlier:
//
//   RETURN_IF_ERROR(walk.ToParent());          // walk.directory(), walk.last()
//   ASSIGN_OR_RETURN(Path child, walk.Last());  // ENOENT: free to create
//
// Runs under the kernel lock. The walk keeps views of the path it was given.
#ifndef SANDBOX_VFS_PATH_WALK_H_
#define SANDBOX_VFS_PATH_WALK_H_

#include <string>
#include <string_view>

#include "sandbox/abi/result.h"
#include "sandbox/kernel/credentials.h"
#include "sandbox/vfs/path.h"

namespace sandbox {

class Vfs;

// Any of these together.
enum WalkFlags : unsigned {
  kFollowLast = 1,     // a symbolic link as the last component is followed; always so with a trailing slash
  kNoSymlinks = 2,     // ELOOP at any symbolic link (RESOLVE_NO_SYMLINKS)
  kNoMagicLinks = 4,   // ELOOP at proc's links (RESOLVE_NO_MAGICLINKS)
  kBeneath = 8,        // EXDEV when leaving `start` (RESOLVE_BENEATH)
  kInRoot = 16,        // `start` is the root (RESOLVE_IN_ROOT); the caller passes it as root too
  kNoMountCross = 32,  // EXDEV at a mount point (RESOLVE_NO_XDEV)
};

class PathWalk {
 public:
  // An absolute path starts at `root`, any other at `start`. All references must outlive the walk.
  PathWalk(Vfs& vfs, const Path& root, const Path& start, std::string_view path, const Credentials& credentials,
           unsigned flags);

  // The object itself. ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG.
  Result<Path> Resolve();

  // Walks up to the last component. last() is empty if the path names a directory without a name to change: "/", ".",
  // ".."; directory() is then that object.
  Result<void> ToParent();
  const Path& directory() const { return current_; }
  // Good until the walk goes on.
  std::string_view last() const { return last_; }
  bool last_is_dot_dot() const { return dot_dot_; }
  bool last_is_dot() const { return dot_; }
  // "name/": must be a directory.
  bool trailing_slash() const { return trailing_slash_; }

  // The child called last(), topmost mount on it; symbolic links are not followed. ENOENT; ENOTDIR for a file named
  // with a slash behind it, unless the caller checks that itself.
  Result<Path> Last(bool check_slash = true);
  // Goes on behind the symbolic link `link`, which Last() gave; then call ToParent again.
  Result<void> FollowLink(const Path& link);
  // Whether a symbolic link found by Last() is to be followed.
  bool follows_last() const { return (flags_ & kFollowLast) != 0 || trailing_slash_; }

 private:
  Result<Path> Child(std::string_view name, bool last);
  Result<void> Up();
  Result<void> CheckSearch() const;

  Vfs& vfs_;
  const Path& root_;
  const Path& start_;
  const Credentials& credentials_;
  const unsigned flags_;
  std::string buffer_;          // holds the rest of the path once a link was followed
  std::string_view remaining_;  // not walked yet
  std::string_view last_;
  bool trailing_slash_ = false;
  bool dot_ = false;
  bool dot_dot_ = false;
  bool jumped_ = false;  // a magic link led to an object: there is no name left to look up
  int links_ = 0;
  Path current_;
  Error failed_ = Error(0);
};

}  // namespace sandbox

#endif  // SANDBOX_VFS_PATH_WALK_H_
