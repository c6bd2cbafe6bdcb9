// What the end-to-end tests share: one server of each kind for a whole suite, a database a test, and the program under
// test.
//
// With MIGRATE_TEST_PAIR in the environment the server has a replica, --host names the replica, which leads to its
// primary, and after each test the replica must hold what the primary holds.
#ifndef TESTS_MIGRATE_MIGRATE_FIXTURE_H_
#define TESTS_MIGRATE_MIGRATE_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/migrate/migrate_process.h"
#include "tests/servers/client.h"
#include "tests/servers/server.h"

namespace tests::migrate {

using servers::Client;
using servers::Server;

class MigrateTest : public testing::TestWithParam<Server::Kind> {
 protected:
  void SetUp() override;  // skips where that kind of server is not on this machine
  void TearDown() override;
  static void TearDownTestSuite();
  // What the suite's servers are started with, besides the usual.
  virtual std::vector<std::string> ServerFlags() const { return {}; }

  bool IsMariaDb() const { return GetParam() == Server::kMariaDb; }
  Server& server() { return *server_; }
  const servers::Endpoint& primary() const { return server_->primary(); }
  servers::Address Address() const;
  std::unique_ptr<Client> Connect() const;

  // On the test's own connection, in the test's database; a failure fails the test.
  void Execute(const std::string& sql);
  std::string Value(const std::string& sql);  // "NULL" where it is

  // The flags that name server, database, table and change; further flags come behind.
  std::vector<std::string> Flags(const std::string& table, const std::string& alter,
                                 std::vector<std::string> more = {}) const;

  std::string SocketFile() const;

  // Names of all tables of the test's database, sorted, joined by commas.
  std::string Tables();

  // `count` rows (i, i * 7 % 1000, 'row i') for i = 1..count, in a table made by `create` with columns named in
  // `columns`, from the expressions in `values` over i.
  void Fill(const std::string& table, const std::string& columns, const std::string& values, int count);

  std::string database_;
  std::unique_ptr<Client> client_;

 private:
  static bool HasReplica();
  static std::unique_ptr<Server>& Running(Server::Kind kind);
  // Names and checksums of all tables of the test's database.
  std::string Contents(Client& client) const;

  Server* server_ = nullptr;
};

std::string KindName(const testing::TestParamInfo<Server::Kind>& info);

}  // namespace tests::migrate

#endif  // TESTS_MIGRATE_MIGRATE_FIXTURE_H_
