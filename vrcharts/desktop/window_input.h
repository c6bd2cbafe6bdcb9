#ifndef VRCHARTS_DESKTOP_WINDOW_INPUT_H_
#define VRCHARTS_DESKTOP_WINDOW_INPUT_H_

#include <cstdint>
#include <map>

#include "absl/time/time.h"
#include "vrcharts/app/app.h"
#include "vrcharts/desktop/camera.h"

namespace vrcharts::desktop {

// What mouse and keyboard do, without any window: GLFW's events come in, the board and the camera change.
//
//   left button      on a panel: press, drag to pan its time; beside the panels: look around. Twice: bring the panel
//   near right button     look around shift + left     take hold of a panel and move it; the wheel pushes it away or
//   pulls it near, with shift it resizes wheel            zoom the chart under the mouse, or the view where there is
//   none W A S D, arrows  walk; shift: faster keys of Keys()   as listed there
class WindowInput {
 public:
  WindowInput(app::App& app, const Camera& start);

  // In pixels of the window.
  void SetSize(uint32_t width, uint32_t height);
  void MouseMoved(double x, double y);
  void MouseLeft();  // the window
  // GLFW's numbers for buttons, keys, modifiers.
  void MouseButton(int button, bool down, int modifiers, absl::Time now);
  void Wheel(double x, double y);
  void Key(int key, bool down);

  // Walks on; to be called once a frame. Returns whether anything may look different since the last call.
  bool Update(absl::Duration elapsed);

  const Camera& camera() const { return camera_; }

 private:
  enum class Drag { kNone, kPanel, kHold, kLook };
  void Aim();
  void StopDrag();

  app::App& app_;
  const Camera start_;
  Camera camera_;
  uint32_t width_ = 1, height_ = 1;
  double x_ = 0, y_ = 0;
  bool inside_ = false;
  Drag drag_ = Drag::kNone;
  std::map<int, bool> keys_;
  bool changed_ = true;
};

// The keys that run a command, for --help and the README: GLFW's key is the upper-case letter or digit.
const std::map<char, wall::Command>& Keys();

}  // namespace vrcharts::desktop

#endif  // VRCHARTS_DESKTOP_WINDOW_INPUT_H_
