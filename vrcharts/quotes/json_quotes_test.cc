#include "vrcharts/quotes/json_quotes.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "vrcharts/quotes/json_document.h"

namespace vrcharts::quotes {
namespace {

absl::StatusOr<Fetched> Parse(std::string_view body, options::JsonShape shape, options::JsonMapping mapping = {}) {
  mapping.set_shape(shape);
  return ParseJsonQuotes(body, PathsOf(mapping), {"X", "", "", ""}, absl::UTCTimeZone());
}

// Two days that every shape below says in its own way.
const std::vector<Bar> kTwoDays = {{1761782400, 10, 12, 9, 11, 100}, {1761868800, 11, 13, 10, 12.5, 200}};

TEST(JsonQuotesTest, Objects) {
  const auto fetched = Parse(R"([{"date":"2025-10-30","open":10,"high":12,"low":9,"close":11,"volume":100},
                                 {"date":"2025-10-31","open":11,"high":13,"low":10,"close":12.5,"volume":200}])",
                             options::JSON_SHAPE_OBJECTS);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(fetched->series->bars(), kTwoDays);
  EXPECT_EQ(fetched->warning, "");
}

TEST(JsonQuotesTest, Columns) {
  const auto fetched =
      Parse(R"({"s":"ok","t":[1761782400,1761868800],"o":[10,11],"h":[12,13],"l":[9,10],"c":[11,12.5],"v":[100,200]})",
            options::JSON_SHAPE_COLUMNS);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(fetched->series->bars(), kTwoDays);
}

TEST(JsonQuotesTest, NestedColumnsWithGapsAndAdjustedCloses) {
  const auto fetched = Parse(R"({"chart":{"result":[{"meta":{"currency":"USD","longName":"Example"},
      "timestamp":[1761831000,1761917400,1762003800],
      "indicators":{"quote":[{"open":[20,11,null],"high":[24,13,null],"low":[18,10,null],"close":[22,12.5,null],
      "volume":[100,200,null]}],"adjclose":[{"adjclose":[11,12.5,null]}]}}],"error":null}})",
                             options::JSON_SHAPE_NESTED_COLUMNS);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(fetched->series->bars(), kTwoDays) << "halved by the split, on midnight, without the gap";
  EXPECT_EQ(fetched->instrument.currency, "USD");
  EXPECT_EQ(fetched->instrument.name, "Example");
}

TEST(JsonQuotesTest, SplitsListedBesideTheBars) {
  // Prices are adjusted for them, times are those of the opening in New York.
  const auto fetched = Parse(R"({"chart":{"result":[{"timestamp":[1761831000,1761917400],
      "events":{"splits":{"1761917400":{"date":1761917400,"numerator":4,"denominator":1,"splitRatio":"4:1"},
                          "1": {"date":1761917401,"numerator":4,"denominator":0}, "2": {"numerator":3}, "3": 7}},
      "indicators":{"quote":[{"close":[11,12.5]}]}}]}})",
                             options::JSON_SHAPE_NESTED_COLUMNS);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(fetched->series->close()[0], 11) << "as it was sent";
  ASSERT_EQ(fetched->splits.size(), 1u);
  EXPECT_EQ(fetched->splits[0].time, 1761868800) << "the date";
  EXPECT_EQ(fetched->splits[0].split, 4);
}

TEST(JsonQuotesTest, DateMapWithNumbersAsTextNewestFirst) {
  const auto fetched = Parse(R"j({"Meta Data":{"1. Information":"Daily"},"Time Series (Daily)":{
  "2025-10-31" : {"1. open" : "11", "2. high" : "13", "3. low" : "10", "4. close" : "12.5", "5. volume" : "200"},
                 "2025-10-30" : {
    "1. open" : "10", "2. high" : "12", "3. low" : "9", "4. close" : "11", "5. volume" : "100"
  }}})j",
                             options::JSON_SHAPE_DATE_MAP);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(fetched->series->bars(), kTwoDays);
  EXPECT_EQ(fetched->warning, "") << "newest first is an order as well";
}

