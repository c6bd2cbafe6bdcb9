#include "tests/migrate/pair_fixture.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace tests::migrate {

using servers::Client;
using servers::Endpoint;
using servers::Server;

namespace {

// Of servers that are no pair any more.
std::set<Server::Kind>& Parted() {
  static auto* kinds = new std::set<Server::Kind>;
  return *kinds;
}

}  // namespace

std::unique_ptr<Server>& PairTest::Running(Server::Kind kind) {
  static auto* servers = new std::unique_ptr<Server>[2];
  return servers[kind == Server::kMariaDb ? 0 : 1];
}

void PairTest::SetUp() {
  std::unique_ptr<Server>& running = Running(GetParam());
  if (Parted().erase(GetParam()) > 0) running.reset();
  if (running == nullptr) {
    auto server = Server::Start({.kind = GetParam(), .replica = true, .flags = {"--log_slave_updates=ON"}});
    if (absl::IsUnavailable(server.status())) GTEST_SKIP() << server.status().message();
    ASSERT_TRUE(server.ok()) << server.status();
    running = *std::move(server);
  }
  server_ = running.get();
  primary_ = Connect(server_->primary());
  replica_ = Connect(server_->replica());
  ASSERT_TRUE(primary_ != nullptr && replica_ != nullptr);
  static int number = 0;
  table_ = absl::StrCat("t", ++number);
  Execute(absl::StrCat("CREATE TABLE test.", table_, " (id INT PRIMARY KEY, s VARCHAR(60)) ENGINE=InnoDB"));
  for (int i = 0; i < 20; ++i) Execute(absl::StrCat("INSERT INTO test.", table_, " VALUES (", i, ", 'row ", i, "')"));
  ASSERT_TRUE(Eventually(*replica_, absl::StrCat("SELECT COUNT(*) FROM test.", table_), "20"));
}

void PairTest::TearDownTestSuite() {
  Running(Server::kMariaDb).reset();
  Running(Server::kMySql).reset();
}

std::unique_ptr<Client> PairTest::Connect(const Endpoint& endpoint) {
  auto client = Client::Connect(
      {.host = endpoint.host, .port = endpoint.port, .user = endpoint.user, .password = endpoint.password});
  EXPECT_TRUE(client.ok()) << client.status();
  return client.ok() ? *std::move(client) : nullptr;
}

void PairTest::Execute(const std::string& sql) {
  const absl::Status status = primary_->Execute(sql);
  ASSERT_TRUE(status.ok()) << status;
}

std::string PairTest::Ask(Client& client, const std::string& sql) {
  auto value = client.QueryValue(sql);
  return value.ok() ? *value : value.status().ToString();
}

std::string PairTest::Rows(Client& client, const std::string& table) {
  return Ask(client, absl::StrCat("SELECT COUNT(*) FROM test.", table));
}

std::string PairTest::Columns(Client& client, const std::string& table) {
  return Ask(client,
             absl::StrCat("SELECT COUNT(*) FROM information_schema.columns WHERE table_schema='test' AND table_name='",
                          table, "'"));
}

bool PairTest::Eventually(Client& client, const std::string& sql, const std::string& wanted) {
  for (int i = 0; i < 1200; ++i) {
    if (Ask(client, sql) == wanted) return true;
    absl::SleepFor(absl::Milliseconds(50));
  }
  return false;
}

std::vector<std::string> PairTest::Flags(const Endpoint& on, std::vector<std::string> more) const {
  std::vector<std::string> flags = {
      absl::StrCat("--host=", on.host),
      absl::StrCat("--port=", on.port),
      absl::StrCat("--user=", on.user),
      absl::StrCat("--password=", on.password),
      "--database=test",
      absl::StrCat("--table=", table_),
      "--alter=ADD COLUMN added INT",
      "--execute",
      "--explain",
      "--max-lag-millis=60000",
      absl::StrCat("--serve-socket-file=/tmp/migrate-pair-", server_->primary().port, ".sock")};
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

void PairTest::Promote() {
  Execute("CREATE TABLE test.last_word (id INT PRIMARY KEY)");
  ASSERT_TRUE(Eventually(*replica_, "SELECT COUNT(*) FROM test.last_word", "0"));
  Parted().insert(GetParam());
  ASSERT_TRUE(replica_->Execute(IsMySql() ? "STOP REPLICA" : "STOP SLAVE").ok());
  ASSERT_TRUE(replica_->Execute(IsMySql() ? "RESET REPLICA ALL" : "RESET SLAVE ALL").ok());
  ASSERT_TRUE(server_->Kill(Server::kPrimary).ok());
  // It writes now.
  (void)replica_->Execute("SET GLOBAL super_read_only = OFF");
  (void)replica_->Execute("SET GLOBAL read_only = OFF");
}

}  // namespace tests::migrate
