#include "vrcharts/quotes/sample.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>

#include "absl/time/civil_time.h"

namespace vrcharts::quotes {
namespace {

constexpr absl::CivilDay kLastDay(2026, 10, 30);
constexpr absl::CivilDay kFirstDay(2023, 10, 31);

// SplitMix64 (Steele, Lea, Flood 2014): tiny, and the same numbers everywhere, unlike <random>'s distributions.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  double Uniform() { return (static_cast<double>(Next() >> 11) + 0.5) * 0x1.0p-53; }
  double Normal() {
    const double radius = std::sqrt(-2 * std::log(Uniform()));
    return radius * std::cos(2 * std::numbers::pi * Uniform());
  }

 private:
  uint64_t state_;
};

uint64_t SeedOf(std::string_view text, uint64_t seed) {  // FNV-1a
  uint64_t hash = 0xcbf29ce484222325 ^ seed;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

double RoundToTick(double price, const Instrument& instrument) {
  const double tick = instrument.currency == "JPY" ? 1.0 : 0.01;
  return std::max(tick, std::round(price / tick) * tick);
}

// Bends the path so that it ends where the drift alone would have brought it: no company multiplies by luck.
void RemoveLuck(double drift, std::vector<Bar>* bars) {
  const double n = static_cast<double>(bars->size());
  const double excess = std::log(bars->back().close) - drift * n / 252;
  for (size_t i = 0; i < bars->size(); ++i) {
    Bar& bar = (*bars)[i];
    const double factor = std::exp(-excess * static_cast<double>(i + 1) / n);
    for (double* price : {&bar.open, &bar.high, &bar.low, &bar.close}) *price *= factor;
  }
}

std::vector<Bar> Walk(const SampleCompany& company, const std::vector<int64_t>& days, uint64_t seed) {
  Random market(SeedOf("market", seed));
  Random own(SeedOf(company.instrument.symbol, seed));
  const double usual = company.volatility / std::sqrt(252.0);
  const double own_share = std::sqrt(1 - std::min(company.market_beta * company.market_beta, 0.8) * 0.6);
  double log_ratio = 0;  // log of today's volatility against the usual one
  double log_price = 0;
  std::vector<Bar> bars;
  bars.reserve(days.size());
  for (const int64_t day : days) {
    log_ratio = 0.94 * log_ratio + 0.12 * own.Normal();
    const double volatility = usual * std::exp(log_ratio);
    const double shock = company.market_beta * 0.6 * market.Normal() + own_share * own.Normal();
    const bool results = own.Uniform() < 1.0 / 63;
    const double jump = results ? 2.5 * volatility * own.Normal() : 0;
    const double overnight = 0.355 * volatility * shock + jump;
    const double intraday = company.drift / 252 + (1 - 0.355) * volatility * shock;

    Bar bar;
    bar.time = day;
    bar.open = std::exp(log_price + overnight);
    log_price += overnight + intraday;
    bar.close = std::exp(log_price);
    bar.high = std::max(bar.open, bar.close) * std::exp(0.55 * volatility * std::abs(own.Normal()));
    bar.low = std::min(bar.open, bar.close) * std::exp(-0.55 * volatility * std::abs(own.Normal()));
    const double size = std::abs(overnight + intraday) / usual;
    bar.volume = company.daily_volume * std::exp(0.30 * own.Normal() + 0.25 * (size - 0.8)) * (results ? 2.2 : 1);
    bars.push_back(bar);
  }
  return bars;
}

}  // namespace

const std::vector<SampleCompany>& SampleCompanies() {
  static const auto* const companies = new std::vector<SampleCompany>{
      {{"HLXS", "Helix Semiconductor", "USD", "Technology"}, 184.62, 0.30, 0.38, 1.3, 9.4e6, 120, 540},
      {{"7411", "東雲電機", "JPY", "Technology"}, 4385, 0.22, 0.30, 1.0, 2.1e6, 300, 470},
      {{"NORD", "Nordlys Energi", "EUR", "Energy"}, 61.34, 0.10, 0.26, 0.7, 1.6e6, 180, 610},
      {{"ORCH", "Orchard Software", "USD", "Technology"}, 312.08, 0.24, 0.31, 1.2, 4.2e6, 60, 380},
      {{"5203", "瀬戸内重工業", "JPY", "Industry"}, 2716, 0.26, 0.33, 0.9, 3.8e6, 500, 290},
      {{"BRKL", "Brookline Bancorp", "USD", "Finance"}, 48.91, 0.08, 0.24, 1.0, 6.3e6, 400, 700},
      {{"MERI", "Meridian Health", "USD", "Health"}, 97.45, 0.02, 0.22, 0.6, 3.1e6, 150, 450},
      {{"9812", "青葉ロボティクス", "JPY", "Industry"}, 11840, 0.34, 0.46, 1.2, 0.9e6, 100, 350},
      {{"LUMA", "Luma Grid", "USD", "Energy"}, 27.18, -0.12, 0.52, 1.1, 11.5e6, 600, 260},
      {{"VELO", "Velo Mobility", "EUR", "Consumer"}, 83.70, 0.12, 0.34, 1.0, 1.2e6, 140, 520},
      {{"2967", "富岳食品", "JPY", "Consumer"}, 1952, 0.05, 0.17, 0.4, 1.5e6, 800, 640},
      {{"QNTA", "Quanta Biologics", "USD", "Health"}, 141.26, 0.18, 0.48, 0.9, 2.7e6, 75, 180},
      {{"ALPN", "Alpina Rück", "CHF", "Finance"}, 226.40, 0.11, 0.18, 0.6, 0.5e6, 40, 660},
      {{"8377", "みなと銀行ホールディングス", "JPY", "Finance"}, 3127, 0.16, 0.24, 0.8, 4.4e6, 0, 0},
      {{"STRA", "Strata Cloud", "USD", "Technology"}, 68.53, 0.16, 0.44, 1.4, 7.8e6, 0, 0},
      {{"6748", "天の川精密", "JPY", "Technology"}, 7264, 0.28, 0.36, 1.1, 0.8e6, 0, 0},
      {{"FJRD", "Fjord Shipping", "EUR", "Industry"}, 18.92, -0.04, 0.40, 0.8, 2.9e6, 0, 0},
  };
  return *companies;
}

std::vector<int64_t> SampleCalendar() {
  std::vector<int64_t> days;
  for (absl::CivilDay day = kFirstDay; day <= kLastDay; ++day) {
    const absl::Weekday weekday = absl::GetWeekday(day);
    if (weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday) continue;
    const bool holiday = (day.month() == 12 && day.day() == 25) || (day.month() == 1 && day.day() == 1) ||
                         (day.month() == 5 && day.day() == 1);
    if (!holiday) days.push_back((day - absl::CivilDay(1970, 1, 1)) * 86400);
  }
  return days;
}

std::vector<Bar> SampleBars(const SampleCompany& company, uint64_t seed) {
  std::vector<Bar> bars = Walk(company, SampleCalendar(), seed);
  RemoveLuck(company.drift, &bars);
  const double scale = company.last_price / bars.back().close;
  for (Bar& bar : bars) {
    bar.open = RoundToTick(bar.open * scale, company.instrument);
    bar.close = RoundToTick(bar.close * scale, company.instrument);
    bar.high = std::max({RoundToTick(bar.high * scale, company.instrument), bar.open, bar.close});
    bar.low = std::min({RoundToTick(bar.low * scale, company.instrument), bar.open, bar.close});
    bar.volume = std::round(bar.volume);
  }
  return bars;
}

}  // namespace vrcharts::quotes
