#ifndef VRCHARTS_CHART_THEME_H_
#define VRCHARTS_CHART_THEME_H_

#include <array>

#include "vrcharts/chart/marks.h"
#include "vrcharts/options/options.pb.h"

namespace vrcharts::chart {

// Every colour a chart uses. Text on `panel` reaches a contrast of at least 4.5 (WCAG AA) for `text` and `text_dim`.
struct Theme {
  Rgba surroundings;  // behind the wall
  Rgba panel, panel_edge, panel_edge_active;
  Rgba text, text_dim, text_faint;
  Rgba grid;
  Rgba rising, falling;
  Rgba accent;                 // the price line, active buttons
  Rgba warning;                // stale or missing data
  Rgba label, label_text;      // crosshair labels and tooltips
  std::array<Rgba, 8> series;  // indicators and compared symbols, in this order
  double tint = 1;             // factor of the alpha of shaded areas: blended as light, a tint is fainter on white
};

Theme MakeTheme(options::Theme theme, options::Palette palette);

// The colour of a shaded area of this strength, 0..1.
Rgba Tint(const Theme& theme, Rgba color, double strength);

// WCAG's contrast ratio of two opaque colours, 1..21.
double Contrast(Rgba a, Rgba b);

// Black or white, whichever reads better on `background`.
Rgba TextOn(Rgba background);

}  // namespace vrcharts::chart

#endif  // VRCHARTS_CHART_THEME_H_
