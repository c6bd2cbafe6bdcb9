// The ELF and #! parsers read files that a guest wrote: whatever they accept must be safe to map.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sandbox/abi/address.h"
#include "sandbox/loader/elf.h"
#include "sandbox/mm/guest_memory.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckImage(const sandbox::ElfImage& image) {
  Require(!image.segments.empty() && image.start() < image.end() && image.end() <= sandbox::kGuestAddressEnd);
  sandbox::Addr before = 0;
  for (const sandbox::ElfSegment& segment : image.segments) {
    Require(sandbox::IsPageAligned(segment.address) && sandbox::IsPageAligned(segment.file_offset));
    Require(segment.address >= before);
    before = segment.address;
    Require(segment.file_length <= segment.memory_length && segment.memory_length != 0);
    Require(segment.address + segment.memory_length <= sandbox::kGuestAddressEnd);
    Require(segment.file_offset + segment.file_length >= segment.file_offset);
    Require(segment.address + segment.memory_length <= image.end());
  }
  Require((image.alignment & (image.alignment - 1)) == 0 && image.alignment >= sandbox::kPageSize);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view head(reinterpret_cast<const char*>(data), size);
  Require(!sandbox::WhyNotRunnable(head).empty());
  const sandbox::Result<uint64_t> length = sandbox::ElfHeaderLength(head);
  if (length.ok()) Require(*length >= 64 && *length <= (1 << 20) + 128 * 56);
  const sandbox::Result<sandbox::ElfImage> image = sandbox::ParseElf(head);
  if (image.ok()) CheckImage(*image);
  const sandbox::Result<sandbox::Script> script = sandbox::ParseScript(head);
  if (script.ok()) Require(!script->interpreter.empty() && script->interpreter.find('\0') == std::string::npos);
  return 0;
}
