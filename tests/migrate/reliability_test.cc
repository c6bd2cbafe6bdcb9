// Whatever dies while a table is being migrated, no row is lost and the table is always there.
//
// Each round: a table of random shape and size, writers with an exact model of every row, a migration with random
// options, and a saboteur that kills the migration's connections and statements, blocks it with locks and open
// transactions, rotates the log, kills the tool, or crashes the server. However the migration ends, `t` must hold
// exactly what the model says, be either the old or the new table as a whole, and a further run must succeed once the
// sabotage is over.
//
//   RELIABILITY_SEED=7 RELIABILITY_SECONDS=1200 bazel test //tests/migrate:reliability_test --test_env=RELIABILITY_SEED
//   ...
//
// Without a seed it is taken from the clock; it is printed, and repeats the choices (not the timing of the servers).
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/migrate/migrate_process.h"
#include "tests/migrate/workload.h"
#include "tests/servers/client.h"
#include "tests/servers/server.h"

namespace tests::migrate {
namespace {

using servers::Client;
using servers::Server;

uint32_t EnvironmentOr(const char* name, uint32_t fallback) {
  uint32_t value = 0;
  const char* text = std::getenv(name);
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : fallback;
}

std::string LastLine(std::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  return std::string(text.substr(text.rfind('\n') + 1));
}

// What happened in all rounds.
struct Tally {
  int rounds = 0, swapped = 0, given_up = 0, killed = 0, resumed = 0, crashes = 0;
  int connections = 0, queries = 0, locks = 0, rotations = 0;
  uint64_t transactions = 0;
};

class Round {
 public:
  Round(Server& server, uint32_t seed, Tally& tally) : server_(server), random_(seed), seed_(seed), tally_(tally) {}

  void Run();

 private:
  uint32_t Below(uint32_t limit) { return random_() % limit; }
  servers::Address Address(const std::string& user) const;
  bool Execute(const std::string& sql);
  void MakeTable();
  std::vector<std::string> Flags(bool sabotaged);
  void SetModes();
  void Sabotage(MigrateProcess& migrate);
  void KillOne(bool query);
  void BlockForAWhile();
  void CrashServer();
  std::string Describe() const { return absl::StrCat("seed ", seed_, ": ", absl::StrJoin(story_, ", ")); }
  bool IsNew();
  void WaitForSessionsToEnd();
  bool MayResume(int code, const std::string& output);

  Server& server_;
  std::mt19937 random_;
  const uint32_t seed_;
  Tally& tally_;
  std::unique_ptr<Client> client_;
  KeyShape shape_ = KeyShape::kInteger;
  int rows_ = 0;
  bool may_crash_ = false;
  bool may_kill_tool_ = false;
  std::vector<std::string> story_;
};

servers::Address Round::Address(const std::string& user) const {
  return {.host = server_.primary().host,
          .port = server_.primary().port,
          .user = user,
          .password = user == "root" ? server_.primary().password : "secret",
          .database = "r"};
}

bool Round::Execute(const std::string& sql) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    if (client_ == nullptr) {
      auto client = Client::Connect(Address("root"));
      if (client.ok()) client_ = *std::move(client);
    }
    if (client_ != nullptr) {
      absl::Status status = client_->Execute(sql);
      if (status.ok()) return true;
      if (client_->last_error() != 2006 && client_->last_error() != 2013 && client_->last_error() != 1053) {
        ADD_FAILURE() << status << "\n" << Describe();
        return false;
      }
      client_ = nullptr;
    }
    absl::SleepFor(absl::Milliseconds(100));
  }
  ADD_FAILURE() << "the server does not come back\n" << Describe();
  return false;
}

void Round::MakeTable() {
  shape_ = static_cast<KeyShape>(Below(3));
  rows_ = 500 + Below(20000);
  Execute("DROP DATABASE IF EXISTS r");
  Execute("CREATE DATABASE r CHARACTER SET utf8mb4");
  Execute("USE r");
  Execute(absl::StrCat("CREATE TABLE t (", Workload::Definition(shape_), ") ENGINE=InnoDB"));
  Execute(absl::StrContains(server_.version(), "MariaDB") ? "SET SESSION max_recursive_iterations = 10000000"
                                                          : "SET SESSION cte_max_recursion_depth = 10000000");
  Execute(absl::StrCat("INSERT INTO t (", Workload::InitialColumns(shape_),
                       ") WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ",
                       rows_, ") SELECT ", Workload::InitialValues(shape_), " FROM numbers"));
}

