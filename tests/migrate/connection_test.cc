// What a lost connection leaves behind.
#include "migrate/mysql/connection.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "migrate/mysql/errors.h"
#include "tests/migrate/server_fixture.h"

namespace tests::migrate {
namespace {

namespace mysql = ::migrate::mysql;

constexpr auto kLost = mysql::ErrorClass::kLostConnection;

class ConnectionTest : public ServerTest {};

TEST_P(ConnectionTest, InterruptingALostConnectionHitsNoOther) {
  auto lost = Connect();
  Run(absl::StrCat("KILL ", lost->id()));
  EXPECT_FALSE(lost->Ping().ok());
  EXPECT_TRUE(lost->broken());
  // The system gives these the numbers of descriptors that have become free.
  auto next = Connect();
  auto other = Connect();
  lost->Interrupt();
  EXPECT_TRUE(next->Ping().ok());
  EXPECT_TRUE(other->Ping().ok());
}

TEST_P(ConnectionTest, InterruptEndsACallThatWaits) {
  auto waiting = Connect();
  std::thread sleeper([&] { EXPECT_EQ(mysql::Classify(waiting->Execute("DO SLEEP(600)").status()), kLost); });
  while (Value(absl::StrCat("SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'DO SLEEP%' AND id = ",
                            waiting->id())) == "0") {
    absl::SleepFor(absl::Milliseconds(10));
  }
  waiting->Interrupt();
  sleeper.join();
  EXPECT_TRUE(waiting->broken());
  EXPECT_TRUE(waiting->Reconnect().ok());
  EXPECT_TRUE(waiting->Ping().ok());
}

INSTANTIATE_SERVERS(ConnectionTest);

}  // namespace
}  // namespace tests::migrate
