// From files to panels: what the wall makes of calendars and of what is done to shares.

#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "vrcharts/wall/board.h"

namespace vrcharts::wall {
namespace {

class BoardDataTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<text::Atlas>> atlas = text::Atlas::Create({});
    if (!atlas.ok()) GTEST_SKIP() << atlas.status().message();
    atlas_ = *std::move(atlas);
    folder_ =
        absl::StrCat(std::getenv("TEST_TMPDIR"), "/", ::testing::UnitTest::GetInstance()->current_test_info()->name());
    ASSERT_EQ(std::system(("mkdir -p " + folder_).c_str()), 0);
    options_.set_quotes(folder_);
    options_.set_portfolio(folder_ + "/portfolio.csv");
    options_.set_period(options::PERIOD_ALL);
  }

  void WritePortfolio(const std::string& text) { std::ofstream(folder_ + "/portfolio.csv") << text; }

  // Weekdays of May 2026 but for some, at rising prices.
  void WriteMay(const std::string& symbol, const std::vector<int>& without) {
    std::ofstream file(absl::StrCat(folder_, "/", symbol, ".csv"));
    file << "date,open,high,low,close\n";
    for (absl::CivilDay day(2026, 5, 1); day.month() == 5; ++day) {
      if (absl::GetWeekday(day) >= absl::Weekday::saturday) continue;
      if (std::find(without.begin(), without.end(), day.day()) != without.end()) continue;
      const int price = 100 + day.day();
      file << day << "," << price << "," << price + 2 << "," << price - 2 << "," << price + 1 << "\n";
    }
  }

  absl::Status Open() {
    absl::StatusOr<std::unique_ptr<Board>> board = Board::Create(options_, atlas_.get());
    if (!board.ok()) return board.status();
    board_ = *std::move(board);
    board_->WaitForData(absl::Seconds(60));
    board_->Update(now_);
    board_->Update(now_ += absl::Seconds(2));
    return absl::OkStatus();
  }
  const chart::Geometry& Shown(const std::string& symbol) { return *board_->Find(symbol)->geometry; }
  // Points from the middle of each candle to the next.
  std::vector<float> Steps(const std::string& symbol) {
    const auto& candles = Shown(symbol).base.candles;
    std::vector<float> steps;
    for (size_t i = 1; i < candles.size(); ++i) steps.push_back(candles[i].x - candles[i - 1].x);
    return steps;
  }

  options::Options options_;
  std::string folder_;
  std::unique_ptr<text::Atlas> atlas_;
  std::unique_ptr<Board> board_;
  absl::Time now_ = absl::FromUnixSeconds(1000000);
};

TEST_F(BoardDataTest, HolidaysTakeNoRoomAndMissingDaysDo) {
  options_.set_chart_type(options::CHART_TYPE_CANDLES);
  // Golden Week: 4 to 6 May. Beside it 20 and 21 May are missing from one of them.
  WriteMay("WHOLE", {4, 5, 6});
  WriteMay("HOLE", {4, 5, 6, 20, 21});
  WriteMay("UNKNOWN", {4, 5, 6, 20, 21});
  WritePortfolio("symbol,exchange\nWHOLE,TSE\nHOLE,TSE\nUNKNOWN,\n");
  ASSERT_TRUE(Open().ok());
  for (const char* symbol : {"WHOLE", "UNKNOWN"}) {
    const std::vector<float> steps = Steps(symbol);
    for (const float step : steps) EXPECT_NEAR(step, steps[0], 0.01) << symbol;
  }
  EXPECT_EQ(Steps("WHOLE").size(), 17u);
  std::vector<float> steps = Steps("HOLE");
  ASSERT_EQ(steps.size(), 15u);
  EXPECT_NEAR(steps[9], 3 * steps[0], 0.01) << "from 19 to 22 May";
  steps[9] = steps[0];
  for (const float step : steps) EXPECT_NEAR(step, steps[0], 0.01);
  // "2 trading days missing: 2026-05-20, 2026-05-21"
  EXPECT_GT(Shown("HOLE").base.glyphs.size(), Shown("UNKNOWN").base.glyphs.size() + 30);
}

TEST_F(BoardDataTest, OneCalendarForAllAndOneOfTheConfig) {
  options_.set_chart_type(options::CHART_TYPE_CANDLES);
  WriteMay("A", {4, 5, 6});
  WriteMay("B", {4, 5, 6});
  WritePortfolio("symbol,exchange\nA,\nB,MINE\n");
  options_.set_calendar("NYSE");
  options::Exchange* mine = options_.add_exchange();
  mine->set_name("MINE");
  for (const char* day : {"05-04", "2026-05-05", "2026-05-06"}) mine->add_holiday(day);
  ASSERT_TRUE(Open().ok());
  EXPECT_NEAR(Steps("A")[0], 4 * Steps("A")[1], 0.01) << "New York was open from 4 to 6 May";
  EXPECT_NEAR(Steps("B")[0], Steps("B")[1], 0.01);
}

