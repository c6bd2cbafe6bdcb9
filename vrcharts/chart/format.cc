#include "vrcharts/chart/format.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace vrcharts::chart {
namespace {

constexpr std::string_view kMinus = "\xe2\x88\x92";

}  // namespace

std::string FormatNumber(double value, int decimals) {
  if (!std::isfinite(value)) return "–";
  if (std::abs(value) >= 1e15) return absl::StrFormat("%.3g", value);
  char digits[48];
  const auto end = std::to_chars(digits, digits + sizeof digits, std::abs(value), std::chars_format::fixed,
                                 std::clamp(decimals, 0, 12));
  const std::string_view text(digits, end.ptr - digits);
  const size_t whole = std::min(text.find('.'), text.size());
  const bool negative = value < 0 && text.find_first_not_of("0.") != std::string_view::npos;
  std::string out;
  out.reserve(text.size() + whole / 3 + kMinus.size());
  if (negative) out += kMinus;
  for (size_t i = 0; i < whole; ++i) {
    if (i > 0 && (whole - i) % 3 == 0) out += ',';
    out += text[i];
  }
  out += text.substr(whole);
  return out;
}

std::string FormatSigned(double value, int decimals) {
  const std::string out = FormatNumber(value, decimals);
  const bool zero = out.find_first_of("123456789") == std::string::npos;
  return value > 0 && !zero ? absl::StrCat("+", out) : out;
}

std::string FormatPercent(double ratio) { return FormatSigned(ratio * 100, 2) + "%"; }

std::string FormatCompact(double value) {
  static constexpr struct {
    double unit;
    const char* suffix;
  } kUnits[] = {{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "K"}};
  const double size = std::abs(value);
  for (const auto& [unit, suffix] : kUnits) {
    if (size < unit * 0.9995) continue;
    const double scaled = size / unit;
    return absl::StrCat(value < 0 ? kMinus : "",
                        FormatNumber(scaled, scaled < 9.995   ? 2
                                             : scaled < 99.95 ? 1
                                                              : 0),
                        suffix);
  }
  return FormatNumber(value, size == std::floor(size) ? 0 : size < 10 ? 2 : 1);
}

int PriceDecimals(const quotes::Instrument& instrument, double value) {
  const double size = std::abs(value);
  if (instrument.currency == "JPY" || instrument.currency == "KRW") return size >= 100 ? 0 : size >= 10 ? 1 : 2;
  if (!std::isfinite(size) || size == 0) return 2;
  if (instrument.currency.empty() && size >= 1000) return 0;
  if (size >= 1) return 2;
  // Enough for three significant digits.
  return std::clamp(2 - static_cast<int>(std::floor(std::log10(size))), 2, 10);
}

}  // namespace vrcharts::chart
