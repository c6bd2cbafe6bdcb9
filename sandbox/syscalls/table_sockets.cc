// Sockets.
#include "sandbox/syscalls/handler.h"
#include "sandbox/syscalls/table.h"

namespace sandbox {
namespace {

// clang-format off
constexpr SyscallEntry kRows[] = {
    {41, "socket", Support::kErrno, "ENOSYS: not written yet", nullptr, "ddd"},
    {42, "connect", Support::kErrno, "ENOSYS: not written yet", nullptr, "fpd"},
    {43, "accept", Support::kErrno, "ENOSYS: not written yet", nullptr, "fpp"},
    {44, "sendto", Support::kErrno, "ENOSYS: not written yet", nullptr, "fwzxpd"},
    {45, "recvfrom", Support::kErrno, "ENOSYS: not written yet", nullptr, "frzxpp"},
    {46, "sendmsg", Support::kErrno, "ENOSYS: not written yet", nullptr, "fpx"},
    {47, "recvmsg", Support::kErrno, "ENOSYS: not written yet", nullptr, "fpx"},
    {48, "shutdown", Support::kErrno, "ENOSYS: not written yet", nullptr, "fd"},
    {49, "bind", Support::kErrno, "ENOSYS: not written yet", nullptr, "fpd"},
    {50, "listen", Support::kErrno, "ENOSYS: not written yet", nullptr, "fd"},
    {51, "getsockname", Support::kErrno, "ENOSYS: not written yet", nullptr, "fpp"},
    {52, "getpeername", Support::kErrno, "ENOSYS: not written yet", nullptr, "fpp"},
    {53, "socketpair", Support::kErrno, "ENOSYS: not written yet", nullptr, "dddp"},
    {54, "setsockopt", Support::kErrno, "ENOSYS: not written yet", nullptr, "fddpd"},
    {55, "getsockopt", Support::kErrno, "ENOSYS: not written yet", nullptr, "fddpp"},
    {288, "accept4", Support::kErrno, "ENOSYS: not written yet", nullptr, "fppx"},
    {299, "recvmmsg", Support::kErrno, "ENOSYS: not written yet", nullptr, "fpdxp"},
    {307, "sendmmsg", Support::kErrno, "ENOSYS: not written yet", nullptr, "fpdx"},
};
// clang-format on

}  // namespace

absl::Span<const SyscallEntry> SocketSyscalls() { return kRows; }

}  // namespace sandbox
