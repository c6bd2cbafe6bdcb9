#include "vrcharts/analysis/indicators.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vrcharts::analysis {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> Nothing(size_t size) { return std::vector<double>(size, kNan); }

// Index of the first value that is a number.
size_t FirstNumber(std::span<const double> values) {
  size_t i = 0;
  while (i < values.size() && std::isnan(values[i])) ++i;
  return i;
}

// Starts with the simple average of n values and then follows each value with `weight`.
std::vector<double> Smoothed(std::span<const double> values, int n, double weight) {
  std::vector<double> out = Nothing(values.size());
  const size_t first = FirstNumber(values), count = static_cast<size_t>(std::max(n, 1));
  if (values.size() < first + count) return out;
  double average = 0;
  for (size_t i = first; i < first + count; ++i) average += values[i] / static_cast<double>(count);
  out[first + count - 1] = average;
  for (size_t i = first + count; i < values.size(); ++i) {
    average += (values[i] - average) * weight;
    out[i] = average;
  }
  return out;
}

}  // namespace

std::vector<double> Sma(std::span<const double> values, int n) {
  std::vector<double> out = Nothing(values.size());
  const size_t count = static_cast<size_t>(std::max(n, 1));
  // Kahan's sum: a plain running sum drifts over millions of bars.
  double sum = 0, lost = 0;
  const auto add = [&](double value) {
    const double corrected = value - lost, next = sum + corrected;
    lost = (next - sum) - corrected;
    sum = next;
  };
  for (size_t i = 0; i < values.size(); ++i) {
    add(values[i]);
    if (i >= count) add(-values[i - count]);
    if (i + 1 >= count) out[i] = sum / static_cast<double>(count);
  }
  return out;
}

std::vector<double> Ema(std::span<const double> values, int n) {
  return Smoothed(values, n, 2.0 / (std::max(n, 1) + 1));
}

std::vector<double> WilderAverage(std::span<const double> values, int n) {
  return Smoothed(values, n, 1.0 / std::max(n, 1));
}

Bands Bollinger(std::span<const double> closes, int n, double deviations) {
  Bands bands;
  bands.middle = Sma(closes, n);
  bands.upper = bands.lower = Nothing(closes.size());
  const size_t count = static_cast<size_t>(std::max(n, 1));
  for (size_t i = count - 1; i < closes.size(); ++i) {
    double squares = 0;
    for (size_t j = i + 1 - count; j <= i; ++j)
      squares += (closes[j] - bands.middle[i]) * (closes[j] - bands.middle[i]);
    const double width = deviations * std::sqrt(squares / static_cast<double>(count));
    bands.upper[i] = bands.middle[i] + width;
    bands.lower[i] = bands.middle[i] - width;
  }
  return bands;
}

std::vector<double> Rsi(std::span<const double> closes, int n) {
  std::vector<double> gains = Nothing(closes.size()), losses = Nothing(closes.size());
  for (size_t i = 1; i < closes.size(); ++i) {
    gains[i] = std::max(0.0, closes[i] - closes[i - 1]);
    losses[i] = std::max(0.0, closes[i - 1] - closes[i]);
  }
  const std::vector<double> up = WilderAverage(gains, n), down = WilderAverage(losses, n);
  std::vector<double> out = Nothing(closes.size());
  for (size_t i = 0; i < closes.size(); ++i) {
    if (std::isnan(up[i])) continue;
    out[i] = up[i] + down[i] == 0 ? 50 : 100 * up[i] / (up[i] + down[i]);
  }
  return out;
}

MacdLines Macd(std::span<const double> closes, int fast, int slow, int signal) {
  MacdLines lines;
  const std::vector<double> a = Ema(closes, fast), b = Ema(closes, slow);
  lines.macd = Nothing(closes.size());
  for (size_t i = 0; i < closes.size(); ++i) lines.macd[i] = a[i] - b[i];
  lines.signal = Ema(lines.macd, signal);
  lines.histogram = Nothing(closes.size());
  for (size_t i = 0; i < closes.size(); ++i) lines.histogram[i] = lines.macd[i] - lines.signal[i];
  return lines;
}

std::vector<double> Atr(const quotes::Series& series, int n) {
  std::vector<double> range = Nothing(series.size());
  for (size_t i = 0; i < series.size(); ++i) {
    const double before = series.close()[i > 0 ? i - 1 : i];  // the first range is its high less its low
    range[i] = std::max(series.high()[i], before) - std::min(series.low()[i], before);
  }
  return WilderAverage(range, n);
}

std::vector<double> Vwap(const quotes::Series& series, int n) {
  std::vector<double> out = Nothing(series.size());
  const bool intraday = series.interval() < 86400;
  const size_t count = static_cast<size_t>(std::max(n, 1));
  const auto typical = [&](size_t i) { return (series.high()[i] + series.low()[i] + series.close()[i]) / 3; };
  double money = 0, volume = 0;
  for (size_t i = 0; i < series.size(); ++i) {
    if (intraday && i > 0 && series.time()[i] / 86400 != series.time()[i - 1] / 86400) money = volume = 0;
    money += typical(i) * series.volume()[i];
    volume += series.volume()[i];
    if (!intraday && i >= count) {
      money -= typical(i - count) * series.volume()[i - count];
      volume -= series.volume()[i - count];
    }
    if (volume > 0 && (intraday || i + 1 >= count)) out[i] = money / volume;
  }
  return out;
}

}  // namespace vrcharts::analysis
