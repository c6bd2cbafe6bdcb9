// Mapping a program and building its first stack (System V ABI, AMD64 supplement, 3.4.1; linux/fs/binfmt_elf.c).
#include <elf.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "sandbox/loader/loader.h"

namespace sandbox {
namespace {

// Where position-independent programs go; the dynamic linker goes where mmap puts it.
constexpr Addr kProgramBase = 0x5555'5555'4000;
constexpr uint64_t kRandomPages = 1 << 20;
constexpr uint64_t kStackGap = uint64_t{1} << 20;

uint64_t RandomPages(uint64_t pages) {
  uint64_t value = 0;
  if (getrandom(&value, sizeof(value), 0) != sizeof(value)) return 0;
  return value % pages * kPageSize;
}

Result<void> MapSegment(const ElfSegment& segment, const std::shared_ptr<Mappable>& file, Addr bias,
                        MemoryManager* mm) {
  const Addr start = bias + segment.address;
  const Addr file_end = start + segment.file_length;
  const Addr end = start + segment.memory_length;
  const Addr mapped_end = segment.file_length == 0 ? start : PageCeil(file_end);
  if (segment.file_length != 0) {
    MemoryManager::MapOptions options;
    options.address = start;
    options.length = segment.file_length;
    options.prot = segment.prot;
    options.fixed = true;
    options.file = file;
    options.file_offset = segment.file_offset;
    RETURN_IF_ERROR(mm->Map(options));
    // The rest of the last page belongs to the zeroes.
    if (end > file_end && mapped_end > file_end && (segment.prot & PROT_WRITE) != 0) {
      const std::vector<char> zeroes(mapped_end - file_end);
      RETURN_IF_ERROR(mm->CopyOut(file_end, zeroes.data(), zeroes.size()));
    }
  }
  if (PageCeil(end) > mapped_end) {
    MemoryManager::MapOptions options;
    options.address = mapped_end;
    options.length = PageCeil(end) - mapped_end;
    options.prot = segment.prot;
    options.fixed = true;
    RETURN_IF_ERROR(mm->Map(options));
  }
  return Ok();
}

// Returns the load bias.
Result<Addr> MapImage(File& file, const ElfImage& image, Addr base, MemoryManager* mm) {
  ASSIGN_OR_RETURN(const std::shared_ptr<Mappable> mappable, file.GetMappable());
  Addr bias = 0;
  if (image.position_independent) {
    if (base == 0) {
      // Let the memory manager find room, then put the segments there.
      MemoryManager::MapOptions room;
      room.length = image.end() - image.start() + (image.alignment - kPageSize);
      ASSIGN_OR_RETURN(base, mm->Map(room));
      RETURN_IF_ERROR(mm->Unmap(base, room.length));
    }
    bias = (base + image.alignment - 1) / image.alignment * image.alignment - image.start();
  }
  for (const ElfSegment& segment : image.segments) RETURN_IF_ERROR(MapSegment(segment, mappable, bias, mm));
  return bias;
}

// Collects the stack's contents from the top down, then writes them in one piece.
class StackBuilder {
 public:
  explicit StackBuilder(Addr top) : sp_(top) {}

  Addr Push(const void* bytes, size_t length) {
    pieces_.emplace_back(static_cast<const char*>(bytes), length);
    sp_ -= length;
    return sp_;
  }
  Addr PushString(const std::string& text) { return Push(text.c_str(), text.size() + 1); }
  void AlignTo16(uint64_t more) {
    const std::string zeroes((sp_ - more) % 16, '\0');
    Push(zeroes.data(), zeroes.size());
  }
  Addr sp() const { return sp_; }
  Result<void> Write(MemoryManager* mm) const {
    std::string bytes;
    for (auto it = pieces_.rbegin(); it != pieces_.rend(); ++it) bytes += *it;
    return mm->CopyOut(sp_, bytes.data(), bytes.size());
  }

