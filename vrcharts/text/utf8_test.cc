#include "vrcharts/text/utf8.h"

#include "gtest/gtest.h"

namespace vrcharts::text {
namespace {

TEST(Utf8Test, KeepsValidText) {
  const std::string text = "Nordlys \xc3\xa9 \xe6\x9d\xb1\xe9\x9b\xb2 \xf0\x9f\x93\x88";
  EXPECT_EQ(CleanUtf8(text), text);
  size_t at = 8;
  EXPECT_EQ(NextCodepoint(text, &at), 0xe9u);
  EXPECT_EQ(at, 10u);
}

TEST(Utf8Test, ReplacesWhatIsNotUtf8) {
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(CleanUtf8("a\xff"
                      "b"),
            "a" + bad + "b");
  EXPECT_EQ(CleanUtf8("\xc0\xaf"), bad + bad) << "overlong";
  EXPECT_EQ(CleanUtf8("\xe6\x9d"), bad + bad) << "cut off";
  EXPECT_EQ(CleanUtf8("\xed\xa0\x80"), bad + bad + bad) << "surrogate";
  EXPECT_EQ(CleanUtf8("\xf5\x80\x80\x80"), bad + bad + bad + bad) << "beyond U+10FFFF";
  EXPECT_EQ(CleanUtf8("a\nb\x01"
                      "c\xc2\x85"
                      "d"),
            "a b c d")
      << "control characters";
}

}  // namespace
}  // namespace vrcharts::text
