#ifndef VRCHARTS_DESKTOP_IMAGE_H_
#define VRCHARTS_DESKTOP_IMAGE_H_

#include <string>

#include "absl/status/status.h"
#include "vrcharts/app/app.h"
#include "vrcharts/render/offscreen.h"

namespace vrcharts::desktop {

// Writes the wall as a PNG to options.output: the same pixels on every run with the same data and driver. With several
// options.frames it is a video of a look along the wall (desktop/video.h).
//
// Fails before any work if the file cannot be written, and leaves none behind if something fails later.
absl::Status WriteImage(app::App& app);

// Writes to a temporary file beside `path` and renames it: there is never half a picture.
absl::Status WritePng(const render::Picture& picture, const std::string& path);

// What a failed call on the file says, by errno.
absl::Status CannotWrite(const std::string& path);

}  // namespace vrcharts::desktop

#endif  // VRCHARTS_DESKTOP_IMAGE_H_
