#include "migrate/throttle/http_check.h"

#include <curl/curl.h>

#include <memory>
#include <mutex>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace migrate::throttle {

absl::StatusOr<int> HttpStatus(const std::string& url, absl::Duration timeout) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  if (curl == nullptr) return absl::ResourceExhaustedError("curl: out of memory");
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_NOBODY, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(timeout)));  // NOLINT
  const CURLcode result = curl_easy_perform(curl.get());
  if (result == CURLE_UNSUPPORTED_PROTOCOL || result == CURLE_URL_MALFORMAT) {
    return absl::InvalidArgumentError(absl::StrCat(url, ": ", curl_easy_strerror(result)));
  }
  if (result != CURLE_OK) return absl::UnavailableError(absl::StrCat(url, ": ", curl_easy_strerror(result)));
  long code = 0;  // NOLINT(runtime/int): the library's type
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &code);
  return static_cast<int>(code);
}

}  // namespace migrate::throttle
