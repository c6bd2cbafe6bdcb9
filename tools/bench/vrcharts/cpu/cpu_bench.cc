// What vrcharts' own CPU side costs, without any renderer: the figures of the data rooms and of one frame of the board.
//
//   bazel run --config=release //tools/bench/vrcharts/cpu:cpu_bench

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "vrcharts/analysis/pyramid.h"
#include "vrcharts/analysis/study.h"
#include "vrcharts/chart/chart.h"
#include "vrcharts/quotes/json_quotes.h"
#include "vrcharts/wall/board.h"

namespace vrcharts {
namespace {

std::vector<quotes::Bar> Walk(size_t n, uint64_t seed = 1) {
  std::vector<quotes::Bar> bars;
  bars.reserve(n);
  double price = 1000;
  for (size_t i = 0; i < n; ++i) {
    seed = seed * 6364136223846793005 + 1442695040888963407;
    const double step = static_cast<double>(static_cast<int64_t>(seed) >> 40) / (1 << 23);
    const double open = price;
    price = std::max(1.0, price + step);
    bars.push_back({static_cast<int64_t>(i) * 60, open, std::max(open, price) + 0.2, std::min(open, price) - 0.2, price,
                    static_cast<double>(seed >> 50)});
  }
  return bars;
}

quotes::SeriesPtr MakeSeries(size_t n) { return std::make_shared<quotes::Series>(Walk(n)); }

void PyramidOf10MillionBars(benchmark::State& state) {
  const quotes::SeriesPtr series = MakeSeries(10'000'000);
  for (auto _ : state) benchmark::DoNotOptimize(analysis::Pyramid(series));
}
BENCHMARK(PyramidOf10MillionBars)->Unit(benchmark::kMillisecond);

void Parse64AnswersOf5000Bars(benchmark::State& state) {
  std::string body = "[";
  for (const quotes::Bar& bar : Walk(5000)) {
    absl::StrAppend(&body, body.size() > 1 ? "," : "", "{\"date\":", bar.time + 1500000000, ",\"open\":", bar.open,
                    ",\"high\":", bar.high, ",\"low\":", bar.low, ",\"close\":", bar.close, ",\"volume\":", bar.volume,
                    "}");
  }
  body += "]";
  options::JsonMapping mapping;
  mapping.set_shape(options::JSON_SHAPE_OBJECTS);
  const quotes::JsonPaths paths = quotes::PathsOf(mapping);
  for (auto _ : state) {
    for (int i = 0; i < 64; ++i) {
      const auto fetched = quotes::ParseJsonQuotes(body, paths, {"X", "", "", ""}, absl::UTCTimeZone());
      if (!fetched.ok() || fetched->series->size() != 5000) state.SkipWithError("the answer was not understood");
    }
  }
  state.counters["KiB an answer"] = static_cast<double>(body.size()) / 1024;
}
BENCHMARK(Parse64AnswersOf5000Bars)->Unit(benchmark::kMillisecond);

// One chart drawn anew while it pans: what follows pixels and not points.
void ChartThatPans(benchmark::State& state) {
  auto atlas = text::Atlas::Create({});
  if (!atlas.ok()) return state.SkipWithError(std::string(atlas.status().message()).c_str());
  const size_t n = static_cast<size_t>(state.range(0));
  chart::Content content;
  content.instrument = {"X", "Example", "USD", ""};
  content.pyramid = std::make_shared<analysis::Pyramid>(MakeSeries(n));
  chart::Style style;
  style.theme = chart::MakeTheme(options::THEME_DARK, options::PALETTE_WESTERN);
  style.type = static_cast<options::ChartType>(state.range(1));
  for (const char* study : {"sma:50", "bollinger", "rsi"}) {
    if (state.range(2) == 0) break;
    const auto spec = analysis::ParseStudySpec(study);
    content.studies.push_back(std::make_shared<analysis::Study>(analysis::Compute(*spec, *content.pyramid->series())));
  }
  double at = 0;
  size_t marks = 0;
  for (auto _ : state) {
    at = std::fmod(at + static_cast<double>(n) / 997, static_cast<double>(n) / 10);
    const auto geometry =
        chart::Draw(content, style, {at, at + 0.9 * static_cast<double>(n)}, {480, 307}, std::nullopt, atlas->get());
    marks = geometry->base.size();
  }
  state.counters["marks"] = static_cast<double>(marks);
}
BENCHMARK(ChartThatPans)
    ->ArgsProduct({{1000, 10'000'000}, {options::CHART_TYPE_CANDLES, options::CHART_TYPE_LINE}, {0, 1}})
    ->ArgNames({"bars", "type", "studies"})
    ->Unit(benchmark::kMicrosecond);

// A board of 64 panels of 1,000 bars each, from CSV files.
class Board64 : public benchmark::Fixture {
 public:
  void SetUp(benchmark::State& state) override {
    folder_ = std::filesystem::temp_directory_path() / absl::StrCat("vrcharts-bench-", getpid());
    std::filesystem::create_directories(folder_);
    std::ofstream list(folder_ / "list.csv");
    list << "symbol\n";
    for (int i = 0; i < 64; ++i) {
      list << "S" << i << "\n";
      std::ofstream file(folder_ / absl::StrCat("S", i, ".csv"));
      file << "time,open,high,low,close,volume\n";
      for (const quotes::Bar& bar : Walk(1000, static_cast<uint64_t>(i) + 1)) {
        file << bar.time + 1500000000 << ',' << bar.open << ',' << bar.high << ',' << bar.low << ',' << bar.close << ','
             << bar.volume << "\n";
      }
    }
    list.close();
    options_.set_portfolio((folder_ / "list.csv").string());
    options_.set_quotes(folder_.string());
    options_.set_period(options::PERIOD_ALL);
    options_.mutable_refresh()->set_seconds(3600);
    auto atlas = text::Atlas::Create({});
    if (!atlas.ok()) return state.SkipWithError(std::string(atlas.status().message()).c_str());
    atlas_ = *std::move(atlas);
    auto board = wall::Board::Create(options_, atlas_.get());
    if (!board.ok()) return state.SkipWithError(std::string(board.status().message()).c_str());
    board_ = *std::move(board);
    board_->WaitForData(absl::Seconds(30));
    Frame();
    Frame();
  }
  void TearDown(benchmark::State&) override {
    board_.reset();
    atlas_.reset();
    std::filesystem::remove_all(folder_);
  }
  void Frame() { board_->Update(now_ += absl::Milliseconds(11)); }

 protected:
  std::filesystem::path folder_;
  options::Options options_;
  std::unique_ptr<text::Atlas> atlas_;
  std::unique_ptr<wall::Board> board_;
  absl::Time now_ = absl::FromUnixSeconds(1700000000);
};

BENCHMARK_DEFINE_F(Board64, NothingChanges)(benchmark::State& state) {
  for (auto _ : state) Frame();
}
BENCHMARK_REGISTER_F(Board64, NothingChanges)->Unit(benchmark::kMicrosecond);

BENCHMARK_DEFINE_F(Board64, EveryPanelPans)(benchmark::State& state) {
  board_->Run(wall::Command::kToggleLink);
  const wall::Panel& panel = board_->panels()[1];
  const glm::vec3 eye(0, 1.5f, 0);
  board_->Point(0, wall::Ray{eye, panel.placement.center - eye});
  board_->Scroll(0, 0, 2);
  float direction = 1;
  int frames = 0;
  for (auto _ : state) {
    if (++frames % 40 == 0) direction = -direction;
    board_->Scroll(0, 0.05f * direction, 0);
    Frame();
  }
}
BENCHMARK_REGISTER_F(Board64, EveryPanelPans)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vrcharts

BENCHMARK_MAIN();
