#include "report/axis.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace raad::report {
namespace {

/// The step of 1, 2 or 5 x 10^n whose number of steps is nearest to `count` as a ratio.
double round_step(double span, int count) {
  const double raw = span / count;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  double best = power;
  for (const double factor : {2.0, 5.0, 10.0}) {
    const double step = factor * power;
    if (std::abs(std::log(step / raw)) < std::abs(std::log(best / raw))) best = step;
  }
  return best;
}

/// A hyphen is too short for a minus in print.
std::string with_minus_sign(std::string text) {
  if (!text.empty() && text[0] == '-') text.replace(0, 1, "\u2212");
  return text;
}

std::string plain_or_power(double value, int decimals) {
  const double magnitude = std::abs(value);
  if (magnitude != 0.0 && (magnitude >= 1e5 || magnitude < 1e-3))
    return with_minus_sign(fmt::format("{:g}", value));
  return with_minus_sign(fmt::format("{:.{}f}", value, decimals));
}

}  // namespace

double Axis::position(double value) const {
  if (!logarithmic) return (value - minimum) / (maximum - minimum);
  return (std::log10(value) - std::log10(minimum)) / (std::log10(maximum) - std::log10(minimum));
}

std::vector<double> round_ticks(double low, double high, int count) {
  const double step = round_step(high - low, count);
  std::vector<double> ticks;
  // Rounded indices, so that ticks are exact multiples and 0 is exactly 0.
  const auto first = static_cast<long>(std::ceil(low / step - 1e-9));
  const auto last = static_cast<long>(std::floor(high / step + 1e-9));
  for (long k = first; k <= last; ++k) ticks.push_back(static_cast<double>(k) * step);
  return ticks;
}

std::vector<std::string> tick_labels(const std::vector<double>& ticks) {
  double step = 0.0;
  for (std::size_t i = 1; i < ticks.size(); ++i) {
    const double gap = ticks[i] - ticks[i - 1];
    if (step == 0.0 || gap < step) step = gap;
  }
  int decimals = 0;
  // Four decimals are the most that k_plain labels hold; smaller steps get a power of ten.
  while (decimals < 4 && step > 0.0 &&
         std::abs(step * std::pow(10.0, decimals) - std::round(step * std::pow(10.0, decimals))) > 1e-6) {
    ++decimals;
  }
  std::vector<std::string> labels;
  for (const double tick : ticks) labels.push_back(plain_or_power(tick, decimals));
  return labels;
}

Axis linear_axis(double low, double high, int count) {
  if (!(high > low)) {
    const double room = low == 0.0 ? 1.0 : 0.1 * std::abs(low);
    low -= room;
    high += room;
  }
  const double span = high - low;
  if (low > 0.0 && low < span) low = 0.0;
  if (high < 0.0 && -high < span) high = 0.0;
  // Room for marks at the edge, but none below an axis that starts at 0.
  const double room = 0.06 * (high - low);
  Axis axis;
  axis.minimum = low == 0.0 ? 0.0 : low - room;
  axis.maximum = high == 0.0 ? 0.0 : high + room;
  axis.ticks = round_ticks(axis.minimum, axis.maximum, count);
  axis.labels = tick_labels(axis.ticks);
  return axis;
}

Axis log_axis(double low, double high) {
  Axis axis;
  axis.logarithmic = true;
  if (!(high > 0.0)) high = 1.0;
  const double floor = high * std::pow(10.0, -k_most_decades);
  axis.minimum = std::max(low > 0.0 ? low : floor, floor);
  axis.maximum = high * 1.3;
  // A curve within less than a decade still gets one, so that a step of the axis keeps its meaning.
  axis.minimum = std::min(axis.minimum, axis.maximum / 10.0);
  const int first = static_cast<int>(std::floor(std::log10(axis.minimum)));
  const int last = static_cast<int>(std::floor(std::log10(axis.maximum)));
  const bool few = std::log10(axis.maximum / axis.minimum) < 2.0;
  for (int decade = first; decade <= last; ++decade) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double tick = factor * std::pow(10.0, decade);
      const bool wanted = factor == 1.0 || few;
      if (!wanted || tick < axis.minimum || tick > axis.maximum) continue;
      axis.ticks.push_back(tick);
      axis.labels.push_back(fmt::format("{:g}", tick));
    }
  }
  return axis;
}

Axis fixed_axis(double low, double high, std::vector<double> ticks, int count) {
  Axis axis;
  axis.minimum = low;
  axis.maximum = high > low ? high : low + 1.0;
  axis.ticks = ticks.empty() ? round_ticks(axis.minimum, axis.maximum, count) : std::move(ticks);
  std::erase_if(axis.ticks, [&](double tick) { return tick < axis.minimum || tick > axis.maximum; });
  axis.labels = tick_labels(axis.ticks);
  return axis;
}

}  // namespace raad::report
