#include "vrcharts/quotes/source.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "vrcharts/quotes/sample.h"

namespace vrcharts::quotes {

absl::StatusOr<Fetched> SampleSource::Fetch(const Instrument& wanted) {
  for (const SampleCompany& company : SampleCompanies()) {
    if (company.instrument.symbol != wanted.symbol) continue;
    return Fetched{company.instrument, std::make_shared<Series>(SampleBars(company)), ""};
  }
  return absl::NotFoundError(absl::StrCat("the bundled sample has no symbol ", wanted.symbol));
}

}  // namespace vrcharts::quotes
