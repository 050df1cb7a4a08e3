// Derivatives by extrapolated central differences, with an error estimate: the independent truth for exact
// ones.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace raad::test {

struct Difference {
  long double value = 0;
  long double error = std::numeric_limits<long double>::infinity();  ///< Estimate; see `extrapolated`
};

/// d f_i / d x at `x` for several functions at once, by Ridders' method (1982,
/// doi:10.1016/S0141-1195(82)80057-0): central differences with steps h, h/2, h/4, ... and Richardson
/// extrapolation; of the table the entry is kept that differs least from its neighbours, and that difference
/// is its error estimate.
inline std::vector<Difference> extrapolated(const std::function<std::vector<long double>(long double)>& f,
                                            long double x, long double first_step) {
  constexpr int k_rows = 8;
  std::vector<std::vector<std::vector<long double>>> table;  // [row][column][function]
  std::vector<Difference> best;
  long double h = first_step;
  for (int row = 0; row < k_rows; ++row, h /= 2) {
    const auto above = f(x + h);
    const auto below = f(x - h);
    best.resize(above.size());
    std::vector<std::vector<long double>> line(1, std::vector<long double>(above.size()));
    std::vector<long double> rounding(above.size());
    for (std::size_t i = 0; i < above.size(); ++i) {
      line[0][i] = (above[i] - below[i]) / ((x + h) - (x - h));
      // Ten roundings in the evaluation of f, say.
      rounding[i] = 10 * std::numeric_limits<long double>::epsilon() * std::abs(above[i]) / h;
    }
    long double factor = 4;
    for (int column = 1; column <= row; ++column, factor *= 4) {
      const auto& left = line.back();
      const auto& upper_left = table.back()[static_cast<std::size_t>(column) - 1];
      std::vector<long double> entry(above.size());
      for (std::size_t i = 0; i < entry.size(); ++i) {
        entry[i] = (factor * left[i] - upper_left[i]) / (factor - 1);
        const long double error =
            std::max(std::abs(entry[i] - left[i]), std::abs(entry[i] - upper_left[i])) + rounding[i];
        if (error < best[i].error) best[i] = {entry[i], error};
      }
      line.push_back(std::move(entry));
    }
    table.push_back(std::move(line));
  }
  return best;
}

}  // namespace raad::test
