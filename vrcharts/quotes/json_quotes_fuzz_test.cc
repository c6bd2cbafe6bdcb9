// Whatever a web service sends: no crash, and what comes out keeps the promises of a Series.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "vrcharts/quotes/cache.h"
#include "vrcharts/quotes/csv.h"
#include "vrcharts/quotes/json_quotes.h"
#include "vrcharts/quotes/web_source.h"

namespace {

using vrcharts::quotes::Fetched;

void Check(const absl::StatusOr<Fetched>& fetched) {
  if (!fetched.ok()) return;
  if (fetched->series == nullptr || !vrcharts::quotes::Series::Check(fetched->series->bars()).ok()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (int shape = 1; shape < vrcharts::options::JsonShape_ARRAYSIZE; ++shape) {
    vrcharts::options::JsonMapping mapping;
    mapping.set_shape(static_cast<vrcharts::options::JsonShape>(shape));
    Check(vrcharts::quotes::ParseJsonQuotes(body, vrcharts::quotes::PathsOf(mapping), {}, absl::UTCTimeZone()));
  }
  Check(vrcharts::quotes::ParsePrometheus(body, {}));
  Check(vrcharts::quotes::ParseCsvQuotes(body, {}, absl::UTCTimeZone()));
  (void)vrcharts::quotes::DecodeCacheFile(body);
  return 0;
}
