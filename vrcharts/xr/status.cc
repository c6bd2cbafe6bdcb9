#include "vrcharts/xr/status.h"

#include <openxr/openxr_reflection.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace vrcharts::xr {
namespace {

std::string ResultName(XrResult result) {
  switch (result) {
#define VRCHARTS_NAME(name, value) \
  case name:                       \
    return #name;
    XR_LIST_ENUM_XrResult(VRCHARTS_NAME)
#undef VRCHARTS_NAME
        default : return absl::StrCat("XrResult ", static_cast<int>(result));
  }
}

}  // namespace

absl::Status XrStatus(XrResult result, const char* doing) {
  if (XR_SUCCEEDED(result)) return absl::OkStatus();
  const std::string message = absl::StrCat(doing, " failed: ", ResultName(result));
  switch (result) {
    case XR_ERROR_SESSION_LOST:
      return absl::AbortedError(message);
    case XR_ERROR_INSTANCE_LOST:
      return absl::UnavailableError(message);
    case XR_ERROR_RUNTIME_UNAVAILABLE:
    case XR_ERROR_FORM_FACTOR_UNAVAILABLE:
      return absl::NotFoundError(message);
    default:
      return absl::InternalError(message);
  }
}

}  // namespace vrcharts::xr
