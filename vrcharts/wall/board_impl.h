#ifndef VRCHARTS_WALL_BOARD_IMPL_H_
#define VRCHARTS_WALL_BOARD_IMPL_H_

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
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
#include "vrcharts/wall/background.h"
#include "vrcharts/wall/board.h"
#include "vrcharts/wall/console.h"
#include "vrcharts/wall/tile.h"

// The inside of wall/board.h: board.cc (layout, one frame), board_data.cc (tiles, and what arrives for them),
// board_work.cc (all that runs on worker threads), board_input.cc (pointers and commands) and board_state.cc (save and
// restore).
namespace vrcharts::wall {

constexpr size_t kSummaryFeed = SIZE_MAX;           // the portfolio's value is the work of no source
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
    std::vector<portfolio::Lot> lots;           // of the portfolio's item, in the shares of today
    portfolio::Holding holding;                 // what is left of them
    bool only_extras = false;                   // the series has been handed over before
    Extras extras;
  };
  // The newest series of a feed, for workers that compute something else from it.
  struct Latest {
    std::string symbol;
    quotes::SeriesPtr series;
    portfolio::Holding holding;
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
  void TakeArrivals();
  void Apply(Tile* tile, const Arrival& arrival);
  void ApplySummary(const Arrival& arrival);
  void ApplyExtras(Tile* tile, const Extras& extras);
  void ApplyLots(Tile* tile, const Arrival& arrival);
  void LayOut();
  void ApplyStyle(Tile* tile, size_t index);
  void ApplyStyles();
  void PublishPanels();
  std::vector<Tile*> Sorted() const;
  void DrawConsole();
  std::vector<Button> Buttons() const;

  // board_work.cc: on worker threads, but for the first one, which asks them for everything that is computed from
  // series anew.
  void RequestExtras() ABSL_LOCKS_EXCLUDED(mutex_);
  void RequestExtrasOf(size_t feed) ABSL_LOCKS_EXCLUDED(mutex_);
  Extras ComputeExtras(size_t feed) ABSL_LOCKS_EXCLUDED(mutex_);
  void Arrive(quotes::Update update) ABSL_LOCKS_EXCLUDED(mutex_);
  std::string MarkGaps(Arrival* arrival) const;  // returns what is missing
  void AdjustLots(size_t item, Arrival* arrival) const;
  void Summarize() ABSL_LOCKS_EXCLUDED(mutex_);

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
  std::vector<portfolio::Item> items_ ABSL_GUARDED_BY(mutex_);             // the portfolio's, in the shares of today
  std::vector<bool> item_tried_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, quotes::SeriesPtr> series_of_currency_ ABSL_GUARDED_BY(mutex_);  // exchange rates
  std::map<size_t, Latest> latest_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, quotes::SeriesPtr> compared_ ABSL_GUARDED_BY(mutex_);
  std::map<size_t, std::string> told_missing_ ABSL_GUARDED_BY(mutex_);       // by the log, once
  std::set<size_t> requested_ ABSL_GUARDED_BY(mutex_);                       // extras that nobody has begun with
  std::vector<analysis::StudySpec> wanted_studies_ ABSL_GUARDED_BY(mutex_);  // studies_, for the workers
  options::Period wanted_period_ ABSL_GUARDED_BY(mutex_) = options::PERIOD_6M;
  uint64_t revision_ ABSL_GUARDED_BY(mutex_) = 0;  // grows with each look at the above
  uint64_t summary_revision_ ABSL_GUARDED_BY(mutex_) = 0;
  // Constant once the store runs.
  std::map<size_t, std::string> compared_feeds_;
  std::map<size_t, size_t> item_of_feed_;
  std::map<size_t, std::string> currency_of_feed_;
  std::map<size_t, quotes::CalendarPtr> calendar_of_feed_;  // of those whose calendar is known
  Tile* summary_ = nullptr;                                 // one of tiles_, or null
  Background background_;                                   // these two last: their threads use the members above
  std::unique_ptr<quotes::Store> store_;
};

}  // namespace vrcharts::wall

#endif  // VRCHARTS_WALL_BOARD_IMPL_H_
