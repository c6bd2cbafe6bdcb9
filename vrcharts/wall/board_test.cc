#include "vrcharts/wall/board.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <set>

#include "gtest/gtest.h"
#include "vrcharts/wall/arrange.h"

namespace vrcharts::wall {
namespace {

class BoardTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<text::Atlas>> atlas = text::Atlas::Create({});
    if (!atlas.ok()) GTEST_SKIP() << atlas.status().message();
    atlas_ = *std::move(atlas);
  }

  void Open() {
    absl::StatusOr<std::unique_ptr<Board>> board = Board::Create(options_, atlas_.get());
    ASSERT_TRUE(board.ok()) << board.status();
    board_ = *std::move(board);
    board_->WaitForData(absl::Seconds(30));
    Step();
  }
  // One frame, long enough for everything to have come to rest, and what workers were asked for to be there.
  void Step() {
    now_ += absl::Seconds(1);
    board_->Update(now_);
    board_->WaitForData(absl::Seconds(60));
    now_ += absl::Seconds(1);
    board_->Update(now_);
  }
  const Panel& panel(uint64_t id) const {
    for (const Panel& panel : board_->panels()) {
      if (panel.id == id) return panel;
    }
    ADD_FAILURE() << "no panel " << id;
    return board_->panels().front();
  }
  // A ray from the eye through a point (0..1) of the panel.
  Ray At(uint64_t id, float x, float y) const {
    const Panel& target = panel(id);
    const glm::vec3 eye(0, 1.5f, 0);
    return {eye, ToWorld(target.placement, {1, 1}, {x, y}) - eye};
  }

  options::Options options_;
  std::unique_ptr<text::Atlas> atlas_;
  std::unique_ptr<Board> board_;
  absl::Time now_ = absl::FromUnixSeconds(1000000);
};

TEST_F(BoardTest, ShowsTheSamplePortfolio) {
  Open();
  ASSERT_EQ(board_->panels().size(), 19u) << "the portfolio's value, 17 symbols, the console";
  std::set<uint64_t> ids;
  size_t candles = 0, areas = 0;
  for (const Panel& panel : board_->panels().first(18)) {
    ids.insert(panel.id);
    ASSERT_NE(panel.geometry, nullptr);
    EXPECT_GT(panel.geometry->base.glyphs.size(), 60u);
    candles += panel.geometry->base.candles.empty() ? 0 : 1;
    areas += panel.geometry->base.areas.empty() ? 0 : 1;
  }
  EXPECT_EQ(ids.size(), 18u);
  EXPECT_EQ(candles, 8u);
  EXPECT_EQ(areas, 10u);
}

TEST_F(BoardTest, NothingIsRedrawnWhenNothingChanges) {
  Open();
  std::vector<const chart::Geometry*> before;
  for (const Panel& panel : board_->panels()) before.push_back(panel.geometry.get());
  for (int i = 0; i < 10; ++i) Step();
  for (size_t i = 0; i < before.size(); ++i) EXPECT_EQ(board_->panels()[i].geometry.get(), before[i]);
}

TEST_F(BoardTest, PointingShowsTheCrosshairOfOnePanel) {
  Open();
  const auto before = panel(1).geometry;
  const auto other = panel(2).geometry;
  board_->Point(0, At(1, 0.5f, 0.5f));
  Step();
  EXPECT_EQ(board_->hovered(0), 1u);
  EXPECT_GT(panel(1).geometry->overlay.glyphs.size(), before->overlay.glyphs.size() + 10);
  EXPECT_EQ(panel(1).highlight, 1);
  EXPECT_EQ(panel(2).geometry, other);
  board_->Point(0, std::nullopt);
  Step();
  EXPECT_EQ(board_->hovered(0), 0u);
  EXPECT_EQ(panel(1).geometry->overlay.glyphs.size(), before->overlay.glyphs.size());
}

