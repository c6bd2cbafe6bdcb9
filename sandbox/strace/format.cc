#include "sandbox/strace/format.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sandbox::strace {
namespace {

constexpr size_t kStringLimit = 64;

#define NAME(x) \
  { static_cast<uint64_t>(x), #x }

constexpr FlagName kOpenFlags[] = {NAME(O_CREAT),    NAME(O_EXCL),     NAME(O_NOCTTY),  NAME(O_TRUNC),
                                   NAME(O_APPEND),   NAME(O_NONBLOCK), NAME(O_SYNC),    NAME(O_DSYNC),
                                   NAME(O_ASYNC),    NAME(O_DIRECT),   NAME(O_TMPFILE), NAME(O_DIRECTORY),
                                   NAME(O_NOFOLLOW), NAME(O_NOATIME),  NAME(O_CLOEXEC), NAME(O_PATH)};
constexpr FlagName kProtections[] = {NAME(PROT_READ), NAME(PROT_WRITE), NAME(PROT_EXEC), NAME(PROT_GROWSDOWN),
                                     NAME(PROT_GROWSUP)};
constexpr FlagName kMapFlags[] = {NAME(MAP_SHARED),         NAME(MAP_PRIVATE),   NAME(MAP_FIXED),  NAME(MAP_ANONYMOUS),
                                  NAME(MAP_GROWSDOWN),      NAME(MAP_DENYWRITE), NAME(MAP_LOCKED), NAME(MAP_NORESERVE),
                                  NAME(MAP_POPULATE),       NAME(MAP_NONBLOCK),  NAME(MAP_STACK),  NAME(MAP_HUGETLB),
                                  NAME(MAP_FIXED_NOREPLACE)};
constexpr FlagName kAccess[] = {NAME(R_OK), NAME(W_OK), NAME(X_OK)};
constexpr FlagName kAtFlags[] = {NAME(AT_SYMLINK_NOFOLLOW), NAME(AT_REMOVEDIR), NAME(AT_SYMLINK_FOLLOW),
                                 NAME(AT_NO_AUTOMOUNT), NAME(AT_EMPTY_PATH)};
constexpr FlagName kCloneFlags[] = {NAME(CLONE_VM),
                                    NAME(CLONE_FS),
                                    NAME(CLONE_FILES),
                                    NAME(CLONE_SIGHAND),
                                    NAME(CLONE_PIDFD),
                                    NAME(CLONE_PTRACE),
                                    NAME(CLONE_VFORK),
                                    NAME(CLONE_PARENT),
                                    NAME(CLONE_THREAD),
                                    NAME(CLONE_NEWNS),
                                    NAME(CLONE_SYSVSEM),
                                    NAME(CLONE_SETTLS),
                                    NAME(CLONE_PARENT_SETTID),
                                    NAME(CLONE_CHILD_CLEARTID),
                                    NAME(CLONE_CHILD_SETTID),
                                    NAME(CLONE_NEWUSER),
                                    NAME(CLONE_NEWPID),
                                    NAME(CLONE_NEWNET)};
constexpr FlagName kFcntl[] = {NAME(F_DUPFD),      NAME(F_GETFD),    NAME(F_SETFD),         NAME(F_GETFL),
                               NAME(F_SETFL),      NAME(F_GETLK),    NAME(F_SETLK),         NAME(F_SETLKW),
                               NAME(F_SETOWN),     NAME(F_GETOWN),   NAME(F_DUPFD_CLOEXEC), NAME(F_SETPIPE_SZ),
                               NAME(F_GETPIPE_SZ), NAME(F_OFD_SETLK)};
constexpr FlagName kIoctls[] = {NAME(TCGETS),     NAME(TCSETS),    NAME(TCSETSW),   NAME(TCSETSF),   NAME(TIOCGWINSZ),
                                NAME(TIOCSWINSZ), NAME(TIOCGPGRP), NAME(TIOCSPGRP), NAME(TIOCSCTTY), NAME(TIOCNOTTY),
                                NAME(FIONREAD),   NAME(FIONBIO),   NAME(FIOCLEX),   NAME(TIOCGPTN),  NAME(TIOCSPTLCK)};
constexpr FlagName kWhence[] = {NAME(SEEK_SET), NAME(SEEK_CUR), NAME(SEEK_END), NAME(SEEK_DATA), NAME(SEEK_HOLE)};

#undef NAME

template <size_t N>
std::string OneOf(uint64_t value, const FlagName (&names)[N]) {
  for (const FlagName& name : names) {
    if (name.value == value) return name.name;
  }
  return absl::StrFormat("%#x", value);
}

std::string OpenFlags(uint64_t flags) {
  flags &= ~uint64_t{0100000};
  const char* access = (flags & O_ACCMODE) == O_RDONLY   ? "O_RDONLY"
                       : (flags & O_ACCMODE) == O_WRONLY ? "O_WRONLY"
                                                         : "O_RDWR";
  flags &= ~uint64_t{O_ACCMODE};
  return flags == 0 ? access : absl::StrCat(access, "|", FormatFlags(flags, kOpenFlags, std::size(kOpenFlags)));
}

std::string Signal(uint64_t number) {
  const char* name = sigabbrev_np(static_cast<int>(number));
  return name == nullptr ? absl::StrCat(number) : absl::StrCat("SIG", name);
}

std::string Bytes(GuestMemory& memory, Addr address, uint64_t length) {
  char buffer[kStringLimit];
  size_t n = memory.CopyInPartly(buffer, address, std::min<uint64_t>(length, sizeof(buffer)));
  if (n == 0 && length > 0) return absl::StrFormat("%#x", address);
  return Quote(std::string_view(buffer, n), kStringLimit, n < length);
}

std::string String(GuestMemory& memory, Addr address) {
  if (address == 0) return "NULL";
  char buffer[PATH_MAX];
  // As far as readable: the string may end just before an unmapped page.
  size_t n = memory.CopyInPartly(buffer, address, sizeof(buffer));
  const void* end = memchr(buffer, 0, n);
  if (n == 0) return absl::StrFormat("%#x", address);
  size_t length = end == nullptr ? n : static_cast<const char*>(end) - buffer;
  return Quote(std::string_view(buffer, length), 256, end == nullptr);
}

std::string Strings(GuestMemory& memory, Addr address) {
  if (address == 0) return "NULL";
  std::string text = "[";
  for (int i = 0;; ++i) {
    Result<uint64_t> element = memory.Read<uint64_t>(address + 8 * i);
    if (!element.ok()) return absl::StrFormat("%#x", address);
    if (*element == 0) break;
    if (i > 0) text += ", ";
    if (i == 16) {
      text += "...";
      break;
    }
    text += String(memory, *element);
  }
  return text + "]";
}

std::string Vectors(GuestMemory& memory, Addr address, uint64_t count) {
  std::string text = "[";
  for (uint64_t i = 0; i < count && i < 8; ++i) {
    Result<iovec> vector = memory.Read<iovec>(address + i * sizeof(iovec));
    if (!vector.ok()) return absl::StrFormat("%#x", address);
    absl::StrAppend(&text, i > 0 ? ", " : "", "{",
                    Bytes(memory, reinterpret_cast<Addr>(vector->iov_base), vector->iov_len), ", ", vector->iov_len,
                    "}");
  }
  return text + (count > 8 ? ", ...]" : "]");
}

std::string Stat(GuestMemory& memory, Addr address) {
  Result<struct stat> status = memory.Read<struct stat>(address);
  if (!status.ok()) return absl::StrFormat("%#x", address);
  return absl::StrFormat("{st_mode=%#o, st_size=%d, ...}", status->st_mode, status->st_size);
}

}  // namespace

bool IsOutput(char letter) { return letter == 'r' || letter == 'S' || letter == 'i'; }

std::string Quote(std::string_view bytes, size_t limit, bool cut) {
  std::string text = "\"";
  for (unsigned char c : bytes.substr(0, limit)) {
    switch (c) {
      case '\n':
        text += "\\n";
        break;
      case '\t':
        text += "\\t";
        break;
      case '\r':
        text += "\\r";
        break;
      case '"':
        text += "\\\"";
        break;
      case '\\':
        text += "\\\\";
        break;
      default:
        if (c >= 0x20 && c < 0x7f) {
          text += static_cast<char>(c);
        } else {
          absl::StrAppendFormat(&text, "\\%o", c);
        }
    }
  }
  text += '"';
  if (cut || bytes.size() > limit) text += "...";
  return text;
}

std::string FormatFlags(uint64_t value, const FlagName* names, size_t count) {
  if (value == 0) return "0";
  std::string text;
  // Names of several bits (O_SYNC, O_TMPFILE) before those of one.
  for (int pass = 0; pass < 2; ++pass) {
    for (size_t i = 0; i < count; ++i) {
      bool wide = (names[i].value & (names[i].value - 1)) != 0;
      if (wide != (pass == 0) || names[i].value == 0 || (value & names[i].value) != names[i].value) continue;
      absl::StrAppend(&text, text.empty() ? "" : "|", names[i].name);
      value &= ~names[i].value;
    }
  }
  if (value != 0) absl::StrAppend(&text, text.empty() ? "" : "|", absl::StrFormat("%#x", value));
  return text;
}

std::string FormatArgument(GuestMemory& memory, char letter, const SyscallArguments& a, int i, int64_t result) {
  if (IsOutput(letter) && result < 0) return absl::StrFormat("%#x", a[i]);
  switch (letter) {
    case 'd':
      return absl::StrCat(a.Int(i));
    case 'f':
      return absl::StrCat(a.Int(i));
    case 'D':
      return a.Int(i) == AT_FDCWD ? "AT_FDCWD" : absl::StrCat(a.Int(i));
    case 'u':
      return absl::StrCat(a.Uint(i));
    case 'z':
      return absl::StrCat(a[i]);
    case 'o':
      return absl::StrFormat("%#o", a.Uint(i));
    case 's':
      return String(memory, a[i]);
    case 'w':
      return Bytes(memory, a[i], i < 5 ? a[i + 1] : 0);
    case 'r':
      return Bytes(memory, a[i], static_cast<uint64_t>(result));
    case 'v':
      return Vectors(memory, a[i], i < 5 ? a[i + 1] : 0);
    case 'V':
      return Strings(memory, a[i]);
    case 'S':
      return Stat(memory, a[i]);
    case 'i': {
      Result<std::array<int, 2>> pair = memory.Read<std::array<int, 2>>(a[i]);
      return pair.ok() ? absl::StrFormat("[%d, %d]", (*pair)[0], (*pair)[1]) : absl::StrFormat("%#x", a[i]);
    }
    case 'O':
      return OpenFlags(a.Uint(i));
    case 'A':
      return a.Uint(i) == 0 ? "F_OK" : FormatFlags(a.Uint(i), kAccess, std::size(kAccess));
    case 'a':
      return FormatFlags(a.Uint(i), kAtFlags, std::size(kAtFlags));
    case 'W':
      return OneOf(a.Uint(i), kWhence);
    case 'K':
      return OneOf(a.Uint(i), kFcntl);
    case 'c':
      return OneOf(a.Uint(i), kIoctls);
    case 'P':
      return a.Uint(i) == 0 ? "PROT_NONE" : FormatFlags(a.Uint(i), kProtections, std::size(kProtections));
    case 'M':
      return FormatFlags(a.Uint(i), kMapFlags, std::size(kMapFlags));
    case 'C': {
      std::string flags = FormatFlags(a[i] & ~uint64_t{CSIGNAL}, kCloneFlags, std::size(kCloneFlags));
      return (a[i] & CSIGNAL) == 0 ? flags : absl::StrCat(flags, "|", Signal(a[i] & CSIGNAL));
    }
    case 'g':
      return Signal(a.Uint(i));
    case 'p':
      return a[i] == 0 ? "NULL" : absl::StrFormat("%#x", a[i]);
    default:
      return absl::StrFormat("%#x", a[i]);
  }
}

}  // namespace sandbox::strace
