#include "solve/sparse_lu.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace raad::solve {
namespace {

struct Matrix {
  int size = 0;
  std::vector<int> column_starts = {0}, rows;
  std::vector<double> values;
};

/// Random pattern with about `per_column` entries a column; the diagonal is sometimes absent.
Matrix random_matrix(int size, int per_column, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> value(-1.0, 1.0);
  std::bernoulli_distribution present(static_cast<double>(per_column) / size);
  Matrix matrix;
  matrix.size = size;
  for (int column = 0; column < size; ++column) {
    for (int row = 0; row < size; ++row) {
      if (!present(random)) continue;
      matrix.rows.push_back(row);
      matrix.values.push_back(value(random));
    }
    matrix.column_starts.push_back(static_cast<int>(matrix.rows.size()));
  }
  return matrix;
}

/// (shift I - J) x
std::vector<double> multiply(const Matrix& jacobian, double shift, const std::vector<double>& x) {
  std::vector<double> result(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) result[i] = shift * x[i];
  for (std::size_t column = 0; column < x.size(); ++column) {
    for (int k = jacobian.column_starts[column]; k < jacobian.column_starts[column + 1]; ++k) {
      const auto entry = static_cast<std::size_t>(k);
      result[static_cast<std::size_t>(jacobian.rows[entry])] -= jacobian.values[entry] * x[column];
    }
  }
  return result;
}

TEST(SparseLu, RecoversKnownSolutions) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    const int size = 1 + static_cast<int>(seed) * 2;
    const Matrix matrix = random_matrix(size, 4, seed);
    const LuPattern pattern = LuPattern::analyse(size, matrix.column_starts, matrix.rows);
    SparseLu lu(pattern);
    std::vector<double> exact;
    for (int i = 0; i < size; ++i) exact.push_back(std::sin(1.0 + i));
    for (double shift : {8.0, 1e6}) {  // refactored with the same pattern; diagonally dominant
      std::vector<double> x = multiply(matrix, shift, exact);
      lu.factor(shift, matrix.values.data());
      lu.solve(x.data());
      for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], exact[i], 1e-13) << "seed " << seed;
    }
  }
}

TEST(SparseLu, OrdersAnArrowWithoutFill) {
  // A hub coupled to everything, listed first: eliminating it first would fill the matrix.
  const int size = 30;
  Matrix arrow;
  for (int column = 0; column < size; ++column) {
    for (int row = 0; row < size; ++row) {
      if (row != column && row != 0 && column != 0) continue;
      arrow.rows.push_back(row);
      arrow.values.push_back(row == column ? -3.0 : 0.1);
    }
    arrow.column_starts.push_back(static_cast<int>(arrow.rows.size()));
  }
  const LuPattern pattern = LuPattern::analyse(size, arrow.column_starts, arrow.rows);
  EXPECT_EQ(pattern.nonzeros, static_cast<int>(arrow.rows.size()));
}

TEST(SparseLu, OrdersATridiagonalWithoutFill) {
  const int size = 25;
  Matrix chain;
  for (int column = 0; column < size; ++column) {
    for (int row = std::max(0, column - 1); row <= std::min(size - 1, column + 1); ++row)
      chain.rows.push_back(row);
    chain.column_starts.push_back(static_cast<int>(chain.rows.size()));
  }
  EXPECT_EQ(LuPattern::analyse(size, chain.column_starts, chain.rows).nonzeros, 3 * size - 2);
}

TEST(SparseLu, ShowsASingularMatrix) {
  const Matrix matrix = {2, {0, 2, 4}, {0, 1, 0, 1}, {1.0, 1.0, 1.0, 1.0}};
  const LuPattern pattern = LuPattern::analyse(2, matrix.column_starts, matrix.rows);
  SparseLu lu(pattern);
  lu.factor(2.0, matrix.values.data());  // (1 -1; -1 1)
  double x[] = {1.0, 0.0};
  lu.solve(x);
  EXPECT_FALSE(std::isfinite(x[0]));
}

TEST(SparseLu, WorksWithoutUnknowns) {
  const LuPattern pattern = LuPattern::analyse(0, {0}, {});
  SparseLu lu(pattern);
  lu.factor(1.0, nullptr);
  lu.solve(nullptr);
  EXPECT_EQ(pattern.nonzeros, 0);
}

}  // namespace
}  // namespace raad::solve