TEST_F(BoardTest, DoublePressPullsThePanelNearAndBack) {
  Open();
  const Placement home = panel(3).placement;
  const auto press_twice = [&] {
    board_->Point(0, At(3, 0.5f, 0.1f));
    for (int i = 0; i < 2; ++i) {
      board_->Press(0, now_);
      board_->Release(0);
    }
    Step();
  };
  press_twice();
  EXPECT_LT(glm::length(panel(3).placement.center - glm::vec3(0, 1.5f, 0)), 1.2f);
  EXPECT_GT(panel(3).geometry->width, 800);
  now_ += absl::Seconds(2);
  press_twice();
  EXPECT_NEAR(glm::length(panel(3).placement.center - home.center), 0, 1e-3);
}

TEST_F(BoardTest, DragPansAndScrollZooms) {
  Open();
  const size_t all = panel(3).geometry->base.candles.size();
  board_->Point(0, At(3, 0.5f, 0.5f));
  board_->Scroll(0, 0, 3);
  Step();
  const auto zoomed = panel(3).geometry;
  EXPECT_LT(zoomed->base.candles.size(), all * 7 / 10);
  board_->Press(0, now_);
  board_->Point(0, At(3, 0.8f, 0.5f));
  Step();
  EXPECT_NE(panel(3).geometry, zoomed);
  board_->Release(0);
  board_->Point(0, At(3, 0.2f, 0.5f));
  Step();
  const size_t candles = panel(3).geometry->base.candles.size();
  board_->Point(0, At(3, 0.7f, 0.5f));
  Step();
  EXPECT_EQ(panel(3).geometry->base.candles.size(), candles) << "released: moving the pointer no longer pans";
}

TEST_F(BoardTest, LinkedPanelsZoomTogether) {
  Open();
  const auto candles = [&](uint64_t id) { return panel(id).geometry->base.candles.size(); };
  const size_t all = candles(5);
  board_->Point(0, At(3, 0.5f, 0.5f));
  board_->Scroll(0, 0, 3);
  Step();
  EXPECT_EQ(candles(5), all) << "each by itself";
  board_->Run(Command::kToggleLink);
  board_->Scroll(0, 0, 1);
  Step();
  EXPECT_NEAR(static_cast<double>(candles(5)), static_cast<double>(candles(3)), 1) << "the same days";
}

TEST_F(BoardTest, AGrabbedPanelFollowsTheRayAndStays) {
  Open();
  board_->Point(0, At(5, 0.3f, 0.4f));
  board_->Grab(0);
  const glm::vec3 eye(0, 1.5f, 0);
  const Ray aside{eye, {0.9f, 0.1f, -0.6f}};
  board_->Point(0, aside);
  Step();
  const std::optional<Hit> hit = board_->Pick(aside);
  ASSERT_TRUE(hit.has_value());
  EXPECT_EQ(hit->panel, 5u);
  EXPECT_NEAR(hit->point.x / panel(5).geometry->width, 0.3f, 0.01f) << "held where it was taken";
  EXPECT_NEAR(hit->point.y / panel(5).geometry->height, 0.4f, 0.01f);
  const float before = hit->distance;
  board_->Scroll(0, 0, -5);
  Step();
  EXPECT_LT(board_->Pick(aside)->distance, before * 0.8f) << "pulled nearer";
  board_->Drop(0);
  const glm::vec3 there = panel(5).placement.center;
  board_->Point(0, Ray{eye, {0, 0, -1}});
  Step();
  EXPECT_EQ(panel(5).placement.center, there);
}

TEST_F(BoardTest, PagesThroughMoreThanFit) {
  options_.set_panels_per_page(8);
  Open();
  EXPECT_EQ(board_->panels().size(), 8u + 1);
  EXPECT_EQ(board_->panels()[0].id, 1u);
  board_->Run(Command::kNextPage);
  Step();
  EXPECT_EQ(board_->panels()[0].id, 9u);
  board_->Run(Command::kNextPage);
  board_->Run(Command::kNextPage);
  Step();
  EXPECT_EQ(board_->panels().size(), 2u + 1) << "the last page stays the last";
  board_->Run(Command::kPreviousPage);
  Step();
  EXPECT_EQ(board_->panels()[0].id, 9u);
}

