#include "vrcharts/quotes/sources.h"

#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "vrcharts/quotes/csv.h"
#include "vrcharts/quotes/web_source.h"

namespace vrcharts::quotes {

absl::StatusOr<Sources> Sources::Create(const options::Options& options) {
  Sources sources;
  sources.sample_ = std::make_shared<SampleSource>();
  absl::StatusOr<Calendars> calendars = Calendars::Create(options);
  if (!calendars.ok()) return calendars.status();
  sources.calendars_ = *std::move(calendars);
  sources.default_exchange_ = options.calendar();
  const absl::StatusOr<CalendarPtr> common = sources.calendars_.Find(options.calendar());
  if (!common.ok()) return absl::InvalidArgumentError(absl::StrCat("--calendar: ", common.status().message()));
  for (options::WebSource config : options.source()) {
    const absl::StatusOr<CalendarPtr> calendar = sources.calendars_.Find(config.exchange());
    if (!calendar.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("source \"", config.name(), "\": ", calendar.status().message()));
    }
    if (*calendar != nullptr && config.time_zone().empty()) config.set_time_zone((*calendar)->zone().name());
    absl::StatusOr<std::shared_ptr<WebSource>> source = WebSource::Create(config);
    if (!source.ok()) return source.status();
    for (const std::string& symbol : config.symbol()) sources.named_[symbol] = *source;
    if (config.symbol().empty() && sources.general_ == nullptr) sources.general_ = *source;
  }
  if (!options.quotes().empty()) {
    struct stat info;
    if (stat(options.quotes().c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
      return absl::NotFoundError(absl::StrCat("--quotes: there is no folder ", options.quotes()));
    }
    sources.folder_ = options.quotes();
    sources.csv_ =
        std::make_shared<CsvSource>(options.quotes(), *common == nullptr ? absl::UTCTimeZone() : (*common)->zone());
  }
  if (!options.prometheus().empty()) {
    if (!options.prometheus().starts_with("http://") && !options.prometheus().starts_with("https://")) {
      return absl::InvalidArgumentError(
          absl::StrCat("--prometheus: \"", options.prometheus(), "\" does not begin with http:// or https://"));
    }
    const int64_t seconds = options.prometheus_range().seconds();
    sources.prometheus_ = std::make_shared<PrometheusSource>(options.prometheus(),
                                                             seconds > 0 ? absl::Seconds(seconds) : absl::Hours(24));
  } else if (!options.query().empty()) {
    return absl::InvalidArgumentError("--query needs --prometheus, the server to ask");
  }
  return sources;
}

std::shared_ptr<Source> Sources::For(const std::string& symbol) const {
  if (const auto it = named_.find(symbol); it != named_.end()) return it->second;
  if (csv_ != nullptr) {
    struct stat info;
    if (stat(absl::StrCat(folder_, "/", symbol, ".csv").c_str(), &info) == 0) return csv_;
  }
  if (general_ != nullptr) return general_;
  return csv_ != nullptr ? csv_ : sample_;
}

absl::StatusOr<CalendarPtr> Sources::CalendarOf(const Instrument& instrument, const Source& source) {
  for (const std::string& name : {instrument.exchange, source.exchange()}) {
    if (name.empty()) continue;
    absl::StatusOr<CalendarPtr> calendar = calendars_.Find(name);
    if (calendar.ok()) return calendar;
    return absl::InvalidArgumentError(absl::StrCat(instrument.symbol, ": ", calendar.status().message()));
  }
  return calendars_.Find(default_exchange_);
}

}  // namespace vrcharts::quotes
