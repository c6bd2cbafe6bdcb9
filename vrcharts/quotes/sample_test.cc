#include "vrcharts/quotes/sample.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/time/civil_time.h"
#include "gtest/gtest.h"

namespace vrcharts::quotes {
namespace {

TEST(SampleTest, EveryCompanyIsAValidSeriesOfThreeYears) {
  std::set<std::string> symbols;
  for (const SampleCompany& company : SampleCompanies()) {
    const std::vector<Bar> bars = SampleBars(company);
    EXPECT_TRUE(Series::Check(bars).ok()) << company.instrument.symbol << ": " << Series::Check(bars);
    EXPECT_GT(bars.size(), 770u);
    EXPECT_NEAR(bars.back().close, company.last_price, 1) << company.instrument.symbol;
    for (const Bar& bar : bars) EXPECT_GT(bar.low, 0);
    symbols.insert(company.instrument.symbol);
  }
  EXPECT_EQ(symbols.size(), SampleCompanies().size());
  EXPECT_GE(symbols.size(), 12u);
}

TEST(SampleTest, NobodyTradesOnWeekends) {
  const std::vector<int64_t> days = SampleCalendar();
  EXPECT_EQ(absl::CivilDay(1970, 1, 1) + days.back() / 86400, absl::CivilDay(2026, 10, 30));
  for (const int64_t day : days) {
    EXPECT_EQ(day % 86400, 0);
    const absl::Weekday weekday = absl::GetWeekday(absl::CivilDay(1970, 1, 1) + day / 86400);
    EXPECT_NE(weekday, absl::Weekday::saturday);
    EXPECT_NE(weekday, absl::Weekday::sunday);
  }
  EXPECT_TRUE(std::is_sorted(days.begin(), days.end()));
}

TEST(SampleTest, SameSeedSameBarsOtherSeedOthers) {
  const SampleCompany& company = SampleCompanies().front();
  EXPECT_EQ(SampleBars(company, 1), SampleBars(company, 1));
  EXPECT_NE(SampleBars(company, 1), SampleBars(company, 2));
}

TEST(SampleTest, VolatilityIsAboutAsStated) {
  for (const SampleCompany& company : SampleCompanies()) {
    const std::vector<Bar> bars = SampleBars(company);
    double sum = 0, squares = 0;
    for (size_t i = 1; i < bars.size(); ++i) {
      const double change = std::log(bars[i].close / bars[i - 1].close);
      sum += change;
      squares += change * change;
    }
    const double n = static_cast<double>(bars.size() - 1);
    const double yearly = std::sqrt((squares / n - sum / n * sum / n) * 252);
    EXPECT_GT(yearly, company.volatility * 0.6) << company.instrument.symbol;
    EXPECT_LT(yearly, company.volatility * 1.7) << company.instrument.symbol;
  }
}

}  // namespace
}  // namespace vrcharts::quotes
