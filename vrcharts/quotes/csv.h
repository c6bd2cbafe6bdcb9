#ifndef VRCHARTS_QUOTES_CSV_H_
#define VRCHARTS_QUOTES_CSV_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "vrcharts/quotes/source.h"

namespace vrcharts::quotes {

// The fields of one line; the separator is ',', ';' or tab. Double quotes protect separators, "" is a quote.
std::vector<std::string> SplitCsvLine(std::string_view line, char separator);

// The separator that a header line uses.
char CsvSeparator(std::string_view header);

// Prices as most sites export them: a header line with the columns date (or time, timestamp), open, high, low, close
// (or price), adj close, volume in any order and case; only time and close must be there. Fails with DataLoss, naming
// the line, if the header is no such thing or a line has no time or number where one should be.
absl::StatusOr<Fetched> ParseCsvQuotes(std::string_view text, const Instrument& wanted, absl::TimeZone zone);

// A folder of files SYMBOL.csv.
class CsvSource : public Source {
 public:
  CsvSource(std::string folder, absl::TimeZone zone) : folder_(std::move(folder)), zone_(zone) {}
  absl::StatusOr<Fetched> Fetch(const Instrument& wanted) override;
  bool refreshes() const override { return true; }

 private:
  const std::string folder_;
  const absl::TimeZone zone_;
};

// The whole file. Fails with NotFound or with what the system says, naming the file.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes);

}  // namespace vrcharts::quotes

#endif  // VRCHARTS_QUOTES_CSV_H_
