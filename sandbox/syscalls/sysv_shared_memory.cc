// System V shared memory: shmget, shmat, shmdt, shmctl. A segment is a memory file; attaching is mapping it shared.
#include <sys/mman.h>
#include <sys/shm.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sandbox/fs/tmpfs.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/mm/memory_manager.h"
#include "sandbox/syscalls/handlers_ipc.h"
#include "sandbox/syscalls/sysv_proc.h"
#include "sandbox/syscalls/sysv_registry.h"

namespace sandbox {
namespace {

constexpr uint64_t kMaxSegment = uint64_t{1} << 40;

struct Segment : SysvObject {
  uint64_t size = 0;
  std::shared_ptr<MemoryContents> contents;
  time_t attach_time = 0, detach_time = 0;
  int32_t creator = 0, last_process = 0;
  // Mappings hold `contents`: what is more than this object's own reference is attached. Splitting a mapping counts
  // twice.
  uint64_t attached() const { return static_cast<uint64_t>(contents.use_count() - 1); }
};

SysvRegistry<Segment>& Segments() {
  static auto& segments = *new SysvRegistry<Segment>(4096);
  return segments;
}

Result<uint64_t> Describe(Task& task, Addr to, bool used) {
  if (used) {
    shm_info info = {};
    info.used_ids = static_cast<int>(Segments().objects().size());
    for (const auto& [id, segment] : Segments().objects()) {
      info.shm_tot += segment->size / kPageSize;
      info.shm_rss += segment->contents->sectors() * 512 / kPageSize;
    }
    RETURN_IF_ERROR(task.memory().Write(to, info));
  } else {
    shminfo info = {};
    info.shmmax = kMaxSegment;
    info.shmmin = 1;
    info.shmmni = info.shmseg = 4096;
    info.shmall = kMaxSegment / kPageSize;
    RETURN_IF_ERROR(task.memory().Write(to, info));
  }
  return Segments().LastIndex();
}

}  // namespace

std::string SharedMemoryText() {
  std::string text =
      "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      "
      "dtime   "
      "   ctime                   rss                  swap\n";
  for (const auto& [id, segment] : Segments().objects()) {
    absl::StrAppendFormat(&text, "%10d %10d  %4o %21d %5d %5d  %5d %5d %5d %5d %5d %10d %10d %10d %21d %21d\n",
                          segment->key, id, segment->mode, segment->size, segment->creator, segment->last_process,
                          segment->attached(), segment->uid, segment->gid, segment->creator_uid, segment->creator_gid,
                          segment->attach_time, segment->detach_time, segment->change_time,
                          segment->contents->sectors() * 512, 0);
  }
  return text;
}

SyscallResult SysShmget(Task& task, const SyscallArguments& a) {
  const uint64_t size = a[1];
  auto make = [&]() -> Result<std::shared_ptr<Segment>> {
    if (size == 0 || size > kMaxSegment) return Error(EINVAL);
    auto segment = std::make_shared<Segment>();
    const std::shared_ptr<Tmpfs>& tmpfs = task.kernel().shared_memory();
    segment->contents = std::make_shared<MemoryContents>(
        tmpfs, tmpfs->NextInode(), absl::StrCat("/SYSV", absl::Hex(a.Uint(0), absl::kZeroPad8), " (deleted)"));
    RETURN_IF_ERROR(segment->contents->Resize(size));
    segment->size = size;
    segment->creator = task.thread_group().id();
    return segment;
  };
  auto check = [size](const Segment& found) -> Result<void> {
    return size > found.size ? Result<void>(Error(EINVAL)) : Ok();
  };
  ASSIGN_OR_RETURN(int id, Segments().Get(a.Int(0), a.Int(2), task.credentials(), make, check));
  return static_cast<uint64_t>(id);
}

SyscallResult SysShmat(Task& task, const SyscallArguments& a) {
  const int flags = a.Int(2);
  const bool read_only = (flags & SHM_RDONLY) != 0;
  ASSIGN_OR_RETURN(std::shared_ptr<Segment> segment, Segments().Find(a.Int(0), task.credentials(), read_only ? 4 : 6));
  MemoryManager::MapOptions map;
  map.address = a.Address(1);
  if (map.address % SHMLBA != 0) {
    if ((flags & SHM_RND) == 0) return Error(EINVAL);
    map.address -= map.address % SHMLBA;
  }
  if ((flags & SHM_REMAP) != 0 && map.address == 0) return Error(EINVAL);
  map.length = segment->size;
  map.prot = PROT_READ | (read_only ? 0 : PROT_WRITE) | ((flags & SHM_EXEC) != 0 ? PROT_EXEC : 0);
  map.shared = true;
  map.fixed = map.address != 0;
  map.no_replace = (flags & SHM_REMAP) == 0;
  map.may_write = !read_only;
  map.file = segment->contents;
  ASSIGN_OR_RETURN(Addr address, task.mm().Map(std::move(map)));
  segment->attach_time = time(nullptr);
  segment->last_process = task.thread_group().id();
  return address;
}

SyscallResult SysShmdt(Task& task, const SyscallArguments& a) {
  const auto& vmas = task.mm().vmas();
  auto it = vmas.find(a.Address(0));
  if (it == vmas.end() || !it->second.shared || it->second.file_offset != 0) return Error(EINVAL);
  const std::shared_ptr<Mappable> file = it->second.file;
  auto* contents = dynamic_cast<MemoryContents*>(file.get());
  if (contents == nullptr || contents->MappedName().substr(0, 5) != "/SYSV") return Error(EINVAL);
  for (const auto& [id, segment] : Segments().objects()) {
    if (segment->contents == file) segment->detach_time = time(nullptr);
  }
  RETURN_IF_ERROR(task.mm().Unmap(a.Address(0), (contents->size() + kPageSize - 1) & ~(kPageSize - 1)));
  return uint64_t{0};
}

SyscallResult SysShmctl(Task& task, const SyscallArguments& a) {
  const int command = a.Int(1) & 0xff;
  if (command == IPC_INFO || command == SHM_INFO) return Describe(task, a.Address(2), command == SHM_INFO);
  const bool by_index = command == SHM_STAT || command == SHM_STAT_ANY;
  ASSIGN_OR_RETURN(std::shared_ptr<Segment> segment, by_index ? Segments().At(a.Int(0)) : Segments().Find(a.Int(0)));
  switch (command) {
    case IPC_RMID:
      if (!segment->OwnedBy(task.credentials())) return Error(EPERM);
      segment->removed = true;
      Segments().Remove(segment->id);  // mappings keep the memory
      return uint64_t{0};
    case IPC_SET: {
      ASSIGN_OR_RETURN(shmid_ds wanted, task.memory().Read<shmid_ds>(a.Address(2)));
      RETURN_IF_ERROR(SysvSet(*segment, task.credentials(), wanted.shm_perm));
      return uint64_t{0};
    }
    case SHM_STAT:
    case SHM_STAT_ANY:
    case IPC_STAT: {
      if (command != SHM_STAT_ANY && !segment->Allows(task.credentials(), 4)) return Error(EACCES);
      shmid_ds status = {};
      status.shm_perm = segment->Describe();
      status.shm_segsz = segment->size;
      status.shm_atime = segment->attach_time;
      status.shm_dtime = segment->detach_time;
      status.shm_ctime = segment->change_time;
      status.shm_cpid = segment->creator;
      status.shm_lpid = segment->last_process;
      status.shm_nattch = segment->attached();
      RETURN_IF_ERROR(task.memory().Write(a.Address(2), status));
      return static_cast<uint64_t>(by_index ? segment->id : 0);
    }
    case SHM_LOCK:
    case SHM_UNLOCK:
      return uint64_t{0};
    default:
      return Error(EINVAL);
  }
}

}  // namespace sandbox
