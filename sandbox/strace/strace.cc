#include "sandbox/strace/strace.h"

#include <string.h>
#include <unistd.h>

#include <bitset>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/task.h"
#include "sandbox/strace/format.h"

namespace sandbox::strace {

bool active = false;

namespace {

std::bitset<kSyscallEnd> wanted_calls;
int output = 2;

bool HasAny(const SyscallEntry& entry, std::string_view letters) {
  return std::string_view(entry.arguments).find_first_of(letters) != std::string_view::npos;
}

bool IsOneOf(const SyscallEntry& entry, absl::Span<const SyscallEntry> rows) {
  return &entry >= rows.begin() && &entry < rows.end();
}

bool InClass(const SyscallEntry& entry, std::string_view name) {
  std::string_view call = entry.name;
  if (name == "%file") return HasAny(entry, "sD") || call == "chdir";
  if (name == "%desc") return HasAny(entry, "fD");
  if (name == "%network") return IsOneOf(entry, SocketSyscalls());
  if (name == "%memory")
    return absl::StartsWith(call, "m") && IsOneOf(entry, KernelSyscalls()) ? HasAny(entry, "pP") : call == "brk";
  if (name == "%process")
    return HasAny(entry, "CV") || absl::StartsWith(call, "wait") || absl::StartsWith(call, "exit") ||
           absl::StrContains(call, "fork");
  if (name == "%signal") return HasAny(entry, "g") || absl::StrContains(call, "sig") || call == "pause";
  return false;
}

bool IsClass(std::string_view name) {
  for (std::string_view known : {"%file", "%desc", "%network", "%memory", "%process", "%signal"}) {
    if (name == known) return true;
  }
  return false;
}

bool NeverReturns(const SyscallEntry& entry) {
  return strcmp(entry.name, "exit") == 0 || strcmp(entry.name, "exit_group") == 0;
}

}  // namespace

absl::Status Start(std::string_view filter, int fd) {
  bool negate = absl::ConsumePrefix(&filter, "!");
  wanted_calls.reset();
  for (std::string_view name : absl::StrSplit(filter, ',', absl::SkipEmpty())) {
    if (name == "all") {
      wanted_calls.set();
      continue;
    }
    const SyscallEntry* entry = FindSyscallByName(name);
    if (entry == nullptr && !IsClass(name)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--strace: there is no system call or class \"", name,
          "\" (sandbox syscalls lists the calls; classes: all %file %desc %memory %network %process %signal)"));
    }
    if (entry != nullptr) wanted_calls.set(entry->number);
    for (uint64_t number = 0; entry == nullptr && number < kSyscallEnd; ++number) {
      if (InClass(FindSyscall(number), name)) wanted_calls.set(number);
    }
  }
  if (filter.empty() || negate) wanted_calls.flip();
  output = fd;
  active = true;
  return absl::OkStatus();
}

Call::Call(Task& task, const SyscallEntry& entry, const SyscallArguments& arguments)
    : task_(task),
      entry_(entry),
      arguments_(arguments),
      wanted_(entry.number < kSyscallEnd ? wanted_calls.test(entry.number) : true) {
  if (!wanted_) return;
  begin_ = MonotonicNow();
  pid_ = task.tid();
  text_ = absl::StrCat("[pid ", pid_, "] ", entry.name, "(");
  // Arguments up to the first one that the call itself fills in.
  for (; entry.arguments[decoded_] != '\0' && !IsOutput(entry.arguments[decoded_]); ++decoded_) {
    absl::StrAppend(&text_, decoded_ > 0 ? ", " : "",
                    FormatArgument(task.memory(), entry.arguments[decoded_], arguments_, decoded_, 0));
  }
  if (NeverReturns(entry)) {
    absl::StrAppend(&text_, ") = ?\n");
    (void)!write(output, text_.data(), text_.size());
    wanted_ = false;
  }
}

void Call::Finish(const SyscallResult& result) {
  if (!wanted_) return;
  int64_t value = result.ok() ? static_cast<int64_t>(*result) : -1;
  for (; entry_.arguments[decoded_] != '\0'; ++decoded_) {
    absl::StrAppend(&text_, decoded_ > 0 ? ", " : "",
                    FormatArgument(task_.memory(), entry_.arguments[decoded_], arguments_, decoded_, value));
  }
  if (result.ok()) {
    bool address = *result > 0x10000000 && value > 0;
    absl::StrAppend(&text_, ") = ", address ? absl::StrFormat("%#x", *result) : absl::StrCat(value));
  } else if (result.error() >= 512) {
    absl::StrAppend(&text_, ") = ? ERESTART");
  } else {
    const char* name = strerrorname_np(result.error());
    absl::StrAppend(&text_, ") = -1 ", name == nullptr ? absl::StrCat(result.error()) : name, " (",
                    strerror(result.error()), ")");
  }
  absl::StrAppendFormat(&text_, " <%.6f>\n", static_cast<double>(MonotonicNow() - begin_) / 1e9);
  (void)!write(output, text_.data(), text_.size());
}

}  // namespace sandbox::strace
