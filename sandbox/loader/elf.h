// The part of ELF that running a program needs: the program headers of 64-bit x86 executables.
//
// Everything here comes from the guest and is checked: sizes against the file, addresses against overflow.
#ifndef SANDBOX_LOADER_ELF_H_
#define SANDBOX_LOADER_ELF_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/abi/address.h"
#include "sandbox/abi/result.h"

namespace sandbox {

struct ElfSegment {
  Addr address;            // page aligned start of what is mapped, relative to the load bias
  uint64_t file_offset;    // page aligned
  uint64_t file_length;    // bytes from `file_offset`, to be mapped from the file
  uint64_t memory_length;  // bytes from `address`; what exceeds file_length is zero
  int prot;
};

struct ElfImage {
  bool position_independent = false;
  Addr entry = 0;
  Addr program_headers = 0;  // address of the program headers in memory; 0 if not mapped
  uint16_t program_header_count = 0;
  std::vector<ElfSegment> segments;  // ascending, at least one
  // PT_INTERP: where its name is in the file; length 0: none.
  uint64_t interpreter_offset = 0;
  uint64_t interpreter_length = 0;
  bool executable_stack = false;
  uint64_t alignment = kPageSize;  // largest of its segments

  Addr start() const { return segments.front().address; }
  // Segments may overlap: the last one need not reach farthest.
  Addr end() const {
    Addr end = 0;
    for (const ElfSegment& segment : segments) end = std::max(end, segment.address + segment.memory_length);
    return PageCeil(end);
  }
};

// What is at the start of the file.
enum class FileKind { kElf, kScript, kUnknown };
FileKind KindOf(std::string_view head);

// How many bytes from the file's start ParseElf needs; ENOEXEC if the header is not that of a 64-bit x86 program.
// `head` has at least the 64 bytes of the ELF header.
Result<uint64_t> ElfHeaderLength(std::string_view head);
// `head` has ElfHeaderLength bytes.
Result<ElfImage> ParseElf(std::string_view head);

// "#! interpreter [argument]": ENOEXEC if there is no interpreter.
struct Script {
  std::string interpreter;
  std::string argument;  // may be empty
};
Result<Script> ParseScript(std::string_view head);

// Why a file cannot run, for people: "it is a 32-bit x86 program", "it is for aarch64", "it is not an ELF program ...".
std::string WhyNotRunnable(std::string_view head);

}  // namespace sandbox
#endif  // SANDBOX_LOADER_ELF_H_
