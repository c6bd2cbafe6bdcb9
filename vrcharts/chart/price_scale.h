#ifndef VRCHARTS_CHART_PRICE_SCALE_H_
#define VRCHARTS_CHART_PRICE_SCALE_H_

#include <string>
#include <vector>

#include "vrcharts/options/options.pb.h"

namespace vrcharts::chart {

// Maps prices to heights in a panel and back, and chooses the values that the axis names.
//
// Percent and indexed scales are the linear one with other labels: relative to `base`, the first visible close.
class PriceScale {
 public:
  struct Settings {
    options::Scale kind = options::SCALE_LINEAR;
    bool inverted = false;
    double low = 0, high = 1;     // the prices at the lower and upper edge; swapped or equal ones are put right
    double base = 1;              // 0 % or 100
    float top = 0, bottom = 100;  // y of the edges in points, top < bottom
  };

  explicit PriceScale(Settings settings);
  PriceScale() : PriceScale(Settings{}) {}

  float Y(double price) const;
  double Price(float y) const;

  // A logarithmic scale needs positive prices; where they are not, it is linear.
  bool logarithmic() const { return logarithmic_; }
  float top() const { return settings_.top; }
  float bottom() const { return settings_.bottom; }
  double low() const { return settings_.low; }
  double high() const { return settings_.high; }

  struct Tick {
    double price;
    float y;
    std::string label;
  };
  // Round values, at least `gap` points apart, none of them further than the edges; from the lowest price up.
  // `decimals` is the least number of decimals of price labels.
  std::vector<Tick> Ticks(float gap, int decimals) const;

  // How a price reads on this axis: "184.62", "+3.10%" or "103.10".
  std::string Label(double price, int decimals) const;

 private:
  std::string Write(double price, int decimals) const;
  double Shown(double price) const;
  double FromShown(double shown) const;

  Settings settings_;
  bool logarithmic_ = false;
  double from_ = 0, per_unit_ = 1;  // y = bottom or top + (t(price) - from) * per_unit
  float origin_ = 0;
};

// The smallest of 1, 2, 2.5 and 5 times a power of ten that is not less than `least` (> 0).
double NiceStep(double least);

}  // namespace vrcharts::chart

#endif  // VRCHARTS_CHART_PRICE_SCALE_H_
