#include "study/course_number.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace raad::study {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();

const std::map<std::string, CourseNumber>& names() {
  static const std::map<std::string, CourseNumber> table = {{"at", CourseNumber::at},
                                                            {"max", CourseNumber::maximum},
                                                            {"min", CourseNumber::minimum},
                                                            {"auc", CourseNumber::area},
                                                            {"tmax", CourseNumber::time_of_maximum},
                                                            {"thalf", CourseNumber::time_to_half}};
  return table;
}

struct Extreme {
  double time_h = 0.0, value = 0.0;
  std::size_t place = 0;
};

/// Extreme of `sign` x values, refined by the parabola through three points so that it changes smoothly with
/// parameters; at a corner or the edge the point itself.
Extreme extreme_of(const std::vector<double>& times, const std::vector<double>& values, double sign) {
  std::size_t place = 0;
  for (std::size_t i = 1; i < values.size(); ++i)
    if (sign * values[i] > sign * values[place]) place = i;
  Extreme result{times[place], values[place], place};
  if (place == 0 || place + 1 == values.size()) return result;
  const double h0 = times[place] - times[place - 1], h1 = times[place + 1] - times[place];
  const double d0 = (values[place] - values[place - 1]) / h0, d1 = (values[place + 1] - values[place]) / h1;
  const double curvature = (d1 - d0) / (h0 + h1);
  if (curvature == 0.0) return result;
  const double slope = d0 + curvature * h0;
  const double shift = std::clamp(-0.5 * slope / curvature, -h0, h1);
  result.time_h += shift;
  result.value += shift * (slope + curvature * shift);
  return result;
}

double time_to_half(const std::vector<double>& times, const std::vector<double>& deviations,
                    const Extreme& peak) {
  for (std::size_t i = peak.place + 1; i < times.size(); ++i) {
    const double half = 0.5 * peak.value;
    if (std::abs(deviations[i]) > std::abs(half)) continue;
    const double share = (deviations[i - 1] - half) / (deviations[i - 1] - deviations[i]);
    return times[i - 1] + share * (times[i] - times[i - 1]) - peak.time_h;
  }
  return k_nan;
}

}  // namespace

std::optional<CourseNumber> course_number_named(const std::string& name) {
  const auto found = names().find(name);
  return found == names().end() ? std::nullopt : std::optional(found->second);
}

std::string course_number_names() {
  std::string text;
  for (const auto& [name, number] : names()) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string unit_of(CourseNumber number, const std::string& unit) {
  if (number == CourseNumber::area) return unit + "*h";
  if (number == CourseNumber::time_of_maximum || number == CourseNumber::time_to_half) return "h";
  return unit;
}

double course_number(CourseNumber number, const std::vector<double>& times_h, const double* values,
                     std::size_t stride) {
  std::vector<double> course;
  for (std::size_t i = 0; i < times_h.size(); ++i) course.push_back(values[i * stride]);
  if (number == CourseNumber::at) return course.back();
  if (number == CourseNumber::maximum) return extreme_of(times_h, course, 1.0).value;
  if (number == CourseNumber::minimum) return extreme_of(times_h, course, -1.0).value;
  const double resting = course.front();
  for (double& value : course) value -= resting;
  if (number == CourseNumber::area) {
    double area = 0.0;
    for (std::size_t i = 1; i < times_h.size(); ++i)
      area += 0.5 * (times_h[i] - times_h[i - 1]) * (course[i] + course[i - 1]);
    return area;
  }
  const auto up = extreme_of(times_h, course, 1.0), down = extreme_of(times_h, course, -1.0);
  const auto& peak = up.value >= -down.value ? up : down;
  if (peak.value == 0.0) return k_nan;
  return number == CourseNumber::time_of_maximum ? peak.time_h : time_to_half(times_h, course, peak);
}

}  // namespace raad::study
