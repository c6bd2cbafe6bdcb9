// Programs written for this: what they see of the kernel must be what they see natively.
#include "gtest/gtest.h"
#include "tests/sandbox/run.h"

namespace sandbox::tests {
namespace {

TEST(Guest, Signals) { ExpectProgramLikeNative({DataFile("tests/sandbox/guest/signals")}); }
TEST(Guest, Clock) { ExpectProgramLikeNative({DataFile("tests/sandbox/guest/clock")}); }
TEST(Guest, CpuTime) { ExpectProgramLikeNative({DataFile("tests/sandbox/guest/cpu_time")}); }
TEST(Guest, Events) { ExpectProgramLikeNative({DataFile("tests/sandbox/guest/events")}); }
TEST(Guest, Families) { ExpectProgramLikeNative({DataFile("tests/sandbox/guest/families")}); }
TEST(Guest, JobControl) { ExpectProgramLikeNative({DataFile("tests/sandbox/guest/job_control")}); }
TEST(Guest, Sockets) { ExpectProgramLikeNative({DataFile("tests/sandbox/guest/sockets")}); }
TEST(Guest, Files) { ExpectProgramLikeNative({DataFile("tests/sandbox/guest/files")}); }
TEST(Guest, Ipc) { ExpectProgramLikeNative({DataFile("tests/sandbox/guest/ipc")}); }
TEST(Guest, Memory) { ExpectProgramLikeNative({DataFile("tests/sandbox/guest/memory")}); }
TEST(Guest, LaterFutexCalls) {
  const Outcome outcome = RunSandboxed({DataFile("tests/sandbox/guest/threads"), "futex"});
  EXPECT_EQ(outcome.out, "before 0 woken 1 done 1 11 110 22\n") << outcome.err;
}
TEST(Guest, Threads) { ExpectProgramLikeNative({DataFile("tests/sandbox/guest/threads")}); }

}  // namespace
}  // namespace sandbox::tests
