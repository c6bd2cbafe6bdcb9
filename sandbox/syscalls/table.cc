#include "sandbox/syscalls/table.h"

#include <array>

#include "absl/strings/str_format.h"

namespace sandbox {
namespace {

constexpr SyscallEntry kUnknown = {0xffff, "unknown", Support::kErrno, "ENOSYS", nullptr, ""};

using Table = std::array<const SyscallEntry*, kSyscallEnd>;

Table BuildTable() {
  Table table;
  table.fill(&kUnknown);
  for (absl::Span<const SyscallEntry> rows : {FileSyscalls(), KernelSyscalls(), IpcSyscalls(), SocketSyscalls()}) {
    for (const SyscallEntry& entry : rows) table[entry.number] = &entry;
  }
  return table;
}

const Table& TheTable() {
  static const Table table = BuildTable();
  return table;
}

const char* Name(Support support) {
  switch (support) {
    case Support::kFull:
      return "full";
    case Support::kPartial:
      return "partial";
    case Support::kErrno:
      return "errno";
  }
  return "?";
}

}  // namespace

const SyscallEntry& FindSyscall(uint64_t number) { return number < kSyscallEnd ? *TheTable()[number] : kUnknown; }

const SyscallEntry* FindSyscallByName(std::string_view name) {
  for (const SyscallEntry* entry : TheTable()) {
    if (entry != &kUnknown && entry->name == name) return entry;
  }
  return nullptr;
}

std::string DescribeSyscalls() {
  std::string text = absl::StrFormat("%-4s %-24s %-8s %s\n", "no.", "call", "support", "what is missing");
  int counts[3] = {};
  for (const SyscallEntry* entry : TheTable()) {
    if (entry == &kUnknown) continue;
    ++counts[static_cast<int>(entry->support)];
    absl::StrAppendFormat(&text, "%-4d %-24s %-8s %s\n", entry->number, entry->name, Name(entry->support),
                          entry->missing);
  }
  absl::StrAppendFormat(&text, "\n%d full, %d partial, %d answer an errno only\n", counts[0], counts[1], counts[2]);
  return text;
}

}  // namespace sandbox
