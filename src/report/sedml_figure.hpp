// Plots of simulation experiments as figures.
#pragma once

#include <map>
#include <string>

#include "data/array.hpp"
#include "data/sedml.hpp"
#include "report/figure.hpp"

namespace raad::report {

/// One line a curve and iteration. A logarithmic horizontal axis shows the decadic logarithm and says so.
/// Every data generator of the plot must be among `values`.
Figure sedml_figure(const data::SedmlDocument& document, const data::SedmlOutput& plot,
                    const std::map<std::string, data::Array>& values);

}  // namespace raad::report