TEST_F(BoardDataTest, UnknownExchangesAreNamed) {
  WriteMay("A", {});
  WritePortfolio("symbol,exchange\nA,XXX\n");
  EXPECT_EQ(Open().message(), "A: there is no exchange called \"XXX\"; known are 24/7, LSE, NYSE, TSE");
  WritePortfolio("symbol\nA\n");
  options_.set_calendar("YYY");
  EXPECT_EQ(Open().message(), "--calendar: there is no exchange called \"YYY\"; known are 24/7, LSE, NYSE, TSE");
}

// A view that ends at a gap, panned over it and back, and restored in another run.
TEST_F(BoardDataTest, ZoomAndStateKnowOfGaps) {
  options_.set_chart_type(options::CHART_TYPE_CANDLES);
  WriteMay("HOLE", {4, 5, 6, 20, 21});
  WritePortfolio("symbol,exchange\nHOLE,TSE\n");
  ASSERT_TRUE(Open().ok());
  const Panel panel = *board_->Find("HOLE");
  const glm::vec3 eye(0, 1.5f, 0);
  board_->Point(0, Ray{eye, ToWorld(panel.placement, {1, 1}, {0.9f, 0.5f}) - eye});
  board_->Scroll(0, 0, 3);
  board_->Update(now_ += absl::Seconds(2));
  const size_t shown = Shown("HOLE").base.candles.size();
  EXPECT_LT(shown, 13u);
  const std::string state = folder_ + "/state.json";
  ASSERT_TRUE(board_->SaveState(state).ok());
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(board_->LoadState(state).ok());
  board_->Update(now_ += absl::Seconds(2));
  EXPECT_NEAR(static_cast<double>(Shown("HOLE").base.candles.size()), static_cast<double>(shown), 1.01);
}

// Prices whose figures all differ: which panel comes first by each of them.
TEST_F(BoardDataTest, SortsByAnyFigure) {
  const auto write = [&](const std::string& symbol, const std::vector<double>& closes) {
    std::ofstream file(absl::StrCat(folder_, "/", symbol, ".csv"));
    file << "date,close\n";
    for (size_t i = 0; i < closes.size(); ++i) file << "2026-05-" << 11 + i << "," << closes[i] << "\n";
  };
  write("CALM", {100, 100.1, 100, 100.1, 100.2});  // nothing happens; nearly at its high
  write("RISE", {100, 110, 120, 130, 140});        // the best return, at its high
  write("WILD", {100, 150, 90, 160, 105});         // the most volatile
  write("FALL", {100, 90, 80, 50, 40});            // the deepest drawdown, the furthest from its high
  WritePortfolio(
      "symbol,name,currency,sector,quantity,price,date\nWILD,,USD,C,1,105,2026-05-11\nFALL,,USD,B,100,45,2026-05-11\n"
      "CALM,,USD,A,10,1,2026-05-11\nRISE,,USD,B,5,200,2026-05-11\n");
  const auto order = [&](options::Sort sort) {
    options_.set_sort(sort);
    EXPECT_TRUE(Open().ok());
    std::vector<std::pair<uint64_t, std::string>> names;
    for (const char* symbol : {"CALM", "RISE", "WILD", "FALL"}) names.push_back({board_->Find(symbol)->id, symbol});
    std::string text;
    for (const Panel& panel : board_->panels()) {
      for (const auto& [id, name] : names) {
        if (panel.id == id) absl::StrAppend(&text, name, " ");
      }
    }
    return text;
  };
  EXPECT_EQ(order(options::SORT_PORTFOLIO), "WILD FALL CALM RISE ");
  EXPECT_EQ(order(options::SORT_SYMBOL), "CALM FALL RISE WILD ");
  EXPECT_EQ(order(options::SORT_RETURN), "RISE WILD CALM FALL ");
  EXPECT_EQ(order(options::SORT_VOLATILITY), "WILD FALL RISE CALM ");
  EXPECT_EQ(order(options::SORT_DRAWDOWN), "FALL WILD CALM RISE ");
  EXPECT_EQ(order(options::SORT_FROM_HIGH), "CALM RISE WILD FALL ");
  EXPECT_EQ(order(options::SORT_VALUE), "FALL CALM RISE WILD ");   // 4000, 1002, 700, 105
  EXPECT_EQ(order(options::SORT_PROFIT), "CALM WILD RISE FALL ");  // 992, 0, -300, -500
  options_.set_group(options::GROUP_SECTOR);
  EXPECT_EQ(order(options::SORT_RETURN), "CALM RISE FALL WILD ") << "within a sector by return";
}

