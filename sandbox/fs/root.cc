#include "sandbox/fs/root.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/explain/explain.h"
#include "sandbox/fs/devices.h"
#include "sandbox/fs/devpts.h"
#include "sandbox/fs/host_directory.h"
#include "sandbox/fs/overlay.h"
#include "sandbox/fs/proc.h"
#include "sandbox/fs/sys.h"

namespace sandbox {
namespace {

const Credentials& RootCredentials() {
  static const std::shared_ptr<const Credentials> credentials = Credentials::ForUser(0, 0, {});
  return *credentials;
}

absl::Status Failed(std::string_view what, int error) {
  return absl::InternalError(absl::StrCat(what, ": ", strerror(error)));
}

// The directory `path`, made with its parents if it is not there.
Result<Path> MakeDirectories(Vfs& vfs, const std::string& path) {
  Path root = vfs.RootPath();
  std::string walked;
  Path current = root;
  for (std::string_view part : absl::StrSplit(path, '/', absl::SkipEmpty())) {
    absl::StrAppend(&walked, "/", part);
    Lookup lookup{root, root, walked, RootCredentials(), kFollowLast};
    Result<Path> found = vfs.Resolve(lookup);
    if (!found.ok() && found.error() == ENOENT) {
      RETURN_IF_ERROR(vfs.Create(lookup, CreateRequest{.mode = S_IFDIR | 0755}, 0));
      found = vfs.Resolve(lookup);
    }
    if (!found.ok()) return found;
    current = *found;
  }
  return current;
}

absl::Status MountAt(Vfs& vfs, const std::string& where, std::shared_ptr<Inode> root, MountOptions options) {
  Result<Path> point = MakeDirectories(vfs, where);
  // A read-only root without the directory simply goes without the mount's directory being made.
  if (!point.ok())
    return Failed(absl::StrCat("cannot make the mount point ", where, " in the container"), point.error());
  Result<std::shared_ptr<Mount>> mounted = vfs.mounts().Add(*point, std::move(root), std::move(options));
  if (!mounted.ok()) return Failed(absl::StrCat("cannot mount on ", where), mounted.error());
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<Inode>> MakeRootDirectory(const RootOptions& options,
                                                         const std::shared_ptr<Tmpfs>& upper_memory) {
  const bool through = options.overlay == RootOptions::Overlay::kNone;
  Result<std::shared_ptr<Inode>> host = MakeHostDirectory(options.root_fd, HostDirectoryOptions{.read_only = !through});
  if (!host.ok()) return Failed("cannot use the root directory", host.error());
  if (through) return *host;
  if (options.overlay == RootOptions::Overlay::kMemory) {
    Result<Attributes> attributes = (*host)->GetAttributes();
    uint32_t permissions = attributes.ok() ? attributes->mode & 07777 : 0755;
    return MakeOverlay(upper_memory->MakeRoot(permissions), *host);
  }
  Result<std::shared_ptr<Inode>> upper = MakeHostDirectory(options.overlay_fd, HostDirectoryOptions{});
  if (!upper.ok()) return Failed("cannot use the overlay directory", upper.error());
  return MakeOverlay(*upper, *host);
}

}  // namespace

absl::StatusOr<Root> BuildRoot(const RootOptions& options) {
  Root root;
  root.vfs = std::make_shared<Vfs>();
  root.memory = std::make_shared<Tmpfs>(options.memory, 0);
  auto overlay_memory = std::make_shared<Tmpfs>(options.memory, options.overlay_limit);
  absl::StatusOr<std::shared_ptr<Inode>> top = MakeRootDirectory(options, overlay_memory);
  if (!top.ok()) return top.status();
  const bool overlay = options.overlay != RootOptions::Overlay::kNone;
  root.vfs->mounts().MountRoot(
      *top, MountOptions{.type = overlay ? "overlay" : "host", .source = overlay ? "overlay" : "host"});
  EXPLAIN() << "the container's / is a directory of the host"
            << (overlay ? ", read-only, under an overlay that takes all writes" : "");

  RegisterMemoryDevices();
  auto devices = std::make_shared<Tmpfs>(options.memory, 1 << 20);
  const unsigned long quiet = MS_NOSUID | MS_NOEXEC;
  absl::Status status = MountAt(*root.vfs, "/dev", MakeDevDirectory(devices),
                                MountOptions{"devtmpfs", "devtmpfs", MS_NOSUID, "mode=755"});
  if (!status.ok()) return status;
  status =
      MountAt(*root.vfs, "/dev/pts", MakeDevpts(), MountOptions{"devpts", "devpts", quiet, "mode=620,ptmxmode=666"});
  if (!status.ok()) return status;
  status = MountAt(*root.vfs, "/dev/shm", root.memory->MakeRoot(01777),
                   MountOptions{"tmpfs", "tmpfs", MS_NOSUID | MS_NODEV, ""});
  if (!status.ok()) return status;
  status = MountAt(*root.vfs, "/sys", MakeSys(), MountOptions{"sysfs", "sysfs", quiet | MS_RDONLY | MS_NODEV, ""});
  if (!status.ok()) return status;

  for (const RootOptions::Bind& bind : options.binds) {
    Result<std::shared_ptr<Inode>> host =
        MakeHostDirectory(bind.directory_fd, HostDirectoryOptions{.read_only = bind.read_only});
    if (!host.ok()) return Failed(absl::StrCat("cannot bind ", bind.destination), host.error());
    unsigned long flags = MS_NOSUID | MS_NODEV;
    if (bind.read_only) flags |= MS_RDONLY;
    status = MountAt(*root.vfs, bind.destination, *host, MountOptions{"host", "host", flags, ""});
    if (!status.ok()) return status;
  }
  return root;
}

absl::Status MountProc(Vfs& vfs, Kernel& kernel) {
  Terminal::SetKernel(&kernel);
  return MountAt(vfs, "/proc", MakeProc(kernel), MountOptions{"proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, ""});
}

absl::StatusOr<std::shared_ptr<FsContext>> MakeFsContext(Vfs& vfs, const std::string& cwd,
                                                         const Credentials& credentials) {
  auto context = std::make_shared<FsContext>();
  context->root = context->cwd = vfs.RootPath();
  Result<Path> found = vfs.Resolve(Lookup{context->root, context->root, cwd, credentials, kFollowLast});
  if (!found.ok() || !found->inode().IsDirectory()) {
    return absl::NotFoundError(absl::StrCat("--cwd: ", cwd, ": ", strerror(found.ok() ? ENOTDIR : found.error())));
  }
  context->cwd = *found;
  return context;
}

absl::StatusOr<std::shared_ptr<FdTable>> MakeStandardDescriptors(Vfs& vfs) {
  auto table = std::make_shared<FdTable>();
  std::shared_ptr<Terminal> console;
  // In a pipeline ("sandbox do -- ls | less") the terminal belongs to others, who would not like it raw.
  if (isatty(0) && isatty(1)) {
    Result<std::shared_ptr<Terminal>> made = MakeConsole(0);
    if (!made.ok()) return Failed("cannot use the terminal", made.error());
    console = *made;
  }
  for (int fd = 0; fd < 3; ++fd) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) continue;
    Result<std::shared_ptr<File>> file = console && isatty(fd)
                                             ? OpenConsole(vfs, console, flags & O_ACCMODE)
                                             : MakeHostStream(vfs, fd, flags & (O_ACCMODE | O_APPEND));
    if (!file.ok()) return Failed(absl::StrCat("cannot use descriptor ", fd), file.error());
    table->InstallAt(fd, *std::move(file), /*close_on_exec=*/false);
  }
  return table;
}

}  // namespace sandbox
