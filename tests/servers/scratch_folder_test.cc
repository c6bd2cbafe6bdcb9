#include "tests/servers/scratch_folder.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"

namespace tests::servers {
namespace {

using std::filesystem::exists;

TEST(ScratchFolder, IsRemovedWithItsContent) {
  std::string path;
  {
    auto folder = ScratchFolder::Create("scratch-test");
    ASSERT_TRUE(folder.ok()) << folder.status();
    path = (*folder)->path();
    std::filesystem::create_directories(path + "/a/b");
    std::ofstream(path + "/a/b/file") << "x";
  }
  EXPECT_FALSE(exists(path));
}

TEST(ScratchFolder, OfALivingOwnerIsNotSwept) {
  auto first = ScratchFolder::Create("scratch-test");
  ASSERT_TRUE(first.ok()) << first.status();
  auto second = ScratchFolder::Create("scratch-test");
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE(exists((*first)->path()));
  EXPECT_NE((*first)->path(), (*second)->path());
}

TEST(ScratchFolder, OfAKilledOwnerIsSweptByTheNext) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  pid_t owner = fork();
  if (owner == 0) {
    auto folder = ScratchFolder::Create("scratch-test");
    std::string path = folder.ok() ? (*folder)->path() : "";
    if (write(ready[1], path.c_str(), path.size() + 1) < 0) _exit(1);
    pause();
  }
  char path[256] = "";
  ASSERT_GT(read(ready[0], path, sizeof path - 1), 1);
  ASSERT_TRUE(exists(path));
  kill(owner, SIGKILL);
  waitpid(owner, nullptr, 0);
  ASSERT_TRUE(exists(path));
  auto next = ScratchFolder::Create("scratch-test");
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_FALSE(exists(path));
}

TEST(ScratchFolder, IgnoresATemporaryFolderWithTooLongAName) {
  setenv("TMPDIR", ("/" + std::string(90, 'x')).c_str(), 1);
  auto folder = ScratchFolder::Create("scratch-test");
  unsetenv("TMPDIR");
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ((*folder)->path().find("/tmp/"), 0u);
}

}  // namespace
}  // namespace tests::servers
