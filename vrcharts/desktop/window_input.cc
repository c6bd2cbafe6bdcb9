#include "vrcharts/desktop/window_input.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <algorithm>
#include <cmath>

#include "vrcharts/locomotion/locomotion.h"

namespace vrcharts::desktop {
namespace {

constexpr float kSteepest = 1.5f;  // radians
constexpr float kNarrowest = 0.35f, kWidest = 2.1f;

}  // namespace

const std::map<char, wall::Command>& Keys() {
  using wall::Command;
  static const auto* const keys = new std::map<char, Command>{
      {'1', Command::kPeriod1D},       {'2', Command::kPeriod1W},      {'3', Command::kPeriod1M},
      {'4', Command::kPeriod3M},       {'5', Command::kPeriod1Y},      {'6', Command::kPeriod5Y},
      {'7', Command::kPeriodAll},      {'C', Command::kNextChartType}, {'L', Command::kNextScale},
      {'I', Command::kNextIndicators}, {'O', Command::kNextSort},      {'T', Command::kNextTheme},
      {'N', Command::kNextPage},       {'B', Command::kPreviousPage},  {'F', Command::kToggleFocus},
      {'P', Command::kTogglePin},      {'X', Command::kClose},         {'R', Command::kReset},
      {'G', Command::kNextGroup},      {'K', Command::kToggleLink},    {'H', Command::kToggleCrosshair},
      {'Y', Command::kNextPalette},
  };
  return *keys;
}

WindowInput::WindowInput(app::App& app, const Camera& start) : app_(app), start_(start), camera_(start) {}

void WindowInput::SetSize(uint32_t width, uint32_t height) {
  width_ = std::max(width, 1u);
  height_ = std::max(height, 1u);
  changed_ = true;
}

void WindowInput::Aim() {
  changed_ = true;
  if (!inside_ || drag_ == Drag::kLook) {
    app_.board().Point(0, std::nullopt);
  } else {
    app_.board().Point(0, camera_.RayThrough(static_cast<float>(x_), static_cast<float>(y_), width_, height_));
  }
}

void WindowInput::MouseMoved(double x, double y) {
  if (drag_ == Drag::kLook) {
    // The point that was grabbed stays under the mouse.
    const float radians_per_pixel = camera_.field_of_view / static_cast<float>(width_);
    camera_.yaw += static_cast<float>(x - x_) * radians_per_pixel;
    camera_.pitch = std::clamp(camera_.pitch + static_cast<float>(y - y_) * radians_per_pixel, -kSteepest, kSteepest);
  }
  x_ = x;
  y_ = y;
  inside_ = true;
  Aim();
}

void WindowInput::MouseLeft() {
  inside_ = false;
  Aim();
}

void WindowInput::StopDrag() {
  if (drag_ == Drag::kPanel) app_.board().Release(0);
  if (drag_ == Drag::kHold) app_.board().Drop(0);
  drag_ = Drag::kNone;
}

void WindowInput::MouseButton(int button, bool down, int modifiers, absl::Time now) {
  changed_ = true;
  StopDrag();
  if (!down) {
    Aim();
    return;
  }
  Aim();
  const bool on_panel = app_.board()
                            .Pick(camera_.RayThrough(static_cast<float>(x_), static_cast<float>(y_), width_, height_))
                            .has_value();
  if (button == GLFW_MOUSE_BUTTON_LEFT && on_panel && (modifiers & GLFW_MOD_SHIFT)) {
    drag_ = Drag::kHold;
    app_.board().Grab(0);
  } else if (button == GLFW_MOUSE_BUTTON_LEFT && on_panel) {
    drag_ = Drag::kPanel;
    app_.board().Press(0, now);
  } else if (button == GLFW_MOUSE_BUTTON_LEFT || button == GLFW_MOUSE_BUTTON_RIGHT) {
    drag_ = Drag::kLook;
  }
}

void WindowInput::Wheel(double x, double y) {
  changed_ = true;
  const bool shift = keys_[GLFW_KEY_LEFT_SHIFT] || keys_[GLFW_KEY_RIGHT_SHIFT];
  if (drag_ == Drag::kHold && shift && keys_[GLFW_KEY_LEFT_CONTROL]) std::swap(x, y);
  const bool on_panel = app_.board()
                            .Pick(camera_.RayThrough(static_cast<float>(x_), static_cast<float>(y_), width_, height_))
                            .has_value();
  if (drag_ == Drag::kHold || on_panel) {
    app_.board().Scroll(0, static_cast<float>(x), static_cast<float>(y));
  } else {
    camera_.field_of_view =
        std::clamp(camera_.field_of_view * std::pow(0.9f, static_cast<float>(y)), kNarrowest, kWidest);
  }
}

void WindowInput::Key(int key, bool down) {
  keys_[key] = down;
  if (!down || key < 0 || key > 127) return;
  const auto command = Keys().find(static_cast<char>(key));
  if (command == Keys().end()) return;
  app_.board().Run(command->second);
  if (command->second == wall::Command::kReset) camera_ = start_;
  changed_ = true;
}

bool WindowInput::Update(absl::Duration elapsed) {
  const auto held = [&](int a, int b) { return keys_[a] || keys_[b] ? 1.0f : 0.0f; };
  const float right = held(GLFW_KEY_D, GLFW_KEY_RIGHT) - held(GLFW_KEY_A, GLFW_KEY_LEFT);
  const float forward = held(GLFW_KEY_W, GLFW_KEY_UP) - held(GLFW_KEY_S, GLFW_KEY_DOWN);
  if (right != 0 || forward != 0) {
    // The same steps of speed as in the headset.
    const bool fast = held(GLFW_KEY_LEFT_SHIFT, GLFW_KEY_RIGHT_SHIFT) > 0;
    const float seconds = std::min(static_cast<float>(absl::ToDoubleSeconds(elapsed)), locomotion::kLongestStep);
    const float distance = (fast ? locomotion::kBriskSpeed : locomotion::kWalkSpeed) * seconds;
    const glm::vec2 direction = glm::normalize(glm::vec2(right, forward));
    const glm::vec3 ahead(-std::sin(camera_.yaw), 0, -std::cos(camera_.yaw));
    const glm::vec3 aside(std::cos(camera_.yaw), 0, -std::sin(camera_.yaw));
    camera_.position += (direction.x * aside + direction.y * ahead) * distance;
    const float from_start = glm::length(camera_.position);
    if (from_start > locomotion::kBounds) camera_.position *= locomotion::kBounds / from_start;
    Aim();
  }
  camera_.Tell(app_.board(), width_);
  return std::exchange(changed_, false);
}

}  // namespace vrcharts::desktop
