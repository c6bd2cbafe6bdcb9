#include "migrate/binlog/gtid.h"

#include <random>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace migrate::binlog {
namespace {

using mysql::Flavour;

constexpr char kA[] = "36a26480-e703-11f1-8695-02fc00000001";
constexpr char kB[] = "46a26480-e703-11f1-8695-02fc00000001";

GtidSet Set(std::string_view text, Flavour flavour = Flavour::kMySql) {
  absl::StatusOr<GtidSet> set = GtidSet::Parse(flavour, text);
  EXPECT_TRUE(set.ok()) << set.status();
  return set.ok() ? *set : GtidSet(flavour);
}

std::string Normal(std::string_view text, Flavour flavour = Flavour::kMySql) { return Set(text, flavour).ToString(); }

TEST(GtidSetTest, ParsesWhatServersPrint) {
  EXPECT_EQ(Normal(""), "");
  EXPECT_EQ(Normal(absl::StrCat(kA, ":1-5")), absl::StrCat(kA, ":1-5"));
  EXPECT_EQ(Normal(absl::StrCat(kA, ":7:1-3:4-5")), absl::StrCat(kA, ":1-5:7"));
  EXPECT_EQ(Normal(absl::StrCat(kB, ":1,\n ", kA, ":2")), absl::StrCat(kA, ":2,", kB, ":1"));
  EXPECT_EQ(Normal(absl::StrCat(kA, ":1-6:abc:1:zz_9:1-2")), absl::StrCat(kA, ":1-6:abc:1:zz_9:1-2"));
  EXPECT_EQ(Normal(absl::StrCat(kA, ":only:3")), absl::StrCat(kA, ":only:3"));
  EXPECT_EQ(Normal("1-2-300,0-1-100", Flavour::kMariaDb), "0-1-100,1-2-300");
}

TEST(GtidSetTest, RefusesTheRest) {
  for (const char* text : {"x", "36a26480-e703-11f1-8695-02fc0000000:1", "0-1-2"}) {
    EXPECT_EQ(GtidSet::Parse(Flavour::kMySql, text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  for (const char* tail : {":0", ":5-3", ":1-", ":-1", ":9bad:1", ":99999999999999999999"}) {
    EXPECT_FALSE(GtidSet::Parse(Flavour::kMySql, absl::StrCat(kA, tail)).ok()) << tail;
  }
  for (const char* text : {"0-1", "0-1-x", "0-1-2-3", "-1-1-1"}) {
    EXPECT_FALSE(GtidSet::Parse(Flavour::kMariaDb, text).ok()) << text;
  }
}

TEST(GtidSetTest, AddsLikeASetOfNumbers) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    GtidSet set(Flavour::kMySql);
    std::set<uint64_t> model;
    for (int i = 0; i < 40; ++i) {
      const uint64_t number = random() % 30 + 1;
      set.Add({.source = kA, .number = number});
      model.insert(number);
    }
    std::string expected = kA;
    for (uint64_t n : model) {
      if (model.count(n - 1)) continue;
      uint64_t last = n;
      while (model.count(last + 1)) ++last;
      absl::StrAppend(&expected, ":", n, last > n ? absl::StrCat("-", last) : "");
    }
    ASSERT_EQ(set.ToString(), expected);
    for (uint64_t n = 1; n <= 30; ++n) {
      ASSERT_EQ(set.Contains(Set(absl::StrCat(kA, ":", n))), model.count(n) == 1);
    }
  }
}

TEST(GtidSetTest, Contains) {
  EXPECT_TRUE(Set(absl::StrCat(kA, ":1-10")).Contains(Set(absl::StrCat(kA, ":2-3:9-10"))));
  EXPECT_FALSE(Set(absl::StrCat(kA, ":1-10")).Contains(Set(absl::StrCat(kA, ":10-11"))));
  EXPECT_FALSE(Set(absl::StrCat(kA, ":1-10")).Contains(Set(absl::StrCat(kA, ":blue:1"))));
  EXPECT_TRUE(Set("0-1-5,1-1-1", Flavour::kMariaDb).Contains(Set("0-2-5", Flavour::kMariaDb)));
  EXPECT_FALSE(Set("0-1-5", Flavour::kMariaDb).Contains(Set("0-1-6", Flavour::kMariaDb)));
  EXPECT_FALSE(Set("0-1-5", Flavour::kMariaDb).Contains(Set("1-1-1", Flavour::kMariaDb)));
}

TEST(GtidSetTest, MariaDbKeepsTheLastOfEachDomain) {
  GtidSet set = Set("0-1-5", Flavour::kMariaDb);
  set.Add({.flavour = Flavour::kMariaDb, .domain = 0, .server = 2, .number = 6});
  set.Add({.flavour = Flavour::kMariaDb, .domain = 3, .server = 1, .number = 1});
  set.Add({.flavour = Flavour::kMySql, .source = kA, .number = 1});
  EXPECT_EQ(set.ToString(), "0-2-6,3-1-1");
}

TEST(GtidSetTest, EncodesLikePreviousGtidsEvents) {
  EXPECT_EQ(absl::BytesToHexString(Set(absl::StrCat(kA, ":1-6")).Encode()),
            "010000000000000036a26480e70311f1869502fc00000001010000000000000001000000000000000700000000000000");
  // As MySQL 9.7 wrote it.
  EXPECT_EQ(absl::BytesToHexString(Set(absl::StrCat(kA, ":1-6:abc:1:zz_9:1")).Encode()),
            "0103000000000001"
            "36a26480e70311f1869502fc0000000100010000000000000001000000000000000700000000000000"
            "36a26480e70311f1869502fc0000000106616263010000000000000001000000000000000200000000000000"
            "36a26480e70311f1869502fc00000001087a7a5f39010000000000000001000000000000000200000000000000");
}

}  // namespace
}  // namespace migrate::binlog
