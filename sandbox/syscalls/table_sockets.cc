// Sockets.
#include "sandbox/syscalls/handler.h"
#include "sandbox/syscalls/handlers_sockets.h"
#include "sandbox/syscalls/table.h"

namespace sandbox {
namespace {

// clang-format off
constexpr SyscallEntry kRows[] = {
    {41, "socket", Support::kPartial, "families unix, inet, inet6, netlink (route); no raw or packet sockets", SysSocket, "ddd"},
    {42, "connect", Support::kFull, "", SysConnect, "fpd"},
    {43, "accept", Support::kFull, "", SysAccept, "fpp"},
    {44, "sendto", Support::kPartial, "no MSG_OOB", SysSendto, "fwzxpd"},
    {45, "recvfrom", Support::kPartial, "no MSG_OOB, no error queue", SysRecvfrom, "frzxpp"},
    {46, "sendmsg", Support::kPartial, "of control messages SCM_RIGHTS, SCM_CREDENTIALS, hop limit and traffic class; no MSG_OOB", SysSendmsg, "fpx"},
    {47, "recvmsg", Support::kPartial, "timestamps and packet information of datagrams only; no error queue", SysRecvmsg, "fpx"},
    {48, "shutdown", Support::kFull, "", SysShutdown, "fd"},
    {49, "bind", Support::kFull, "", SysBind, "fpd"},
    {50, "listen", Support::kFull, "", SysListen, "fd"},
    {51, "getsockname", Support::kFull, "", SysGetsockname, "fpp"},
    {52, "getpeername", Support::kFull, "", SysGetpeername, "fpp"},
    {53, "socketpair", Support::kFull, "", SysSocketpair, "dddp"},
    {54, "setsockopt", Support::kPartial, "options that concern packets are remembered without effect; no multicast groups", SysSetsockopt, "fddpd"},
    {55, "getsockopt", Support::kPartial, "TCP_INFO has the state only", SysGetsockopt, "fddpp"},
    {288, "accept4", Support::kFull, "", SysAccept4, "fppx"},
    {299, "recvmmsg", Support::kFull, "", SysRecvmmsg, "fpdxp"},
    {307, "sendmmsg", Support::kFull, "", SysSendmmsg, "fpdx"},
};
// clang-format on

}  // namespace

absl::Span<const SyscallEntry> SocketSyscalls() { return kRows; }

}  // namespace sandbox
