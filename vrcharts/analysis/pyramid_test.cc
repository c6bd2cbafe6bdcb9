#include "vrcharts/analysis/pyramid.h"

#include <algorithm>
#include <random>

#include "gtest/gtest.h"

namespace vrcharts::analysis {
namespace {

quotes::SeriesPtr RandomSeries(size_t n, std::mt19937* random) {
  std::vector<quotes::Bar> bars;
  std::uniform_real_distribution<double> step(-1, 1);
  double price = 1000;
  for (size_t i = 0; i < n; ++i) {
    const double open = price;
    price = std::max(1.0, price + step(*random));
    bars.push_back({static_cast<int64_t>(i) * 60, open, std::max(open, price) + 0.1, std::min(open, price) - 0.1, price,
                    static_cast<double>((*random)() % 1000)});
  }
  return std::make_shared<quotes::Series>(bars);
}

RangeSummary Reference(const quotes::Series& series, size_t begin, size_t end) {
  RangeSummary out{series.open()[begin],
                   series.close()[end - 1],
                   series.low()[begin],
                   series.high()[begin],
                   series.close()[begin],
                   series.close()[begin],
                   0};
  for (size_t i = begin; i < end; ++i) {
    out.low = std::min(out.low, series.low()[i]);
    out.high = std::max(out.high, series.high()[i]);
    out.close_low = std::min(out.close_low, series.close()[i]);
    out.close_high = std::max(out.close_high, series.close()[i]);
    out.volume += series.volume()[i];
  }
  return out;
}

// The property everything else rests on: any range summarizes to what a scan of its bars says.
TEST(PyramidTest, AgreesWithAScanForAnyRange) {
  std::mt19937 random(7);
  for (const size_t n : {1, 2, 15, 16, 17, 63, 64, 65, 127, 128, 129, 1000, 4096, 5000, 20011}) {
    const quotes::SeriesPtr series = RandomSeries(n, &random);
    const Pyramid pyramid(series);
    for (int i = 0; i < 300; ++i) {
      size_t begin = random() % n, end = random() % n;
      if (begin > end) std::swap(begin, end);
      ++end;
      const RangeSummary got = pyramid.Summarize(begin, end), want = Reference(*series, begin, end);
      ASSERT_EQ(got.open, want.open) << n << " " << begin << " " << end;
      ASSERT_EQ(got.close, want.close);
      ASSERT_EQ(got.low, want.low) << n << " " << begin << " " << end;
      ASSERT_EQ(got.high, want.high);
      ASSERT_EQ(got.close_low, want.close_low);
      ASSERT_EQ(got.close_high, want.close_high);
      ASSERT_NEAR(got.volume, want.volume, 1e-6);
    }
  }
}

}  // namespace
}  // namespace vrcharts::analysis