TEST(JsonQuotesTest, RowsInMilliseconds) {
  const auto fetched =
      Parse(R"([[1761782400000,"10","12","9","11","100",0],[1761868800000,"11","13","10","12.5","200",0]])",
            options::JSON_SHAPE_ROWS);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(fetched->series->bars(), kTwoDays);
}

TEST(JsonQuotesTest, OwnPathsOverrideTheShape) {
  options::JsonMapping mapping;
  mapping.set_bars("data.prices");
  mapping.set_time("when");
  mapping.set_close("px.last");
  mapping.set_name("data.title");
  const auto fetched = Parse(
      R"({"data":{"title":"T","prices":[{"when":"2025-10-30T00:00:00Z","px":{"last":3}},{"when":"2025-10-31T00:00:00Z","px":{"last":4}}]}})",
      options::JSON_SHAPE_UNSPECIFIED, mapping);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(fetched->series->bar(1), (Bar{1761868800, 4, 4, 4, 4, 0})) << "only closes: a bar without a body";
  EXPECT_EQ(fetched->instrument.name, "T");
}

TEST(JsonQuotesTest, SplitsAndDividendsAreTakenOutOfPricesAsTraded) {
  options::JsonMapping mapping;
  mapping.set_split("factor");
  mapping.set_dividend("div");
  const auto fetched =
      Parse(R"([{"date":"2025-10-29","close":400,"factor":1,"div":0},{"date":"2025-10-30","close":210,"factor":2},)"
            R"({"date":"2025-10-31","close":200,"div":10}])",
            options::JSON_SHAPE_OBJECTS, mapping);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_DOUBLE_EQ(fetched->series->close()[2], 200);
  EXPECT_DOUBLE_EQ(fetched->series->close()[1], 200);
  EXPECT_DOUBLE_EQ(fetched->series->close()[0], 200 * (1 - 10.0 / 210));
}

TEST(JsonQuotesTest, WhatIsNoQuotesIsSaidToBeWhatItIs) {
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  const struct {
    std::string body;
    const char* complaint;
  } cases[] = {
      {"<!DOCTYPE html><html>", "a web page (HTML) instead of JSON"},
      {"", "an empty answer"},
      {"{\"a\": NaN}", "no proper JSON: a syntax error"},
      {"[1e999]", "no proper JSON: a number that is none, or beyond all measure"},
      {deep, "nesting deeper than 64"},
      {"[1, 2", "no proper JSON: a syntax error"},
      {"\"text\"", "no bars at \"\""},
      {"[[1,2],[3]]", "none of 2 entries has a time at \"date\" and a close at \"close\""},
      {"{\"error\": \"unknown symbol\"}", "the service says: unknown symbol"},
      {"[{\"date\":\"2025-10-30\",\"close\":-5}]", "1 of 1 bars dropped: 1 with a price of zero or below"},
  };
  for (const auto& test : cases) {
    const auto fetched = Parse(test.body, options::JSON_SHAPE_OBJECTS);
    ASSERT_FALSE(fetched.ok()) << test.body.substr(0, 80);
    EXPECT_NE(fetched.status().message().find(test.complaint), std::string::npos) << fetched.status();
  }
  EXPECT_NE(
      Parse(R"({"t":[1,2],"c":[1]})", options::JSON_SHAPE_COLUMNS).status().message().find("\"c\" has 1 values for 2"),
      std::string::npos);
}

TEST(JsonDocumentTest, Paths) {
  const auto document = JsonDocument::Parse(R"({"a":{"b.c":[1,{"d":"5"}]},"e":null})");
  ASSERT_TRUE(document.ok());
  const JsonDocument::Value root = document->root();
  EXPECT_EQ(root.At("a.b.c").size(), 2u) << "a key with a dot in it, at the end of the path";
  EXPECT_EQ(root.At("a").At("b.c").At("1.d").number(), 5);
  EXPECT_FALSE(root.At("a.x").exists());
  EXPECT_FALSE(root.At("a").At("b.c").At("2").exists());
  EXPECT_TRUE(root.At("e").exists());
  EXPECT_FALSE(root.At("e").number().has_value());
  EXPECT_TRUE(root.At("").is_object());
}

}  // namespace
}  // namespace vrcharts::quotes
