#include "vrcharts/quotes/web_source.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "vrcharts/quotes/csv.h"
#include "vrcharts/quotes/http.h"
#include "vrcharts/quotes/json_document.h"
#include "vrcharts/quotes/validate.h"

namespace vrcharts::quotes {
namespace {

constexpr size_t kMaxAnswer = 64 << 20;

absl::Duration ToAbsl(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

absl::StatusOr<std::string> ReadKey(const options::WebSource& config) {
  if (!config.key_file().empty()) {
    absl::StatusOr<std::string> key = ReadFile(config.key_file(), 64 << 10);
    if (!key.ok()) return key.status();
    return std::string(absl::StripAsciiWhitespace(*key));
  }
  if (config.key_environment().empty()) return std::string();
  const char* key = std::getenv(config.key_environment().c_str());
  if (key == nullptr || *key == '\0') {
    return absl::InvalidArgumentError(
        absl::StrCat("the environment variable ", config.key_environment(), " is not set"));
  }
  return std::string(key);
}

}  // namespace

absl::StatusOr<std::shared_ptr<WebSource>> WebSource::Create(const options::WebSource& config) {
  const auto fault = [&](std::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("source \"", config.name(), "\": ", what));
  };
  std::shared_ptr<WebSource> source(new WebSource);
  if (!config.url().starts_with("https://") && !config.url().starts_with("http://")) {
    return fault("its url must begin with https:// or http://");
  }
  if (config.url().find("{symbol}") == std::string::npos) return fault("its url has no {symbol} in it");
  if (config.mapping().shape() == options::JSON_SHAPE_UNSPECIFIED && config.mapping().close().empty()) {
    return fault("its mapping has neither a shape nor a path for close");
  }
  absl::StatusOr<std::string> key = ReadKey(config);
  if (!key.ok()) return fault(key.status().message());
  source->zone_ = absl::UTCTimeZone();
  if (!config.time_zone().empty() && !absl::LoadTimeZone(config.time_zone(), &source->zone_)) {
    return fault(absl::StrCat("there is no time zone called \"", config.time_zone(), "\""));
  }
  source->config_ = config;
  source->paths_ = PathsOf(config.mapping());
  source->key_ = *std::move(key);
  source->timeout_ = config.has_timeout() ? ToAbsl(config.timeout()) : absl::Seconds(20);
  if (config.requests_per_minute() > 0) source->spacing_ = absl::Minutes(1) / config.requests_per_minute();
  return source;
}

absl::StatusOr<Fetched> WebSource::Fetch(const Instrument& wanted) {
  HttpRequest request;
  const auto fill_in = [&](const std::string& text, bool escape) {
    return absl::StrReplaceAll(text, {{"{symbol}", escape ? UrlEscape(wanted.symbol) : wanted.symbol},
                                      {"{key}", escape ? UrlEscape(key_) : key_}});
  };
  request.url = fill_in(config_.url(), true);
  for (const std::string& header : config_.header()) request.headers.push_back(fill_in(header, false));
  request.timeout = timeout_;
  request.max_bytes = kMaxAnswer;
  request.ca_file = config_.ca_file();
  absl::StatusOr<std::string> body = HttpGet(request);
  if (!body.ok()) return body.status();
  absl::StatusOr<Fetched> fetched = ParseJsonQuotes(*body, paths_, wanted, zone_);
  if (fetched.ok()) return fetched;
  return absl::Status(fetched.status().code(),
                      absl::StrCat(WithoutSecrets(request.url), ": ", fetched.status().message()));
}

absl::StatusOr<Fetched> PrometheusSource::Fetch(const Instrument& wanted) {
  const int64_t step = std::max<int64_t>(1, absl::ToInt64Seconds(range_) / 1000);
  const int64_t end = absl::ToUnixSeconds(absl::Now()) / step * step;
  HttpRequest request;
  request.url =
      absl::StrCat(url_, absl::EndsWith(url_, "/") ? "" : "/", "api/v1/query_range?query=", UrlEscape(wanted.symbol),
                   "&start=", end - absl::ToInt64Seconds(range_), "&end=", end, "&step=", step);
  absl::StatusOr<std::string> body = HttpGet(request);
  // Prometheus answers a bad query with 400 and says why in the body, which is gone here; the expression helps.
  if (absl::IsFailedPrecondition(body.status())) {
    return absl::InvalidArgumentError(absl::StrCat(body.status().message(), " to the query ", wanted.symbol));
  }
  if (!body.ok()) return body.status();
  return ParsePrometheus(*body, wanted);
}

absl::StatusOr<Fetched> ParsePrometheus(std::string_view body, const Instrument& wanted) {
  absl::StatusOr<JsonDocument> document = JsonDocument::Parse(body);
  if (!document.ok()) return document.status();
  const JsonDocument::Value root = document->root();
  if (root.At("status").string() != "success") {
    return absl::DataLossError(absl::StrCat("Prometheus says: ", root.At("error").string().substr(0, 200)));
  }
  const JsonDocument::Value results = root.At("data.result");
  if (!results.is_array()) return absl::DataLossError("no \"data.result\" in the answer of Prometheus");
  if (results.size() == 0) return absl::NotFoundError("no metric matches");
  const JsonDocument::Value first = results.first_child();

  Instrument instrument = wanted;
  if (instrument.name.empty()) {
    const JsonDocument::Value metric = first.At("metric");
    for (auto label = metric.first_child(); label.exists() && instrument.name.size() < 120; label = label.next()) {
      if (label.key() == "__name__") continue;
      absl::StrAppend(&instrument.name, instrument.name.empty() ? "" : " ", label.key(), "=",
                      label.string().substr(0, 60));
    }
  }
  std::vector<Bar> bars;
  const JsonDocument::Value values = first.At("values");
  for (auto sample = values.first_child(); sample.exists(); sample = sample.next()) {
    const std::optional<double> time = sample.At("0").number(), value = sample.At("1").number();
    if (!time.has_value() || !value.has_value() || !std::isfinite(*time)) continue;
    if (std::isnan(*value)) continue;  // how PromQL says "no value"
    bars.push_back({static_cast<int64_t>(std::clamp(*time, -1e15, 1e15)), *value, *value, *value, *value, 0});
  }
  absl::StatusOr<Fetched> fetched = Validate(std::move(instrument), std::move(bars), {.prices = false});
  if (fetched.ok() && results.size() > 1) {
    absl::StrAppend(&fetched->warning, fetched->warning.empty() ? "" : "; ", "the first of ", results.size(),
                    " series");
  }
  return fetched;
}

}  // namespace vrcharts::quotes
