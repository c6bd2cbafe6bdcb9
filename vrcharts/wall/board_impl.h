#ifndef VRCHARTS_WALL_BOARD_IMPL_H_
#define VRCHARTS_WALL_BOARD_IMPL_H_

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "vrcharts/analysis/pyramid.h"
#include "vrcharts/analysis/study.h"
#include "vrcharts/chart/theme.h"
#include "vrcharts/options/options.pb.h"
#include "vrcharts/portfolio/portfolio.h"
#include "vrcharts/quotes/store.h"
#include "vrcharts/text/atlas.h"
#include "vrcharts/wall/arrange.h"
#include "vrcharts/wall/board.h"
#include "vrcharts/wall/tile.h"

// The inside of wall/board.h, in three files: board.cc (data in, panels out), board_input.cc (pointers and commands)
// and board_state.cc (save and restore).
namespace vrcharts::wall {

class Board::Impl {
 public:
  Impl(const options::Options& options, text::Atlas* atlas, portfolio::Portfolio portfolio);

  absl::Status Start();
  void Update(absl::Time now);
  void WaitForData(absl::Duration timeout);
  std::span<const Panel> panels() const { return panels_; }
  std::optional<Hit> Pick(const Ray& ray) const;
  void SetEye(glm::vec3 eye) { eye_ = eye; }

  void Point(int pointer, std::optional<Ray> ray);
  void Press(int pointer, absl::Time now);
  void Release(int pointer);
  void Grab(int pointer);
  void Drop(int pointer);
  void Scroll(int pointer, float x, float y);
  void Run(Command command);
  uint64_t hovered(int pointer) const;

  absl::Status SaveState(const std::string& path) const;
  absl::Status LoadState(const std::string& path);

 private:
  // What a worker finished for one feed.
  struct Arrival {
    quotes::Update update;
    analysis::PyramidPtr pyramid;
  };
  struct Pointer {
    std::optional<Ray> ray;
    std::optional<Hit> hit;
    Tile* pressed = nullptr;  // a drag on this chart pans it
    chart::View pressed_view;
    float pressed_x = 0;
    absl::Time pressed_at = absl::InfinitePast();
    uint64_t pressed_panel = 0;     // for the double press
    Tile* held = nullptr;           // the panel itself is moved
    glm::vec3 held_point{0, 0, 0};  // of the panel, in its own axes, in metres from its middle
    float held_distance = 0;
  };

  // board.cc
  void TakeArrivals();
  void Apply(Tile* tile, const Arrival& arrival);
  void UpdateStudies(Tile* tile);
  void UpdateComparisons(Tile* tile);
  void LayOut();
  void ApplyStyle(Tile* tile, size_t index);
  void ApplyStyles();
  void PublishPanels();
  std::vector<Tile*> Sorted() const;

  // board_input.cc
  Tile* Find(uint64_t panel);
  Tile* Target();  // the tile that a command is about: pointed at, else focused, else none
  void MoveHeld(Pointer* pointer);
  void UpdateCrosshairs();
  void Focus(Tile* tile);
  void Unfocus(Tile* tile);
  void SetPeriod(options::Period period);

  options::Options options_;
  text::Atlas* const atlas_;
  const portfolio::Portfolio portfolio_;
  chart::Theme theme_;
  std::vector<analysis::StudySpec> studies_;
  std::vector<std::unique_ptr<Tile>> tiles_;  // one for each item of the portfolio
  std::map<size_t, std::vector<Tile*>> tiles_of_feed_;
  std::map<size_t, std::string> compared_feeds_;
  std::map<std::string, quotes::SeriesPtr> compared_;
  std::vector<Panel> panels_;
  std::vector<Tile*> visible_;
  std::array<Pointer, kPointers> pointers_;
  glm::vec3 eye_{0, 1.5f, 0};
  size_t page_ = 0;
  bool must_lay_out_ = true;
  absl::Time last_update_ = absl::InfinitePast();

  absl::Mutex mutex_;  // a leaf
  std::vector<Arrival> arrivals_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<quotes::Store> store_;  // last: its workers use the members above
};

}  // namespace vrcharts::wall

#endif  // VRCHARTS_WALL_BOARD_IMPL_H_