 private:
  Addr sp_;
  std::vector<std::string> pieces_;
};

struct Placement {
  Addr bias;
  Addr interpreter_bias;
};

Result<Addr> BuildStack(const Program& program, const LoadOptions& options, const Placement& placement, Addr top,
                        MemoryManager* mm) {
  StackBuilder stack(top);
  const uint64_t end_mark = 0;
  stack.Push(&end_mark, sizeof(end_mark));
  const Addr exec_name = stack.PushString(program.path);
  MemoryManager::Layout& layout = mm->layout;
  std::vector<Addr> environment(options.environment.size()), arguments(program.arguments.size());
  layout.env_end = stack.sp();
  for (size_t i = environment.size(); i-- > 0;) environment[i] = stack.PushString(options.environment[i]);
  layout.env_start = layout.arg_end = stack.sp();
  for (size_t i = arguments.size(); i-- > 0;) arguments[i] = stack.PushString(program.arguments[i]);
  layout.arg_start = stack.sp();
  const Addr platform = stack.PushString("x86_64");
  char random[16] = {};
  if (getrandom(random, sizeof(random), 0) != sizeof(random)) return Error(EIO);
  const Addr random_bytes = stack.Push(random, sizeof(random));

  const Credentials& who = options.credentials;
  const uint64_t base = program.interpreter_file != nullptr ? placement.interpreter_bias : 0;
  std::vector<uint64_t> auxv = {
      AT_HWCAP,       getauxval(AT_HWCAP),
      AT_PAGESZ,      kPageSize,
      AT_CLKTCK,      100,
      AT_PHDR,        program.image.program_headers == 0 ? 0 : placement.bias + program.image.program_headers,
      AT_PHENT,       sizeof(Elf64_Phdr),
      AT_PHNUM,       program.image.program_header_count,
      AT_BASE,        base,
      AT_FLAGS,       0,
      AT_ENTRY,       placement.bias + program.image.entry,
      AT_UID,         who.uid,
      AT_EUID,        who.euid,
      AT_GID,         who.gid,
      AT_EGID,        who.egid,
      AT_SECURE,      options.secure ? 1u : 0u,
      AT_RANDOM,      random_bytes,
      AT_HWCAP2,      getauxval(AT_HWCAP2),
      AT_EXECFN,      exec_name,
      AT_PLATFORM,    platform,
      AT_MINSIGSTKSZ, getauxval(AT_MINSIGSTKSZ),
      AT_NULL,        0};
  if (options.vdso != 0) auxv.insert(auxv.begin(), {AT_SYSINFO_EHDR, options.vdso});
  layout.auxv = auxv;
  std::vector<uint64_t> words;
  words.push_back(arguments.size());
  words.insert(words.end(), arguments.begin(), arguments.end());
  words.push_back(0);
  words.insert(words.end(), environment.begin(), environment.end());
  words.push_back(0);
  words.insert(words.end(), auxv.begin(), auxv.end());
  stack.AlignTo16(words.size() * sizeof(uint64_t));
  stack.Push(words.data(), words.size() * sizeof(uint64_t));
  RETURN_IF_ERROR(stack.Write(mm));
  layout.stack_start = stack.sp();
  return stack.sp();
}

}  // namespace

Result<LoadedProgram> LoadProgram(const Program& program, const LoadOptions& options, MemoryManager* mm) {
  const Addr top = kGuestAddressEnd - kPageSize - RandomPages(kRandomPages);
  MemoryManager::MapOptions stack;
  stack.length = PageCeil(std::clamp<uint64_t>(options.stack_limit, 1 << 20, 256 << 20)) + kStackGap;
  stack.address = top - stack.length;
  stack.prot = PROT_READ | PROT_WRITE | (program.image.executable_stack ? PROT_EXEC : 0);
  stack.fixed = true;
  stack.grows_down = true;
  stack.name = "[stack]";
  RETURN_IF_ERROR(mm->Map(stack));

  Placement placement{};
  const bool needs_linker = program.interpreter_file != nullptr;
  // A position-independent program without interpreter is a static one, or the dynamic linker itself.
  const Addr base = needs_linker || program.image.position_independent ? kProgramBase + RandomPages(kRandomPages) : 0;
  ASSIGN_OR_RETURN(placement.bias, MapImage(*program.file, program.image, base, mm));
  Addr entry = placement.bias + program.image.entry;
  if (needs_linker) {
    ASSIGN_OR_RETURN(placement.interpreter_bias, MapImage(*program.interpreter_file, program.interpreter, 0, mm));
    entry = placement.interpreter_bias + program.interpreter.entry;
  }
  mm->SetBrkStart(PageCeil(placement.bias + program.image.end()) + RandomPages(1 << 10));
  mm->layout.code_start = placement.bias + program.image.start();
  mm->layout.code_end = placement.bias + program.image.end();
  ASSIGN_OR_RETURN(const Addr sp, BuildStack(program, options, placement, top, mm));
  return LoadedProgram{entry, sp};
}

}  // namespace sandbox
