#include "migrate/mysql/server_info.h"

#include "gtest/gtest.h"

namespace migrate::mysql {
namespace {

TEST(ServerInfoTest, ReadsVersions) {
  ServerInfo mysql = ServerInfo::Parse("9.7.4");
  EXPECT_EQ(mysql.flavour, Flavour::kMySql);
  EXPECT_EQ(mysql.major, 9);
  EXPECT_EQ(mysql.minor, 7);
  EXPECT_EQ(mysql.patch, 4);

  ServerInfo mariadb = ServerInfo::Parse("10.11.11-MariaDB-0+deb12u1-log");
  EXPECT_TRUE(mariadb.IsMariaDb());
  EXPECT_EQ(mariadb.major, 10);
  EXPECT_EQ(mariadb.minor, 11);
  EXPECT_EQ(mariadb.patch, 11);

  ServerInfo prefixed = ServerInfo::Parse("5.5.5-10.6.4-MariaDB");
  EXPECT_EQ(prefixed.major, 10);
  EXPECT_EQ(prefixed.minor, 6);
}

TEST(ServerInfoTest, UnknownTextHasNoAbility) {
  for (const char* text : {"", "x", ".", "..", "99999999999999999999"}) {
    ServerInfo info = ServerInfo::Parse(text);
    EXPECT_EQ(info.minor, 0) << text;
    EXPECT_FALSE(info.AtLeast(10000 * 10 + 1, 0)) << text;
  }
  EXPECT_FALSE(ServerInfo::Parse("").RenameUnderLock());
}

TEST(ServerInfoTest, Abilities) {
  EXPECT_TRUE(ServerInfo::Parse("8.0.13").RenameUnderLock());
  EXPECT_FALSE(ServerInfo::Parse("8.0.12").RenameUnderLock());
  EXPECT_FALSE(ServerInfo::Parse("11.4.2-MariaDB").RenameUnderLock());
  EXPECT_TRUE(ServerInfo::Parse("8.4.0").ShowBinaryLogStatus());
  EXPECT_FALSE(ServerInfo::Parse("8.0.36").ShowBinaryLogStatus());
  EXPECT_FALSE(ServerInfo::Parse("11.4.2-MariaDB").ShowBinaryLogStatus());
}

}  // namespace
}  // namespace migrate::mysql
