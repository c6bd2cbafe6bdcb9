// User and group ids, supplementary groups, capabilities.
#include <linux/capability.h>

#include <memory>
#include <vector>

#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/syscalls/handlers_kernel.h"

namespace sandbox {
namespace {

constexpr uint32_t kUnchanged = ~0u;
constexpr uint64_t kMaxGroups = 65536;

std::shared_ptr<Credentials> CopyOf(Task& task) { return std::make_shared<Credentials>(task.credentials()); }

// Whether `id` is one of the three the caller already has.
bool IsOwnUser(const Credentials& c, uid_t id) { return id == c.uid || id == c.euid || id == c.suid; }
bool IsOwnGroup(const Credentials& c, gid_t id) { return id == c.gid || id == c.egid || id == c.sgid; }

void InstallUser(Task& task, const std::shared_ptr<Credentials>& after) {
  const Credentials& before = task.credentials();
  after->fsuid = after->euid;
  after->AdjustCapabilities(before.uid, before.euid, before.suid);
  task.set_credentials(after);
}

SyscallResult WriteThree(Task& task, const SyscallArguments& a, uint32_t x, uint32_t y, uint32_t z) {
  RETURN_IF_ERROR(task.memory().Write(a.Address(0), x));
  RETURN_IF_ERROR(task.memory().Write(a.Address(1), y));
  RETURN_IF_ERROR(task.memory().Write(a.Address(2), z));
  return 0;
}

}  // namespace

SyscallResult SysGetuid(Task& task, const SyscallArguments&) { return task.credentials().uid; }
SyscallResult SysGeteuid(Task& task, const SyscallArguments&) { return task.credentials().euid; }
SyscallResult SysGetgid(Task& task, const SyscallArguments&) { return task.credentials().gid; }
SyscallResult SysGetegid(Task& task, const SyscallArguments&) { return task.credentials().egid; }

SyscallResult SysGetresuid(Task& task, const SyscallArguments& a) {
  const Credentials& c = task.credentials();
  return WriteThree(task, a, c.uid, c.euid, c.suid);
}

SyscallResult SysGetresgid(Task& task, const SyscallArguments& a) {
  const Credentials& c = task.credentials();
  return WriteThree(task, a, c.gid, c.egid, c.sgid);
}

SyscallResult SysSetuid(Task& task, const SyscallArguments& a) {
  const uid_t id = a.Uint(0);
  const auto after = CopyOf(task);
  if (task.credentials().Has(CAP_SETUID)) {
    after->uid = after->suid = id;
  } else if (id != after->uid && id != after->suid) {
    return Error(EPERM);
  }
  after->euid = id;
  InstallUser(task, after);
  return 0;
}

SyscallResult SysSetgid(Task& task, const SyscallArguments& a) {
  const gid_t id = a.Uint(0);
  const auto after = CopyOf(task);
  if (task.credentials().Has(CAP_SETGID)) {
    after->gid = after->sgid = id;
  } else if (id != after->gid && id != after->sgid) {
    return Error(EPERM);
  }
  after->egid = after->fsgid = id;
  task.set_credentials(after);
  return 0;
}

SyscallResult SysSetreuid(Task& task, const SyscallArguments& a) {
  const uid_t real = a.Uint(0), effective = a.Uint(1);
  const Credentials& before = task.credentials();
  const bool free = before.Has(CAP_SETUID);
  if (!free && real != kUnchanged && real != before.uid && real != before.euid) return Error(EPERM);
  if (!free && effective != kUnchanged && !IsOwnUser(before, effective)) return Error(EPERM);
  const auto after = CopyOf(task);
  if (real != kUnchanged) after->uid = real;
  if (effective != kUnchanged) after->euid = effective;
  if (real != kUnchanged || (effective != kUnchanged && effective != before.uid)) after->suid = after->euid;
  InstallUser(task, after);
  return 0;
}

SyscallResult SysSetregid(Task& task, const SyscallArguments& a) {
  const gid_t real = a.Uint(0), effective = a.Uint(1);
  const Credentials& before = task.credentials();
  const bool free = before.Has(CAP_SETGID);
  if (!free && real != kUnchanged && real != before.gid && real != before.egid) return Error(EPERM);
  if (!free && effective != kUnchanged && !IsOwnGroup(before, effective)) return Error(EPERM);
  const auto after = CopyOf(task);
  if (real != kUnchanged) after->gid = real;
  if (effective != kUnchanged) after->egid = effective;
  if (real != kUnchanged || (effective != kUnchanged && effective != before.gid)) after->sgid = after->egid;
  after->fsgid = after->egid;
  task.set_credentials(after);
  return 0;
}

SyscallResult SysSetresuid(Task& task, const SyscallArguments& a) {
  const Credentials& before = task.credentials();
  for (int i = 0; i < 3; ++i) {
    if (a.Uint(i) != kUnchanged && !before.Has(CAP_SETUID) && !IsOwnUser(before, a.Uint(i))) return Error(EPERM);
  }
  const auto after = CopyOf(task);
  if (a.Uint(0) != kUnchanged) after->uid = a.Uint(0);
  if (a.Uint(1) != kUnchanged) after->euid = a.Uint(1);
  if (a.Uint(2) != kUnchanged) after->suid = a.Uint(2);
  InstallUser(task, after);
  return 0;
}

SyscallResult SysSetresgid(Task& task, const SyscallArguments& a) {
  const Credentials& before = task.credentials();
  for (int i = 0; i < 3; ++i) {
    if (a.Uint(i) != kUnchanged && !before.Has(CAP_SETGID) && !IsOwnGroup(before, a.Uint(i))) return Error(EPERM);
  }
  const auto after = CopyOf(task);
  if (a.Uint(0) != kUnchanged) after->gid = a.Uint(0);
  if (a.Uint(1) != kUnchanged) after->egid = a.Uint(1);
  if (a.Uint(2) != kUnchanged) after->sgid = a.Uint(2);
  after->fsgid = after->egid;
  task.set_credentials(after);
  return 0;
}

SyscallResult SysSetfsuid(Task& task, const SyscallArguments& a) {
  const Credentials& before = task.credentials();
  const uid_t old = before.fsuid;
  if (before.Has(CAP_SETUID) || IsOwnUser(before, a.Uint(0))) {
    const auto after = CopyOf(task);
    after->fsuid = a.Uint(0);
    task.set_credentials(after);
  }
  return old;
}

SyscallResult SysSetfsgid(Task& task, const SyscallArguments& a) {
  const Credentials& before = task.credentials();
  const gid_t old = before.fsgid;
  if (before.Has(CAP_SETGID) || IsOwnGroup(before, a.Uint(0))) {
    const auto after = CopyOf(task);
    after->fsgid = a.Uint(0);
    task.set_credentials(after);
  }
  return old;
}

SyscallResult SysGetgroups(Task& task, const SyscallArguments& a) {
  const std::vector<gid_t>& groups = task.credentials().groups;
  const int size = a.Int(0);
  if (size < 0 || (size != 0 && static_cast<size_t>(size) < groups.size())) return Error(EINVAL);
  if (size != 0) RETURN_IF_ERROR(task.memory().CopyOut(a.Address(1), groups.data(), groups.size() * sizeof(gid_t)));
  return groups.size();
}

SyscallResult SysSetgroups(Task& task, const SyscallArguments& a) {
  if (!task.credentials().Has(CAP_SETGID)) return Error(EPERM);
  if (a[0] > kMaxGroups) return Error(EINVAL);
  const auto after = CopyOf(task);
  ASSIGN_OR_RETURN(after->groups, task.memory().ReadArray<gid_t>(a.Address(1), a[0]));
  task.set_credentials(after);
  return 0;
}

namespace {

// How many 32-bit words each set has in this version; 0: unknown.
int WordsOf(uint32_t version) {
  if (version == _LINUX_CAPABILITY_VERSION_1) return 1;
  return version == _LINUX_CAPABILITY_VERSION_2 || version == _LINUX_CAPABILITY_VERSION_3 ? 2 : 0;
}

Result<__user_cap_header_struct> ReadCapabilityHeader(Task& task, Addr address) {
  ASSIGN_OR_RETURN(__user_cap_header_struct header, task.memory().Read<__user_cap_header_struct>(address));
  if (WordsOf(header.version) == 0) {
    header.version = _LINUX_CAPABILITY_VERSION_3;
    RETURN_IF_ERROR(task.memory().Write(address, header));
    return Error(EINVAL);
  }
  return header;
}

}  // namespace

SyscallResult SysCapget(Task& task, const SyscallArguments& a) {
  const Result<__user_cap_header_struct> header = ReadCapabilityHeader(task, a.Address(0));
  if (!header.ok())
    return a.Address(1) == 0 && header.error() == EINVAL ? SyscallResult(0) : SyscallResult(Error(header.error()));
  if (header->pid < 0) return Error(EINVAL);
  const Task* target = header->pid == 0 ? &task : task.kernel().FindTask(header->pid);
  if (target == nullptr) return Error(ESRCH);
  if (a.Address(1) == 0) return 0;
  const Credentials& c = target->credentials();
  std::vector<__user_cap_data_struct> words;
  for (int i = 0; i < WordsOf(header->version); ++i) {
    const int shift = 32 * i;
    words.push_back({static_cast<uint32_t>(c.effective >> shift), static_cast<uint32_t>(c.permitted >> shift),
                     static_cast<uint32_t>(c.inheritable >> shift)});
  }
  RETURN_IF_ERROR(task.memory().CopyOut(a.Address(1), words.data(), words.size() * sizeof(words[0])));
  return 0;
}

SyscallResult SysCapset(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(const __user_cap_header_struct header, ReadCapabilityHeader(task, a.Address(0)));
  if (header.pid != 0 && header.pid != task.tid()) return Error(EPERM);
  ASSIGN_OR_RETURN(const std::vector<__user_cap_data_struct> words,
                   task.memory().ReadArray<__user_cap_data_struct>(a.Address(1), WordsOf(header.version)));
  const Credentials& before = task.credentials();
  uint64_t effective = 0, permitted = 0, inheritable = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    effective |= uint64_t{words[i].effective} << (32 * i);
    permitted |= uint64_t{words[i].permitted} << (32 * i);
    inheritable |= uint64_t{words[i].inheritable} << (32 * i);
  }
  effective &= kAllCapabilities, permitted &= kAllCapabilities, inheritable &= kAllCapabilities;
  if ((permitted & ~before.permitted) != 0 || (effective & ~permitted) != 0) return Error(EPERM);
  if (!before.Has(CAP_SETPCAP) && (inheritable & ~(before.inheritable | before.permitted)) != 0) return Error(EPERM);
  if ((inheritable & ~(before.inheritable | before.bounding)) != 0) return Error(EPERM);
  const auto after = CopyOf(task);
  after->effective = effective;
  after->permitted = permitted;
  after->inheritable = inheritable;
  after->ambient &= permitted & inheritable;
  task.set_credentials(after);
  return 0;
}

}  // namespace sandbox
