// What tests of Debian's programs share.
#ifndef TESTS_SANDBOX_PROGRAMS_H_
#define TESTS_SANDBOX_PROGRAMS_H_

#include <string>

#include "gtest/gtest.h"
#include "tests/sandbox/run.h"

namespace sandbox::tests {

// Inside, /tmp is the overlay's: scripts work in a fresh directory there, natively in one that is removed again.
inline std::string InScratch(const std::string& script) {
  return "d=$(mktemp -d) && cd $d && { " + script + "\n}; s=$?; cd /; rm -rf $d; exit $s";
}

inline bool Have(const std::string& program) { return RunNative({"sh", "-c", "command -v " + program}).code == 0; }

}  // namespace sandbox::tests

#define NEEDS(program) \
  if (!::sandbox::tests::Have(program)) GTEST_SKIP() << (program) << " is not installed: apt-get install it"

#endif  // TESTS_SANDBOX_PROGRAMS_H_
