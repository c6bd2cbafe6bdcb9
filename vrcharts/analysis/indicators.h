#ifndef VRCHARTS_ANALYSIS_INDICATORS_H_
#define VRCHARTS_ANALYSIS_INDICATORS_H_

#include <span>
#include <vector>

#include "vrcharts/quotes/series.h"

// The usual technical indicators. Each gives one value a bar, NaN for the first bars, where there is not yet enough
// history. All are O(n). The definitions are those of the books they come from; where programs differ in how they
// start, the start is stated.
namespace vrcharts::analysis {

// Simple moving average of the last `n` values; the first at index n - 1.
std::vector<double> Sma(std::span<const double> values, int n);

// Exponential moving average with weight 2 / (n + 1), started at index n - 1 with the simple average. Leading NaN is
// skipped.
std::vector<double> Ema(std::span<const double> values, int n);

// Wilder's smoothing (weight 1 / n), started at index n - 1 with the simple average.
std::vector<double> WilderAverage(std::span<const double> values, int n);

struct Bands {
  std::vector<double> upper, lower, middle;
};
// Bollinger bands: Sma(n) and `deviations` standard deviations (of the population, as Bollinger uses them) around it.
Bands Bollinger(std::span<const double> closes, int n, double deviations);

// Relative strength index (Wilder 1978), 0..100; the first at index n.
std::vector<double> Rsi(std::span<const double> closes, int n);

struct MacdLines {
  std::vector<double> macd, signal, histogram;
};
// Appel's moving average convergence divergence: Ema(fast) - Ema(slow), its Ema(signal), and their difference.
MacdLines Macd(std::span<const double> closes, int fast, int slow, int signal);

// Average true range (Wilder 1978); the first at index n - 1, the first bar's range being its high less its low.
std::vector<double> Atr(const quotes::Series& series, int n);

// Volume-weighted average of (high + low + close) / 3. Bars within a day: since midnight UTC, as traders use it. Daily
// and longer bars: over the last `n` bars. NaN where no volume was traded.
std::vector<double> Vwap(const quotes::Series& series, int n);

}  // namespace vrcharts::analysis

#endif  // VRCHARTS_ANALYSIS_INDICATORS_H_
