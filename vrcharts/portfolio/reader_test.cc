#include "vrcharts/portfolio/reader.h"

#include <cstdlib>
#include <fstream>

#include "gtest/gtest.h"

namespace vrcharts::portfolio {
namespace {

TEST(CsvPortfolioTest, LotsAndWatchList) {
  const auto portfolio = ParseCsvPortfolio(
      "\xef\xbb\xbfSymbol,Name,Currency,Sector,Quantity,Price,Date,Fees\r\n"
      "7203.T,\"トヨタ自動車, 株\",JPY,Consumer,100,2200,2025-06-02,10\r\n"
      "AAPL,Apple,USD,Technology,,,,\n"
      "7203.T,,,,200,2150,2025-04-11,\n"
      "\n"
      "7203.T,,,,-50,2500,2026-01-05,5\n");
  ASSERT_TRUE(portfolio.ok()) << portfolio.status();
  ASSERT_EQ(portfolio->items.size(), 2u);
  const Item& toyota = portfolio->items[0];
  EXPECT_EQ(toyota.instrument.name, "トヨタ自動車, 株");
  ASSERT_EQ(toyota.lots.size(), 3u);
  EXPECT_EQ(toyota.lots[0].quantity, 200) << "sorted by date";
  EXPECT_EQ(toyota.lots[1].fees, 10);
  EXPECT_DOUBLE_EQ(CurrentHolding(toyota).quantity, 250);
  EXPECT_TRUE(portfolio->items[1].lots.empty());
}

TEST(JsonPortfolioTest, LotsAndWatchList) {
  const auto portfolio = ParseJsonPortfolio(
      R"({"name": "Mine", "items": [{"symbol": "A", "currency": "USD",
          "lots": [{"quantity": 3, "price": "12.5", "date": "2025-04-11"}]}, {"symbol": "B"}]})");
  ASSERT_TRUE(portfolio.ok()) << portfolio.status();
  EXPECT_EQ(portfolio->name, "Mine");
  ASSERT_EQ(portfolio->items.size(), 2u);
  EXPECT_DOUBLE_EQ(CurrentHolding(portfolio->items[0]).cost, 37.5);
}

TEST(JsonPortfolioTest, NumbersKeepAllTheirDigits) {
  const auto portfolio = ParseJsonPortfolio(
      R"({"items": [{"symbol": 7203, "lots": [{"quantity": 1234567, "price": 12345.678, "date": 1767571200}]}]})");
  ASSERT_TRUE(portfolio.ok()) << portfolio.status();
  EXPECT_EQ(portfolio->items[0].instrument.symbol, "7203");
  const Lot& lot = portfolio->items[0].lots[0];
  EXPECT_EQ(lot.quantity, 1234567);
  EXPECT_EQ(lot.price, 12345.678);
  EXPECT_EQ(lot.time, 1767571200);
}

TEST(PortfolioTest, FaultsAreNamed) {
  const struct {
    const char* text;
    const char* complaint;
  } cases[] = {
      {"name,price\nx,1\n", "line 1: no column is called symbol"},
      {"symbol,quantity,price\nA,1,2\nB,ten,3\n", "line 3: quantity \"ten\" is not a number"},
      {"symbol,quantity,price\nA,1,\n", "line 2: price \"\" is not a number"},
      {"symbol,quantity,price,date\nA,1,2,yesterday\n", "line 2: date \"yesterday\" is not a date"},
      {"symbol,quantity,price\nA,0,5\n", "line 2: quantity is 0"},
      {"symbol,quantity,price\nA,1,-5\n", "line 2: price and fees must not be negative"},
      {"symbol,quantity\n,5\n", "line 2: no symbol"},
      {"symbol,quantity,price\nA,1e308,5\n", "line 2: quantity, price and fees must not be beyond 1e12"},
      {"symbol,quantity,price\nA,nan,5\n", "line 2: quantity \"nan\" is not a number"},
  };
  for (const auto& test : cases) {
    const auto portfolio = ParseCsvPortfolio(test.text);
    ASSERT_FALSE(portfolio.ok()) << test.text;
    EXPECT_NE(portfolio.status().message().find(test.complaint), std::string::npos) << portfolio.status();
  }
  EXPECT_NE(ParseJsonPortfolio("{}").status().message().find("no array called \"items\""), std::string::npos);
  EXPECT_NE(ParseJsonPortfolio(R"({"items": [{"symbol": "A"}, {}]})").status().message().find("item 2: no symbol"),
            std::string::npos);
  EXPECT_NE(ParseJsonPortfolio("{\"items\": [").status().message().find("syntax error"), std::string::npos);
}

TEST(PortfolioTest, FilesAreNamed) {
  EXPECT_TRUE(absl::IsNotFound(ReadPortfolio("/nonexistent/p.csv").status()));
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/p.csv";
  std::ofstream(path) << "symbol,quantity,price\nA,one,2\n";
  const auto portfolio = ReadPortfolio(path);
  EXPECT_EQ(portfolio.status().message(), "--portfolio: " + path + ": line 2: quantity \"one\" is not a number");
  std::ofstream(path) << "symbol\n";
  EXPECT_EQ(ReadPortfolio(path).status().message(), "--portfolio: " + path + " has no symbols");
}

}  // namespace
}  // namespace vrcharts::portfolio
