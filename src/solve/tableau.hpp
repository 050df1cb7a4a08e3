// Rosenbrock-Wanner methods as data.
#pragma once

#include <string_view>
#include <vector>

namespace raad::solve {

/// Coefficients in the form without matrix-vector products (Hairer and Wanner, Solving Ordinary Differential
/// Equations II, 2nd ed. 1996, section IV.7, eq. 7.25-7.27), with W = I/(gamma h) - J, J = df/dy(t, y), T =
/// df/dt(t, y):
///
///   W k_i = f(t + node_i h, y + sum_j<i a_ij k_j) + sum_j<i (c_ij / h) k_j + time_weight_i h T
///   y_new = y + sum_i weight_i k_i,   error estimate = sum_i error_weight_i k_i
///
/// Dense output for 0 <= s <= 1 (same book, section VI.4):
///   y(t + s h) = (1-s) y + s (y_new + (1-s) (D_1 + s (D_2 + s D_3 ...))),   D_m = sum_i dense_mi k_i
struct RosenbrockTableau {
  std::string_view name;
  int stages = 0;
  int order = 0;        ///< Of y_new
  int error_order = 0;  ///< Of the embedded solution, y_new - error estimate
  int dense_order = 0;  ///< Of the interpolant
  double gamma = 0.0;
  std::vector<double> nodes;               ///< [stages]
  std::vector<double> time_weights;        ///< [stages]
  std::vector<std::vector<double>> a, c;   ///< [stage][earlier stage]
  std::vector<double> weights;             ///< [stages]
  std::vector<double> error_weights;       ///< [stages]
  std::vector<std::vector<double>> dense;  ///< [row][stages]
};

/// Order 5, 8 stages, L-stable, stiffly accurate, dense output of order 4; keeps its order on stiff problems
/// better than its forerunner Rodas5 (Steinebach 2023, BIT Numerical Mathematics 63:27,
/// doi:10.1007/s10543-023-00967-x).
const RosenbrockTableau& rodas5p();

/// Order 4, 6 stages, L-stable, stiffly accurate, dense output of order 3 (Steinebach 1995, preprint 1741, TH
/// Darmstadt): less accurate for its work, but with the shortest tail of errors over virtual patients.
const RosenbrockTableau& rodas4p();

}  // namespace raad::solve
