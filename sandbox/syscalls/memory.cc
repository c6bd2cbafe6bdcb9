// mmap and its family.
#include <linux/membarrier.h>
#include <linux/mman.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/syscalls/handlers_kernel.h"
#include "sandbox/vfs/fd_table.h"
#include "sandbox/vfs/file.h"
#include "sandbox/vfs/vfs.h"

namespace sandbox {
namespace {

// Flags that change nothing here: memory is never reserved, and pages come when they are touched.
constexpr int kHarmlessFlags =
    MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_LOCKED | MAP_DENYWRITE | MAP_EXECUTABLE;
constexpr int kMapTypes = MAP_SHARED | MAP_PRIVATE | MAP_SHARED_VALIDATE;
constexpr int kProtections = PROT_READ | PROT_WRITE | PROT_EXEC;

Result<void> AttachFile(Task& task, int fd, int prot, MemoryManager::MapOptions* options) {
  ASSIGN_OR_RETURN(const std::shared_ptr<File> file, task.fd_table()->Get(fd));
  if (!file->readable()) return Error(EACCES);
  if (options->shared) {
    options->may_write = file->writable();
    if ((prot & PROT_WRITE) != 0 && !file->writable()) return Error(EACCES);
  }
  ASSIGN_OR_RETURN(options->file, file->GetMappable());
  if (const Result<void> writes = options->file->CheckSharedWrite(); options->shared && !writes.ok()) {
    options->may_write = false;
    if ((prot & PROT_WRITE) != 0) return writes;
  }
  if (!options->file->HasMappedName()) {
    const Vfs& vfs = task.kernel().vfs();
    options->file->SetMappedName(vfs.NameOf(file->path(), vfs.RootPath()));
  }
  return Ok();
}

bool RangeOverflows(Addr start, uint64_t length) { return start + length < start; }

}  // namespace

SyscallResult SysMmap(Task& task, const SyscallArguments& a) {
  const int prot = a.Int(2), flags = a.Int(3);
  const int type = flags & MAP_TYPE;
  if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE) return Error(EINVAL);
  constexpr int kKnown = kMapTypes | kHarmlessFlags | MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_ANONYMOUS | MAP_GROWSDOWN |
                         MAP_32BIT | MAP_HUGETLB | MAP_SYNC;
  if (type == MAP_SHARED_VALIDATE && (flags & ~kKnown) != 0) return Error(EOPNOTSUPP);
  if ((flags & MAP_HUGETLB) != 0) return Error(ENOMEM);  // no huge pages are set aside, as on a default host
  MemoryManager::MapOptions options;
  options.address = a.Address(0);
  options.length = a[1];
  options.prot = prot & kProtections;
  options.shared = type != MAP_PRIVATE;
  options.fixed = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0;
  options.no_replace = (flags & MAP_FIXED_NOREPLACE) != 0;
  options.grows_down = (flags & MAP_GROWSDOWN) != 0;
  options.below_4g = (flags & MAP_32BIT) != 0;
  options.file_offset = a[5];
  if (!IsPageAligned(options.file_offset) || options.length == 0) return Error(EINVAL);
  if ((flags & MAP_ANONYMOUS) == 0) {
    RETURN_IF_ERROR(AttachFile(task, a.Int(4), prot, &options));
  } else {
    options.file_offset = 0;
  }
  return task.mm().Map(std::move(options));
}

SyscallResult SysMunmap(Task& task, const SyscallArguments& a) {
  RETURN_IF_ERROR(task.mm().Unmap(a.Address(0), a[1]));
  return 0;
}

SyscallResult SysMprotect(Task& task, const SyscallArguments& a) {
  const int prot = a.Int(2);
  if ((prot & ~(kProtections | PROT_GROWSDOWN | PROT_GROWSUP | PROT_SEM)) != 0) return Error(EINVAL);
  RETURN_IF_ERROR(task.mm().Protect(a.Address(0), a[1], prot & kProtections));
  return 0;
}

SyscallResult SysMremap(Task& task, const SyscallArguments& a) {
  return task.mm().Remap(a.Address(0), a[1], a[2], a.Int(3), a.Address(4));
}

SyscallResult SysMadvise(Task& task, const SyscallArguments& a) {
  RETURN_IF_ERROR(task.mm().Advise(a.Address(0), a[1], a.Int(2)));
  return 0;
}

SyscallResult SysMsync(Task& task, const SyscallArguments& a) {
  RETURN_IF_ERROR(task.mm().Sync(a.Address(0), a[1], a.Int(2)));
  return 0;
}

// Everything that is mapped counts as resident: nothing here is ever swapped by the sentry.
SyscallResult SysMincore(Task& task, const SyscallArguments& a) {
  const Addr start = a.Address(0);
  if (!IsPageAligned(start)) return Error(EINVAL);
  if (start >= kGuestAddressEnd || a[1] > kGuestAddressEnd - start) return Error(ENOMEM);
  RETURN_IF_ERROR(task.mm().CheckMapped(start, PageCeil(a[1])));
  const std::vector<uint8_t> ones(4096, 1);
  uint64_t left = PageCeil(a[1]) / kPageSize;
  for (Addr to = a.Address(2); left != 0;) {
    const uint64_t n = std::min<uint64_t>(left, ones.size());
    RETURN_IF_ERROR(task.memory().CopyOut(to, ones.data(), n));
    to += n;
    left -= n;
  }
  return 0;
}

