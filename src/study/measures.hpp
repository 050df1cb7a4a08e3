// How large, how early and how long: the summary of one read-out under one treatment.
#pragma once

#include <vector>

namespace raad::study {

/// All values in the read-out's unit unless stated. The effect is the deviation from the value before the
/// first dose.
struct Measures {
  double baseline = 0.0;
  double peak = 0.0;          ///< Value where the effect is largest in magnitude
  double peak_effect = 0.0;   ///< peak - baseline, signed
  double peak_time_h = 0.0;   ///< NaN when nothing moves
  double duration_h = 0.0;    ///< Total time with |effect| above 10 % of its own peak effect
  double area = 0.0;          ///< Integral of the effect over the run [unit x h]
  double last_above_h = 0.0;  ///< Last time with |effect| above 10 % of its own peak effect
  double at_2h = 0.0, at_24h = 0.0, at_7d = 0.0, at_28d = 0.0;  ///< NaN beyond the run
};

/// The share of the peak effect that counts as lasting.
inline constexpr double k_lasting_share = 0.1;

/// Measures of a series on an ascending time grid, against a baseline. Values between the grid points are
/// taken as linear, except at the peak, which is refined by a parabola where the curve is smooth.
Measures measure(const std::vector<double>& time_h, const std::vector<double>& values, double baseline);
/// The same with the first value as baseline: for curves that do not jump at their first time.
Measures measure(const std::vector<double>& time_h, const std::vector<double>& values);

/// Linear interpolation on an ascending grid; NaN outside it.
double value_at(const std::vector<double>& time_h, const std::vector<double>& values, double at_h);

}  // namespace raad::study
