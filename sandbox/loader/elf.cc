#include "sandbox/loader/elf.h"

#include <elf.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "sandbox/mm/guest_memory.h"

namespace sandbox {
namespace {

constexpr uint16_t kMaxProgramHeaders = 128;
constexpr size_t kMaxInterpreterName = 4096;

Elf64_Ehdr HeaderOf(std::string_view head) {
  Elf64_Ehdr header;
  std::memcpy(&header, head.data(), sizeof(header));
  return header;
}

int ProtectionOf(uint32_t flags) {
  return ((flags & PF_R) != 0 ? PROT_READ : 0) | ((flags & PF_W) != 0 ? PROT_WRITE : 0) |
         ((flags & PF_X) != 0 ? PROT_EXEC : 0);
}

Result<void> AddSegment(const Elf64_Phdr& header, ElfImage* image) {
  if (header.p_memsz == 0) return Ok();
  if (header.p_filesz > header.p_memsz) return Error(ENOEXEC);
  const uint64_t in_page = header.p_vaddr % kPageSize;
  if (header.p_offset % kPageSize != in_page) return Error(ENOEXEC);
  // All sums below stay far from overflow.
  if (header.p_vaddr >= kGuestAddressEnd || header.p_memsz >= kGuestAddressEnd ||
      header.p_offset >= (uint64_t{1} << 62) || header.p_vaddr + header.p_memsz > kGuestAddressEnd) {
    return Error(ENOEXEC);
  }
  ElfSegment segment;
  segment.address = header.p_vaddr - in_page;
  segment.file_offset = header.p_offset - in_page;
  segment.file_length = header.p_filesz == 0 ? 0 : header.p_filesz + in_page;
  segment.memory_length = header.p_memsz + in_page;
  segment.prot = ProtectionOf(header.p_flags);
  if (!image->segments.empty() && segment.address < image->segments.back().address) return Error(ENOEXEC);
  image->segments.push_back(segment);
  if (std::has_single_bit(header.p_align)) image->alignment = std::max<uint64_t>(image->alignment, header.p_align);
  return Ok();
}

const char* MachineName(uint16_t machine) {
  switch (machine) {
    case EM_386:
      return "32-bit x86";
    case EM_AARCH64:
      return "aarch64";
    case EM_ARM:
      return "32-bit ARM";
    case EM_RISCV:
      return "RISC-V";
    case EM_PPC64:
      return "64-bit PowerPC";
    case EM_S390:
      return "s390";
    default:
      return "another machine";
  }
}

}  // namespace

FileKind KindOf(std::string_view head) {
  if (head.starts_with("#!")) return FileKind::kScript;
  if (head.starts_with(std::string_view(ELFMAG, SELFMAG))) return FileKind::kElf;
  return FileKind::kUnknown;
}

Result<uint64_t> ElfHeaderLength(std::string_view head) {
  if (head.size() < sizeof(Elf64_Ehdr) || KindOf(head) != FileKind::kElf) return Error(ENOEXEC);
  const Elf64_Ehdr header = HeaderOf(head);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != EM_X86_64 || (header.e_type != ET_EXEC && header.e_type != ET_DYN) ||
      header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 || header.e_phnum > kMaxProgramHeaders ||
      header.e_phoff > (uint64_t{1} << 20)) {
    return Error(ENOEXEC);
  }
  return std::max<uint64_t>(sizeof(Elf64_Ehdr), header.e_phoff + header.e_phnum * sizeof(Elf64_Phdr));
}

Result<ElfImage> ParseElf(std::string_view head) {
  ASSIGN_OR_RETURN(const uint64_t length, ElfHeaderLength(head));
  if (head.size() < length) return Error(ENOEXEC);
  const Elf64_Ehdr header = HeaderOf(head);
  ElfImage image;
  image.position_independent = header.e_type == ET_DYN;
  image.entry = header.e_entry;
  image.program_header_count = header.e_phnum;
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr program;
    std::memcpy(&program, head.data() + header.e_phoff + i * sizeof(program), sizeof(program));
    if (program.p_type == PT_LOAD) {
      RETURN_IF_ERROR(AddSegment(program, &image));
      if (program.p_offset <= header.e_phoff && header.e_phoff - program.p_offset < program.p_filesz) {
        image.program_headers = program.p_vaddr + (header.e_phoff - program.p_offset);
      }
    } else if (program.p_type == PT_INTERP) {
      if (program.p_filesz < 2 || program.p_filesz > kMaxInterpreterName) return Error(ENOEXEC);
      image.interpreter_offset = program.p_offset;
      image.interpreter_length = program.p_filesz;
    } else if (program.p_type == PT_GNU_STACK) {
      image.executable_stack = (program.p_flags & PF_X) != 0;
    }
  }
  if (image.segments.empty() || image.end() <= image.start()) return Error(ENOEXEC);
  return image;
}

Result<Script> ParseScript(std::string_view head) {
  if (KindOf(head) != FileKind::kScript) return Error(ENOEXEC);
  std::string_view line =
      head.substr(2, head.find('\n', 2) == std::string_view::npos ? head.npos : head.find('\n', 2) - 2);
  constexpr std::string_view kBlank = " \t";
  const auto trim = [&](std::string_view text) {
    const size_t first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return std::string_view();
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
  };
  line = trim(line.substr(0, line.find('\0')));
  if (line.empty()) return Error(ENOEXEC);
  const size_t blank = line.find_first_of(kBlank);
  Script script;
  script.interpreter = std::string(line.substr(0, blank));
  if (blank != std::string_view::npos) script.argument = std::string(trim(line.substr(blank)));
  return script;
}

std::string WhyNotRunnable(std::string_view head) {
  if (head.empty()) return "it is empty";
  if (KindOf(head) != FileKind::kElf) return "it is neither an ELF program nor a script with #!";
  if (head.size() < sizeof(Elf64_Ehdr)) return "its ELF header is cut off";
  const Elf64_Ehdr header = HeaderOf(head);
  if (header.e_machine != EM_X86_64) {
    return std::string("it is a program for ") + MachineName(header.e_machine) + ", not for 64-bit x86";
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64) return "it is a 32-bit (x32) program";
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) return "it is an ELF file but not a program";
  return "its ELF headers are damaged";
}

}  // namespace sandbox
