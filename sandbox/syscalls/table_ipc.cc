// System V IPC and process descriptors.
#include "sandbox/syscalls/handlers_ipc.h"
#include "sandbox/syscalls/table.h"

namespace sandbox {
namespace {

// clang-format off
constexpr SyscallEntry kRows[] = {
    {29, "shmget", Support::kFull, "", SysShmget, "xzx"},
    {30, "shmat", Support::kFull, "", SysShmat, "dpx"},
    {31, "shmctl", Support::kPartial, "shm_nattch counts split mappings twice; segments are never locked", SysShmctl, "ddp"},
    {64, "semget", Support::kFull, "", SysSemget, "xdx"},
    {65, "semop", Support::kFull, "", SysSemop, "dpu"},
    {66, "semctl", Support::kFull, "", SysSemctl, "dddp"},
    {67, "shmdt", Support::kFull, "", SysShmdt, "p"},
    {68, "msgget", Support::kFull, "", SysMsgget, "xx"},
    {69, "msgsnd", Support::kFull, "", SysMsgsnd, "dpzx"},
    {70, "msgrcv", Support::kPartial, "no MSG_COPY", SysMsgrcv, "dpzdx"},
    {71, "msgctl", Support::kFull, "", SysMsgctl, "ddp"},
    {220, "semtimedop", Support::kFull, "", SysSemtimedop, "dpup"},
    {240, "mq_open", Support::kFull, "", SysMqOpen, "sOop"},
    {241, "mq_unlink", Support::kFull, "", SysMqUnlink, "s"},
    {242, "mq_timedsend", Support::kFull, "", SysMqTimedsend, "fwzup"},
    {243, "mq_timedreceive", Support::kFull, "", SysMqTimedreceive, "frzpp"},
    {244, "mq_notify", Support::kPartial, "no SIGEV_THREAD", SysMqNotify, "fp"},
    {245, "mq_getsetattr", Support::kFull, "", SysMqGetsetattr, "fpp"},
    {424, "pidfd_send_signal", Support::kFull, "", SysPidfdSendSignal, "fgpx"},
    {434, "pidfd_open", Support::kFull, "", SysPidfdOpen, "dx"},
    {438, "pidfd_getfd", Support::kPartial, "open to CAP_SYS_PTRACE and to the same user", SysPidfdGetfd, "fdx"},
};
// clang-format on

}  // namespace

absl::Span<const SyscallEntry> IpcSyscalls() { return kRows; }

}  // namespace sandbox
