// A test against real servers: one MariaDB and one MySQL for the whole test program, started when first needed.
//
//   class MyTest : public ServerTest {};
//   TEST_P(MyTest, Works) { Run("CREATE TABLE t (id INT PRIMARY KEY)"); ... }
//   INSTANTIATE_SERVERS(MyTest);
//
// A server that is not on this machine makes its half of the tests SKIPPED. Every test begins with an empty schema
// `test`.
#ifndef TESTS_MIGRATE_SERVER_FIXTURE_H_
#define TESTS_MIGRATE_SERVER_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "migrate/mysql/connection.h"
#include "tests/migrate/log_reader.h"
#include "tests/servers/server.h"

namespace tests::migrate {

class ServerTest : public testing::TestWithParam<servers::Server::Kind> {
 protected:
  void SetUp() override {
    std::unique_ptr<servers::Server>& server = servers_[GetParam()];
    if (server == nullptr) {
      auto started = servers::Server::Start({.kind = GetParam()});
      if (absl::IsUnavailable(started.status())) GTEST_SKIP() << started.status().message();
      ASSERT_TRUE(started.ok()) << started.status();
      server = *std::move(started);
    }
    connection_ = Connect();
    ASSERT_NE(connection_, nullptr);
    Run("DROP DATABASE IF EXISTS test");
    Run("CREATE DATABASE test CHARACTER SET utf8mb4");
    Run("USE test");
  }

  static void TearDownTestSuite() {
    for (auto& server : servers_) server.reset();
  }

  bool mariadb() const { return GetParam() == servers::Server::kMariaDb; }
  servers::Server& server() { return *servers_[GetParam()]; }
  const servers::Endpoint& endpoint() { return server().primary(); }

  // Another session as root; null after a failure, which is then recorded.
  std::unique_ptr<::migrate::mysql::Connection> Connect(std::string sql_mode = "NO_AUTO_VALUE_ON_ZERO") {
    ::migrate::mysql::ConnectionOptions options = Root(endpoint(), "");
    options.session.push_back({"sql_mode", "'" + sql_mode + "'"});
    auto connection = ::migrate::mysql::Connection::Open(options);
    EXPECT_TRUE(connection.ok()) << connection.status();
    return connection.ok() ? *std::move(connection) : nullptr;
  }

  void Run(const std::string& sql) {
    auto result = connection_->Execute(sql);
    ASSERT_TRUE(result.ok()) << result.status();
  }

  std::string Value(const std::string& sql) {
    auto value = connection_->QueryValue(sql);
    EXPECT_TRUE(value.ok()) << value.status();
    return value.ok() ? value->value_or("NULL") : "";
  }

  ::migrate::binlog::TableSpec Spec(const std::string& table) {
    auto spec = ReadSpec(*connection_, "test", table);
    EXPECT_TRUE(spec.ok()) << spec.status();
    return spec.ok() ? *spec : ::migrate::binlog::TableSpec();
  }

  std::unique_ptr<LogReader> Read(const std::vector<std::string>& tables, bool use_gtid = false) {
    std::vector<::migrate::binlog::TableSpec> specs;
    for (const std::string& table : tables) specs.push_back(Spec(table));
    auto reader = LogReader::Open(endpoint(), std::move(specs), use_gtid);
    EXPECT_TRUE(reader.ok()) << reader.status();
    return reader.ok() ? *std::move(reader) : nullptr;
  }

  std::unique_ptr<::migrate::mysql::Connection> connection_;

 private:
  static inline std::unique_ptr<servers::Server> servers_[2];
};

#define INSTANTIATE_SERVERS(Test)                                                                           \
  INSTANTIATE_TEST_SUITE_P(                                                                                 \
      Servers, Test, testing::Values(::tests::servers::Server::kMariaDb, ::tests::servers::Server::kMySql), \
      [](const auto& info) { return info.param == ::tests::servers::Server::kMariaDb ? "MariaDb" : "MySql"; })

}  // namespace tests::migrate

#endif  // TESTS_MIGRATE_SERVER_FIXTURE_H_
