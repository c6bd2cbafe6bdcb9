#ifndef VRCHARTS_CHART_FORMAT_H_
#define VRCHARTS_CHART_FORMAT_H_

#include <string>

#include "vrcharts/quotes/series.h"

// Numbers as people read them on charts: groups of three digits, a real minus sign (U+2212) of the width of a plus.
namespace vrcharts::chart {

// 1234.5, 2 -> "1,234.50"; `decimals` 0..12. Values beyond 1e15 are shown as "1.2e+18".
std::string FormatNumber(double value, int decimals);

// The same with "+" in front of values that do not round to zero and are positive.
std::string FormatSigned(double value, int decimals);

// 0.0127 -> "+1.27%"
std::string FormatPercent(double ratio);

// 9412345 -> "9.41M"; for volumes and money where the magnitude matters.
std::string FormatCompact(double value);

// How many decimals prices about `value` have: by currency, and by size for values that are not money.
int PriceDecimals(const quotes::Instrument& instrument, double value);

}  // namespace vrcharts::chart

#endif  // VRCHARTS_CHART_FORMAT_H_