// How sessions log, for the writers that connect after this.
void Round::SetModes() {
  const char* images[] = {"FULL", "FULL", "MINIMAL", "NOBLOB"};
  // The text key is not a primary key; MINIMAL images have all columns of such a table, or the key that identifies the
  // row.
  const std::string image = images[Below(4)];
  Execute(absl::StrCat("SET GLOBAL binlog_row_image = '", image, "'"));
  const bool compressed = Below(2) == 0;
  Execute(absl::StrCat(
      "SET GLOBAL ",
      absl::StrContains(server_.version(), "MariaDB") ? "log_bin_compress" : "binlog_transaction_compression", " = ",
      compressed ? 1 : 0));
  story_.push_back(
      absl::StrCat(image, compressed ? " compressed" : "", " shape ", static_cast<int>(shape_), " rows ", rows_));
}

// A socket's path may have 107 bytes, too few for the test's own folder; sandboxes share /tmp.
std::string SocketFile() {
  static const uint32_t number = std::random_device()();
  return absl::StrCat("/tmp/migrate-reliability-", number, ".sock");
}

std::vector<std::string> Round::Flags(bool sabotaged) {
  std::vector<std::string> flags = {absl::StrCat("--host=", server_.primary().host),
                                    absl::StrCat("--port=", server_.primary().port),
                                    "--user=migrator",
                                    "--password=secret",
                                    "--database=r",
                                    "--table=t",
                                    "--alter=ADD COLUMN added INT NOT NULL DEFAULT 7, ADD KEY by_n (n)",
                                    "--execute",
                                    "--allow-on-master",
                                    "--initially-drop-ghost-table",
                                    "--initially-drop-old-table",
                                    "--initially-drop-socket-file",
                                    absl::StrCat("--serve-socket-file=", SocketFile()),
                                    absl::StrCat("--replica-server-id=", 70000 + seed_ % 10000)};
  if (!sabotaged) return flags;
  flags.push_back(absl::StrCat("--threads=", 1 + Below(4)));
  flags.push_back(absl::StrCat("--chunk-size=", 10 + Below(3) * Below(1000)));
  flags.push_back(absl::StrCat("--nice-ratio=", Below(2) * 0.3));
  flags.push_back("--cut-over-lock-timeout-seconds=1");
  flags.push_back("--checkpoint-seconds=1");
  flags.push_back(absl::StrCat("--default-retries=", 3 + Below(60)));
  if (Below(4) == 0) flags.push_back("--gtid");
  return flags;
}

void Round::KillOne(bool query) {
  auto saboteur = Client::Connect(Address("root"));
  if (!saboteur.ok()) return;
  auto ids = (*saboteur)->Query("SELECT id FROM information_schema.processlist WHERE user = 'migrator' ORDER BY id");
  if (!ids.ok() || ids->empty()) return;
  const std::string id = *(*ids)[Below(static_cast<uint32_t>(ids->size()))][0];
  if ((*saboteur)->Execute(absl::StrCat("KILL ", query ? "QUERY " : "", id)).ok()) {
    ++(query ? tally_.queries : tally_.connections);
  }
}

// Holds row locks and a metadata lock on the table, as a careless transaction would.
void Round::BlockForAWhile() {
  auto saboteur = Client::Connect(Address("root"));
  if (!saboteur.ok() || !(*saboteur)->Execute("BEGIN").ok()) return;
  (void)(*saboteur)->Execute(
      absl::StrCat("SELECT * FROM t WHERE n BETWEEN ", Below(500), " AND 1000 LIMIT 50 FOR UPDATE"));
  absl::SleepFor(absl::Milliseconds(50 + Below(700)));
  (void)(*saboteur)->Execute("ROLLBACK");
  ++tally_.locks;
}

