// One number of a time course: what sensitivities and experiments are about.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace raad::study {

enum class CourseNumber {
  at,       ///< Value at the last time
  maximum,  ///< Greatest value, by a parabola through the points about it
  minimum,
  area,             ///< Integral of the deviation from the first value [unit x h]
  time_of_maximum,  ///< Of the largest deviation from the first value, from time 0 [h]
  time_to_half,     ///< From the largest deviation until half of it is left [h]
};

/// `at`, `max`, `min`, `auc`, `tmax`, `thalf`; nothing for other names.
std::optional<CourseNumber> course_number_named(const std::string& name);
/// The names, for messages.
std::string course_number_names();
std::string unit_of(CourseNumber number, const std::string& unit);

/// `values[i * stride]` at `times_h[i]`. NaN where the course does not have the number.
double course_number(CourseNumber number, const std::vector<double>& times_h, const double* values,
                     std::size_t stride = 1);

}  // namespace raad::study
