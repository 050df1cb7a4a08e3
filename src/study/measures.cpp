#include "study/measures.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace raad::study {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();

struct Peak {
  double time_h = k_nan;
  double effect = 0.0;
};

/// Slope of the secant and, from two of them, the second divided difference around point i.
double second_difference(const std::vector<double>& t, const std::vector<double>& y, std::size_t i) {
  const double right = (y[i + 1] - y[i]) / (t[i + 1] - t[i]);
  const double left = (y[i] - y[i - 1]) / (t[i] - t[i - 1]);
  return (right - left) / (t[i + 1] - t[i - 1]);
}

/// A parabola may replace the grid's maximum only where the curve is smooth. At a corner, such as the end of
/// an infusion, the second difference stands alone among its neighbours, and the parabola would overshoot:
/// for a rise of 4 and a fall of 20 ng/mL per step by 1.3 ng/mL. Half is far below what neighbours differ by
/// on a smooth peak that the grid resolves.
bool is_smooth(const std::vector<double>& t, const std::vector<double>& y, std::size_t i) {
  if (i < 2 || i + 2 >= t.size()) return false;
  const double here = second_difference(t, y, i);
  const double left = second_difference(t, y, i - 1);
  const double right = second_difference(t, y, i + 1);
  return left * here > 0.0 && right * here > 0.0 && std::abs(left) >= 0.5 * std::abs(here) &&
         std::abs(right) >= 0.5 * std::abs(here);
}

Peak find_peak(const std::vector<double>& t, const std::vector<double>& effect) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < effect.size(); ++i) {
    if (std::abs(effect[i]) > std::abs(effect[best])) best = i;
  }
  if (effect[best] == 0.0) return {};
  Peak peak{t[best], effect[best]};
  if (!is_smooth(t, effect, best)) return peak;
  // Newton's form of the parabola through the three points around the maximum; its vertex.
  const double left_slope = (effect[best] - effect[best - 1]) / (t[best] - t[best - 1]);
  const double curvature = second_difference(t, effect, best);
  const double vertex = 0.5 * (t[best - 1] + t[best]) - 0.5 * left_slope / curvature;
  if (vertex < t[best - 1] || vertex > t[best + 1]) return peak;
  peak.time_h = vertex;
  peak.effect = effect[best - 1] + left_slope * (vertex - t[best - 1]) +
                curvature * (vertex - t[best - 1]) * (vertex - t[best]);
  return peak;
}

/// Part of a linear segment from a to b that lies above `threshold` (> 0): as shares [from, to] of its
/// length.
struct Part {
  double from = 0.0, to = 0.0;
};
Part part_above(double a, double b, double threshold) {
  if (a <= threshold && b <= threshold) return {};
  if (a > threshold && b > threshold) return {0.0, 1.0};
  const double crossing = (threshold - a) / (b - a);
  return a > threshold ? Part{0.0, crossing} : Part{crossing, 1.0};
}

/// Duration and last time of |effect| above the threshold, by linear crossing. A segment can hold both signs.
void add_duration(const std::vector<double>& t, const std::vector<double>& effect, double threshold,
                  Measures& result) {
  for (std::size_t i = 0; i + 1 < t.size(); ++i) {
    const double step = t[i + 1] - t[i];
    for (const double sign : {1.0, -1.0}) {
      const Part part = part_above(sign * effect[i], sign * effect[i + 1], threshold);
      if (part.to <= part.from) continue;
      result.duration_h += step * (part.to - part.from);
      result.last_above_h = std::max(result.last_above_h, t[i] + step * part.to);
    }
  }
}

Measures undefined_measures(double baseline) {
  Measures result;
  result.baseline = baseline;
  result.peak = result.peak_effect = result.peak_time_h = result.duration_h = result.area = k_nan;
  result.last_above_h = result.at_2h = result.at_24h = result.at_7d = result.at_28d = k_nan;
  return result;
}

}  // namespace

double value_at(const std::vector<double>& time_h, const std::vector<double>& values, double at_h) {
  if (time_h.empty() || !(at_h >= time_h.front()) || at_h > time_h.back()) return k_nan;
  const auto after = std::lower_bound(time_h.begin(), time_h.end(), at_h);
  const auto i = static_cast<std::size_t>(after - time_h.begin());
  if (time_h[i] == at_h) return values[i];
  const double share = (at_h - time_h[i - 1]) / (time_h[i] - time_h[i - 1]);
  return values[i - 1] + share * (values[i] - values[i - 1]);
}

Measures measure(const std::vector<double>& time_h, const std::vector<double>& values, double baseline) {
  assert(time_h.size() == values.size());
  const bool defined = !values.empty() && std::isfinite(baseline) &&
                       std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
  if (!defined) return undefined_measures(baseline);

  std::vector<double> effect(values.size());
  std::transform(values.begin(), values.end(), effect.begin(), [&](double v) { return v - baseline; });

  Measures result;
  result.baseline = baseline;
  const Peak peak = find_peak(time_h, effect);
  result.peak_effect = peak.effect;
  result.peak = baseline + peak.effect;
  result.peak_time_h = peak.time_h;
  if (peak.effect != 0.0) add_duration(time_h, effect, k_lasting_share * std::abs(peak.effect), result);
  for (std::size_t i = 0; i + 1 < time_h.size(); ++i) {
    result.area += 0.5 * (effect[i] + effect[i + 1]) * (time_h[i + 1] - time_h[i]);
  }
  result.at_2h = value_at(time_h, values, 2.0);
  result.at_24h = value_at(time_h, values, 24.0);
  result.at_7d = value_at(time_h, values, 7 * 24.0);
  result.at_28d = value_at(time_h, values, 28 * 24.0);
  return result;
}

Measures measure(const std::vector<double>& time_h, const std::vector<double>& values) {
  return measure(time_h, values, values.empty() ? k_nan : values.front());
}

}  // namespace raad::study
