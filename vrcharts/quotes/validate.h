#ifndef VRCHARTS_QUOTES_VALIDATE_H_
#define VRCHARTS_QUOTES_VALIDATE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "vrcharts/quotes/adjust.h"
#include "vrcharts/quotes/source.h"

namespace vrcharts::quotes {

struct ValidateOptions {
  // Prices of 0 and below are errors; metrics may have any sign.
  bool prices = true;
  // Where the exchange is: the date of a daily bar is the one in this zone.
  absl::TimeZone zone = absl::UTCTimeZone();
};

// Turns what a source sent into a Series, and says in Fetched::warning what had to be dropped or put right, as in "3 of
// 250 bars dropped: 2 with a price that is not a number, 1 duplicate".
//
// Bars with NaN or infinite values, prices <= 0 or beyond 1e12, times outside of 1900..2200, or open or close outside
// of low..high are dropped. Bars out of order are sorted; of several with one time the last counts. Bars a day or more
// apart are put on midnight UTC of their date, unless they are there already. Fails with DataLoss if nothing is left of
// a non-empty answer.
absl::StatusOr<Fetched> Validate(Instrument instrument, std::vector<Bar> bars, const ValidateOptions& options);

// Adds what a bar says of a split and a dividend, if it says anything; NaN and 0 are nothing.
void AddAction(int64_t time, double split, double dividend, std::vector<CorporateAction>* actions);

// Validate() for prices as they were traded, adjusted for what happened to the shares; or for prices that have been
// `adjusted` before. Either way Fetched::splits says which splits there were.
absl::StatusOr<Fetched> ValidateAdjusted(Instrument instrument, std::vector<Bar> bars,
                                         std::vector<CorporateAction> actions, bool adjusted, absl::TimeZone zone);

// The splits among the actions, each at midnight UTC of its date in `zone`, oldest first.
std::vector<CorporateAction> SplitsOf(const std::vector<CorporateAction>& actions, absl::TimeZone zone);

}  // namespace vrcharts::quotes

#endif  // VRCHARTS_QUOTES_VALIDATE_H_
