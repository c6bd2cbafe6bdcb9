#include <google/protobuf/text_format.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "vrcharts/render/offscreen.h"
#include "vrcharts/render/renderer.h"
#include "vrcharts/wall/arrange.h"
#include "vrcharts/wall/board.h"
using namespace vrcharts;
// shot OUT.ppm W H MODE OPTIONS ; MODE: wall | grid COLSxROWS
int main(int argc, char** argv) {
  (void)argc;
  std::string out = argv[1];
  uint32_t w = atoi(argv[2]), h = atoi(argv[3]);
  std::string mode = argv[4];
  options::Options options;
  google::protobuf::TextFormat::ParseFromString(argv[5], &options);
  std::string focus = argc > 6 ? argv[6] : "";
  auto t0 = std::chrono::steady_clock::now();
  auto ms = [&] { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - t0).count(); };
  auto atlas = *text::Atlas::Create({});
  auto board_or = wall::Board::Create(options, atlas.get());
  if (!board_or.ok()) {
    std::cerr << board_or.status() << "\n";
    return 1;
  }
  auto board = *std::move(board_or);
  board->WaitForData(absl::Seconds(20));
  fprintf(stderr, "data %.0f ms\n", ms());
  board->Update(absl::Now());
  fprintf(stderr, "update %.0f ms\n", ms());
  if (!focus.empty()) {
    for (auto& p : board->panels())
      if (std::to_string(p.id) == focus) {
        board->Point(
            0, wall::Ray{{0, 1.5f, 0}, wall::ToWorld(p.placement, {1, 1}, {0.62f, 0.5f}) - glm::vec3(0, 1.5f, 0)});
      }
    if (argc > 7) {
      board->Run(wall::Command::kToggleFocus);
      board->Update(absl::Now() + absl::Seconds(1));
      board->Point(0, wall::Ray{{0, 1.5f, 0}, {0, -0.01f, -1}});
    }
    board->Update(absl::Now() + absl::Seconds(2));
    board->Update(absl::Now() + absl::Seconds(4));
  }
  auto device = *render::Device::Create({});
  auto renderer = *render::Renderer::Create(*device, {.view_count = 1});
  auto offscreen = *render::Offscreen::Create(*device, {w, h}, 1);
  render::Scene scene;
  scene.light_theme = options.theme() == options::THEME_LIGHT;
  render::View view;
  if (mode == "wall") {
    float v = 0.62f, hz = std::atan(std::tan(v) * w / h);
    view = render::MakeView({0, 1.5f, 0}, {1, 0, 0, 0}, {-hz, hz, v, -v});
    for (auto& p : board->panels()) scene.items.push_back(render::MakeItem(p));
  } else {
    int cols = atoi(mode.c_str()), rows = atoi(mode.c_str() + mode.find('x') + 1);
    scene.room = false;
    int i = 0;
    float pw = 2.0f / cols, aspect = (float)w / h;
    for (auto& p : board->panels()) {
      if (i >= cols * rows) break;
      wall::Panel q = p;
      float ph = pw * p.geometry->height / p.geometry->width;
      q.placement = {{-1 + pw * (i % cols + 0.5f), 1 / aspect - ph * (i / cols + 0.5f), -1}, {1, 0, 0, 0}, {pw, ph}};
      q.placement.size *= 0.97f;
      scene.items.push_back(render::MakeItem(q));
      ++i;
    }
    float a = std::atan(1.0f), b = std::atan(1 / aspect);
    view = render::MakeView({0, 0, 0}, {1, 0, 0, 0}, {-a, a, b, -b});
  }
  (void)renderer->Draw(offscreen->target(), {&view, 1}, scene, *atlas);
  (void)renderer->Finish();
  auto picture = *offscreen->Read(0);
  fprintf(stderr, "drawn %.0f ms, marks %u\n", ms(), renderer->cost().marks);
  std::ofstream f(out, std::ios::binary);
  f << "P6\n" << w << " " << h << "\n255\n";
  for (size_t i = 0; i < picture.rgba.size(); i += 4) f.write((char*)&picture.rgba[i], 3);
}
