// What a frame costs: the figures of vrcharts' speed table that have to do with frames. Prints one line a figure.
//
//   bazel run --config=release //tools/bench/vrcharts:frame_bench [-- memory start headset charts chart depth]
//
// Without arguments all groups of rows run; PICTURES=DIR keeps what the rows against the peer drew last.
//
// "app CPU" is the frame thread's time in our own code (update, geometry, copying to the GPU), without the driver;
// "process CPU" is user and system time of all threads, lavapipe's rasterizer included, from the first frame after the
// warm-up until the last one is finished. Each figure is the least of several runs of forty frames: other programs on
// the machine can only add to it. lightweight_charts/run counts its peer in the same way.

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "vrcharts/app/app.h"
#include "vrcharts/desktop/camera.h"
#include "vrcharts/desktop/image.h"
#include "vrcharts/render/offscreen.h"
#include "vrcharts/render/renderer.h"

namespace {

namespace app = vrcharts::app;
namespace render = vrcharts::render;
namespace wall = vrcharts::wall;
using vrcharts::options::Options;

double Milliseconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}
double ThreadCpu() { return Milliseconds(CLOCK_THREAD_CPUTIME_ID); }
double ProcessCpu() { return Milliseconds(CLOCK_PROCESS_CPUTIME_ID); }

double ResidentMegabytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1048576;
}

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::fprintf(stderr, "frame_bench: %s\n", std::string(value.status().message()).c_str());
    std::exit(1);
  }
  return *std::move(value);
}
void Must(const absl::Status& status) {
  if (!status.ok()) Must<int>(status);
}

