// prctl and arch_prctl.
#include <asm/prctl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

#include <cstring>

#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/syscalls/handlers_kernel.h"

namespace sandbox {
namespace {

SyscallResult GetName(Task& task, Addr to) {
  char name[16] = {};
  std::strncpy(name, task.name().c_str(), sizeof(name) - 1);
  RETURN_IF_ERROR(task.memory().CopyOut(to, name, sizeof(name)));
  return 0;
}

SyscallResult SetName(Task& task, Addr from) {
  char name[16] = {};
  // Up to the NUL: the rest of the sixteen bytes need not be there.
  const size_t got = task.memory().CopyInPartly(name, from, sizeof(name) - 1);
  if (got < sizeof(name) - 1 && std::memchr(name, 0, got) == nullptr) return Error(EFAULT);
  task.set_name(name);
  return 0;
}

SyscallResult Ambient(Task& task, uint64_t operation, uint64_t capability) {
  auto credentials = std::make_shared<Credentials>(task.credentials());
  if (operation == PR_CAP_AMBIENT_CLEAR_ALL) {
    credentials->ambient = 0;
  } else {
    if (capability > CAP_LAST_CAP) return Error(EINVAL);
    const uint64_t bit = uint64_t{1} << capability;
    if (operation == PR_CAP_AMBIENT_IS_SET) return (credentials->ambient & bit) != 0;
    if (operation == PR_CAP_AMBIENT_RAISE) {
      if ((credentials->permitted & credentials->inheritable & bit) == 0) return Error(EPERM);
      credentials->ambient |= bit;
    } else if (operation == PR_CAP_AMBIENT_LOWER) {
      credentials->ambient &= ~bit;
    } else {
      return Error(EINVAL);
    }
  }
  task.set_credentials(std::move(credentials));
  return 0;
}

SyscallResult DropBounding(Task& task, uint64_t capability) {
  if (!task.credentials().Has(CAP_SETPCAP)) return Error(EPERM);
  if (capability > CAP_LAST_CAP) return Error(EINVAL);
  auto credentials = std::make_shared<Credentials>(task.credentials());
  credentials->bounding &= ~(uint64_t{1} << capability);
  task.set_credentials(std::move(credentials));
  return 0;
}

SyscallResult SetSecurebits(Task& task, uint32_t bits) {
  if (!task.credentials().Has(CAP_SETPCAP)) return Error(EPERM);
  auto credentials = std::make_shared<Credentials>(task.credentials());
  credentials->securebits = bits;
  task.set_credentials(std::move(credentials));
  return 0;
}

SyscallResult SetKeepCapabilities(Task& task, uint64_t value) {
  if (value > 1) return Error(EINVAL);
  auto credentials = std::make_shared<Credentials>(task.credentials());
  credentials->securebits &= ~SECBIT_KEEP_CAPS;
  if (value != 0) credentials->securebits |= SECBIT_KEEP_CAPS;
  task.set_credentials(std::move(credentials));
  return 0;
}

}  // namespace

SyscallResult SysPrctl(Task& task, const SyscallArguments& a) {
  switch (a.Int(0)) {
    case PR_SET_NAME:
      return SetName(task, a.Address(1));
    case PR_GET_NAME:
      return GetName(task, a.Address(1));
    case PR_SET_PDEATHSIG:
      if (a[1] > kSignalCount) return Error(EINVAL);
      task.parent_death_signal = a.Int(1);
      return 0;
    case PR_GET_PDEATHSIG:
      RETURN_IF_ERROR(task.memory().Write<int>(a.Address(1), task.parent_death_signal));
      return 0;
    case PR_GET_DUMPABLE:
      return task.thread_group().dumpable;
    case PR_SET_DUMPABLE:
      if (a[1] > 1) return Error(EINVAL);
      task.thread_group().dumpable = a[1] != 0;
      return 0;
    case PR_SET_NO_NEW_PRIVS:
      if (a[1] != 1 || a[2] != 0 || a[3] != 0 || a[4] != 0) return Error(EINVAL);
      task.no_new_privileges = true;
      return 0;
    case PR_GET_NO_NEW_PRIVS:
      return task.no_new_privileges;
    case PR_SET_SECCOMP:
      return SetSeccompByPrctl(task, a[1], a.Address(2));
    case PR_GET_SECCOMP:
      return static_cast<uint64_t>(task.seccomp().mode());
    case PR_SET_CHILD_SUBREAPER:
      task.thread_group().child_subreaper = a[1] != 0;
      return 0;
    case PR_GET_CHILD_SUBREAPER:
      RETURN_IF_ERROR(task.memory().Write<int>(a.Address(1), task.thread_group().child_subreaper));
      return 0;
    case PR_SET_KEEPCAPS:
      return SetKeepCapabilities(task, a[1]);
    case PR_GET_KEEPCAPS:
      return (task.credentials().securebits & SECBIT_KEEP_CAPS) != 0;
    case PR_CAPBSET_READ:
      if (a[1] > CAP_LAST_CAP) return Error(EINVAL);
      return (task.credentials().bounding >> a[1]) & 1;
    case PR_CAPBSET_DROP:
      return DropBounding(task, a[1]);
    case PR_CAP_AMBIENT:
      return Ambient(task, a[1], a[2]);
    case PR_GET_SECUREBITS:
      return task.credentials().securebits;
    case PR_SET_SECUREBITS:
      return SetSecurebits(task, a.Uint(1));
    case PR_SET_TIMERSLACK:
      task.timer_slack = a[1] == 0 ? 50000 : a[1];
      return 0;
    case PR_GET_TIMERSLACK:
      return task.timer_slack;
    case PR_GET_TSC:
      RETURN_IF_ERROR(task.memory().Write<int>(a.Address(1), PR_TSC_ENABLE));
      return 0;
    case PR_GET_TID_ADDRESS:
      RETURN_IF_ERROR(task.memory().Write<Addr>(a.Address(1), task.clear_child_tid));
      return 0;
    case PR_SET_THP_DISABLE:
    case PR_SET_PTRACER:
      return 0;
    case PR_GET_THP_DISABLE:
      return 0;
    default:
      return Error(EINVAL);
  }
}

SyscallResult SysArchPrctl(Task& task, const SyscallArguments& a) {
  const Addr address = a.Address(1);
  switch (a.Int(0)) {
    case ARCH_SET_FS:
      if (address >= kGuestAddressEnd) return Error(EPERM);
      task.registers().fs_base = address;
      task.RegistersChanged();
      return 0;
    case ARCH_SET_GS:
      if (address >= kGuestAddressEnd) return Error(EPERM);
      task.registers().gs_base = address;
      task.RegistersChanged();
      return 0;
    case ARCH_GET_FS:
      RETURN_IF_ERROR(task.memory().Write<uint64_t>(address, task.registers().fs_base));
      return 0;
    case ARCH_GET_GS:
      RETURN_IF_ERROR(task.memory().Write<uint64_t>(address, task.registers().gs_base));
      return 0;
    default:
      return Error(EINVAL);
  }
}

}  // namespace sandbox
