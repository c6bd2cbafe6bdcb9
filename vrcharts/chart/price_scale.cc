#include "vrcharts/chart/price_scale.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "vrcharts/chart/format.h"

namespace vrcharts::chart {
namespace {

// Far beyond any price, and safe to subtract and to multiply.
constexpr double kLargest = 1e290;

// Decimals needed to tell neighbouring multiples of `step` apart.
int DecimalsOf(double step) {
  for (int decimals = 0; decimals < 12; ++decimals) {
    const double scaled = step * std::pow(10, decimals);
    if (std::abs(scaled - std::round(scaled)) < 1e-6 * scaled) return decimals;
  }
  return 12;
}

}  // namespace

double NiceStep(double least) {
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

PriceScale::PriceScale(Settings settings) : settings_(settings) {
  double& low = settings_.low;
  double& high = settings_.high;
  low = std::isfinite(low) ? std::clamp(low, -kLargest, kLargest) : 0;
  high = std::isfinite(high) ? std::clamp(high, -kLargest, kLargest) : 1;
  if (low > high) std::swap(low, high);
  const double size = std::max(std::abs(low), std::abs(high));
  if (high - low <= size * 1e-9) {  // a flat line: in the middle of a range that has round numbers in it
    const double margin = size > 0 ? size * 0.02 : 1;
    low -= margin;
    high += margin;
  }
  if (!std::isfinite(settings_.base) || settings_.base == 0) settings_.base = 1;
  logarithmic_ = settings_.kind == options::SCALE_LOG && low > 0;
  const double from = logarithmic_ ? std::log(low) : low, to = logarithmic_ ? std::log(high) : high;
  from_ = from;
  const float height = settings_.bottom - settings_.top;
  origin_ = settings_.inverted ? settings_.top : settings_.bottom;
  per_unit_ = (settings_.inverted ? height : -height) / (to - from);
}

float PriceScale::Y(double price) const {
  const double t = logarithmic_ ? std::log(std::max(price, 1e-300)) : price;
  return origin_ + static_cast<float>((t - from_) * per_unit_);
}

double PriceScale::Price(float y) const {
  const double t = from_ + (y - origin_) / per_unit_;
  return logarithmic_ ? std::exp(t) : t;
}

double PriceScale::Shown(double price) const {
  if (settings_.kind == options::SCALE_PERCENT) return (price / settings_.base - 1) * 100;
  if (settings_.kind == options::SCALE_INDEXED) return price / settings_.base * 100;
  return price;
}

double PriceScale::FromShown(double shown) const {
  if (settings_.kind == options::SCALE_PERCENT) return (shown / 100 + 1) * settings_.base;
  if (settings_.kind == options::SCALE_INDEXED) return shown / 100 * settings_.base;
  return shown;
}

std::string PriceScale::Write(double price, int decimals) const {
  if (settings_.kind == options::SCALE_PERCENT) return FormatSigned(Shown(price), decimals) + "%";
  return FormatNumber(Shown(price), decimals);
}

std::string PriceScale::Label(double price, int decimals) const {
  const bool relative = settings_.kind == options::SCALE_PERCENT || settings_.kind == options::SCALE_INDEXED;
  return Write(price, relative ? 2 : decimals);
}

std::vector<PriceScale::Tick> PriceScale::Ticks(float gap, int decimals) const {
  std::vector<Tick> ticks;
  const float height = settings_.bottom - settings_.top;
  if (height < gap) return ticks;
  const auto far_enough = [&](float y) {
    return std::all_of(ticks.begin(), ticks.end(), [&](const Tick& tick) { return std::abs(tick.y - y) >= gap; });
  };
  const auto add = [&](double shown, int least) {
    const double price = FromShown(shown);
    const float y = Y(price);
    if (y < settings_.top - 0.01f || y > settings_.bottom + 0.01f || !far_enough(y)) return;
    ticks.push_back({price, y, Write(price, least)});
  };

  if (logarithmic_ && settings_.high / settings_.low > 4) {
    // The rounder a number, the earlier it gets its place.
    const int first = static_cast<int>(std::floor(std::log10(settings_.low)));
    const int last = static_cast<int>(std::ceil(std::log10(settings_.high)));
    for (const double factor : {1.0, 5.0, 2.0, 3.0, 7.0, 1.5}) {
      const int stride = std::max(1, (last - first) / 40);  // 300 decades do not need 300 attempts a factor
      for (int decade = first; decade <= last; decade += stride) {
        const double value = factor * std::pow(10, decade);
        add(value, std::max(decimals, DecimalsOf(value)));
      }
    }
  } else {
    double low = Shown(settings_.low), high = Shown(settings_.high);
    if (low > high) std::swap(low, high);  // a negative base
    const double step = NiceStep((high - low) * gap / height);
    const int needed = DecimalsOf(step);
    const bool price_labels = settings_.kind == options::SCALE_LINEAR || settings_.kind == options::SCALE_LOG;
    const double first = std::ceil(low / step - 1e-9);
    for (double i = first; i * step <= high + 1e-9 * step && i - first < 1000; ++i) {
      add(i * step, price_labels ? std::max(decimals, needed) : needed);
    }
  }
  std::sort(ticks.begin(), ticks.end(), [](const Tick& a, const Tick& b) { return a.price < b.price; });
  return ticks;
}

}  // namespace vrcharts::chart
