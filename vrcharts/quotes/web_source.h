#ifndef VRCHARTS_QUOTES_WEB_SOURCE_H_
#define VRCHARTS_QUOTES_WEB_SOURCE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "vrcharts/options/options.pb.h"
#include "vrcharts/quotes/json_quotes.h"
#include "vrcharts/quotes/source.h"

namespace vrcharts::quotes {

// A web service that answers one GET a symbol with JSON; see options.proto's WebSource.
class WebSource : public Source {
 public:
  // Reads the key from its file or environment variable. Fails with InvalidArgument, naming the source and what is
  // wrong: no url, a key that is not there, an unknown time zone.
  static absl::StatusOr<std::shared_ptr<WebSource>> Create(const options::WebSource& config);

  absl::StatusOr<Fetched> Fetch(const Instrument& wanted) override;
  bool refreshes() const override { return true; }
  bool remote() const override { return true; }
  std::string exchange() const override { return config_.exchange(); }
  absl::Duration spacing() const override { return spacing_; }

 private:
  WebSource() = default;

  options::WebSource config_;
  JsonPaths paths_;
  std::string key_;
  absl::TimeZone zone_;
  absl::Duration spacing_, timeout_;
};

// A Prometheus server: a symbol is a PromQL expression, its series the last `range` of it in about 1000 steps. Of an
// expression that gives several series the first is shown, and the warning says how many there are.
class PrometheusSource : public Source {
 public:
  PrometheusSource(std::string url, absl::Duration range) : url_(std::move(url)), range_(range) {}

  absl::StatusOr<Fetched> Fetch(const Instrument& wanted) override;
  bool refreshes() const override { return true; }
  bool remote() const override { return true; }
  std::string exchange() const override { return "24/7"; }

 private:
  const std::string url_;
  const absl::Duration range_;
};

// The answer of /api/v1/query_range as a series; the instrument's name becomes the labels of the metric.
absl::StatusOr<Fetched> ParsePrometheus(std::string_view body, const Instrument& wanted);

}  // namespace vrcharts::quotes

#endif  // VRCHARTS_QUOTES_WEB_SOURCE_H_
