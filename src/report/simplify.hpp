// Fewer points for the same line.
#pragma once

#include <cstddef>
#include <vector>

namespace raad::report {

/// Indices of the points to keep so that the straight lines between them are nowhere further than `tolerance`
/// from the dropped points, measured along y (Ramer 1972, doi:10.1016/S0146-664X(72)80017-0, with the
/// vertical distance: unlike the perpendicular one it means the same on every time axis). First and last are
/// kept; x ascends.
std::vector<std::size_t> simplify(const std::vector<double>& x, const std::vector<double>& y,
                                  double tolerance);

}  // namespace raad::report
