#ifndef VRCHARTS_QUOTES_SOURCE_H_
#define VRCHARTS_QUOTES_SOURCE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "vrcharts/quotes/adjust.h"
#include "vrcharts/quotes/series.h"

namespace vrcharts::quotes {

// What a source gave for one symbol.
struct Fetched {
  Instrument instrument;  // the wanted one, with what the source knows beside (name, currency)
  SeriesPtr series;       // never null; may be empty
  std::string warning;    // bars that had to be dropped and why, in one line; empty if all was well
  // Splits that the prices are adjusted for, by whomsoever: shares bought before one have become more. At midnight UTC
  // of their date.
  std::vector<CorporateAction> splits;
};

// Where prices come from. Implementations are thread-safe: several workers fetch different symbols at once.
class Source {
 public:
  virtual ~Source() = default;

  // Blocks, but not for ever: every implementation has its own deadline. Errors that may go away by themselves
  // (unreachable, busy, 5xx, 429) are Unavailable, DeadlineExceeded or ResourceExhausted; any other one is final until
  // the next refresh: NotFound for an unknown symbol, PermissionDenied for a bad key, DataLoss for an answer that is no
  // quotes.
  virtual absl::StatusOr<Fetched> Fetch(const Instrument& wanted) = 0;

  // Files and the sample do not change by themselves.
  virtual bool refreshes() const { return false; }
  // Whether it needs a network: such sources are not asked when offline.
  virtual bool remote() const { return false; }
  // Whose calendar its series follow where the instrument names none; empty: not known.
  virtual std::string exchange() const { return ""; }
  // Least time between the starts of two fetches from this source.
  virtual absl::Duration spacing() const { return absl::ZeroDuration(); }
};

// How long the service wants to be left alone, as it said with this error (HTTP's Retry-After); zero if it did not say.
absl::Duration RetryAfter(const absl::Status& status);
absl::Status WithRetryAfter(absl::Status status, absl::Duration pause);

// quotes/sample.h as a source.
class SampleSource : public Source {
 public:
  absl::StatusOr<Fetched> Fetch(const Instrument& wanted) override;
};

}  // namespace vrcharts::quotes

#endif  // VRCHARTS_QUOTES_SOURCE_H_
