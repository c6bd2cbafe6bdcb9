#include "sandbox/policy/seccomp_program.h"

#include <cerrno>
#include <cstring>

namespace sandbox {
namespace {

bool IsAlu(uint16_t code) {
  switch (BPF_OP(code)) {
    case BPF_ADD:
    case BPF_SUB:
    case BPF_MUL:
    case BPF_DIV:
    case BPF_AND:
    case BPF_OR:
    case BPF_XOR:
    case BPF_LSH:
    case BPF_RSH:
      return true;
    default:
      return code == (BPF_ALU | BPF_NEG);
  }
}

bool IsValidAlu(const sock_filter& i) {
  if (!IsAlu(i.code)) return false;
  if (BPF_SRC(i.code) == BPF_X) return true;
  if (BPF_OP(i.code) == BPF_DIV) return i.k != 0;
  if (BPF_OP(i.code) == BPF_LSH || BPF_OP(i.code) == BPF_RSH) return i.k < 32;
  return true;
}

// `left`: instructions behind this one.
bool IsValidJump(const sock_filter& i, size_t left) {
  switch (i.code) {
    case BPF_JMP | BPF_JA:
      return i.k < left;
    case BPF_JMP | BPF_JEQ | BPF_K:
    case BPF_JMP | BPF_JEQ | BPF_X:
    case BPF_JMP | BPF_JGE | BPF_K:
    case BPF_JMP | BPF_JGE | BPF_X:
    case BPF_JMP | BPF_JGT | BPF_K:
    case BPF_JMP | BPF_JGT | BPF_X:
    case BPF_JMP | BPF_JSET | BPF_K:
    case BPF_JMP | BPF_JSET | BPF_X:
      return i.jt < left && i.jf < left;
    default:
      return false;
  }
}

bool IsValid(const sock_filter& i, size_t left) {
  switch (BPF_CLASS(i.code)) {
    case BPF_ALU:
      return IsValidAlu(i);
    case BPF_JMP:
      return IsValidJump(i, left);
    default:
      break;
  }
  switch (i.code) {
    case BPF_LD | BPF_W | BPF_ABS:
      return i.k < sizeof(seccomp_data) && i.k % 4 == 0;
    case BPF_LD | BPF_MEM:
    case BPF_LDX | BPF_MEM:
    case BPF_ST:
    case BPF_STX:
      return i.k < BPF_MEMWORDS;
    case BPF_LD | BPF_W | BPF_LEN:
    case BPF_LDX | BPF_W | BPF_LEN:
    case BPF_LD | BPF_IMM:
    case BPF_LDX | BPF_IMM:
    case BPF_MISC | BPF_TAX:
    case BPF_MISC | BPF_TXA:
    case BPF_RET | BPF_K:
    case BPF_RET | BPF_A:
      return true;
    default:
      return false;
  }
}

uint32_t Alu(uint16_t operation, uint32_t a, uint32_t b) {
  switch (operation) {
    case BPF_ADD:
      return a + b;
    case BPF_SUB:
      return a - b;
    case BPF_MUL:
      return a * b;
    case BPF_DIV:
      return b == 0 ? 0 : a / b;  // by X: Run has dealt with 0
    case BPF_AND:
      return a & b;
    case BPF_OR:
      return a | b;
    case BPF_XOR:
      return a ^ b;
    case BPF_LSH:
      return b < 32 ? a << b : 0;
    case BPF_RSH:
      return b < 32 ? a >> b : 0;
    default:
      return -a;
  }
}

bool Compare(uint16_t operation, uint32_t a, uint32_t b) {
  switch (operation) {
    case BPF_JEQ:
      return a == b;
    case BPF_JGT:
      return a > b;
    case BPF_JGE:
      return a >= b;
    default:
      return (a & b) != 0;
  }
}

}  // namespace

Result<SeccompProgram> SeccompProgram::Create(std::vector<sock_filter> instructions) {
  const size_t n = instructions.size();
  if (n == 0 || n > BPF_MAXINSNS) return Error(EINVAL);
  for (size_t at = 0; at < n; ++at) {
    if (!IsValid(instructions[at], n - at - 1)) return Error(EINVAL);
  }
  if (BPF_CLASS(instructions[n - 1].code) != BPF_RET) return Error(EINVAL);
  return SeccompProgram(std::move(instructions));
}

uint32_t SeccompProgram::Run(const seccomp_data& data) const {
  uint32_t a = 0, x = 0;
  uint32_t memory[BPF_MEMWORDS] = {};
  for (size_t at = 0;; ++at) {
    const sock_filter& i = instructions_[at];
    const uint32_t operand = BPF_SRC(i.code) == BPF_X ? x : i.k;
    switch (BPF_CLASS(i.code)) {
      case BPF_LD:
        if (BPF_MODE(i.code) == BPF_ABS) memcpy(&a, reinterpret_cast<const char*>(&data) + i.k, sizeof(a));
        if (BPF_MODE(i.code) == BPF_MEM) a = memory[i.k];
        if (BPF_MODE(i.code) == BPF_IMM) a = i.k;
        if (BPF_MODE(i.code) == BPF_LEN) a = sizeof(seccomp_data);
        break;
      case BPF_LDX:
        x = BPF_MODE(i.code) == BPF_MEM ? memory[i.k] : BPF_MODE(i.code) == BPF_LEN ? sizeof(seccomp_data) : i.k;
        break;
      case BPF_ST:
        memory[i.k] = a;
        break;
      case BPF_STX:
        memory[i.k] = x;
        break;
      case BPF_ALU:
        if (BPF_OP(i.code) == BPF_DIV && operand == 0) return SECCOMP_RET_KILL_THREAD;
        a = Alu(BPF_OP(i.code), a, operand);
        break;
      case BPF_JMP:
        at += BPF_OP(i.code) == BPF_JA ? i.k : Compare(BPF_OP(i.code), a, operand) ? i.jt : i.jf;
        break;
      case BPF_MISC:
        (BPF_MISCOP(i.code) == BPF_TAX ? x : a) = BPF_MISCOP(i.code) == BPF_TAX ? a : x;
        break;
      default:  // BPF_RET
        return BPF_RVAL(i.code) == BPF_A ? a : i.k;
    }
  }
}

}  // namespace sandbox
