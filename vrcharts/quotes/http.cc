#include "vrcharts/quotes/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <mutex>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "vrcharts/quotes/source.h"

namespace vrcharts::quotes {
namespace {

struct Body {
  std::string text;
  size_t limit = 0;
  bool too_large = false;
};

size_t Receive(char* data, size_t size, size_t count, void* to) {
  auto* body = static_cast<Body*>(to);
  if (body->text.size() + size * count > body->limit) {
    body->too_large = true;
    return 0;  // aborts the transfer
  }
  body->text.append(data, size * count);
  return size * count;
}

absl::Status TransferError(CURLcode code, const Body& body, const HttpRequest& request) {
  const std::string where = WithoutSecrets(request.url);
  if (body.too_large) {
    return absl::ResourceExhaustedError(absl::StrCat(where, " sent more than ", request.max_bytes, " bytes"));
  }
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return absl::DeadlineExceededError(
          absl::StrCat(where, " did not answer within ", absl::FormatDuration(request.timeout)));
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return absl::FailedPreconditionError(absl::StrCat("the certificate of ", where, " is not trusted"));
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return absl::InvalidArgumentError(absl::StrCat(where, " is not a http or https URL"));
    default:
      return absl::UnavailableError(absl::StrCat(where, " cannot be reached: ", curl_easy_strerror(code)));
  }
}

absl::Status StatusError(long status, const HttpRequest& request) {
  const std::string message = absl::StrCat(WithoutSecrets(request.url), " answered HTTP ", status);
  if (status == 401 || status == 403) return absl::PermissionDeniedError(message + ": is the key right?");
  if (status == 404 || status == 410) return absl::NotFoundError(message);
  if (status == 429) return absl::ResourceExhaustedError(message + ": too many requests");
  if (status >= 500) return absl::UnavailableError(message);
  return absl::FailedPreconditionError(message);
}

}  // namespace

std::string UrlEscape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      absl::StrAppendFormat(&out, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string WithoutSecrets(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const std::string_view rest = url.substr(scheme + 3);
  const size_t slash = std::min(rest.find('/'), rest.size());
  const size_t at = rest.substr(0, slash).rfind('@');
  return absl::StrCat(url.substr(0, scheme + 3), at == std::string_view::npos ? rest : rest.substr(at + 1));
}

absl::StatusOr<std::string> HttpGet(const HttpRequest& request) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  if (curl == nullptr) return absl::InternalError("cannot start libcurl");
  curl_slist* list = nullptr;
  for (const std::string& header : request.headers) list = curl_slist_append(list, header.c_str());
  const std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers(list, curl_slist_free_all);

  Body body;
  body.limit = request.max_bytes;
  CURL* const handle = curl.get();
  const bool secure = request.url.starts_with("https://");
  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, Receive);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(request.timeout)));
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(std::min(request.timeout, absl::Seconds(10)))));
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(handle, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "vrcharts");
  if (!request.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, request.ca_file.c_str());

  const CURLcode code = curl_easy_perform(handle);
  if (code != CURLE_OK) return TransferError(code, body, request);
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  if (status < 200 || status > 299) {
    curl_off_t retry_after = 0;  // seconds; libcurl understands dates as well
    curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &retry_after);
    return WithRetryAfter(StatusError(status, request), absl::Seconds(retry_after));
  }
  return std::move(body.text);
}

}  // namespace vrcharts::quotes
