#include "vrcharts/quotes/source.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "vrcharts/quotes/sample.h"

namespace vrcharts::quotes {

namespace {

constexpr char kRetryAfter[] = "vrcharts/retry-after";

}  // namespace

absl::Duration RetryAfter(const absl::Status& status) {
  const std::optional<absl::Cord> payload = status.GetPayload(kRetryAfter);
  absl::Duration pause;
  if (!payload.has_value() || !absl::ParseDuration(std::string(*payload), &pause)) return absl::ZeroDuration();
  return std::max(pause, absl::ZeroDuration());
}

absl::Status WithRetryAfter(absl::Status status, absl::Duration pause) {
  if (pause > absl::ZeroDuration()) status.SetPayload(kRetryAfter, absl::Cord(absl::FormatDuration(pause)));
  return status;
}

absl::StatusOr<Fetched> SampleSource::Fetch(const Instrument& wanted) {
  for (const SampleCompany& company : SampleCompanies()) {
    if (company.instrument.symbol != wanted.symbol) continue;
    return Fetched{company.instrument, std::make_shared<Series>(SampleBars(company)), ""};
  }
  return absl::NotFoundError(absl::StrCat("the bundled sample has no symbol ", wanted.symbol));
}

}  // namespace vrcharts::quotes
