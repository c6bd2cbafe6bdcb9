#include "tests/migrate/migrate_fixture.h"

#include <cstdlib>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"

namespace tests::migrate {

std::unique_ptr<Server>& MigrateTest::Running(Server::Kind kind) {
  static auto* servers = new std::unique_ptr<Server>[2];
  return servers[kind == Server::kMariaDb ? 0 : 1];
}

void MigrateTest::SetUp() {
  std::unique_ptr<Server>& running = Running(GetParam());
  if (running == nullptr) {
    std::vector<std::string> flags = {"--innodb_flush_log_at_trx_commit=0", "--sync_binlog=0"};
    for (const std::string& flag : ServerFlags()) flags.push_back(flag);
    auto server = Server::Start({.kind = GetParam(), .replica = HasReplica(), .flags = flags});
    if (absl::IsUnavailable(server.status())) GTEST_SKIP() << server.status().message();
    ASSERT_TRUE(server.ok()) << server.status();
    running = *std::move(server);
  }
  server_ = running.get();
  static int number = 0;
  database_ = absl::StrCat("db", ++number);
  client_ = Connect();
  ASSERT_NE(client_, nullptr);
  Execute(absl::StrCat("CREATE DATABASE ", database_));
  Execute(absl::StrCat("USE ", database_));
}

bool MigrateTest::HasReplica() { return std::getenv("MIGRATE_TEST_PAIR") != nullptr; }

std::string MigrateTest::Contents(Client& client) const {
  std::string contents;
  auto tables = client.Query(absl::StrCat(
      "SELECT table_name, SUM(extra LIKE '%VIRTUAL%'), GROUP_CONCAT(CONCAT('`', REPLACE(column_name, '`', '``'), '`') "
      "ORDER BY ordinal_position) FROM information_schema.columns JOIN information_schema.tables USING (table_schema, "
      "table_name) WHERE table_schema = '",
      database_, "' AND table_type = 'BASE TABLE' GROUP BY table_name ORDER BY table_name"));
  if (!tables.ok()) return tables.status().ToString();
  for (const servers::Row& table : *tables) {
    const std::string name =
        absl::StrCat("`", database_, "`.`", absl::StrReplaceAll(table[0].value_or(""), {{"`", "``"}}), "`");
    // MariaDB's CHECKSUM TABLE of the same rows differs where there are virtual columns.
    auto sum = table[1] == "0" ? client.Query(absl::StrCat("CHECKSUM TABLE ", name))
                               : client.Query(absl::StrCat("SELECT COUNT(*), SUM(CRC32(CONCAT_WS('#', ",
                                                           table[2].value_or(""), "))) FROM ", name));
    absl::StrAppend(&contents, name, "=",
                    sum.ok() ? (*sum)[0][1].value_or("NULL") : std::string(sum.status().message()), " ");
  }
  return contents;
}

void MigrateTest::TearDown() {
  if (!HasReplica() || server_ == nullptr || IsSkipped() || HasFailure()) return;
  const servers::Endpoint& endpoint = server_->replica();
  auto replica = Client::Connect(
      {.host = endpoint.host, .port = endpoint.port, .user = endpoint.user, .password = endpoint.password});
  ASSERT_TRUE(replica.ok()) << replica.status();
  const std::string wanted = Contents(*client_);
  for (int i = 0; i < 600 && Contents(**replica) != wanted; ++i) absl::SleepFor(absl::Milliseconds(100));
  EXPECT_EQ(Contents(**replica), wanted) << "the replica is not what its primary is";
}

void MigrateTest::TearDownTestSuite() {
  Running(Server::kMariaDb).reset();
  Running(Server::kMySql).reset();
}

servers::Address MigrateTest::Address() const {
  return {.host = primary().host,
          .port = primary().port,
          .user = primary().user,
          .password = primary().password,
          .database = client_ ? database_ : ""};
}

std::unique_ptr<Client> MigrateTest::Connect() const {
  auto client = Client::Connect(Address());
  EXPECT_TRUE(client.ok()) << client.status();
  return client.ok() ? *std::move(client) : nullptr;
}

void MigrateTest::Execute(const std::string& sql) {
  const absl::Status status = client_->Execute(sql);
  ASSERT_TRUE(status.ok()) << status;
}

std::string MigrateTest::Value(const std::string& sql) {
  auto rows = client_->Query(sql);
  EXPECT_TRUE(rows.ok()) << rows.status();
  if (!rows.ok() || rows->empty()) return "no row";
  return (*rows)[0][0].value_or("NULL");
}

std::vector<std::string> MigrateTest::Flags(const std::string& table, const std::string& alter,
                                            std::vector<std::string> more) const {
  const servers::Endpoint& host = HasReplica() ? server_->replica() : primary();
  std::vector<std::string> flags = {
      absl::StrCat("--host=", host.host), absl::StrCat("--port=", host.port), absl::StrCat("--user=", primary().user),
      absl::StrCat("--password=", primary().password), absl::StrCat("--database=", database_),
      absl::StrCat("--table=", table), absl::StrCat("--alter=", alter),
      // A busy machine's replica may be late.
      HasReplica() ? "--max-lag-millis=60000" : "--allow-on-master",
      // Tests of both servers may run at the same time on one machine.
      absl::StrCat("--serve-socket-file=", SocketFile())};
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

// A socket's path may have 107 bytes, too few for the test's own folder.
std::string MigrateTest::SocketFile() const {
  // Process ids are not unique among sandboxes that share /tmp.
  static const uint32_t number = std::random_device()();
  return absl::StrCat("/tmp/migrate-test-", number, "-", database_, ".sock");
}

std::string MigrateTest::Tables() {
  return Value(
      absl::StrCat("SELECT GROUP_CONCAT(table_name ORDER BY CAST(table_name AS BINARY)) FROM information_schema.tables "
                   "WHERE table_schema='",
                   database_, "'"));
}

void MigrateTest::Fill(const std::string& table, const std::string& columns, const std::string& values, int count) {
  Execute(IsMariaDb() ? "SET SESSION max_recursive_iterations = 10000000"
                      : "SET SESSION cte_max_recursion_depth = 10000000");
  Execute(absl::StrCat("INSERT INTO ", table, " (", columns,
                       ") WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ",
                       count, ") SELECT ", values, " FROM numbers"));
}

std::string KindName(const testing::TestParamInfo<Server::Kind>& info) {
  return info.param == Server::kMariaDb ? "MariaDb" : "MySql";
}

}  // namespace tests::migrate
