#include "migrate/throttle/load.h"

#include "gtest/gtest.h"
#include "migrate/throttle/replica_lag.h"

namespace migrate::throttle {
namespace {

TEST(LoadLimitsTest, ReadsAndWrites) {
  auto limits = ParseLoadLimits("Threads_running=100, Threads_connected=500");
  ASSERT_TRUE(limits.ok()) << limits.status();
  ASSERT_EQ(limits->size(), 2u);
  EXPECT_EQ((*limits)[0].variable, "Threads_running");
  EXPECT_EQ((*limits)[0].limit, 100);
  EXPECT_EQ(FormatLoadLimits(*limits), "Threads_running=100,Threads_connected=500");
  EXPECT_TRUE(ParseLoadLimits("")->empty());
}

TEST(LoadLimitsTest, RefusesTheRest) {
  for (const char* text : {"Threads_running", "Threads_running=", "=5", "a=b", "a=-1", "a=1=2"}) {
    EXPECT_EQ(ParseLoadLimits(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(ReplicasTest, ReadsAddresses) {
  auto replicas = ParseReplicas("a:3307, b ,[::1]:9,[::2]");
  ASSERT_TRUE(replicas.ok()) << replicas.status();
  ASSERT_EQ(replicas->size(), 4u);
  EXPECT_EQ((*replicas)[0].ToString(), "a:3307");
  EXPECT_EQ((*replicas)[1].ToString(), "b:3306");
  EXPECT_EQ((*replicas)[2].host, "::1");
  EXPECT_EQ((*replicas)[2].port, 9);
  EXPECT_EQ((*replicas)[3].host, "::2");
  for (const char* text : {"a:0", "a:x", ":5", "a:65536", "[::1]x"}) {
    EXPECT_EQ(ParseReplicas(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace migrate::throttle
