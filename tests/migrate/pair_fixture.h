// For tests of a primary and its replica: one pair of servers of each kind for a whole suite, and in it a table a test.
#ifndef TESTS_MIGRATE_PAIR_FIXTURE_H_
#define TESTS_MIGRATE_PAIR_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/migrate/migrate_process.h"
#include "tests/servers/client.h"
#include "tests/servers/server.h"

namespace tests::migrate {

class PairTest : public testing::TestWithParam<servers::Server::Kind> {
 protected:
  // Makes test.<table_> (id INT PRIMARY KEY, s VARCHAR(60)) with rows (i, 'row i') for i = 0..19, on both servers.
  void SetUp() override;
  static void TearDownTestSuite();

  bool IsMySql() const { return GetParam() == servers::Server::kMySql; }
  static std::unique_ptr<servers::Client> Connect(const servers::Endpoint& endpoint);

  // On the primary; a failure fails the test.
  void Execute(const std::string& sql);
  // One value, or the error's text.
  static std::string Ask(servers::Client& client, const std::string& sql);
  static std::string Rows(servers::Client& client, const std::string& table);     // of test.<table>
  static std::string Columns(servers::Client& client, const std::string& table);  // how many test.<table> has
  // Asks until the answer is `wanted`; the bound only ends a test that fails.
  static bool Eventually(servers::Client& client, const std::string& sql, const std::string& wanted);

  // The flags that name server, table and change; further flags come behind.
  std::vector<std::string> Flags(const servers::Endpoint& on, std::vector<std::string> more) const;

  // The primary is gone: the replica gets everything that it had, and replicates no longer. The next test gets another
  // pair.
  void Promote();

  servers::Server* server_ = nullptr;
  std::unique_ptr<servers::Client> primary_;
  std::unique_ptr<servers::Client> replica_;
  std::string table_;

 private:
  static std::unique_ptr<servers::Server>& Running(servers::Server::Kind kind);
};

}  // namespace tests::migrate

#endif  // TESTS_MIGRATE_PAIR_FIXTURE_H_