TEST_F(BoardTest, TheConsolesButtonsWork) {
  Open();
  const auto before = panel(2).geometry;
  const Panel console = board_->panels().back();
  // Find a button by sweeping over the console: each changes what is hovered.
  std::set<uint64_t> buttons;
  const glm::vec3 eye(0, 1.5f, 0);
  for (float x = 0.01f; x < 1; x += 0.005f) {
    board_->Point(0, Ray{eye, ToWorld(console.placement, {1, 1}, {x, 0.5f}) - eye});
    if (board_->hovered(0) > console.id && buttons.insert(board_->hovered(0)).second && buttons.size() == 1) {
      board_->Press(0, now_);  // the first one: 1D
      board_->Release(0);
      Step();
      EXPECT_NE(panel(2).geometry, before);
    }
  }
  EXPECT_EQ(buttons.size(), 21u);
}

TEST_F(BoardTest, SortsByReturnAndGroupsBySector) {
  options_.set_sort(options::SORT_SYMBOL);
  Open();
  EXPECT_EQ(board_->panels()[0].id, 1u) << "the portfolio itself stays first";
  EXPECT_EQ(board_->panels()[1].id, 12u) << "2967 is the smallest symbol";
  options_.set_group(options::GROUP_SECTOR);
  options_.set_sort(options::SORT_PORTFOLIO);
  Open();
  EXPECT_EQ(board_->panels()[1].id, 11u) << "Consumer comes first, VELO is its first one in the list";
  EXPECT_EQ(board_->panels()[2].id, 12u);
}

TEST_F(BoardTest, StateSurvives) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/state.json";
  Open();
  board_->Point(0, At(3, 0.5f, 0.5f));
  board_->Scroll(0, 0, 4);
  board_->Run(Command::kNextTheme);
  board_->Point(0, At(5, 0.5f, 0.1f));
  board_->Run(Command::kToggleFocus);
  Step();
  board_->Point(0, std::nullopt);
  board_->Point(0, At(7, 0.5f, 0.1f));
  board_->Run(Command::kClose);
  Step();
  const size_t candles = panel(3).geometry->base.candles.size();
  const Placement near = panel(5).placement;
  const chart::Rgba background = panel(2).geometry->base.rects.front().fill;
  ASSERT_TRUE(board_->SaveState(path).ok());
  Open();
  ASSERT_TRUE(board_->LoadState(path).ok());
  Step();
  EXPECT_NEAR(static_cast<double>(panel(3).geometry->base.candles.size()), static_cast<double>(candles), 2);
  EXPECT_NEAR(glm::length(panel(5).placement.center - near.center), 0, 1e-3);
  EXPECT_EQ(panel(2).geometry->base.rects.front().fill, background);
  EXPECT_EQ(board_->panels().size(), 18u) << "the closed one stays closed";
}

