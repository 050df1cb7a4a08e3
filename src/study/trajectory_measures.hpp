// Numbers that papers report about a time course: maxima, areas, half-lives, durations, spine turnover.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace raad::study {

/// Time courses of one arm on a common ascending grid [h], by quantity.
struct Trajectory {
  std::vector<double> time_h;
  std::map<std::string, std::vector<double>> values;
  std::map<std::string, double> parameters;  ///< By flat id
  double first_dose_h = 0.0;

  const std::vector<double>& of(const std::string& quantity) const { return values.at(quantity); }
  /// Linear interpolation; NaN outside the grid.
  double at(const std::string& quantity, double time_h) const;
};

/// Area from the first dose to infinity, the tail by the terminal slope [unit x h].
double area_to_infinity(const Trajectory& trajectory, const std::string& quantity);
/// ln 2 / slope of the logarithm over the last three half-lives above 1 % of the maximum [h]; NaN when it
/// does not fall.
double terminal_half_life_h(const Trajectory& trajectory, const std::string& quantity);
/// Total time with the quantity above a level [h].
double time_above_h(const Trajectory& trajectory, const std::string& quantity, double level);
/// First time with the quantity above a level [h]; NaN where it never is.
double first_time_above_h(const Trajectory& trajectory, const std::string& quantity, double level);
/// Last time with the quantity above a level [h].
double last_time_above_h(const Trajectory& trajectory, const std::string& quantity, double level);
/// Integral over a window [unit x h].
double integral(const Trajectory& trajectory, const std::string& quantity, double from_h, double to_h);
/// Value where the deviation from the first value is largest in magnitude, after the first dose.
double extreme(const Trajectory& trajectory, const std::string& quantity);
double time_of_extreme_h(const Trajectory& trajectory, const std::string& quantity);

/// Spines of the three stages of the module dendritic_spines followed as cohorts, which pass through the
/// stages with constant rates while births change.
class SpineCohorts {
 public:
  /// Quantities and parameters that it needs.
  static std::vector<std::string> quantities();
  static std::vector<std::string> parameters();
  explicit SpineCohorts(const Trajectory& trajectory);

  /// 100 x spines born in (t - interval, t] and alive at t / density at t - interval [percent].
  double formation(double time_h, double interval_h) const;
  /// 100 x spines of t - interval lost by t / density then [percent].
  double elimination(double time_h, double interval_h) const;
  /// Share of spines seen new at `seen_h`, the end of an interval, that are alive `age_h` later [percent].
  double survival(double seen_h, double interval_h, double age_h) const;
  /// Share of the spines of `from_h` still there at `to_h` [percent].
  double persistence(double from_h, double to_h) const;

 private:
  struct Stages {
    double nascent = 0.0, mature = 0.0, stable = 0.0;
    double sum() const { return nascent + mature + stable; }
  };
  Stages at(double time_h) const;
  Stages aged(Stages stages, double duration_h) const;
  Stages born(double from_h, double to_h) const;

  const Trajectory& trajectory_;
  double nascent_loss_, maturation_, mature_loss_, stabilisation_, stable_loss_;  ///< [1/h]
};

}  // namespace raad::study