void Round::CrashServer() {
  ASSERT_TRUE(server_.Kill(Server::kPrimary).ok());
  absl::SleepFor(absl::Milliseconds(Below(300)));
  const absl::Status status = server_.Restart(Server::kPrimary);
  ASSERT_TRUE(status.ok()) << status;
  ++tally_.crashes;
}

void Round::Sabotage(MigrateProcess& migrate) {
  const char* from[] = {"", "migrating", "migrating", "cutting over"};
  migrate.WaitForOutput(from[Below(4)], absl::Seconds(60));
  const absl::Time end = absl::Now() + absl::Milliseconds(500 + Below(5000));
  bool cutting_over = false;
  while (absl::Now() < end) {
    // At the cut-over every millisecond is another step: kill faster there.
    cutting_over = cutting_over || absl::StrContains(migrate.output(), "cutting over");
    absl::SleepFor(absl::Milliseconds(cutting_over ? 1 + Below(25) : 10 + Below(200)));
    const uint32_t what = Below(100);
    if (what < 45) {
      KillOne(false);
    } else if (what < 65) {
      KillOne(true);
    } else if (what < 75) {
      BlockForAWhile();
    } else if (what < 85) {
      if (auto client = Client::Connect(Address("root")); client.ok()) (void)(*client)->Execute("FLUSH BINARY LOGS");
      ++tally_.rotations;
    } else if (what < 92 && may_kill_tool_) {
      migrate.Signal(SIGKILL);
      story_.push_back("tool killed");
      ++tally_.killed;
      return;
    } else if (what >= 92 && may_crash_) {
      may_crash_ = false;  // once a round
      story_.push_back("server crashed");
      CrashServer();
    }
  }
}

bool Round::IsNew() {
  for (int attempt = 0; attempt < 100; ++attempt) {
    auto client = Client::Connect(Address("root"));
    if (client.ok()) {
      auto added = (*client)->QueryValue(
          "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = 'r' AND table_name = 't' AND "
          "column_name = 'added'");
      if (added.ok()) return *added == "1";
    }
    absl::SleepFor(absl::Milliseconds(100));
  }
  ADD_FAILURE() << "the server does not come back\n" << Describe();
  return false;
}

// A RENAME that waits for its lock goes on without the tool that asked for it.
void Round::WaitForSessionsToEnd() {
  for (int attempt = 0; attempt < 600; ++attempt) {
    auto client = Client::Connect(Address("root"));
    if (client.ok()) {
      auto left = (*client)->QueryValue("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'migrator'");
      if (left.ok() && *left == "0") return;
    }
    absl::SleepFor(absl::Milliseconds(50));
  }
  ADD_FAILURE() << "sessions of the first run do not end\n" << Describe();
}

// Whether the first run left something to go on with; one that could say so must have.
bool Round::MayResume(int code, const std::string& output) {
  if (code != 128 + SIGKILL) return absl::StrContains(output, "--resume goes on from here") && Below(4) != 0;
  auto client = Client::Connect(Address("root"));
  return client.ok() && (*client)->QueryValue("SELECT id FROM _t_ghc").ok() && Below(4) != 0;
}

