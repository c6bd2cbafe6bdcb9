#include "migrate/mysql/errors.h"

#include "gtest/gtest.h"

namespace migrate::mysql {
namespace {

TEST(ErrorsTest, CarriesTheNumberAndTheClass) {
  absl::Status status = MakeError(1213, "Deadlock found", "copy chunk");
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(status.message(), "copy chunk: Deadlock found (error 1213)");
  EXPECT_EQ(ServerErrorCode(status), 1213);
  EXPECT_EQ(Classify(status), ErrorClass::kDeadlock);
  EXPECT_TRUE(IsTransient(status));
}

TEST(ErrorsTest, OnlySomeErrorsAreTransient) {
  EXPECT_TRUE(IsTransient(MakeError(1205, "", "")));
  EXPECT_TRUE(IsTransient(MakeError(2006, "", "")));
  EXPECT_TRUE(IsTransient(MakeError(2013, "", "")));
  EXPECT_TRUE(IsTransient(MakeError(1317, "", "")));
  EXPECT_FALSE(IsTransient(MakeError(1062, "", "")));
  EXPECT_FALSE(IsTransient(MakeError(1045, "", "")));
  EXPECT_FALSE(IsTransient(MakeError(1064, "", "")));
}

TEST(ErrorsTest, StatusFromElsewhereHasNoNumber) {
  EXPECT_EQ(ServerErrorCode(absl::OkStatus()), 0);
  EXPECT_EQ(Classify(absl::OkStatus()), ErrorClass::kNone);
  EXPECT_EQ(ServerErrorCode(absl::AbortedError("x")), 0);
  EXPECT_EQ(Classify(absl::AbortedError("x")), ErrorClass::kOther);
  EXPECT_FALSE(IsTransient(absl::AbortedError("x")));
}

}  // namespace
}  // namespace migrate::mysql
