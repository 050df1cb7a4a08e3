// Sparse linear systems with a fixed pattern, solved by an elimination order chosen once.
#pragma once

#include <cstdint>
#include <vector>

namespace raad::solve {

/// Symbolic factorisation of matrices  shift x I - J  where J has a fixed sparsity pattern.
///
/// Pivots stay on the diagonal. In a Rosenbrock step shift = 1/(gamma h) and J is the Jacobian; the smaller
/// h, the more the diagonal dominates, so a pivot that comes out too small shows as a failed step and a
/// smaller h cures it (no failure in 2000 virtual patients, design/performance.md 7.2). The order is
/// Markowitz's restricted to the diagonal (Markowitz 1957, doi:10.1287/mnsc.3.3.255): least (row count -
/// 1)(column count - 1) among what is left, lowest index on a tie.
///
/// The lists are what both a scalar and a many-lane elimination follow; positions refer to one array of
/// factor values.
struct LuPattern {
  /// `target -= multiplier x source`
  struct Update {
    std::int32_t target = 0, source = 0;
  };
  /// Row operation on one row below a pivot: scales `multiplier`, then applies updates [first, last).
  struct RowOperation {
    std::int32_t multiplier = 0;
    std::int32_t first_update = 0, last_update = 0;
  };
  /// Entry of a triangular factor, as used in substitution: `x[row] -= value x x[column]`.
  struct Entry {
    std::int32_t position = 0, column = 0;
  };

  int size = 0;
  int nonzeros = 0;                                ///< Of L + U, the diagonal once
  std::vector<std::int32_t> order;                 ///< order[k]: the unknown eliminated as k-th
  std::vector<std::int32_t> diagonal;              ///< Position of pivot k
  std::vector<std::int32_t> from_jacobian;         ///< Position of each Jacobian entry
  std::vector<std::int32_t> row_operation_starts;  ///< size + 1, into row_operations
  std::vector<RowOperation> row_operations;
  std::vector<Update> updates;
  std::vector<std::int32_t> lower_starts, upper_starts;  ///< size + 1; rows in elimination order
  std::vector<Entry> lower, upper;                       ///< `column` in elimination order

  /// `column_starts`, `rows`: compressed sparse columns of J. The diagonal need not be present in J.
  static LuPattern analyse(int size, const std::vector<int>& column_starts, const std::vector<int>& rows);
};

/// Numeric factorisation of one matrix; allocates in the constructor only.
class SparseLu {
 public:
  /// `pattern` must outlive this object.
  explicit SparseLu(const LuPattern& pattern);

  /// Factors  shift x I - J.  A zero pivot shows as non-finite values in solutions.
  void factor(double shift, const double* jacobian);
  /// Solves in place.
  void solve(double* right_hand_side);

 private:
  const LuPattern* pattern_;
  std::vector<double> values_;
  std::vector<double> inverse_pivots_;
  std::vector<double> work_;
};

}  // namespace raad::solve