void Round::Run() {
  may_crash_ = Below(3) == 0;
  may_kill_tool_ = Below(3) == 0;
  MakeTable();
  SetModes();
  if (testing::Test::HasFailure()) return;
  Workload workload({.address = Address("root"),
                     .table = "t",
                     .shape = shape_,
                     .initial_rows = rows_,
                     .threads = 2,
                     .seed = seed_,
                     .pause = absl::Milliseconds(Below(5)),
                     .server_may_die = true});
  workload.Start();
  const std::vector<std::string> flags = Flags(true);
  story_.push_back(absl::StrJoin(flags.begin() + 13, flags.end(), " "));
  MigrateProcess first(flags);
  Sabotage(first);
  const int code = first.Wait();
  WaitForSessionsToEnd();
  const bool swapped = IsNew();
  story_.push_back(absl::StrCat("exit ", code, swapped ? " new table" : " old table"));
  std::string output = first.output();
  EXPECT_TRUE(code == 0 || code == 1 || code == 128 + SIGKILL) << code << "\n" << Describe() << "\n" << output;
  EXPECT_TRUE(code != 0 || swapped) << Describe() << "\n" << output;
  if (code == 1) {
    // It says which table is in place.
    EXPECT_TRUE(absl::StrContains(output, swapped ? "is the new table" : "is unchanged")) << Describe() << "\n"
                                                                                          << output;
    ++tally_.given_up;
    std::cout << "round " << seed_ << " gave up: " << LastLine(output) << std::endl;
  }
  tally_.swapped += swapped;
  if (!swapped) {  // without sabotage it must succeed
    std::vector<std::string> again = Flags(false);
    if (MayResume(code, output)) {
      // Nothing that it loses is to be repaired before the swap.
      again.insert(again.end(), {"--resume", "--verify=false"});
      story_.push_back("resumed");
      ++tally_.resumed;
    }
    MigrateProcess second(again);
    EXPECT_EQ(second.Wait(), 0) << Describe() << "\n" << second.output() << "\nfirst run:\n" << output;
    output += second.output();
  }
  absl::SleepFor(absl::Milliseconds(50));
  workload.Stop();
  tally_.transactions += workload.transactions();
  const absl::Status rows = workload.Check("t");
  EXPECT_TRUE(rows.ok()) << rows << "\n" << Describe() << "\n" << output;
  EXPECT_TRUE(IsNew()) << Describe();
  ++tally_.rounds;
}

class ReliabilityTest : public testing::TestWithParam<Server::Kind> {};

TEST_P(ReliabilityTest, NothingIsLostWhateverDies) {
  // A crash may lose what was committed last if the log or the engine is not flushed, so here both are.
  auto server = Server::Start({.kind = GetParam(),
                               .flags = {"--innodb_flush_log_at_trx_commit=1", "--sync_binlog=1",
                                         "--max_connections=100", "--innodb_lock_wait_timeout=5"}});
  if (absl::IsUnavailable(server.status())) GTEST_SKIP() << server.status().message();
  ASSERT_TRUE(server.ok()) << server.status();
  {
    auto client = Client::Connect({.host = (*server)->primary().host,
                                   .port = (*server)->primary().port,
                                   .user = "root",
                                   .password = (*server)->primary().password});
    ASSERT_TRUE(client.ok()) << client.status();
    ASSERT_TRUE((*client)->Execute("CREATE USER migrator@'%' IDENTIFIED BY 'secret'").ok());
    ASSERT_TRUE((*client)->Execute("GRANT ALL ON *.* TO migrator@'%'").ok());
    ASSERT_TRUE((*client)->Execute("CREATE DATABASE r").ok());
  }
  const uint32_t seed =
      EnvironmentOr("RELIABILITY_SEED", static_cast<uint32_t>(absl::ToUnixSeconds(absl::Now()) % 1000000));
  const absl::Time end = absl::Now() + absl::Seconds(EnvironmentOr("RELIABILITY_SECONDS", 25));
  std::cout << "RELIABILITY_SEED=" << seed << std::endl;
  Tally tally;
  for (uint32_t i = 0; absl::Now() < end && !HasFailure(); ++i) Round(**server, seed + i, tally).Run();
  std::cout << (*server)->version() << ": seed " << seed << ", " << tally.rounds << " rounds, " << tally.transactions
            << " transactions; " << tally.swapped << " swapped under sabotage, " << tally.given_up << " gave up, "
            << tally.killed << " killed, " << tally.resumed << " resumed; " << tally.crashes << " server crashes, "
            << tally.connections << " connections and " << tally.queries << " statements killed, " << tally.locks
            << " blocking transactions, " << tally.rotations << " log rotations" << std::endl;
}

INSTANTIATE_TEST_SUITE_P(Servers, ReliabilityTest, testing::Values(Server::kMariaDb, Server::kMySql),
                         [](const auto& info) { return info.param == Server::kMariaDb ? "MariaDb" : "MySql"; });

}  // namespace
}  // namespace tests::migrate
