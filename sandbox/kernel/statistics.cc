#include "sandbox/kernel/statistics.h"

#include <sys/mman.h>

#include <new>

namespace sandbox {
namespace {

Statistics own;
Statistics* the_statistics = &own;

}  // namespace

Statistics& TheStatistics() { return *the_statistics; }

bool ShareStatistics() {
  void* memory = mmap(nullptr, sizeof(Statistics), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  the_statistics = new (memory) Statistics;
  return true;
}

}  // namespace sandbox
