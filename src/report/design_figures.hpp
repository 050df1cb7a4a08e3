// Figures of a design search: objectives against each other, designs across all axes, the plane of biased
// agonism.
#pragma once

#include <vector>

#include "report/figure.hpp"
#include "study/design.hpp"

namespace raad::report {

/// One for each pair of objectives: `pareto_<first>_<second>`. Filled: holds under several rival hypotheses;
/// open: flagged.
std::vector<Figure> pareto_figures(const study::DesignResult& result);
/// `parallel`: a line a design across goals and axes, each scaled to its range over the front or the search.
Figure parallel_figure(const study::DesignResult& result);
/// `bias_plane`: contours of effect and trip over Gq and arrestin efficacy around one design.
Figure bias_figure(const study::BiasPlane& plane, int row);

/// Line segments of a contour through a grid of values (marching squares), ends apart by NaN.
Line contour(const std::vector<double>& axis, const std::vector<std::vector<double>>& values, double level);

}  // namespace raad::report
