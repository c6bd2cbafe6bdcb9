#ifndef VRCHARTS_QUOTES_SAMPLE_H_
#define VRCHARTS_QUOTES_SAMPLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "vrcharts/quotes/series.h"

// The bundled sample: invented companies with invented prices, so that the wall shows something without a network and
// every picture is the same on every run. No real company or price is meant.
namespace vrcharts::quotes {

struct SampleCompany {
  Instrument instrument;
  double last_price = 0;    // about where the series ends
  double drift = 0;         // yearly, of the logarithm of the price
  double volatility = 0;    // yearly
  double market_beta = 1;   // share in the common market movement
  double daily_volume = 0;  // typical number of shares a day
  // Holdings; 0 shares = watch list.
  double shares = 0;
  int bought_days_ago = 0;  // trading days before the last bar
};

// 17 companies, 13 of them held, from three markets and six sectors.
const std::vector<SampleCompany>& SampleCompanies();

// Trading days of the sample: Monday to Friday without 25 December, 1 January and 1 May; midnight UTC, oldest first.
// Three years that end on Friday 2026-10-30.
std::vector<int64_t> SampleCalendar();

// Daily bars of one company. The model, a textbook stochastic-volatility walk (all random numbers from SplitMix64
// seeded by `seed` and the symbol, normal ones by Box-Muller, so that every machine gets the same bits up to libm's
// rounding):
//   - a day's shock is 0.6 beta market_t + sqrt(1 - 0.6 min(beta^2, 0.8)) own_t, where market_t is one normal number a
//     day shared by all companies and own_t is the company's; the log return is drift / 252 + v_t * shock;
//   - v_t, the daily volatility, follows log v_t = log v + 0.94 (log v_{t-1} - log v) + 0.12 normal: calm and wild
//   times;
//   - about once in 63 days results come out: an overnight jump of 2.5 v_t * normal, on 2.2 times the usual volume;
//   - 0.355 v_t * shock of it happens overnight (open against the last close); high and low stand off open and close
//     by half-normal amounts of 0.55 v_t;
//   - volume is log-normal around the typical one and grows with the size of the return;
//   - the path is bent by a constant factor a day so that its total return is the drift's alone, and scaled so that the
//   last close is `last_price`, and rounded to the market's tick (1 JPY, 0.01 otherwise).
std::vector<Bar> SampleBars(const SampleCompany& company, uint64_t seed = 20261030);

}  // namespace vrcharts::quotes

#endif  // VRCHARTS_QUOTES_SAMPLE_H_