// A portfolio of `symbols` shares and a CSV file of `bars` bars for each: a random walk with a fixed seed. One bar a
// day, or a minute where there are too many for days.
std::string MakeData(int symbols, int bars, bool held = true) {
  const std::string folder = absl::StrCat("/tmp/vrcharts-frame-bench-", getpid(), "-", symbols, "x", bars);
  std::filesystem::create_directories(folder);
  std::ofstream portfolio(folder + "/portfolio.csv");
  portfolio << "symbol,name,currency,sector,quantity,price,date\n";
  uint64_t random = 88172645463325252u;
  for (int s = 0; s < symbols; ++s) {
    portfolio << "S" << s << ",Share " << s << ",USD,Sector " << s % 8 << (held ? ",10,90,2024-01-02\n" : ",,,\n");
    std::ofstream file(absl::StrCat(folder, "/S", s, ".csv"));
    file << "date,open,high,low,close,volume\n";
    double price = 100;
    const bool minutes = bars > 20000;
    absl::Time time = absl::FromCivil(absl::CivilDay(2026, 11, 20), absl::UTCTimeZone()) -
                      bars * (minutes ? absl::Minutes(1) : absl::Hours(24));
    for (int i = 0; i < bars; ++i, time += minutes ? absl::Minutes(1) : absl::Hours(24)) {
      random ^= random << 13, random ^= random >> 7, random ^= random << 17;
      const double step = (static_cast<double>(random % 2001) / 1000 - 1) * (minutes ? 0.0005 : 0.02);
      const double open = price, close = price * std::exp(step);
      file << absl::FormatTime(minutes ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d", time, absl::UTCTimeZone()) << ',' << open
           << ',' << std::max(open, close) * 1.001 << ',' << std::min(open, close) * 0.999 << ',' << close << ','
           << 1000 + random % 1000 << '\n';
      price = close;
    }
  }
  return folder;
}

Options MakeOptions(const std::string& folder) {
  Options options;
  options.set_portfolio(folder + "/portfolio.csv");
  options.set_quotes(folder);
  options.set_panels_per_page(64);
  options.set_period(vrcharts::options::PERIOD_ALL);
  options.set_radius(2.6);
  options.set_width(1920);
  options.set_height(1080);
  options.set_field_of_view(84);
  options.set_step_back(2.4);
  return options;
}

// An App with its data, on a target of its own.
struct Stage {
  Stage(const Options& options, VkExtent2D extent, uint32_t eyes) : eyes(eyes) {
    app = Must(app::App::Create(options));
    device = Must(render::Device::Create({}));
    offscreen = Must(render::Offscreen::Create(*device, extent, eyes));
    renderer = Must(render::Renderer::Create(*device, {.view_count = eyes}));
    camera = vrcharts::desktop::Camera::FromOptions(options);
    camera.Tell(app->board(), extent.width);
    app->board().WaitForData(absl::Minutes(2));
    app->Update(absl::Now());
    for (uint32_t i = 0; i < eyes; ++i) {
      vrcharts::desktop::Camera eye = camera;
      eye.position.x += 0.064f * static_cast<float>(i);
      views.push_back(eye.View(extent.width, extent.height));
    }
  }

  // The panel fills the picture.
  void StandBefore(const wall::Placement& placement) {
    const VkExtent2D extent = offscreen->target().extent;
    camera = vrcharts::desktop::Camera::Before(placement, extent.width, extent.height);
    camera.Tell(app->board(), extent.width);
    views = {camera.View(extent.width, extent.height)};
  }

  void Draw() { Must(renderer->Draw(offscreen->target(), views, app->scene(), app->atlas())); }

  // Every panel pans by a little, as if a hand swept over all of them.
  void PanAll(float by) {
    const std::vector<wall::Panel> panels(app->board().panels().begin(), app->board().panels().end());
    for (const wall::Panel& panel : panels) {
      const glm::vec3 aim = panel.placement.center;
      app->board().Point(0, wall::Ray{aim + panel.placement.orientation * glm::vec3(0, 0, 0.3f),
                                      panel.placement.orientation * glm::vec3(0, 0, -1)});
      app->board().Scroll(0, by, 0);
    }
    app->board().Point(0, std::nullopt);
  }

  struct Cost {
    double app = 0, process = 0;
  };
  // A frame's mean cost in the run that cost least.
  Cost Frames(const std::function<void(int)>& before_frame) {
    constexpr int kRuns = 5, kFrames = 40, kWarmUp = 4;
    Run(kWarmUp, before_frame);
    Cost least = Run(kFrames, before_frame);
    for (int run = 1; run < kRuns; ++run) {
      const Cost cost = Run(kFrames, before_frame);
      least = {std::min(least.app, cost.app), std::min(least.process, cost.process)};
    }
    return least;
  }

  Cost Run(int frames, const std::function<void(int)>& before_frame) {
    Cost cost;
    const double process = ProcessCpu();
    for (int i = 0; i < frames; ++i) {
      const double start = ThreadCpu();
      before_frame(i);
      app->Update(absl::Now());
      cost.app += ThreadCpu() - start;
      Draw();
      cost.app += absl::ToDoubleMilliseconds(renderer->cost().upload);
    }
    Must(renderer->Finish());
    cost.app /= frames;
    cost.process = (ProcessCpu() - process) / frames;
    return cost;
  }

  void KeepPicture(const char* name) {
    const char* folder = std::getenv("PICTURES");
    if (folder == nullptr) return;
    Must(vrcharts::desktop::WritePng(Must(offscreen->Read(/*view=*/0)), absl::StrCat(folder, "/", name, ".png")));
  }

  uint32_t eyes;
  std::unique_ptr<app::App> app;
  std::unique_ptr<render::Device> device;
  std::unique_ptr<render::Offscreen> offscreen;
  std::unique_ptr<render::Renderer> renderer;
  vrcharts::desktop::Camera camera;
  std::vector<render::View> views;
};

void Row(const char* what, double value, const char* unit, const char* goal) {
  std::printf("%-74s %9.2f %-3s  goal %s\n", what, value, unit, goal);
  std::fflush(stdout);
}

const std::function<void(int)> kNothing = [](int) {};

void HeadsetRows(const std::string& folder) {
  Stage stage(MakeOptions(folder), {640, 672}, 2);
  const Stage::Cost idle = stage.Frames(kNothing);
  Row("app CPU a frame, 64 panels x 1,000 points, nothing changes", idle.app, "ms", "<= 0.5");
  Row("process CPU a frame on this GPU, the same, two eyes of 640x672", idle.process, "ms", "<= 47 on lavapipe");
  const Stage::Cost panned = stage.Frames([&](int i) { stage.PanAll(i % 20 < 10 ? 0.2f : -0.2f); });
  Row("app CPU a frame while every panel pans", panned.app, "ms", "<= 3");
  std::printf("%-74s %u marks, %d draw calls, GPU %.2f ms\n", "  of these frames", stage.renderer->cost().marks,
              stage.renderer->cost().draw_calls, absl::ToDoubleMilliseconds(stage.renderer->cost().gpu));
}

void FirstFrameRow(const std::string& folder) {
  const absl::Time start = absl::Now();
  Stage stage(MakeOptions(folder), {1920, 1080}, 1);
  stage.Draw();
  Must(stage.renderer->Finish());
  Row("start to first frame, 64 symbols from files, wall time", absl::ToDoubleSeconds(absl::Now() - start), "s",
      "<= 1.0");
}

void MemoryRow() {
  const std::string folder = MakeData(64, 5000);
  const double before = ResidentMegabytes();
  std::unique_ptr<app::App> app = Must(app::App::Create(MakeOptions(folder)));
  app->board().WaitForData(absl::Minutes(2));
  app->Update(absl::Now());
  Row("memory, 64 symbols x 5,000 bars, without a driver", ResidentMegabytes() - before, "MB", "<= 150");
  std::filesystem::remove_all(folder);
}

void PanForthAndBack(Stage& stage, int frame) { stage.PanAll(frame % 20 < 10 ? 0.2f : -0.2f); }

// The two pages that lightweight_charts/run draws in a browser: candles and volume.
void ChartsRows(const std::string& folder) {
  Options options = MakeOptions(folder);
  options.set_chart_type(vrcharts::options::CHART_TYPE_CANDLES);
  Stage stage(options, {1920, 1080}, 1);
  const Stage::Cost cost = stage.Frames([&](int i) { PanForthAndBack(stage, i); });
  Row("process CPU a frame, 64 charts x 1,000 bars panned, 1920x1080", cost.process, "ms",
      "<= 1/3 of lightweight-charts");
  std::printf("%-74s %u marks\n", "  of these frames", stage.renderer->cost().marks);
  stage.KeepPicture("charts");
}

// One chart alone, of the peer's kind and as large: without a holding there is no panel of the portfolio's value.
Stage::Cost OneChart(int bars, const char* picture, unsigned* marks) {
  const std::string folder = MakeData(1, bars, /*held=*/false);
  Options options = MakeOptions(folder);
  options.set_panels_per_page(1);
  options.set_chart_type(vrcharts::options::CHART_TYPE_CANDLES);
  Stage stage(options, {1920, 1080}, 1);
  std::filesystem::remove_all(folder);
  stage.StandBefore(stage.app->board().panels()[0].placement);
  const Stage::Cost cost = stage.Frames([&](int i) { PanForthAndBack(stage, i); });
  *marks = stage.renderer->cost().marks;
  stage.KeepPicture(picture);
  return cost;
}

void ChartRows() {
  unsigned marks;
  const Stage::Cost cost = OneChart(1'000'000, "chart", &marks);
  Row("process CPU a frame, one chart of 1,000,000 bars panned, 1920x1080", cost.process, "ms",
      "<= 1/3 of lightweight-charts");
  Row("app CPU a frame of it", cost.app, "ms", "-");
  std::printf("%-74s %u marks\n", "  of these frames", marks);
}

// The same chart with few bars and with very many: what a frame costs follows the pixels.
void DepthRows() {
  unsigned few_marks, many_marks;
  const Stage::Cost few = OneChart(1000, "few", &few_marks), many = OneChart(10'000'000, "many", &many_marks);
  Row("process CPU a frame, one chart of 1,000 bars panned", few.process, "ms", "-");
  Row("the same of 10,000,000 bars", many.process, "ms", "-");
  Row("ratio of the two", many.process / few.process, "x", "<= 1.2");
  std::printf("%-74s %u and %u marks\n", "  of these frames", few_marks, many_marks);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> wanted(argv + 1, argv + argc);
  const auto asked = [&](const char* group) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), group) != wanted.end();
  };
  if (asked("memory")) MemoryRow();
  const std::string folder = MakeData(64, 1000);
  {
    auto device = Must(render::Device::Create({}));
    std::printf("GPU: %s\n", device->properties().deviceName);
  }
  if (asked("start")) FirstFrameRow(folder);
  if (asked("headset")) HeadsetRows(folder);
  if (asked("charts")) ChartsRows(folder);
  if (asked("chart")) ChartRows();
  if (asked("depth")) DepthRows();
  std::filesystem::remove_all(folder);
  return 0;
}