// The file is read again and again: the last bar changes in place, and a new one comes into sight.
TEST_F(BoardDataTest, PolledPricesChangeTheLastBarInPlace) {
  options_.set_chart_type(options::CHART_TYPE_CANDLES);
  options_.mutable_refresh()->set_nanos(20'000'000);
  const auto write = [&](const std::string& last_days) {
    // As a service does it: never half a file.
    std::ofstream(folder_ + "/new") << "date,open,high,low,close\n2026-05-11,10,30,5,11\n2026-05-12,11,14,10,12\n"
                                    << "2026-05-13,12,14,11,13\n2026-05-14,12,14,11,13\n2026-05-15,12,14,11,12.5\n"
                                    << last_days;
    ASSERT_EQ(std::rename((folder_ + "/new").c_str(), (folder_ + "/LIVE.csv").c_str()), 0);
  };
  const auto last = [&] { return Shown("LIVE").base.candles.back(); };
  const auto wait_for = [&](auto condition) {
    for (int i = 0; i < 6000 && !condition(); ++i) {
      absl::SleepFor(absl::Milliseconds(10));
      board_->Update(now_ += absl::Milliseconds(10));
    }
    return condition();
  };
  WritePortfolio("symbol\nLIVE\n");
  write("2026-05-18,12,14,11,13\n");
  ASSERT_TRUE(Open().ok());
  const auto before = Shown("LIVE").base.candles;
  ASSERT_EQ(before.size(), 6u);
  write("2026-05-18,12,14,11,14\n");
  ASSERT_TRUE(wait_for([&] { return last().close != before.back().close; }));
  const auto after = Shown("LIVE").base.candles;
  ASSERT_EQ(after.size(), 6u);
  EXPECT_LT(after.back().close, before.back().close) << "higher on the panel";
  EXPECT_EQ(after.back().x, before.back().x);
  EXPECT_EQ(after.front().x, before.front().x) << "nothing else moves";
  EXPECT_EQ(after.front().close, before.front().close);
  write("2026-05-18,12,14,11,14\n2026-05-19,14,15,13,13.5\n");
  EXPECT_TRUE(wait_for([&] { return Shown("LIVE").base.candles.size() == 7; }));
}

// Ten shares at 400 before a split of 4:1 are forty at 100, and the portfolio is worth what they are.
TEST_F(BoardDataTest, SplitsMakeMoreOfTheLotsBoughtBefore) {
  options_.set_chart_type(options::CHART_TYPE_LINE);
  std::ofstream(folder_ + "/SPLIT.csv") << "date,close,split\n2026-05-25,400,\n2026-05-26,400,\n2026-05-27,100,4\n"
                                           "2026-05-28,100,\n2026-05-29,100,\n";
  std::ofstream(folder_ + "/PLAIN.csv") << "date,close\n2026-05-25,100\n2026-05-26,100\n2026-05-27,100\n"
                                           "2026-05-28,100\n2026-05-29,100\n";
  const auto header = [&](const std::string& lots) {
    WritePortfolio("symbol,name,currency,quantity,price,date\n" + lots);
    EXPECT_TRUE(Open().ok());
    // Price and value, cost, holding: the same text takes the same glyphs in the same places.
    std::string shape;
    for (const char* symbol : {"X", "Portfolio"}) {
      if (!board_->Find(symbol).has_value()) continue;
      for (const chart::Marks* marks : {&Shown(symbol).base, &Shown(symbol).overlay}) {
        for (const chart::GlyphMark& glyph : marks->glyphs) absl::StrAppend(&shape, glyph.x0, ",", glyph.u0, " ");
        for (const chart::LinePoint& point : marks->lines) absl::StrAppend(&shape, point.x, "/", point.y, " ");
      }
    }
    return shape;
  };
  ASSERT_EQ(std::rename((folder_ + "/SPLIT.csv").c_str(), (folder_ + "/X.csv").c_str()), 0);
  const std::string split = header("X,Name,USD,10,400,2026-05-25\n");
  const std::string wrong = header("X,Name,USD,10,100,2026-05-25\n");
  ASSERT_EQ(std::rename((folder_ + "/PLAIN.csv").c_str(), (folder_ + "/X.csv").c_str()), 0);
  const std::string plain = header("X,Name,USD,40,100,2026-05-25\n");
  EXPECT_EQ(split, plain);
  EXPECT_NE(wrong, plain);
}

}  // namespace
}  // namespace vrcharts::wall
