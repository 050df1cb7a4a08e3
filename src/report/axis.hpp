// Axes: a range, round tick marks and their labels.
#pragma once

#include <string>
#include <vector>

namespace raad::report {

struct Axis {
  double minimum = 0.0, maximum = 1.0;
  bool logarithmic = false;
  std::vector<double> ticks;
  std::vector<std::string> labels;

  /// Position in [0, 1] between minimum and maximum; outside for values outside.
  double position(double value) const;
};

/// A linear axis over [low, high] with about `count` steps of 1, 2 or 5 x 10^n, widened to hold all values
/// with a little room. Holds 0 when that costs less than half of the height. A flat range gets some height.
Axis linear_axis(double low, double high, int count);

/// A logarithmic axis for positive values up to `high`; decades, with 2 and 5 between when there are few.
/// Reaches down to `low` but over at most `k_most_decades`: below that exposure is no longer measurable.
inline constexpr double k_most_decades = 4.0;
Axis log_axis(double low, double high);

/// An axis over exactly [low, high] with the given ticks; round ones are chosen if there are none.
Axis fixed_axis(double low, double high, std::vector<double> ticks, int count);

/// Multiples of a round step inside [low, high].
std::vector<double> round_ticks(double low, double high, int count);
/// Labels with as many decimals as the step needs and a true minus sign.
std::vector<std::string> tick_labels(const std::vector<double>& ticks);

}  // namespace raad::report
