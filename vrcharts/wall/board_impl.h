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
#include "vrcharts/quotes/calendar.h"
#include "vrcharts/quotes/gaps.h"
#include "vrcharts/quotes/store.h"
#include "vrcharts/text/atlas.h"
#include "vrcharts/wall/arrange.h"
#include "vrcharts/wall/board.h"
#include "vrcharts/wall/console.h"
#include "vrcharts/wall/tile.h"

// The inside of wall/board.h, in four files: board.cc (data in, panels out), board_input.cc (pointers and commands)
// and board_state.cc (save and restore).
namespace vrcharts::wall {

constexpr uint64_t kConsoleId = uint64_t{1} << 40;  // tiles count from 1

class Board::Impl {
 public:
  Impl(const options::Options& options, text::Atlas* atlas, portfolio::Portfolio portfolio);

  absl::Status Start();
  void Update(absl::Time now);
  void WaitForData(absl::Duration timeout);
  std::span<const Panel> panels() const { return panels_; }
  std::optional<Hit> Pick(const Ray& ray) const;
  std::optional<Panel> Find(std::string_view symbol) const;
  std::optional<Panel> Focused() const;
  void SetEye(glm::vec3 eye) { eye_ = eye; }
  void SetPixelsPerRadian(float pixels) { pixels_per_radian_ = pixels; }

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
    bool summary = false;  // of the portfolio; update.feed means nothing
    double summary_cost = 0;
    std::vector<analysis::StudyPtr> summary_studies;  // what was invested, and the profit
    std::vector<double> item_shares;                  // of each item of the portfolio in its value, 0..1
    analysis::PyramidPtr pyramid;
    quotes::GapsPtr gaps = quotes::NoGaps();
    absl::TimeZone zone = absl::UTCTimeZone();  // that the axis shows
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
  absl::Status StartStore();
  absl::Status AddTiles();
  absl::Status AddPriceLines();
  Tile* AddTile(quotes::Instrument instrument, const portfolio::Item* item);
  void Arrive(quotes::Update update) ABSL_LOCKS_EXCLUDED(mutex_);  // on worker threads
  void MarkGaps(Arrival* arrival) const;                           // on worker threads
  void Summarize() ABSL_LOCKS_EXCLUDED(mutex_);                    // on worker threads
  void TakeArrivals();
  void Apply(Tile* tile, const Arrival& arrival);
  void ApplySummary(const Arrival& arrival);
  void UpdateStudies(Tile* tile);
  void UpdateComparisons(Tile* tile);
  void LayOut();
  void ApplyStyle(Tile* tile, size_t index);
  void ApplyStyles();
  void PublishPanels();
  std::vector<Tile*> Sorted() const;
  void DrawConsole();
  std::vector<Button> Buttons() const;

  // board_input.cc
  Tile* Find(uint64_t panel);
  Tile* Target();  // the tile that a command is about: pointed at, else focused, else none
  void MoveHeld(Pointer* pointer);
  void UpdateCrosshairs();
  void Focus(Tile* tile);
  void Unfocus(Tile* tile);
  void SetPeriod(options::Period period);
  void SetView(Tile* tile, chart::View view);
  void NextStudies();
  void RunOn(Tile* tile, Command command);

  // board_state.cc
  void RestoreRange(Tile* tile);

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
  Console console_;
  Panel console_panel_;
  bool has_console_ = true;
  std::string console_drawn_;  // what its last drawing showed
  uint64_t last_pointed_ = 0;  // the tile last pointed at: what the console's buttons are about
  std::vector<Tile*> visible_;
  std::array<Pointer, kPointers> pointers_;
  glm::vec3 eye_{0, 1.5f, 0};
  float pixels_per_radian_ = 0;
  size_t page_ = 0;
  bool linked_ = false;  // all panels show the same range of time
  bool must_lay_out_ = true;
  absl::Time last_update_ = absl::InfinitePast();

  absl::Mutex mutex_;  // a leaf
  std::vector<Arrival> arrivals_ ABSL_GUARDED_BY(mutex_);
  std::vector<quotes::SeriesPtr> series_of_item_ ABSL_GUARDED_BY(mutex_);  // for the summary
  std::vector<bool> item_tried_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, quotes::SeriesPtr> series_of_currency_ ABSL_GUARDED_BY(mutex_);  // exchange rates
  // Constant once the store runs.
  std::map<size_t, size_t> item_of_feed_;
  std::map<size_t, std::string> currency_of_feed_;
  std::map<size_t, quotes::CalendarPtr> calendar_of_feed_;  // of those whose calendar is known
  Tile* summary_ = nullptr;                                 // one of tiles_, or null
  std::unique_ptr<quotes::Store> store_;                    // last: its workers use the members above
};

}  // namespace vrcharts::wall

#endif  // VRCHARTS_WALL_BOARD_IMPL_H_