TEST_F(BoardTest, StateKeepsPinsAndMovedPanels) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/pins.json";
  Open();
  // One is taken off the wall, pushed away and made larger; another one is pinned where it hangs.
  board_->Point(0, At(4, 0.5f, 0.5f));
  board_->Grab(0);
  board_->Point(0, Ray{{0, 1.5f, 0}, {-1, 0.1f, -0.4f}});
  board_->Scroll(0, 4, 1);
  Step();
  board_->Drop(0);
  board_->Point(0, std::nullopt);
  board_->Point(0, At(9, 0.5f, 0.1f));
  board_->Run(Command::kTogglePin);
  board_->Run(Command::kNextIndicators);
  board_->Run(Command::kNextScale);
  board_->Run(Command::kToggleLink);
  Step();
  const Placement moved = panel(4).placement, pinned = panel(9).placement;
  const auto geometry = panel(2).geometry;
  ASSERT_TRUE(board_->SaveState(path).ok());
  Open();
  EXPECT_GT(glm::length(panel(4).placement.center - moved.center), 0.3f);
  ASSERT_TRUE(board_->LoadState(path).ok());
  board_->Run(Command::kNextSort);  // everything else moves
  Step();
  for (const auto& [id, placement] : {std::pair{4, moved}, {9, pinned}}) {
    EXPECT_NEAR(glm::length(panel(id).placement.center - placement.center), 0, 1e-3) << id;
    EXPECT_NEAR(glm::length(panel(id).placement.size - placement.size), 0, 1e-3) << id;
    EXPECT_NEAR(std::abs(glm::dot(panel(id).placement.orientation, placement.orientation)), 1, 1e-3) << id;
  }
  EXPECT_EQ(panel(2).geometry->base.lines.size(), geometry->base.lines.size()) << "the studies";
  const size_t candles = panel(7).geometry->base.candles.size();
  board_->Point(0, At(3, 0.5f, 0.5f));
  board_->Scroll(0, 0, 3);
  Step();
  EXPECT_LT(panel(7).geometry->base.candles.size(), candles) << "all panels zoom together, as before";
}

TEST_F(BoardTest, AHostileStateIsShownAsFarAsItMakesSense) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/hostile.json";
  std::ofstream(path) << R"({"period": 99, "chartType": 77, "scale": -5, "theme": 12, "palette": 9, "sort": 1000,
      "group": 3, "page": 4294967295, "indicator": ["nonsense", "sma:0", "sma:20"], "tile": [
      {"symbol": "HLXS", "ownRange": true, "firstTime": "9223372036854775807", "lastTime": "-9223372036854775808"},
      {"symbol": "NORD", "pinned": true, "center": ["NaN", 0, 0], "orientation": [0, 0, 0, 0], "size": [1e30, 1]},
      {"symbol": "NORD", "focused": true}, {"symbol": "NOBODY", "closed": true}]})";
  Open();
  ASSERT_TRUE(board_->LoadState(path).ok());
  Step();
  EXPECT_EQ(board_->panels().size(), 19u);
  for (const Panel& panel : board_->panels()) {
    EXPECT_LT(glm::length(panel.placement.center), 20) << panel.id;
    EXPECT_NE(panel.geometry, nullptr) << panel.id;
  }
}

TEST_F(BoardTest, ABrokenStateIsToldAndNothingElse) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/broken.json";
  std::ofstream(path) << "{\"tile\": [{\"symbol\": 5, ";
  Open();
  const absl::Status status = board_->LoadState(path);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_NE(status.message().find(path + " is no saved wall"), std::string::npos);
  EXPECT_TRUE(absl::IsNotFound(board_->LoadState("/nonexistent/state")));
}

TEST_F(BoardTest, FaultsOfTheOptionsAreNamed) {
  const auto message = [&](auto change) {
    options::Options options;
    change(options);
    return std::string(Board::Create(options, atlas_.get()).status().message());
  };
  EXPECT_EQ(message([](auto& o) { o.set_portfolio("/nonexistent.csv"); }),
            "--portfolio: cannot read /nonexistent.csv: No such file or directory");
  EXPECT_EQ(message([](auto& o) { o.set_quotes("/nonexistent"); }), "--quotes: there is no folder /nonexistent");
  EXPECT_EQ(message([](auto& o) { o.set_prometheus("localhost:9090"); }),
            "--prometheus: \"localhost:9090\" does not begin with http:// or https://");
  EXPECT_EQ(message([](auto& o) { o.add_query("up"); }), "--query needs --prometheus, the server to ask");
  EXPECT_EQ(message([](auto& o) { o.set_prometheus("http://localhost:1"); }),
            "there is nothing to show: give --prometheus some --query, or a --portfolio");
  EXPECT_EQ(message([](auto& o) { o.set_cache("/proc/x/y"); }),
            "--cache: cannot make the folder /proc/x/y: No such file or directory");
}

