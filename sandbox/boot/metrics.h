// The sentry's statistics as metrics of the launcher.
#ifndef SANDBOX_BOOT_METRICS_H_
#define SANDBOX_BOOT_METRICS_H_

namespace sandbox {

// Before the sentry is made: shares its statistics with this process and has them collected when metrics are read.
// False if the host has no memory for that.
bool OfferMetrics();

}  // namespace sandbox
#endif  // SANDBOX_BOOT_METRICS_H_
