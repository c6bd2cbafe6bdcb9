#include "migrate/options/options.h"

#include <cstdlib>
#include <fstream>
#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// As common/config leaves them when no flag but the three needed ones is given.
MigrationOptions Defaults() {
  MigrationOptions options;
  options.set_database("shop");
  options.set_table("orders");
  options.set_alter("ADD COLUMN c int");
  options.set_host("127.0.0.1");
  options.set_port(3306);
  options.set_charset("utf8mb4,utf8,latin1");
  options.set_replica_server_id(99999);
  options.set_heartbeat_interval_millis(100);
  options.set_max_lag_millis(1500);
  options.set_chunk_size(1000);
  options.set_dml_batch_size(10);
  options.set_cut_over("atomic");
  options.set_cut_over_lock_timeout_seconds(3);
  options.set_exponential_backoff_max_interval(64);
  options.set_checkpoint_seconds(5);
  options.set_status_format("text");
  return options;
}

TEST(OptionsTest, DefaultsAreRightAndThreadsAreChosen) {
  MigrationOptions options = Defaults();
  EXPECT_TRUE(CompleteOptions(options).ok()) << CompleteOptions(options);
  EXPECT_GE(options.threads(), 2);
  EXPECT_LE(options.threads(), 8);
  EXPECT_THAT(FlagsWithoutEffect(options), IsEmpty());
}

TEST(OptionsTest, EveryBadValueNamesItsFlag) {
  const std::vector<std::pair<std::string, std::function<void(MigrationOptions&)>>> cases = {
      {"--database", [](MigrationOptions& o) { o.clear_database(); }},
      {"--table", [](MigrationOptions& o) { o.clear_table(); }},
      {"--alter", [](MigrationOptions& o) { o.clear_alter(); }},
      {"--port=70000", [](MigrationOptions& o) { o.set_port(70000); }},
      {"--chunk-size=5", [](MigrationOptions& o) { o.set_chunk_size(5); }},
      {"--dml-batch-size=20000", [](MigrationOptions& o) { o.set_dml_batch_size(20000); }},
      {"--cut-over=fast", [](MigrationOptions& o) { o.set_cut_over("fast"); }},
      {"--cut-over-lock-timeout-seconds=11", [](MigrationOptions& o) { o.set_cut_over_lock_timeout_seconds(11); }},
      {"--status-format=xml", [](MigrationOptions& o) { o.set_status_format("xml"); }},
      {"--nice-ratio", [](MigrationOptions& o) { o.set_nice_ratio(-1); }},
      {"--ssl-ca", [](MigrationOptions& o) { o.set_ssl_ca("/ca.pem"); }},
      {"--trigger-suffix", [](MigrationOptions& o) { o.set_include_triggers(true); }},
      {"--switch-to-rbr", [](MigrationOptions& o) { o.set_switch_to_rbr(true), o.set_assume_rbr(true); }},
      {"--conf", [](MigrationOptions& o) { o.set_conf("/nonexistent/my.cnf"); }},
  };
  for (const auto& [flag, spoil] : cases) {
    MigrationOptions options = Defaults();
    spoil(options);
    const absl::Status status = CompleteOptions(options);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << flag;
    EXPECT_THAT(std::string(status.message()), HasSubstr(flag));
  }
}

TEST(OptionsTest, ConfGivesWhatFlagsDoNot) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/my.cnf";
  std::ofstream(path) << "[mysqld]\nport=1\n[client]\nuser = app\npassword='se=cret'\n# host=x\nport=3307\n";
  MigrationOptions options = Defaults();
  options.set_conf(path);
  options.set_user("root");
  ASSERT_TRUE(CompleteOptions(options).ok());
  EXPECT_EQ(options.user(), "root");
  EXPECT_EQ(options.password(), "se=cret");
  EXPECT_EQ(options.port(), 3307);
}

TEST(OptionsTest, FlagsWithoutEffectSaySo) {
  MigrationOptions options = Defaults();
  options.set_gcp(true);
  EXPECT_THAT(FlagsWithoutEffect(options), ElementsAre(HasSubstr("--gcp has no effect")));
}

}  // namespace
}  // namespace migrate
