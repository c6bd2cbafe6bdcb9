#include "vrcharts/quotes/csv.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "vrcharts/quotes/times.h"
#include "vrcharts/quotes/validate.h"

namespace vrcharts::quotes {
namespace {

constexpr size_t kMaxFile = 2u << 30;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

enum Column { kTime, kOpen, kHigh, kLow, kClose, kAdjusted, kVolume, kDividend, kSplit, kColumns };

int ColumnOf(std::string_view name) {
  static constexpr struct {
    const char* name;
    Column column;
  } kNames[] = {{"date", kTime},
                {"time", kTime},
                {"timestamp", kTime},
                {"datetime", kTime},
                {"open", kOpen},
                {"high", kHigh},
                {"low", kLow},
                {"close", kClose},
                {"price", kClose},
                {"last", kClose},
                {"value", kClose},
                {"adj close", kAdjusted},
                {"adj_close", kAdjusted},
                {"adjusted close", kAdjusted},
                {"adjclose", kAdjusted},
                {"volume", kVolume},
                {"vol", kVolume},
                {"dividends", kDividend},
                {"dividend", kDividend},
                {"dividend amount", kDividend},
                {"stock splits", kSplit},
                {"split", kSplit},
                {"split factor", kSplit},
                {"split coefficient", kSplit}};
  const std::string lower = absl::AsciiStrToLower(absl::StripAsciiWhitespace(name));
  for (const auto& known : kNames) {
    if (lower == known.name) return known.column;
  }
  return -1;
}

// NaN for empty fields and for what services write where nothing was traded; nullopt for anything else that is no
// number.
std::optional<double> Number(std::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (text.empty() || text == "-" || absl::EqualsIgnoreCase(text, "null") || absl::EqualsIgnoreCase(text, "n/a") ||
      absl::EqualsIgnoreCase(text, "nan")) {
    return kNan;
  }
  double value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// One line after the other, without line ends; counts them.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  bool Next(std::string_view* line) {
    if (rest_.empty()) return false;
    const size_t end = std::min(rest_.find('\n'), rest_.size());
    *line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(rest_.size(), end + 1));
    if (!line->empty() && line->back() == '\r') line->remove_suffix(1);
    ++number_;
    return true;
  }
  size_t number() const { return number_; }

 private:
  std::string_view rest_;
  size_t number_ = 0;
};

}  // namespace

char CsvSeparator(std::string_view header) {
  for (const char separator : {';', '\t'}) {
    if (header.find(separator) != std::string_view::npos && header.find(',') == std::string_view::npos)
      return separator;
  }
  return ',';
}

std::vector<std::string> SplitCsvLine(std::string_view line, char separator) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
        fields.back() += '"';
        ++i;
      } else {
        quoted = !quoted;
      }
    } else if (c == separator && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

absl::StatusOr<Fetched> ParseCsvQuotes(std::string_view text, const Instrument& wanted, absl::TimeZone zone) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // byte order mark
  Lines lines(text);
  std::string_view line;
  if (!lines.Next(&line)) return absl::DataLossError("an empty file instead of prices");
  const char separator = CsvSeparator(line);
  std::vector<int> columns;
  for (const std::string& name : SplitCsvLine(line, separator)) columns.push_back(ColumnOf(name));
  const auto has = [&](Column column) { return std::find(columns.begin(), columns.end(), column) != columns.end(); };
  if (!has(kTime) || !(has(kClose) || has(kAdjusted))) {
    return absl::DataLossError("line 1: no column is called date (or time) and close");
  }

  std::vector<Bar> bars;
  std::vector<CorporateAction> actions;
  while (lines.Next(&line)) {
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    // Lines with quotes are rare; the others are split without copying.
    std::vector<std::string> copies;
    std::vector<std::string_view> fields;
    if (line.find('"') == std::string_view::npos) {
      fields = absl::StrSplit(line, separator);
    } else {
      copies = SplitCsvLine(line, separator);
      fields.assign(copies.begin(), copies.end());
    }
    std::optional<int64_t> time;
    double values[kColumns];
    std::fill(std::begin(values), std::end(values), kNan);
    for (size_t i = 0; i < std::min(fields.size(), columns.size()); ++i) {
      if (columns[i] < 0) continue;
      if (columns[i] == kTime) {
        time = ParseTime(fields[i], zone);
        continue;
      }
      const std::optional<double> value = Number(fields[i]);
      if (!value.has_value()) {
        return absl::DataLossError(
            absl::StrCat("line ", lines.number(), ": \"", fields[i].substr(0, 40), "\" is not a number"));
      }
      values[columns[i]] = *value;
    }
    if (!time.has_value()) return absl::DataLossError(absl::StrCat("line ", lines.number(), ": no date or time"));
    double close = values[kClose];
    const double factor = values[kAdjusted] / close;
    if (std::isnan(close)) close = values[kAdjusted];
    if (std::isnan(close)) continue;  // nothing was traded
    Bar bar{*time, std::isnan(values[kOpen]) ? close : values[kOpen], values[kHigh], values[kLow],
            close, std::isnan(values[kVolume]) ? 0 : values[kVolume]};
    if (std::isnan(bar.high)) bar.high = std::max(bar.open, close);
    if (std::isnan(bar.low)) bar.low = std::min(bar.open, close);
    if (std::isfinite(factor) && factor > 0) {
      for (double* price : {&bar.open, &bar.high, &bar.low, &bar.close}) *price *= factor;
    }
    bars.push_back(bar);
    AddAction(*time, values[kSplit], values[kDividend], &actions);
  }
  // An adjusted close has them in it already.
  return ValidateAdjusted(wanted, std::move(bars), std::move(actions), has(kAdjusted), zone);
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) {
    const std::string message = absl::StrCat("cannot read ", path, ": ", strerror(errno));
    return errno == ENOENT ? absl::NotFoundError(message) : absl::FailedPreconditionError(message);
  }
  const std::streamoff size = file.tellg();
  if (size < 0) return absl::FailedPreconditionError(absl::StrCat("cannot read ", path, ": is it a folder?"));
  if (static_cast<uint64_t>(size) > max_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(path, " is larger than ", max_bytes, " bytes"));
  }
  std::string text(static_cast<size_t>(size), '\0');
  file.seekg(0);
  file.read(text.data(), size);
  if (!file) return absl::FailedPreconditionError(absl::StrCat("cannot read ", path));
  return text;
}

absl::StatusOr<Fetched> CsvSource::Fetch(const Instrument& wanted) {
  if (wanted.symbol.find('/') != std::string::npos || wanted.symbol.starts_with(".")) {
    return absl::NotFoundError(absl::StrCat("\"", wanted.symbol, "\" cannot be the name of a file"));
  }
  const std::string path = absl::StrCat(folder_, "/", wanted.symbol, ".csv");
  absl::StatusOr<std::string> text = ReadFile(path, kMaxFile);
  if (!text.ok()) return text.status();
  absl::StatusOr<Fetched> fetched = ParseCsvQuotes(*text, wanted, zone_);
  if (!fetched.ok()) return absl::Status(fetched.status().code(), absl::StrCat(path, ": ", fetched.status().message()));
  return fetched;
}

}  // namespace vrcharts::quotes
