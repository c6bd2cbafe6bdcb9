// The small steps between bytes and a Series: times, CSV, checking, the cache file.

#include <sys/stat.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "gtest/gtest.h"
#include "vrcharts/quotes/cache.h"
#include "vrcharts/quotes/csv.h"
#include "vrcharts/quotes/times.h"
#include "vrcharts/quotes/validate.h"

namespace vrcharts::quotes {
namespace {

TEST(TimesTest, Forms) {
  const absl::TimeZone tokyo = absl::FixedTimeZone(9 * 3600);
  const struct {
    const char* text;
    int64_t time;
  } cases[] = {
      {"2025-10-30", 1761782400},
      {"2025/10/30", 1761782400},
      {"20251030", 1761782400},
      {"2025-10-30 09:00", 1761782400},
      {"2025-10-30T09:00:00", 1761782400},
      {"2025-10-30T00:00:00Z", 1761782400},
      {"2025-10-30T00:00:00.123456Z", 1761782400},
      {"2025-10-30T02:00:00+02:00", 1761782400},
      {"2025-10-29T19:00:00-0500", 1761782400},
      {"1761782400", 1761782400},
      {"1761782400000", 1761782400},
  };
  for (const auto& test : cases) EXPECT_EQ(ParseTime(test.text, tokyo), test.time) << test.text;
  for (const char* bad : {"", "yesterday", "2025-13-01", "2025-02-31", "2025-10-30T", "2025-10-30 25:00", "2025-10-30x",
                          "nan", "1e40", "2025-10-30T00:00:00+9"}) {
    EXPECT_EQ(ParseTime(bad, tokyo), std::nullopt) << bad;
  }
  EXPECT_EQ(UnixTime(1761782400123456.0), 1761782400);
  EXPECT_EQ(UnixTime(1761782400123456789.0), 1761782400);
  EXPECT_EQ(UnixTime(INFINITY), std::nullopt);
}

TEST(CsvTest, UsualExport) {
  const auto fetched = ParseCsvQuotes(
      "Date,Open,High,Low,Close,Adj "
      "Close,Volume\r\n2025-10-30,20,24,18,22,11,100\r\n2025-10-31,11,13,10,12.5,12.5,\"200\"\r\n"
      "2025-11-03,null,null,null,null,null,null\r\n",
      {"X"}, absl::UTCTimeZone());
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(fetched->series->bars(),
            (std::vector<Bar>{{1761782400, 10, 12, 9, 11, 100}, {1761868800, 11, 13, 10, 12.5, 200}}));
}

TEST(CsvTest, SplitsAndDividendsAsColumns) {
  const auto parse = [](std::string_view text) { return ParseCsvQuotes(text, {"X"}, absl::UTCTimeZone()); };
  const auto traded = parse(
      "Date,Close,Volume,Dividends,Stock Splits\n2025-10-29,400,10,0.0,0.0\n2025-10-30,200,10,0.0,2.0\n"
      "2025-10-31,190,10,10,0.0\n");
  ASSERT_TRUE(traded.ok()) << traded.status();
  EXPECT_EQ(traded->series->bar(0), (Bar{1761696000, 190, 190, 190, 190, 20}));
  EXPECT_EQ(traded->series->close()[1], 190);
  const auto adjusted =
      parse("Date,Close,Adj Close,Dividends,Stock Splits\n2025-10-29,400,200,0.0,0.0\n2025-10-30,200,200,0.0,2.0\n");
  ASSERT_TRUE(adjusted.ok()) << adjusted.status();
  EXPECT_EQ(adjusted->series->close()[0], 200) << "not twice";
  for (const auto* fetched : {&*traded, &*adjusted}) {
    ASSERT_EQ(fetched->splits.size(), 1u) << "for the lots";
    EXPECT_EQ(fetched->splits[0].time, 1761782400);
    EXPECT_EQ(fetched->splits[0].split, 2);
  }
  const auto absurd = parse("date,close,split\n2025-10-29,400,1\n2025-10-30,200,-2\n");
  ASSERT_TRUE(absurd.ok()) << absurd.status();
  EXPECT_EQ(absurd->warning, "1 impossible splits or dividends left out");
  EXPECT_TRUE(absurd->splits.empty());
}

TEST(CsvTest, SemicolonsAndOnlyCloses) {
  const auto fetched = ParseCsvQuotes("close;date\n5;2025-10-30\n6;2025-10-31", {"X"}, absl::UTCTimeZone());
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(fetched->series->bar(1), (Bar{1761868800, 6, 6, 6, 6, 0}));
}

TEST(CsvTest, FaultsNameTheLine) {
  const auto message = [](std::string_view text) {
    return std::string(ParseCsvQuotes(text, {"X"}, absl::UTCTimeZone()).status().message());
  };
  EXPECT_EQ(message("a,b\n1,2\n"), "line 1: no column is called date (or time) and close");
  EXPECT_EQ(message("date,close\n2025-10-30,5\nsoon,6\n"), "line 3: no date or time");
  EXPECT_EQ(message("date,close\n2025-10-30,five\n"), "line 2: \"five\" is not a number");
  EXPECT_EQ(message(""), "an empty file instead of prices");
}

TEST(CsvSourceTest, ReadsOnlyFromItsFolder) {
  CsvSource source(std::getenv("TEST_TMPDIR"), absl::UTCTimeZone());
  for (const char* symbol : {"../etc/passwd", ".hidden", "a/b"}) {
    EXPECT_TRUE(absl::IsNotFound(source.Fetch({symbol}).status())) << symbol;
  }
  std::ofstream(std::string(std::getenv("TEST_TMPDIR")) + "/GOOD.csv") << "date,close\n2025-10-30,5\n";
  EXPECT_TRUE(source.Fetch({"GOOD"}).ok());
  EXPECT_TRUE(absl::IsNotFound(source.Fetch({"NONE"}).status()));
}

std::vector<Bar> Days(std::initializer_list<double> closes) {
  std::vector<Bar> bars;
  for (const double close : closes) {
    bars.push_back({1761782400 + static_cast<int64_t>(bars.size()) * 86400, close, close, close, close, 1});
  }
  return bars;
}

TEST(ValidateTest, DatesStayWestOfGreenwich) {
  absl::TimeZone zone;
  ASSERT_TRUE(absl::LoadTimeZone("America/New_York", &zone));
  // 28 and 29 October 2025 as dates, the 30th as 09:30 in New York.
  const auto fetched = Validate(
      {}, {{1761609600, 1, 1, 1, 1, 0}, {1761696000, 1, 1, 1, 1, 0}, {1761831000, 1, 1, 1, 1, 0}}, {.zone = zone});
  ASSERT_TRUE(fetched.ok());
  EXPECT_EQ(fetched->series->time()[0], 1761609600);
  EXPECT_EQ(fetched->series->time()[1], 1761696000);
  EXPECT_EQ(fetched->series->time()[2], 1761782400);
}

TEST(ValidateTest, DropsWhatCannotBeTrueAndSaysSo) {
  std::vector<Bar> bars = Days({10, 11, 12, 13, 14, 15, 16, 17, 18});
  bars[1].close = NAN;
  bars[2].low = -1;
  bars[3].high = 1e300;
  bars[4].time = bars[5].time;
  bars[6].low = 20;
  bars[7].time = INT64_MIN;
  const auto fetched = Validate({"X"}, bars, {});
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(fetched->series->size(), 3u);
  EXPECT_EQ(
      fetched->warning,
      "6 of 9 bars dropped: 1 with a price that is not a number, 1 with a price of zero or below, 1 with a price "
      "beyond 1e12, 1 with a time outside of 1900 to 2200, 1 with open or close outside of low to high, 1 with the "
      "time of another bar");
}

TEST(ValidateTest, SortsAndSaysSo) {
  std::vector<Bar> bars = Days({10, 11, 12, 13});
  std::swap(bars[1], bars[2]);
  const auto fetched = Validate({"X"}, bars, {});
  ASSERT_TRUE(fetched.ok());
  EXPECT_EQ(fetched->warning, "bars came out of order");
  EXPECT_EQ(fetched->series->close()[1], 11);
}

TEST(ValidateTest, RoundingIsNoContradiction) {
  std::vector<Bar> bars = Days({10, 11, 12});
  bars[1].high = 10.999;
  const auto fetched = Validate({"X"}, bars, {});
  EXPECT_EQ(fetched->warning, "");
  EXPECT_EQ(fetched->series->high()[1], 11);
}

TEST(ValidateTest, DailyBarsStandOnTheDateOfTheExchange) {
  std::vector<Bar> bars = Days({10, 11, 12});
  for (Bar& bar : bars) bar.time -= 9 * 3600 - 60;  // 00:01 in Tokyo
  const auto fetched = Validate({"X"}, bars, {.zone = absl::FixedTimeZone(9 * 3600)});
  EXPECT_EQ(fetched->series->time()[0], 1761782400);
}

TEST(ValidateTest, MetricsMayBeNegative) {
  std::vector<Bar> bars = Days({-10, 0, 12});
  EXPECT_EQ(Validate({"X"}, bars, {.prices = false})->series->size(), 3u);
}

class CacheTest : public ::testing::Test {
 protected:
  Fetched fetched_{
      {"東/証 7203", "Toyota", "JPY", "Consumer"}, std::make_shared<Series>(Days({10, 11, 12})), "", {{86400, 4, 0}}};
};

TEST_F(CacheTest, KeepsWhatItWasGiven) {
  const auto cache = Cache::Open(std::string(std::getenv("TEST_TMPDIR")) + "/cache");
  ASSERT_TRUE(cache.ok()) << cache.status();
  EXPECT_FALSE(cache->Load(fetched_.instrument).has_value());
  ASSERT_TRUE(cache->Save(fetched_).ok());
  const auto loaded = cache->Load({"東/証 7203"});
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->series->bars(), fetched_.series->bars());
  EXPECT_EQ(loaded->instrument.name, "Toyota");
  ASSERT_EQ(loaded->splits.size(), 1u) << "prices are adjusted for it";
  EXPECT_EQ(loaded->splits[0].time, 86400);
  EXPECT_EQ(loaded->splits[0].split, 4);
  EXPECT_FALSE(cache->Load({"other"}).has_value());
}

TEST_F(CacheTest, AnyDamageMakesItAbsent) {
  const std::string file = EncodeCacheFile(fetched_);
  ASSERT_TRUE(DecodeCacheFile(file).has_value());
  for (size_t i = 0; i < file.size(); ++i) {
    std::string damaged = file;
    damaged[i] ^= 0x10;
    EXPECT_FALSE(DecodeCacheFile(damaged).has_value()) << i;
    EXPECT_FALSE(DecodeCacheFile(std::string_view(file).substr(0, i)).has_value()) << i;
  }
}

TEST(CacheErrorTest, AFolderThatCannotBeMadeIsNamed) {
  const auto cache = Cache::Open("/proc/nowhere/cache");
  EXPECT_NE(cache.status().message().find("--cache: cannot make the folder /proc/nowhere/cache"), std::string::npos);
}

}  // namespace
}  // namespace vrcharts::quotes
