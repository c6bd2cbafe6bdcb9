// Whatever a portfolio file holds: no crash, and lots that can be counted.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "vrcharts/portfolio/reader.h"

namespace {

using vrcharts::portfolio::Portfolio;

void Check(const absl::StatusOr<Portfolio>& portfolio) {
  if (!portfolio.ok()) return;
  (void)vrcharts::portfolio::CommonCurrency(*portfolio);
  const std::vector<vrcharts::quotes::CorporateAction> splits = {{0, 4, 0}, {1800000000, 0.1, 0}};
  for (const auto& item : portfolio->items) {
    if (item.instrument.symbol.empty()) std::abort();
    for (size_t i = 0; i < item.lots.size(); ++i) {
      const auto& lot = item.lots[i];
      if (!std::isfinite(lot.quantity) || lot.quantity == 0 || !(lot.price >= 0) || !(lot.fees >= 0)) std::abort();
      if (i > 0 && item.lots[i - 1].time > lot.time) std::abort();
    }
    if (CurrentHolding(AfterSplits(item, splits)).quantity < 0) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Check(vrcharts::portfolio::ParseCsvPortfolio(text));
  Check(vrcharts::portfolio::ParseJsonPortfolio(text));
  return 0;
}
