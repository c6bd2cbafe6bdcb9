// Encrypted connections. Each user here may connect over TLS only, so a run that succeeds has used it for every
// connection, that of the binary log too.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/migrate/certificates.h"
#include "tests/migrate/migrate_fixture.h"

namespace tests::migrate {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

class TlsTest : public MigrateTest {
 protected:
  void SetUp() override {
    const auto certificates = Certificates::Get();
    ASSERT_TRUE(certificates.ok()) << certificates.status();
    files_ = *certificates;
    MigrateTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    Execute("CREATE USER IF NOT EXISTS encrypted@'%' IDENTIFIED BY 'secret' REQUIRE SSL");
    Execute("CREATE USER IF NOT EXISTS certified@'%' IDENTIFIED BY 'secret' REQUIRE X509");
    Execute("GRANT ALL ON *.* TO encrypted@'%', certified@'%'");
    Execute("CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(60)) ENGINE=InnoDB");
    Fill("t", "id, s", "i, CONCAT('row ', i)", 300);
  }

  std::vector<std::string> ServerFlags() const override {
    return {absl::StrCat("--ssl-ca=", files_.ca), absl::StrCat("--ssl-cert=", files_.server),
            absl::StrCat("--ssl-key=", files_.server_key)};
  }

  void ExpectDone(const std::string& user, std::vector<std::string> more) {
    MigrateProcess migrate(Run(user, std::move(more)));
    EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
    EXPECT_EQ(Value("SELECT CONCAT(COUNT(*), ',', COUNT(added)) FROM t"), "300,0");
    Execute("ALTER TABLE t DROP COLUMN added");
  }

  // The last line says why, and that nothing was changed.
  void ExpectRefused(const std::string& user, std::vector<std::string> more, const std::string& why) {
    MigrateProcess migrate(Run(user, std::move(more)));
    EXPECT_EQ(migrate.Wait(), 1) << migrate.output();
    EXPECT_THAT(migrate.output(), AllOf(HasSubstr(why), HasSubstr("`t` is unchanged")));
    EXPECT_EQ(Tables(), "t");
  }

  Certificates files_;

 private:
  std::vector<std::string> Run(const std::string& user, std::vector<std::string> more) const {
    more.insert(more.end(), {absl::StrCat("--user=", user), "--password=secret", "--execute", "--ok-to-drop-table"});
    return Flags("t", "ADD COLUMN added INT", std::move(more));
  }
};

TEST_P(TlsTest, AServerThatAnAuthorityVouchesFor) {
  ExpectRefused("encrypted", {}, "Access denied");
  ExpectDone("encrypted", {"--ssl", absl::StrCat("--ssl-ca=", files_.ca)});
}

TEST_P(TlsTest, AServerThatNobodyVouchesForOnlyWhereAllowed) {
  const std::string other = absl::StrCat("--ssl-ca=", files_.other_ca);
  ExpectRefused("encrypted", {"--ssl", other}, "certificate");
  ExpectRefused("encrypted", {"--ssl"}, "certificate");  // the system's authorities do not know it either
  ExpectRefused("encrypted", {"--ssl", "--ssl-ca=/nonexistent.pem"}, "cannot connect");
  ExpectDone("encrypted", {"--ssl", "--ssl-allow-insecure"});
  ExpectDone("encrypted", {"--ssl", other, "--ssl-allow-insecure"});
}

// Whoever has a certificate of the authority may not play another server.
TEST_P(TlsTest, AServerOfAnotherName) {
  const std::string ca = absl::StrCat("--ssl-ca=", files_.ca);
  ExpectRefused("encrypted", {"--host=localhost", "--ssl", ca}, "cannot connect to localhost");
  ExpectDone("encrypted", {"--host=localhost", "--ssl", ca, "--ssl-allow-insecure"});
}

TEST_P(TlsTest, AClientWithACertificate) {
  const std::string ca = absl::StrCat("--ssl-ca=", files_.ca);
  const std::string certificate = absl::StrCat("--ssl-cert=", files_.client);
  const std::string key = absl::StrCat("--ssl-key=", files_.client_key);
  ExpectRefused("certified", {"--ssl", ca}, "Access denied");
  ExpectRefused("certified", {"--ssl", ca, certificate, absl::StrCat("--ssl-key=", files_.server_key)},
                "cannot connect");
  ExpectDone("certified", {"--ssl", ca, certificate, key});
  ExpectDone("certified", {"--ssl", "--ssl-allow-insecure", certificate, key});
}

INSTANTIATE_TEST_SUITE_P(Servers, TlsTest, testing::Values(Server::kMariaDb, Server::kMySql), KindName);

}  // namespace
}  // namespace tests::migrate