SyscallResult SysBrk(Task& task, const SyscallArguments& a) {
  return task.mm().Brk(a.Address(0), task.thread_group().Limit(RLIMIT_DATA));
}

// Locked memory is remembered, for /proc and RLIMIT_MEMLOCK; the host decides what it swaps.
SyscallResult SysMlock(Task& task, const SyscallArguments& a) {
  const Addr start = PageFloor(a.Address(0));
  if (RangeOverflows(a.Address(0), a[1])) return Error(EINVAL);
  const uint64_t length = PageCeil(a.Address(0) + a[1]) - start;
  RETURN_IF_ERROR(task.mm().CheckMapped(start, length));
  if (!task.credentials().Has(CAP_IPC_LOCK) && length > task.thread_group().Limit(RLIMIT_MEMLOCK)) return Error(ENOMEM);
  task.mm().SetLocked(start, length, true);
  return 0;
}

SyscallResult SysMlock2(Task& task, const SyscallArguments& a) {
  if ((a.Int(2) & ~MLOCK_ONFAULT) != 0) return Error(EINVAL);
  return SysMlock(task, a);
}

SyscallResult SysMunlock(Task& task, const SyscallArguments& a) {
  const Addr start = PageFloor(a.Address(0));
  if (RangeOverflows(a.Address(0), a[1])) return Error(EINVAL);
  const uint64_t length = PageCeil(a.Address(0) + a[1]) - start;
  RETURN_IF_ERROR(task.mm().CheckMapped(start, length));
  task.mm().SetLocked(start, length, false);
  return 0;
}

SyscallResult SysMlockall(Task& task, const SyscallArguments& a) {
  const int flags = a.Int(0);
  if (flags == 0 || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) != 0 || flags == MCL_ONFAULT)
    return Error(EINVAL);
  if (!task.credentials().Has(CAP_IPC_LOCK) && task.thread_group().Limit(RLIMIT_MEMLOCK) == 0) return Error(EPERM);
  if ((flags & MCL_CURRENT) != 0) task.mm().SetLocked(0, kGuestAddressEnd, true);
  return 0;
}

SyscallResult SysMunlockall(Task& task, const SyscallArguments&) {
  task.mm().SetLocked(0, kGuestAddressEnd, false);
  return 0;
}

// The host's own barrier on all CPUs is one for guests as well, wherever they run. It takes the host some milliseconds.
SyscallResult SysMembarrier(Task&, const SyscallArguments& a) {
  constexpr int kSupported = MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |
                             MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED |
                             MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
  if (a.Int(1) != 0) return Error(EINVAL);
  if (a.Int(0) == MEMBARRIER_CMD_QUERY) return kSupported;
  if ((a.Int(0) & kSupported) == 0 || !std::has_single_bit(a.Uint(0))) return Error(EINVAL);
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) != 0) return Error(errno);
  return 0;
}

namespace {

// One side after the other through a buffer of ours; both address spaces are checked as for any copy.
SyscallResult CopyBetween(Task& task, const SyscallArguments& a, bool write) {
  if (a[5] != 0) return Error(EINVAL);
  Task* other = task.kernel().FindTask(a.Int(0));
  if (other == nullptr) return Error(ESRCH);
  const Credentials& mine = task.credentials();
  const Credentials& theirs = other->credentials();
  if (!mine.Has(CAP_SYS_PTRACE) &&
      (mine.uid != theirs.uid || mine.uid != theirs.euid || !other->thread_group().dumpable)) {
    return Error(EPERM);
  }
  ASSIGN_OR_RETURN(std::vector<GuestRange> local, task.memory().CopyInIovecs(a.Address(1), a[2]));
  ASSIGN_OR_RETURN(const std::vector<GuestRange> remote, task.memory().CopyInIovecs(a.Address(3), a[4]));
  IoBuffer buffer(&task.memory(), std::move(local));
  const std::shared_ptr<MemoryManager> keep = other->shared_mm();
  std::vector<char> piece(64 * 1024);
  for (const GuestRange& range : remote) {
    for (size_t done = 0; done < range.length && buffer.remaining() != 0;) {
      const size_t want = std::min({piece.size(), range.length - done, buffer.remaining()});
      size_t moved = 0;
      if (write) {
        const Result<size_t> got = buffer.CopyIn(piece.data(), want);
        if (got.ok()) moved = keep->CopyOutPartly(range.address + done, piece.data(), *got);
      } else {
        const size_t got = keep->CopyInPartly(piece.data(), range.address + done, want);
        moved = buffer.CopyOut(piece.data(), got).value_or(0);
      }
      done += moved;
      if (moved < want) return buffer.done() != 0 ? SyscallResult(buffer.done()) : SyscallResult(Error(EFAULT));
    }
  }
  return buffer.done();
}

}  // namespace

SyscallResult SysProcessVmReadv(Task& task, const SyscallArguments& a) { return CopyBetween(task, a, /*write=*/false); }
SyscallResult SysProcessVmWritev(Task& task, const SyscallArguments& a) { return CopyBetween(task, a, /*write=*/true); }

}  // namespace sandbox
