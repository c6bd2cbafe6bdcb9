#ifndef VRCHARTS_QUOTES_HTTP_H_
#define VRCHARTS_QUOTES_HTTP_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace vrcharts::quotes {

struct HttpRequest {
  std::string url;                             // http or https
  std::vector<std::string> headers;            // "Name: value"
  absl::Duration timeout = absl::Seconds(20);  // for all of it
  size_t max_bytes = 64 << 20;                 // of the body, after decompression
  std::string ca_file;                         // certificates to trust instead of the system's; empty: the system's
};

// GETs a body. Follows up to five redirects, never away from https. Errors name the host and the path, never the query
// or the headers, which may hold a key:
//   Unavailable        no connection, 5xx, cut off
//   DeadlineExceeded   timeout
//   ResourceExhausted  429, or more than max_bytes
//   PermissionDenied   401, 403
//   NotFound           404, 410
//   FailedPrecondition any other status, certificate not trusted
// Thread-safe.
absl::StatusOr<std::string> HttpGet(const HttpRequest& request);

// Percent-encodes everything but letters, digits and -._~
std::string UrlEscape(std::string_view text);

// "https://host/path" of a URL, without user, password and query.
std::string WithoutSecrets(std::string_view url);

}  // namespace vrcharts::quotes

#endif  // VRCHARTS_QUOTES_HTTP_H_
