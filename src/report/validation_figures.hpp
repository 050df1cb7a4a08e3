// Figures of a validation: observed against predicted, measured courses, how often intervals hold their
// datum.
#pragma once

#include <vector>

#include "report/figure.hpp"
#include "study/validation.hpp"

namespace raad::report {

/// `observed_predicted_FAMILY...`: a figure for each family, scale and unit, with the line of equality and 90
/// % intervals; decimal logarithms where rows are compared on the logarithm.
std::vector<Figure> observed_predicted_figures(const study::ValidationResult& result);

/// `courses_SOURCE` (and `courses_SOURCE_first_day`): a figure for each study that measured a read-out at
/// three times or more under one regimen, a panel a read-out, unit and arm; the line joins the predictions at
/// the measured times, the band is their 90 % interval.
std::vector<Figure> course_figures(const study::ValidationResult& result);

/// `coverage`: share of the rows inside of central intervals of every size, calibration and validation apart.
Figure coverage_figure(const study::ValidationResult& result);

}  // namespace raad::report
