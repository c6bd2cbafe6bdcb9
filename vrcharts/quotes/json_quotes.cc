#include "vrcharts/quotes/json_quotes.h"

#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "vrcharts/quotes/json_document.h"
#include "vrcharts/quotes/times.h"
#include "vrcharts/quotes/validate.h"

namespace vrcharts::quotes {
namespace {

using Value = JsonDocument::Value;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// What stands for a bar before it is one: absent values are NaN.
struct RawBar {
  std::optional<int64_t> time;
  double open = kNan, high = kNan, low = kNan, close = kNan, adjusted = kNan, volume = kNan;
  double split = kNan, dividend = kNan;
};

struct Field {
  const std::string JsonPaths::*path;
  double RawBar::*value;
};
constexpr std::array<Field, 8> kFields = {{{&JsonPaths::open, &RawBar::open},
                                           {&JsonPaths::high, &RawBar::high},
                                           {&JsonPaths::low, &RawBar::low},
                                           {&JsonPaths::close, &RawBar::close},
                                           {&JsonPaths::adjusted_close, &RawBar::adjusted},
                                           {&JsonPaths::volume, &RawBar::volume},
                                           {&JsonPaths::split, &RawBar::split},
                                           {&JsonPaths::dividend, &RawBar::dividend}}};

std::optional<int64_t> TimeOf(const Value& value, absl::TimeZone zone) {
  if (!value.exists()) return std::nullopt;
  if (value.kind() == JsonDocument::Kind::kNumber) return UnixTime(*value.number());
  return ParseTime(value.string(), zone);
}

// Adjusts for splits and dividends and fills in what the service left out; nullopt for gaps.
std::optional<Bar> Finish(const RawBar& raw) {
  if (!raw.time.has_value() || (std::isnan(raw.close) && std::isnan(raw.adjusted))) return std::nullopt;
  Bar bar;
  bar.time = *raw.time;
  bar.close = std::isnan(raw.close) ? raw.adjusted : raw.close;
  bar.open = std::isnan(raw.open) ? bar.close : raw.open;
  bar.high = std::isnan(raw.high) ? std::max(bar.open, bar.close) : raw.high;
  bar.low = std::isnan(raw.low) ? std::min(bar.open, bar.close) : raw.low;
  bar.volume = std::isnan(raw.volume) ? 0 : raw.volume;
  const double factor = raw.adjusted / raw.close;
  if (std::isfinite(factor) && factor > 0) {
    for (double* price : {&bar.open, &bar.high, &bar.low, &bar.close}) *price *= factor;
  }
  return bar;
}

void ReadRow(const Value& row, const JsonPaths& paths, RawBar* out) {
  for (const Field& field : kFields) {
    const std::string& path = paths.*field.path;
    if (!path.empty()) out->*field.value = row.At(path).number().value_or(kNan);
  }
}

std::vector<RawBar> ReadRows(const Value& bars, const JsonPaths& paths, absl::TimeZone zone) {
  std::vector<RawBar> out;
  out.reserve(bars.size());
  const bool keyed = bars.is_object();
  for (Value row = bars.first_child(); row.exists(); row = row.next()) {
    RawBar raw;
    raw.time = keyed ? ParseTime(row.key(), zone) : TimeOf(row.At(paths.time), zone);
    ReadRow(row, paths, &raw);
    out.push_back(raw);
  }
  return out;
}

absl::StatusOr<std::vector<RawBar>> ReadColumns(const Value& bars, const JsonPaths& paths, absl::TimeZone zone) {
  const Value times = bars.At(paths.time);
  std::vector<RawBar> out(times.size());
  size_t i = 0;
  for (Value time = times.first_child(); time.exists(); time = time.next()) out[i++].time = TimeOf(time, zone);
  for (const Field& field : kFields) {
    const std::string& path = paths.*field.path;
    if (path.empty()) continue;
    const Value column = bars.At(path);
    if (!column.exists()) continue;
    if (!column.is_array() || column.size() != out.size()) {
      return absl::DataLossError(
          absl::StrCat("\"", path, "\" has ", column.size(), " values for ", out.size(), " times"));
    }
    i = 0;
    for (Value value = column.first_child(); value.exists(); value = value.next()) {
      out[i++].*field.value = value.number().value_or(kNan);
    }
  }
  return out;
}

// What a service lists apart from the bars: an array, or an object with an entry for each split.
std::vector<CorporateAction> ListedSplits(const Value& root, const JsonPaths& paths, absl::TimeZone zone) {
  std::vector<CorporateAction> splits;
  if (paths.splits.empty()) return splits;
  const Value list = root.At(paths.splits);
  for (Value entry = list.first_child(); entry.exists(); entry = entry.next()) {
    const std::optional<int64_t> time = TimeOf(entry.At(paths.splits_time), zone);
    const double after = entry.At(paths.splits_new).number().value_or(kNan);
    const double before = paths.splits_old.empty() ? 1 : entry.At(paths.splits_old).number().value_or(kNan);
    if (time.has_value()) AddAction(*time, after / before, kNan, &splits);
  }
  return splits;
}

}  // namespace

JsonPaths PathsOf(const options::JsonMapping& mapping) {
  JsonPaths paths;
  switch (mapping.shape()) {
    case options::JSON_SHAPE_OBJECTS:  // [{"date": "2026-10-30", "open": 1, ...}, ...]
      paths = {"", "date", "open", "high", "low", "close", "", "volume", "", "", "error"};
      break;
    case options::JSON_SHAPE_COLUMNS:  // {"t": [...], "o": [...], "h": [...], "l": [...], "c": [...], "v": [...]}
      paths = {"", "t", "o", "h", "l", "c", "", "v", "", "", "error"};
      break;
    case options::JSON_SHAPE_NESTED_COLUMNS:  // {"chart": {"result": [{"timestamp": [...], "indicators": ...}]}}
      paths = {"chart.result.0",
               "timestamp",
               "indicators.quote.0.open",
               "indicators.quote.0.high",
               "indicators.quote.0.low",
               "indicators.quote.0.close",
               "indicators.adjclose.0.adjclose",
               "indicators.quote.0.volume",
               "chart.result.0.meta.longName",
               "chart.result.0.meta.currency",
               "chart.error.description"};
      paths.splits = "chart.result.0.events.splits";
      paths.splits_time = "date";
      paths.splits_new = "numerator";
      paths.splits_old = "denominator";
      break;
    case options::JSON_SHAPE_DATE_MAP:  // {"Time Series (Daily)": {"2026-10-30": {"1. open": "1", ...}, ...}}
      paths = {"Time Series (Daily)", "", "1. open", "2. high",      "3. low", "4. close", "",
               "5. volume",           "", "",        "Error Message"};
      break;
    case options::JSON_SHAPE_ROWS:  // [[1761782400000, "1", "2", "1", "2", "100"], ...]
      paths = {"", "0", "1", "2", "3", "4", "", "5", "", "", "msg"};
      break;
    default:
      break;
  }
  const auto override_with = [](const std::string& value, std::string* path) {
    if (!value.empty()) *path = value;
  };
  override_with(mapping.bars(), &paths.bars);
  override_with(mapping.time(), &paths.time);
  override_with(mapping.open(), &paths.open);
  override_with(mapping.high(), &paths.high);
  override_with(mapping.low(), &paths.low);
  override_with(mapping.close(), &paths.close);
  override_with(mapping.adjusted_close(), &paths.adjusted_close);
  override_with(mapping.volume(), &paths.volume);
  override_with(mapping.split(), &paths.split);
  override_with(mapping.dividend(), &paths.dividend);
  override_with(mapping.splits(), &paths.splits);
  override_with(mapping.splits_time(), &paths.splits_time);
  override_with(mapping.splits_new(), &paths.splits_new);
  override_with(mapping.splits_old(), &paths.splits_old);
  override_with(mapping.name(), &paths.name);
  override_with(mapping.currency(), &paths.currency);
  override_with(mapping.error(), &paths.error);
  return paths;
}

absl::StatusOr<Fetched> ParseJsonQuotes(std::string_view body, const JsonPaths& paths, const Instrument& wanted,
                                        absl::TimeZone zone) {
  absl::StatusOr<JsonDocument> document = JsonDocument::Parse(body);
  if (!document.ok()) return document.status();
  const Value root = document->root();
  if (root.is_object() && !paths.error.empty()) {
    if (const std::string_view error = root.At(paths.error).string(); !error.empty()) {
      return absl::NotFoundError(absl::StrCat("the service says: ", error.substr(0, 200)));
    }
  }
  const Value bars = root.At(paths.bars);
  if (!bars.is_array() && !bars.is_object()) {
    return absl::DataLossError(absl::StrCat("no bars at \"", paths.bars, "\""));
  }
  const bool columns = bars.is_object() && !paths.time.empty() && bars.At(paths.time).is_array();
  absl::StatusOr<std::vector<RawBar>> raw = columns ? ReadColumns(bars, paths, zone) : ReadRows(bars, paths, zone);
  if (!raw.ok()) return raw.status();
  std::vector<Bar> finished;
  finished.reserve(raw->size());
  std::vector<CorporateAction> actions;
  bool adjusted = false;  // then splits and dividends are in the prices already
  for (const RawBar& bar : *raw) {
    const std::optional<Bar> whole = Finish(bar);
    if (!whole.has_value()) continue;
    finished.push_back(*whole);
    adjusted = adjusted || !std::isnan(bar.adjusted);
    AddAction(whole->time, bar.split, bar.dividend, &actions);
  }
  if (finished.empty() && !raw->empty()) {
    return absl::DataLossError(absl::StrCat("none of ", raw->size(), " entries has a time at \"", paths.time,
                                            "\" and a close at \"", paths.close, "\""));
  }
  Instrument instrument = wanted;
  if (instrument.name.empty() && !paths.name.empty()) instrument.name = root.At(paths.name).string().substr(0, 100);
  if (instrument.currency.empty() && !paths.currency.empty()) {
    instrument.currency = root.At(paths.currency).string().substr(0, 8);
  }
  absl::StatusOr<Fetched> fetched =
      ValidateAdjusted(std::move(instrument), std::move(finished), std::move(actions), adjusted, zone);
  if (fetched.ok() && fetched->splits.empty()) fetched->splits = SplitsOf(ListedSplits(root, paths, zone), zone);
  return fetched;
}

}  // namespace vrcharts::quotes
