#ifndef VRCHARTS_QUOTES_SOURCES_H_
#define VRCHARTS_QUOTES_SOURCES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "vrcharts/options/options.pb.h"
#include "vrcharts/quotes/calendar.h"
#include "vrcharts/quotes/source.h"

namespace vrcharts::quotes {

// All sources of the options, several at once: which one a symbol's prices come from.
//
// In this order: the web source that names the symbol; --quotes, if it has a file for the symbol; the first web source
// that names no symbols; --quotes; and the bundled sample if there is nothing else. Queries (--query) come from
// --prometheus.
class Sources {
 public:
  // Fails with InvalidArgument or NotFound, naming the option, if one of them cannot work.
  static absl::StatusOr<Sources> Create(const options::Options& options);

  std::shared_ptr<Source> For(const std::string& symbol) const;
  // Null without --prometheus.
  const std::shared_ptr<Source>& prometheus() const { return prometheus_; }
  // The calendar of a symbol's prices: that of its exchange, else that of its source, else --calendar; null if none is
  // known. Fails with InvalidArgument if there is no such exchange.
  absl::StatusOr<CalendarPtr> CalendarOf(const Instrument& instrument, const Source& source);
  bool only_sample() const { return csv_ == nullptr && general_ == nullptr && named_.empty(); }

 private:
  absl::flat_hash_map<std::string, std::shared_ptr<Source>> named_;
  std::shared_ptr<Source> general_, csv_, prometheus_, sample_;
  std::string folder_;
  Calendars calendars_;
  std::string default_exchange_;
};

}  // namespace vrcharts::quotes

#endif  // VRCHARTS_QUOTES_SOURCES_H_
