#include "vrcharts/chart/theme.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace vrcharts::chart {
namespace {

Theme Dark() {
  Theme theme;
  theme.surroundings = Rgb(0x070a11);
  theme.panel = Rgb(0x10151f);
  theme.panel_edge = Rgb(0x242c3b);
  theme.panel_edge_active = Rgb(0x4c8dff);
  theme.text = Rgb(0xe4e8f0);
  theme.text_dim = Rgb(0x8d97aa);
  theme.text_faint = Rgb(0x5d677b);
  theme.grid = Rgb(0x1b2231);
  theme.rising = Rgb(0x2ebd85);
  theme.falling = Rgb(0xf6465d);
  theme.accent = Rgb(0x4c8dff);
  theme.warning = Rgb(0xf0b90b);
  theme.label = Rgb(0x364156);
  theme.label_text = Rgb(0xffffff);
  theme.series = {Rgb(0xf5b041), Rgb(0x5dade2), Rgb(0xbb8fce), Rgb(0x48c9b0),
                  Rgb(0xec7063), Rgb(0xf7dc6f), Rgb(0x85929e), Rgb(0xe59866)};
  return theme;
}

Theme Light() {
  Theme theme;
  theme.surroundings = Rgb(0xdfe4ec);
  theme.panel = Rgb(0xffffff);
  theme.panel_edge = Rgb(0xd3d8e2);
  theme.panel_edge_active = Rgb(0x2962ff);
  theme.text = Rgb(0x131722);
  theme.text_dim = Rgb(0x5f687b);
  theme.text_faint = Rgb(0x7d8697);
  theme.grid = Rgb(0xe4e8ef);
  theme.rising = Rgb(0x089981);
  theme.falling = Rgb(0xe0283a);
  theme.accent = Rgb(0x2962ff);
  theme.warning = Rgb(0xb26a00);
  theme.label = Rgb(0x2f3a4f);
  theme.label_text = Rgb(0xffffff);
  theme.series = {Rgb(0xd68910), Rgb(0x2471a3), Rgb(0x7d3c98), Rgb(0x148f77),
                  Rgb(0xb03a2e), Rgb(0xb7950b), Rgb(0x5d6d7e), Rgb(0xaf601a)};
  theme.tint = 2.2;
  return theme;
}

double Linear(uint32_t byte) {
  const double v = byte / 255.0;
  return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
}

double Luminance(Rgba color) {
  return 0.2126 * Linear(color & 0xff) + 0.7152 * Linear(color >> 8 & 0xff) + 0.0722 * Linear(color >> 16 & 0xff);
}

}  // namespace

Theme MakeTheme(options::Theme theme, options::Palette palette) {
  const bool light = theme == options::THEME_LIGHT;
  Theme out = light ? Light() : Dark();
  if (palette == options::PALETTE_EAST_ASIAN) std::swap(out.rising, out.falling);
  if (palette == options::PALETTE_COLOUR_BLIND) {
    // Blue and vermilion of Okabe and Ito's set: told apart with every common kind of colour blindness.
    out.rising = light ? Rgb(0x0072b2) : Rgb(0x56b4e9);
    out.falling = light ? Rgb(0xd55e00) : Rgb(0xf08a3c);
  }
  return out;
}

Rgba Tint(const Theme& theme, Rgba color, double strength) {
  return WithAlpha(color, std::min(1.0, theme.tint * strength));
}

double Contrast(Rgba a, Rgba b) {
  const double x = Luminance(a) + 0.05, y = Luminance(b) + 0.05;
  return std::max(x, y) / std::min(x, y);
}

Rgba TextOn(Rgba background) {
  constexpr Rgba kWhite = Rgb(0xffffff), kBlack = Rgb(0x0b0e14);
  // White reads well on saturated mid tones although the formula prefers black, hence the weight.
  return Contrast(kWhite, background) * 1.8 >= Contrast(kBlack, background) ? kWhite : kBlack;
}

}  // namespace vrcharts::chart
