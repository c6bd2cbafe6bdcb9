#ifndef VRCHARTS_XR_STATUS_H_
#define VRCHARTS_XR_STATUS_H_

#include <openxr/openxr.h>

#include "absl/status/status.h"

namespace vrcharts::xr {

// "doing WHAT failed: XR_ERROR_..."; OK for every success code. The code says what can be done about it:
//   Aborted      the session is lost: create a new one
//   Unavailable  the instance is lost (the runtime died or was replaced): create everything anew
//   NotFound     there is no runtime or no headset
//   Internal     everything else
absl::Status XrStatus(XrResult result, const char* doing);

inline bool IsSessionLost(const absl::Status& status) { return absl::IsAborted(status); }
inline bool IsInstanceLost(const absl::Status& status) { return absl::IsUnavailable(status); }

}  // namespace vrcharts::xr

#endif  // VRCHARTS_XR_STATUS_H_
