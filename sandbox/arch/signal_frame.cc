#include "sandbox/arch/signal_frame.h"

#include <cstring>

namespace sandbox {
namespace {

constexpr uint64_t kUcFpXstate = 1, kUcSigcontextSs = 2, kUcStrictRestoreSs = 4;
constexpr uint32_t kMagic1 = 0x46505853, kMagic2 = 0x46505845;
constexpr size_t kSoftwareBytes = 464;  // offset in the XSAVE image of struct _fpx_sw_bytes
constexpr size_t kLegacySize = 512;     // the FXSAVE part

struct SoftwareBytes {  // struct _fpx_sw_bytes
  uint32_t magic1, extended_size;
  uint64_t features;
  uint32_t state_size;
  uint32_t padding[7];
};
static_assert(sizeof(SoftwareBytes) == 48);

}  // namespace

Result<void> PushSignalFrame(GuestMemory& memory, const SignalFrameOptions& options, Addr handler,
                             const std::vector<uint8_t>& extended_state, Registers* registers) {
  Addr sp = options.stack_pointer;
  Addr fpstate = 0;
  if (!extended_state.empty()) {
    std::vector<uint8_t> image = extended_state;
    // ptrace keeps the feature mask (XCR0) where the frame has it too, behind two other words.
    SoftwareBytes software{};
    uint64_t features;
    std::memcpy(&features, &image[kSoftwareBytes], sizeof(features));
    software.magic1 = kMagic1;
    software.extended_size = image.size() + sizeof(kMagic2);
    software.features = features;
    software.state_size = image.size();
    std::memcpy(&image[kSoftwareBytes], &software, sizeof(software));
    image.insert(image.end(), reinterpret_cast<const uint8_t*>(&kMagic2),
                 reinterpret_cast<const uint8_t*>(&kMagic2 + 1));
    sp = (sp - image.size()) & ~uint64_t{63};
    fpstate = sp;
    RETURN_IF_ERROR(memory.CopyOut(fpstate, image.data(), image.size()));
  }
  // As after a call instruction: rsp + 8 is a multiple of 16.
  sp = ((sp - sizeof(SignalFrame)) & ~uint64_t{15}) - 8;

  SignalFrame frame{};
  frame.return_address = options.restorer;
  frame.user.flags = kUcSigcontextSs | kUcStrictRestoreSs | (fpstate != 0 ? kUcFpXstate : 0);
  frame.user.stack = options.stack;
  frame.user.mask = options.mask;
  frame.info = options.info;
  SignalContext& c = frame.user.context;
  const Registers& r = *registers;
  c = {r.r8,
       r.r9,
       r.r10,
       r.r11,
       r.r12,
       r.r13,
       r.r14,
       r.r15,
       r.rdi,
       r.rsi,
       r.rbp,
       r.rbx,
       r.rdx,
       r.rax,
       r.rcx,
       r.rsp,
       r.rip,
       r.eflags,
       static_cast<uint16_t>(r.cs),
       0,
       0,
       static_cast<uint16_t>(r.ss),
       options.error,
       options.trap_number,
       options.mask,
       options.fault_address,
       fpstate,
       {}};
  RETURN_IF_ERROR(memory.CopyOut(sp, &frame, sizeof(frame)));

  registers->rsp = sp;
  registers->rip = handler;
  registers->rdi = options.info.si_signo;
  registers->rsi = sp + offsetof(SignalFrame, info);
  registers->rdx = sp + offsetof(SignalFrame, user);
  registers->rax = 0;
  registers->cs = kUserCodeSegment;
  registers->ss = kUserStackSegment;
  constexpr uint64_t kTrapDirectionResume = 0x100 | 0x400 | 0x10000;
  registers->eflags &= ~kTrapDirectionResume;
  return Ok();
}

Result<RestoredFrame> PopSignalFrame(GuestMemory& memory, Registers* registers, std::vector<uint8_t>* extended_state) {
  // The handler's return has taken the return address off.
  ASSIGN_OR_RETURN(const UserContext user, memory.Read<UserContext>(registers->rsp));
  const SignalContext& c = user.context;
  Registers r = *registers;
  r.r8 = c.r8, r.r9 = c.r9, r.r10 = c.r10, r.r11 = c.r11, r.r12 = c.r12, r.r13 = c.r13, r.r14 = c.r14, r.r15 = c.r15;
  r.rdi = c.rdi, r.rsi = c.rsi, r.rbp = c.rbp, r.rbx = c.rbx, r.rdx = c.rdx, r.rax = c.rax, r.rcx = c.rcx;
  r.rsp = c.rsp, r.rip = c.rip;
  // 64-bit code only, whatever the frame says.
  r.cs = kUserCodeSegment;
  r.ss = kUserStackSegment;
  r.eflags = (r.eflags & ~kSettableFlags) | (c.eflags & kSettableFlags);
  if (c.fpstate == 0 || extended_state->size() < kLegacySize + sizeof(uint64_t)) {
    extended_state->clear();
  } else {
    std::vector<uint8_t> image(extended_state->size());
    RETURN_IF_ERROR(memory.CopyIn(image.data(), c.fpstate, std::min(kLegacySize, image.size())));
    SoftwareBytes software;
    std::memcpy(&software, &image[kSoftwareBytes], sizeof(software));
    if (software.magic1 == kMagic1 && software.state_size == image.size()) {
      RETURN_IF_ERROR(memory.CopyIn(image.data(), c.fpstate, image.size()));
    } else {
      // Only the FXSAVE part: the rest keeps its initial state.
      std::memset(image.data() + kLegacySize, 0, image.size() - kLegacySize);
      image[kLegacySize] = 3;  // XSTATE_BV: x87 and SSE
    }
    std::memset(&image[kSoftwareBytes], 0, sizeof(software));
    *extended_state = std::move(image);
  }
  *registers = r;
  return RestoredFrame{user.mask, user.stack};
}

}  // namespace sandbox
