#ifndef VRCHARTS_WALL_CONSOLE_H_
#define VRCHARTS_WALL_CONSOLE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vrcharts/chart/canvas.h"
#include "vrcharts/chart/marks.h"
#include "vrcharts/chart/theme.h"
#include "vrcharts/text/atlas.h"
#include "vrcharts/wall/board.h"

namespace vrcharts::wall {

// One button of the console: what it says and what it does.
struct Button {
  std::string label;
  Command command;
  bool active = false;  // the current choice of its group
  int group = 0;        // groups stand apart
};

// The desk before the person: a row of buttons for whoever has no keyboard.
class Console {
 public:
  static constexpr float kWidth = 1180, kHeight = 64;  // points

  // Draws the buttons; `hovered` is the index of the one under the pointer, -1 for none.
  std::shared_ptr<const chart::Geometry> Draw(const std::vector<Button>& buttons, int hovered,
                                              const chart::Theme& theme, text::Atlas* atlas);

  // The button of the last drawing at a point of the console; -1 for none.
  int At(float x, float y) const;

 private:
  std::vector<chart::Box> boxes_;
};

}  // namespace vrcharts::wall

#endif  // VRCHARTS_WALL_CONSOLE_H_
