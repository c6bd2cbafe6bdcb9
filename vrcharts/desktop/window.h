#ifndef VRCHARTS_DESKTOP_WINDOW_H_
#define VRCHARTS_DESKTOP_WINDOW_H_

#include "absl/status/status.h"
#include "vrcharts/app/app.h"

namespace vrcharts::desktop {

// Shows the wall in a window until it is closed, --frames are drawn, or the program is told to stop. Draws only when
// something changed.
//
// Fails with NotFound if there is no display or no Vulkan driver that can draw on it.
absl::Status RunWindow(app::App& app);

}  // namespace vrcharts::desktop

#endif  // VRCHARTS_DESKTOP_WINDOW_H_
