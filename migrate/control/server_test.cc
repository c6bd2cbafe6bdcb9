#include "migrate/control/server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "migrate/control/command.h"

namespace migrate::control {
namespace {

using ::testing::HasSubstr;

std::string Ask(const std::string& path, const std::string& line) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return "no server";
  EXPECT_EQ(write(fd, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t n; (n = read(fd, buffer, sizeof(buffer))) > 0;) answer.append(buffer, n);
  close(fd);
  return answer;
}

class FakeControls : public Controls {
 public:
  StatusReport Report() override {
    return {.state = throttled ? "throttled, commanded by user" : "migrating", .position = "bin.000001:4"};
  }
  std::string Describe() override { return "# settings\n"; }
  std::string Endpoint() override { return "127.0.0.1:3306"; }
  absl::StatusOr<std::string> Get(std::string_view setting) override {
    if (setting != "chunk-size") return absl::NotFoundError(absl::StrCat("no such setting: ", setting));
    return chunk_size;
  }
  absl::Status Set(std::string_view setting, const std::string& value) override {
    if (setting != "chunk-size") return absl::NotFoundError(absl::StrCat("no such setting: ", setting));
    chunk_size = value;
    return absl::OkStatus();
  }
  void SetThrottledByUser(bool on) override { throttled = on; }
  absl::Status Unpostpone(std::string_view table) override {
    return table == "orders" ? absl::OkStatus() : absl::InvalidArgumentError("name the table");
  }
  absl::Status Panic(std::string_view) override { return absl::OkStatus(); }

  bool throttled = false;
  std::string chunk_size = "1000";
};

TEST(CommandTest, Dispatch) {
  FakeControls controls;
  EXPECT_THAT(RunCommand("sup", controls), HasSubstr("State: migrating"));
  EXPECT_THAT(RunCommand(" Status ", controls), HasSubstr("# settings"));
  EXPECT_EQ(RunCommand("chunk-size=?", controls), "1000\n");
  RunCommand("chunk-size = 250", controls);
  EXPECT_EQ(controls.chunk_size, "250");
  EXPECT_THAT(RunCommand("pause", controls), HasSubstr("throttled"));
  EXPECT_THAT(RunCommand("continue", controls), HasSubstr("migrating"));
  EXPECT_EQ(RunCommand("unpostpone=orders", controls), "Unpostponed\n");
  EXPECT_EQ(RunCommand("cut-over", controls), "name the table\n");
  EXPECT_EQ(RunCommand("coordinates", controls), "bin.000001:4\n");
  EXPECT_THAT(RunCommand("dance", controls), HasSubstr("Unknown command: dance"));
  EXPECT_THAT(RunCommand("volume=11", controls), HasSubstr("no such setting: volume"));
  EXPECT_THAT(RunCommand("help", controls), HasSubstr("unpostpone"));
  EXPECT_THAT(RunCommand("", controls), HasSubstr("Unknown command"));
}

TEST(ServerTest, AnswersOneLineAConnectionAndCleansUp) {
  const std::string path = absl::StrCat("/tmp/migrate-server-test-", getpid(), ".sock");
  {
    auto server =
        Server::Start({.socket_file = path}, [](const std::string& line) { return absl::StrCat("<", line, ">"); });
    ASSERT_TRUE(server.ok()) << server.status();
    EXPECT_EQ(Ask(path, "status\n"), "<status>");
    EXPECT_EQ(Ask(path, "again\nignored\n"), "<again>");
    struct stat info;
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700);
    auto second = Server::Start({.socket_file = path}, [](const std::string&) { return ""; });
    EXPECT_THAT(std::string(second.status().message()), HasSubstr("--initially-drop-socket-file"));
  }
  EXPECT_EQ(Ask(path, "status\n"), "no server");
  EXPECT_NE(access(path.c_str(), F_OK), 0);
}

TEST(ServerTest, AFileThatIsNoSocketStays) {
  const std::string path = absl::StrCat(std::getenv("TEST_TMPDIR"), "/file");
  std::ofstream(path) << "important";
  for (bool drop : {false, true}) {
    auto server = Server::Start({.socket_file = path, .drop_socket_file = drop}, [](const std::string&) { return ""; });
    EXPECT_THAT(std::string(server.status().message()), HasSubstr(path));
    EXPECT_EQ(std::filesystem::file_size(path), 9);
  }
}

}  // namespace
}  // namespace migrate::control
