// Figures of a fit as SVG texts.
#pragma once

#include <string>

#include "study/fit_result.hpp"

namespace raad::report {

/// Costs of all starts above the best, in ascending order.
std::string waterfall_svg(const study::FitResult& fit);
/// Where each start ended within the bounds, parameter by parameter.
std::string parameters_svg(const study::FitResult& fit);
/// A panel a profile: rise of the cost against the parameter.
std::string profiles_svg(const study::FitResult& fit);

}  // namespace raad::report
