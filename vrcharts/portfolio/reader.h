#ifndef VRCHARTS_PORTFOLIO_READER_H_
#define VRCHARTS_PORTFOLIO_READER_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "vrcharts/portfolio/portfolio.h"

namespace vrcharts::portfolio {

// Reads holdings and watch list from a file: JSON if it begins with '{', CSV otherwise. Fails with NotFound if the file
// is not there and InvalidArgument, naming file and line or entry, if it is wrong.
//
// CSV: a header line, then a line for each lot; lines of one symbol make one item, a line without quantity puts the
// symbol on the watch list. Columns in any order: symbol, name, currency, sector, exchange (whose calendar it follows),
// quantity (negative: sold), price, date, fees.
//
//   symbol,name,currency,sector,exchange,quantity,price,date
//   7203.T,トヨタ自動車,JPY,Consumer,TSE,200,2150,2025-04-11
//   AAPL,Apple,USD,Technology,NYSE,,,
//
// JSON; a rate is a number, or the symbol whose prices are its history:
//
//   {"name": "Mine", "currency": "USD", "rates": {"JPY": 0.0066, "EUR": "EURUSD"},
//    "items": [{"symbol": "7203.T", "name": "..", "currency": "JPY", "sector": "..", "exchange": "TSE",
//               "lots": [{"quantity": 200, "price": 2150, "date": "2025-04-11", "fees": 5}]}]}
absl::StatusOr<Portfolio> ReadPortfolio(const std::string& path);

absl::StatusOr<Portfolio> ParseCsvPortfolio(std::string_view text);
absl::StatusOr<Portfolio> ParseJsonPortfolio(std::string_view text);

}  // namespace vrcharts::portfolio

#endif  // VRCHARTS_PORTFOLIO_READER_H_
