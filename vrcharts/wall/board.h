#ifndef VRCHARTS_WALL_BOARD_H_
#define VRCHARTS_WALL_BOARD_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "vrcharts/options/options.pb.h"
#include "vrcharts/text/atlas.h"
#include "vrcharts/wall/panel.h"

namespace vrcharts::wall {

// What a key, a button of the console or of a controller can ask for. Those that act on one panel act on the one
// pointed at, or pointed at last.
enum class Command {
  kPeriod1D,
  kPeriod1W,
  kPeriod1M,
  kPeriod3M,
  kPeriod6M,
  kPeriod1Y,
  kPeriod5Y,
  kPeriodAll,
  kNextChartType,   // candles, line, area, baseline, OHLC bars
  kNextScale,       // linear, log, percent, indexed
  kNextIndicators,  // none, moving averages, Bollinger bands, RSI, MACD
  kNextSort,
  kNextGroup,
  kNextTheme,
  kNextPalette,
  kToggleCrosshair,  // at the bars' closes, or free
  kToggleLink,       // zoom and pan all panels together, or each by itself
  kNextPage,
  kPreviousPage,
  kToggleFocus,  // bring the panel near, or put it back
  kTogglePin,    // keep the panel where it is, whatever the layout does
  kClose,        // take the panel off the wall
  kReset,        // everything back to where it began
};

// The whole scene without a renderer: which charts hang where, and what they show. In front of the person stands a
// console with buttons, a panel like any other (not in pictures).
//
//   auto board = wall::Board::Create(options, atlas);
//   each frame:
//     board->Point(0, ray_of_mouse_or_hand);   // and Press/Release/Grab/Drop/Scroll/Run as input arrives
//     board->Update(absl::Now());
//     for (const Panel& panel : board->panels()) ...   // copy the marks of those whose geometry pointer changed
//
// Fetching, parsing, pyramids, studies and figures run on worker threads; Update() takes over what they finished and
// rebuilds only the charts that changed. What a command asks to compute anew is shown some frames later. All methods
// are for the frame thread only.
//
// Pointers are numbered: 0 is the mouse or the right hand, 1 the left hand.
class Board {
 public:
  static constexpr int kPointers = 2;

  // `atlas` must outlive the board. Fails with InvalidArgument if the options contradict each other or name a file that
  // is broken, and NotFound if one is missing; a source that fails later is shown on its panels instead.
  static absl::StatusOr<std::unique_ptr<Board>> Create(const options::Options& options, text::Atlas* atlas);
  ~Board();

  void Update(absl::Time now);

  // Waits until every series has arrived or failed and all that was asked for is computed (for pictures), at most for
  // `timeout`.
  void WaitForData(absl::Duration timeout);

  std::span<const Panel> panels() const;

  // The nearest panel that the ray meets from its front side.
  std::optional<Hit> Pick(const Ray& ray) const;

  // The panel that was pulled near, if there is one.
  std::optional<Panel> Focused() const;

  // The panel of a symbol, if it is on the current page.
  std::optional<Panel> Find(std::string_view symbol) const;

  // Where the person's eyes are, for panels that turn to them and are laid out for the distance; (0, 1.5, 0) until told
  // otherwise.
  void SetEye(glm::vec3 eye);
  // How many pixels the picture has for an angle of one radian in its middle. From afar a panel shows less, in larger
  // text. 0, as at first: every panel is laid out as if seen from near.
  void SetPixelsPerRadian(float pixels);

  // --- input ---

  // Where the pointer aims; nullopt when it is gone. Moves the crosshair, and whatever the pointer holds.
  void Point(int pointer, std::optional<Ray> ray);
  // Main button or trigger: presses buttons; a drag on a chart pans it in time; a double press focuses the panel.
  void Press(int pointer, absl::Time now);
  void Release(int pointer);
  // Grip or secondary button: takes hold of the panel itself and moves it with the ray, until dropped.
  void Grab(int pointer);
  void Drop(int pointer);
  // Wheel or stick. On a chart: y > 0 zooms in around the pointer, x pans. On a panel that is held: y > 0 pushes it
  // away, x resizes it. One unit is one notch of a wheel.
  void Scroll(int pointer, float x, float y);
  void Run(Command command);

  // For the window's title and for the controller's haptic tick: a panel or button under the pointer, 0 if none;
  // changes when the pointer enters another.
  uint64_t hovered(int pointer) const;

  // Which panels there are, where, and what they show, as JSON (wall/state.proto). LoadState takes over nothing if it
  // fails: NotFound if there is no such file, InvalidArgument if it is no saved wall.
  absl::Status SaveState(const std::string& path) const;
  absl::Status LoadState(const std::string& path);

 private:
  class Impl;
  explicit Board(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vrcharts::wall

#endif  // VRCHARTS_WALL_BOARD_H_