TEST_F(BoardTest, BadIndicatorIsNamed) {
  options_.add_indicator("smma:3");
  const auto board = Board::Create(options_, atlas_.get());
  ASSERT_FALSE(board.ok());
  EXPECT_NE(board.status().message().find("--indicator: no indicator is called \"smma\""), std::string::npos);
}

// How many marks an area or line chart's panel shows.
size_t Rects(const std::optional<Panel>& panel) { return panel->geometry->base.rects.size(); }

TEST_F(BoardTest, ThePortfolioShowsItsParts) {
  Open();
  const std::optional<Panel> portfolio = board_->Find("Portfolio");
  ASSERT_TRUE(portfolio.has_value());
  EXPECT_GE(Rects(portfolio), 13u) << "a part of the bar for each of 13 holdings, and the columns of the profit";
  EXPECT_FALSE(portfolio->geometry->base.lines.empty());
}

TEST_F(BoardTest, PriceLinesBelongToAPanel) {
  Open();
  const size_t before = board_->Find("HLXS")->geometry->overlay.glyphs.size();
  options_.add_price_line("HLXS@170 a target");
  Open();
  EXPECT_GT(board_->Find("HLXS")->geometry->overlay.glyphs.size(), before + 8);
  for (const char* wrong : {"HLXS", "HLXS@", "HLXS@-3", "HLXS@nan", "HLXS@1e999", "NOBODY@5", "@5"}) {
    options_.clear_price_line();
    options_.add_price_line(wrong);
    const auto board = Board::Create(options_, atlas_.get());
    EXPECT_TRUE(absl::IsInvalidArgument(board.status())) << wrong;
    EXPECT_NE(board.status().message().find("--price_line"), std::string::npos) << board.status();
  }
}

TEST_F(BoardTest, TheCrosshairSticksToBarsOrIsFree) {
  Open();
  board_->Point(0, At(2, 0.5f, 0.5f));
  Step();
  const auto sticking = panel(2).geometry;
  board_->Run(Command::kToggleCrosshair);
  Step();
  EXPECT_NE(panel(2).geometry, sticking) << "redrawn where the pointer is";
  board_->Run(Command::kToggleCrosshair);
  Step();
  EXPECT_EQ(panel(2).geometry->overlay.glyphs.size(), sticking->overlay.glyphs.size());
}

TEST_F(BoardTest, ExchangeRatesComeFromASeries) {
  const std::string folder = std::string(std::getenv("TEST_TMPDIR")) + "/rates";
  ASSERT_EQ(std::system(("mkdir -p " + folder).c_str()), 0);
  std::ofstream(folder + "/EURX.csv") << "date,close\n2025-10-29,10\n2025-10-30,10\n2025-10-31,10\n";
  std::ofstream(folder + "/EURUSD.csv") << "date,close\n2025-10-29,1\n2025-10-30,2\n2025-10-31,3\n";
  std::ofstream(folder + "/p.json") << R"({"currency": "USD", "rates": {"EUR": "EURUSD"}, "items": [
      {"symbol": "EURX", "currency": "EUR", "lots": [{"quantity": 1, "price": 10, "date": "2025-10-29"}]}]})";
  options_.set_quotes(folder);
  options_.set_portfolio(folder + "/p.json");
  options_.set_period(options::PERIOD_ALL);
  Open();
  const std::optional<Panel> rising = board_->Find("Portfolio");
  ASSERT_TRUE(rising.has_value());
  // The price stays, its value triples: the line rises from the left to the right.
  const auto& line = rising->geometry->base.lines;
  ASSERT_GE(line.size(), 3u);
  EXPECT_GT(line.front().y, line[1].y + 20);
}

}  // namespace
}  // namespace vrcharts::wall
