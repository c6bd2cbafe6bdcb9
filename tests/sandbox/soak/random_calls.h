// A process that makes system calls with random, nearly valid arguments until it dies or is killed.
#ifndef TESTS_SANDBOX_SOAK_RANDOM_CALLS_H_
#define TESTS_SANDBOX_SOAK_RANDOM_CALLS_H_

#include <cstdint>

namespace soak {

// What the processes share: how many calls they have made.
struct Shared {
  uint64_t calls;
};

// Runs in a fresh process, in a directory of its own. As root it signals only itself and its children, or it would end
// those that watch over it.
[[noreturn]] void MakeRandomCalls(uint64_t seed, bool as_root, Shared* shared);

}  // namespace soak
#endif  // TESTS_SANDBOX_SOAK_RANDOM_CALLS_H_
