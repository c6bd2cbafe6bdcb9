#include "vrcharts/portfolio/reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "vrcharts/quotes/csv.h"
#include "vrcharts/quotes/json_document.h"
#include "vrcharts/quotes/times.h"

namespace vrcharts::portfolio {
namespace {

constexpr size_t kMaxFile = 16 << 20;
constexpr size_t kMaxItems = 10000;
constexpr double kLargest = 1e12;  // shares, and a price: as for quotes

// A lot as text, before it is checked; shared by both formats.
struct RawLot {
  std::string quantity, price, date, fees;
};

std::optional<double> Number(std::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  double value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

absl::StatusOr<Lot> ToLot(const RawLot& raw) {
  Lot lot;
  const auto read = [](const std::string& text, const char* what, double* to) -> absl::Status {
    const std::optional<double> value = Number(text);
    if (!value.has_value()) return absl::InvalidArgumentError(absl::StrCat(what, " \"", text, "\" is not a number"));
    *to = *value;
    return absl::OkStatus();
  };
  if (absl::Status status = read(raw.quantity, "quantity", &lot.quantity); !status.ok()) return status;
  if (absl::Status status = read(raw.price, "price", &lot.price); !status.ok()) return status;
  if (!raw.fees.empty()) {
    if (absl::Status status = read(raw.fees, "fees", &lot.fees); !status.ok()) return status;
  }
  if (std::abs(lot.quantity) > kLargest || lot.price > kLargest || lot.fees > kLargest) {
    return absl::InvalidArgumentError("quantity, price and fees must not be beyond 1e12");
  }
  if (lot.quantity == 0) return absl::InvalidArgumentError("quantity is 0; leave it empty to watch a symbol");
  if (lot.price < 0 || lot.fees < 0) return absl::InvalidArgumentError("price and fees must not be negative");
  if (!raw.date.empty()) {
    const std::optional<int64_t> time = quotes::ParseTime(raw.date, absl::UTCTimeZone());
    if (!time.has_value()) return absl::InvalidArgumentError(absl::StrCat("date \"", raw.date, "\" is not a date"));
    lot.time = *time;
  }
  return lot;
}

void SortLots(Portfolio* portfolio) {
  for (Item& item : portfolio->items) {
    std::stable_sort(item.lots.begin(), item.lots.end(), [](const Lot& a, const Lot& b) { return a.time < b.time; });
  }
}

absl::Status CheckSymbol(std::string_view symbol) {
  if (symbol.empty()) return absl::InvalidArgumentError("no symbol");
  if (symbol.size() > 200) return absl::InvalidArgumentError("a symbol longer than 200 bytes");
  return absl::OkStatus();
}

std::string Text(const quotes::JsonDocument::Value& value) {
  if (!value.exists()) return "";
  if (value.kind() == quotes::JsonDocument::Kind::kNumber) return absl::StrFormat("%.17g", *value.number());
  return std::string(value.string());
}

}  // namespace

absl::StatusOr<Portfolio> ParseCsvPortfolio(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (text.empty()) return absl::InvalidArgumentError("the file is empty");
  const std::vector<std::string_view> lines = absl::StrSplit(text, '\n');
  const char separator = quotes::CsvSeparator(lines[0]);
  static constexpr const char* kNames[] = {"symbol",   "name",  "currency", "sector", "exchange",
                                           "quantity", "price", "date",     "fees"};
  std::vector<int> columns;
  for (const std::string& name : quotes::SplitCsvLine(lines[0], separator)) {
    const std::string lower = absl::AsciiStrToLower(absl::StripAsciiWhitespace(name));
    const auto known = std::find(std::begin(kNames), std::end(kNames), lower);
    columns.push_back(known == std::end(kNames) ? -1 : static_cast<int>(known - std::begin(kNames)));
  }
  if (std::find(columns.begin(), columns.end(), 0) == columns.end()) {
    return absl::InvalidArgumentError("line 1: no column is called symbol");
  }
  Portfolio portfolio;
  std::map<std::string, size_t> index;
  for (size_t i = 1; i < lines.size(); ++i) {
    if (absl::StripAsciiWhitespace(lines[i]).empty()) continue;
    const auto fault = [&](std::string_view what) {
      return absl::InvalidArgumentError(absl::StrCat("line ", i + 1, ": ", what));
    };
    std::string values[std::size(kNames)];
    const std::vector<std::string> fields = quotes::SplitCsvLine(lines[i], separator);
    for (size_t f = 0; f < std::min(fields.size(), columns.size()); ++f) {
      if (columns[f] >= 0) values[columns[f]] = absl::StripAsciiWhitespace(fields[f]);
    }
    if (absl::Status status = CheckSymbol(values[0]); !status.ok()) return fault(status.message());
    const auto [it, is_new] = index.try_emplace(values[0], portfolio.items.size());
    if (is_new) portfolio.items.push_back({{values[0], values[1], values[2], values[3], values[4]}, {}});
    if (portfolio.items.size() > kMaxItems) return fault(absl::StrCat("more than ", kMaxItems, " symbols"));
    if (values[5].empty()) continue;
    absl::StatusOr<Lot> lot = ToLot({values[5], values[6], values[7], values[8]});
    if (!lot.ok()) return fault(lot.status().message());
    portfolio.items[it->second].lots.push_back(*lot);
  }
  SortLots(&portfolio);
  return portfolio;
}

absl::StatusOr<Portfolio> ParseJsonPortfolio(std::string_view text) {
  absl::StatusOr<quotes::JsonDocument> document = quotes::JsonDocument::Parse(text);
  if (!document.ok()) return absl::InvalidArgumentError(document.status().message());
  const quotes::JsonDocument::Value items = document->root().At("items");
  if (!items.is_array()) return absl::InvalidArgumentError("there is no array called \"items\"");
  if (items.size() > kMaxItems) return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxItems, " items"));
  Portfolio portfolio;
  portfolio.name = document->root().At("name").string();
  portfolio.currency = document->root().At("currency").string();
  const quotes::JsonDocument::Value rates = document->root().At("rates");
  for (auto rate = rates.first_child(); rate.exists(); rate = rate.next()) {
    if (!rate.number().has_value() && !rate.string().empty()) {
      if (absl::Status status = CheckSymbol(rate.string()); !status.ok()) return status;
      portfolio.rate_symbols[std::string(rate.key())] = rate.string();
      continue;
    }
    const double value = rate.number().value_or(0);
    if (!(value > 0) || !std::isfinite(value)) {
      return absl::InvalidArgumentError(absl::StrCat("the rate of ", rate.key(), " is not a number above 0"));
    }
    portfolio.rates[std::string(rate.key())] = value;
  }
  for (auto value = items.first_child(); value.exists(); value = value.next()) {
    const auto fault = [&](std::string_view what) {
      return absl::InvalidArgumentError(absl::StrCat("item ", portfolio.items.size() + 1, ": ", what));
    };
    Item item;
    item.instrument = {Text(value.At("symbol")), Text(value.At("name")), Text(value.At("currency")),
                       Text(value.At("sector")), Text(value.At("exchange"))};
    if (absl::Status status = CheckSymbol(item.instrument.symbol); !status.ok()) return fault(status.message());
    const quotes::JsonDocument::Value lots = value.At("lots");
    for (auto raw = lots.first_child(); raw.exists(); raw = raw.next()) {
      absl::StatusOr<Lot> lot =
          ToLot({Text(raw.At("quantity")), Text(raw.At("price")), Text(raw.At("date")), Text(raw.At("fees"))});
      if (!lot.ok()) return fault(lot.status().message());
      item.lots.push_back(*lot);
    }
    portfolio.items.push_back(std::move(item));
  }
  SortLots(&portfolio);
  return portfolio;
}

absl::StatusOr<Portfolio> ReadPortfolio(const std::string& path) {
  absl::StatusOr<std::string> text = quotes::ReadFile(path, kMaxFile);
  if (!text.ok()) return absl::Status(text.status().code(), absl::StrCat("--portfolio: ", text.status().message()));
  const std::string_view start = absl::StripLeadingAsciiWhitespace(*text);
  absl::StatusOr<Portfolio> portfolio = start.starts_with("{") ? ParseJsonPortfolio(start) : ParseCsvPortfolio(*text);
  if (!portfolio.ok()) {
    return absl::FailedPreconditionError(absl::StrCat("--portfolio: ", path, ": ", portfolio.status().message()));
  }
  if (portfolio->items.empty()) {
    return absl::FailedPreconditionError(absl::StrCat("--portfolio: ", path, " has no symbols"));
  }
  if (portfolio->name.empty()) portfolio->name = path.substr(path.rfind('/') + 1);
  return portfolio;
}

}  // namespace vrcharts::portfolio
