#ifndef VRCHARTS_APP_HEADSET_H_
#define VRCHARTS_APP_HEADSET_H_

#include "absl/status/status.h"
#include "vrcharts/app/app.h"

namespace vrcharts::app {

// Shows the wall in the headset of the running OpenXR runtime until the person leaves, --frames are through, or the
// program is told to stop. If the session or the runtime is lost, everything on it is created anew and the wall is as
// it was.
//
// Fails with NotFound if there is no runtime or no headset at the start.
absl::Status RunHeadset(App& app);

}  // namespace vrcharts::app

#endif  // VRCHARTS_APP_HEADSET_H_
