#include "tests/servers/server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tests/servers/client.h"

namespace tests::servers {
namespace {

using std::filesystem::exists;

Address AddressOf(const Endpoint& endpoint) {
  return {.host = endpoint.host, .port = endpoint.port, .user = endpoint.user, .password = endpoint.password};
}

std::string Ask(const Endpoint& endpoint, const std::string& question) {
  auto client = Client::Connect(AddressOf(endpoint));
  if (!client.ok()) return client.status().ToString();
  auto answer = (*client)->QueryValue(question);
  return answer.ok() ? *answer : answer.status().ToString();
}

// Polls, because the event is another process's; the bound only ends a test that fails.
template <typename Condition>
bool Eventually(Condition condition) {
  for (int i = 0; i < 600; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

std::filesystem::path ScratchOf(const Server& server) {
  return std::filesystem::path(server.primary().data_folder).parent_path().parent_path();
}

class ServerTest : public testing::TestWithParam<Server::Kind> {
 protected:
  void Start(Server::Options options) {
    options.kind = GetParam();
    auto server = Server::Start(options);
    if (absl::IsUnavailable(server.status())) GTEST_SKIP() << server.status().message();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  std::unique_ptr<Server> server_;
};

// One start serves several checks, for a start costs seconds.
TEST_P(ServerTest, APrimaryAndItsReplicaLiveThroughACrashAndAreGoneAfterwards) {
  Start({.replica = true, .flags = {"--binlog_row_image=MINIMAL"}, .replica_flags = {"--max_connections=77"}});
  if (server_ == nullptr) return;
  EXPECT_EQ(absl::StrContains(server_->version(), "MariaDB"), GetParam() == Server::kMariaDb);
  EXPECT_EQ(Ask(server_->primary(), "SELECT @@binlog_row_image"), "MINIMAL");
  EXPECT_EQ(Ask(server_->primary(), "SELECT @@binlog_format"), "ROW");
  EXPECT_EQ(Ask(server_->primary(), "SELECT @@log_bin"), "1");
  EXPECT_EQ(Ask(server_->replica(), "SELECT @@max_connections"), "77");
  EXPECT_NE(Ask(server_->primary(), "SELECT @@max_connections"), "77");
  Address wrong = AddressOf(server_->primary());
  wrong.password = "wrong";
  EXPECT_TRUE(absl::StrContains(Client::Connect(wrong).status().message(), "Access denied"));

  auto client = Client::Connect(AddressOf(server_->primary()));
  ASSERT_TRUE(client.ok()) << client.status();
  ASSERT_TRUE((*client)->Execute("CREATE TABLE test.t (id INT PRIMARY KEY)").ok());
  const int port = server_->primary().port;
  ASSERT_TRUE(server_->Kill(Server::kPrimary).ok());
  EXPECT_EQ(server_->primary().pid, -1);
  EXPECT_FALSE((*client)->Execute("SELECT 1").ok());
  absl::Status restarted = server_->Restart(Server::kPrimary);
  ASSERT_TRUE(restarted.ok()) << restarted;
  EXPECT_EQ(server_->primary().port, port);
  client = Client::Connect(AddressOf(server_->primary()));
  ASSERT_TRUE(client.ok()) << client.status();
  ASSERT_TRUE((*client)->Execute("INSERT INTO test.t VALUES (11)").ok());
  EXPECT_TRUE(Eventually([&] { return Ask(server_->replica(), "SELECT id FROM test.t") == "11"; }))
      << Ask(server_->replica(), "SELECT id FROM test.t");

  const pid_t pid = server_->primary().pid;
  const auto scratch = ScratchOf(*server_);
  ASSERT_EQ(kill(pid, 0), 0);
  ASSERT_TRUE(exists(scratch));
  server_.reset();
  EXPECT_NE(kill(pid, 0), 0);
  EXPECT_FALSE(exists(scratch));
}

// A child process starts the server and is killed, as a crashing test would be.
TEST_P(ServerTest, NothingIsLeftWhenItsOwnerIsKilled) {
  int found[2];
  ASSERT_EQ(pipe2(found, O_CLOEXEC), 0);
  const pid_t owner = fork();
  if (owner == 0) {
    close(found[0]);
    auto server = Server::Start({.kind = GetParam()});
    std::string line = server.ok() ? std::to_string((*server)->primary().pid) + " " + ScratchOf(**server).string()
                                   : "! " + std::string(server.status().message());
    if (write(found[1], line.data(), line.size()) < 0) _exit(1);
    close(found[1]);
    pause();
    _exit(0);
  }
  close(found[1]);
  std::string line;
  char buffer[512];
  for (ssize_t count; (count = read(found[0], buffer, sizeof buffer)) > 0;) line.append(buffer, count);
  const size_t space = line.find(' ');
  ASSERT_NE(space, std::string::npos) << line;
  const std::string scratch = line.substr(space + 1);
  if (line[0] == '!') {
    kill(owner, SIGKILL);
    waitpid(owner, nullptr, 0);
    GTEST_SKIP() << scratch;
  }
  const pid_t pid = std::stoi(line);
  ASSERT_EQ(kill(pid, 0), 0);
  ASSERT_TRUE(exists(scratch));
  kill(owner, SIGKILL);
  waitpid(owner, nullptr, 0);
  EXPECT_TRUE(Eventually([&] { return !exists(scratch) && kill(pid, 0) != 0; }));
}

// Even the guardian may be killed: the kernel ends the server, and the next guardian removes the folder.
TEST(GuardianTest, TheNextStartRemovesWhatAKilledGuardianLeft) {
  auto server = Server::Start({});
  if (absl::IsUnavailable(server.status())) GTEST_SKIP() << server.status().message();
  ASSERT_TRUE(server.ok()) << server.status();
  const auto scratch = ScratchOf(**server);
  const pid_t pid = (*server)->primary().pid;
  kill((*server)->guardian(), SIGKILL);
  EXPECT_TRUE(Eventually([&] { return kill(pid, 0) != 0; }));
  server->reset();
  ASSERT_TRUE(exists(scratch));
  // The next start sweeps first, and then fails because of its flag.
  server = Server::Start({.flags = {"--no_such_flag_at_all"}});
  EXPECT_FALSE(exists(scratch));
  ASSERT_FALSE(server.ok());
  EXPECT_TRUE(absl::StrContains(server.status().message(), "no_such_flag_at_all")) << server.status();
}

INSTANTIATE_TEST_SUITE_P(Kinds, ServerTest, testing::Values(Server::kMariaDb, Server::kMySql),
                         [](const auto& info) { return info.param == Server::kMySql ? "MySql" : "MariaDb"; });

}  // namespace
}  // namespace tests::servers
