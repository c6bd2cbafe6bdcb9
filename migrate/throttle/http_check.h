// Asking a URL whether to go on: --throttle-http.
#ifndef MIGRATE_THROTTLE_HTTP_CHECK_H_
#define MIGRATE_THROTTLE_HTTP_CHECK_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace migrate::throttle {

// The status code that a HEAD request gets. Unavailable if none arrives within `timeout`, with the reason;
// InvalidArgument for what is not an http or https URL. Redirects are not followed. Thread-safe.
absl::StatusOr<int> HttpStatus(const std::string& url, absl::Duration timeout);

}  // namespace migrate::throttle

#endif  // MIGRATE_THROTTLE_HTTP_CHECK_H_
