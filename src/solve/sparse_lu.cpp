#include "solve/sparse_lu.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <utility>

namespace raad::solve {

namespace {

std::size_t at(std::int32_t index) {
  return static_cast<std::size_t>(index);
}

/// A square table; for the patterns of this field (up to a few thousand unknowns) far faster than sparse
/// containers.
template <class Value>
class SquareTable {
 public:
  SquareTable(int size, Value value) : size_(at(size)), values_(size_ * size_, value) {}
  Value& operator()(int row, int column) { return values_[at(row) * size_ + at(column)]; }

 private:
  std::size_t size_;
  std::vector<Value> values_;
};

/// The matrix during symbolic elimination. Entries stay marked when their pivot is gone: in the end they are
/// L + U.
struct Elimination {
  SquareTable<char> present;
  std::vector<int> row_counts, column_counts;  ///< Of the uneliminated part
  std::vector<int> remaining;                  ///< Ascending

  Elimination(int size, const std::vector<int>& column_starts, const std::vector<int>& rows)
      : present(size, 0), row_counts(at(size), 0), column_counts(at(size), 0) {
    for (int column = 0; column < size; ++column) {
      remaining.push_back(column);
      add(column, column);
      for (int k = column_starts[at(column)]; k < column_starts[at(column) + 1]; ++k)
        add(rows[at(k)], column);
    }
  }

  void add(int row, int column) {
    if (std::exchange(present(row, column), char{1})) return;
    ++row_counts[at(row)];
    ++column_counts[at(column)];
  }

  /// Removes and returns the pivot of least Markowitz count.
  int take_pivot() {
    const auto chosen = std::ranges::min_element(remaining, {}, [&](int pivot) {
      return static_cast<long>(row_counts[at(pivot)] - 1) * (column_counts[at(pivot)] - 1);
    });
    const int pivot = *chosen;
    remaining.erase(chosen);
    return pivot;
  }

  /// Fills in what eliminating `pivot`, already taken, fills.
  void eliminate(int pivot) {
    std::vector<int> columns, rows;
    for (int i : remaining) {
      if (present(pivot, i)) columns.push_back(i);
      if (present(i, pivot)) rows.push_back(i);
    }
    for (int row : rows) {
      for (int column : columns) add(row, column);
      --row_counts[at(row)];
    }
    for (int column : columns) --column_counts[at(column)];
  }
};

/// Position of each entry of L + U in elimination order, row by row; -1 where there is none.
using Positions = SquareTable<std::int32_t>;

void list_row_operations(LuPattern& pattern, Positions& positions) {
  pattern.row_operation_starts.push_back(0);
  for (int k = 0; k < pattern.size; ++k) {
    std::vector<int> columns;
    for (int column = k + 1; column < pattern.size; ++column) {
      if (positions(k, column) >= 0) columns.push_back(column);
    }
    for (int row = k + 1; row < pattern.size; ++row) {
      if (positions(row, k) < 0) continue;
      LuPattern::RowOperation operation;
      operation.multiplier = positions(row, k);
      operation.first_update = static_cast<std::int32_t>(pattern.updates.size());
      for (int column : columns) pattern.updates.push_back({positions(row, column), positions(k, column)});
      operation.last_update = static_cast<std::int32_t>(pattern.updates.size());
      pattern.row_operations.push_back(operation);
    }
    pattern.row_operation_starts.push_back(static_cast<std::int32_t>(pattern.row_operations.size()));
  }
}

void list_substitutions(LuPattern& pattern, Positions& positions) {
  pattern.lower_starts.push_back(0);
  pattern.upper_starts.push_back(0);
  for (int row = 0; row < pattern.size; ++row) {
    for (int column = 0; column < pattern.size; ++column) {
      if (column == row || positions(row, column) < 0) continue;
      (column < row ? pattern.lower : pattern.upper).push_back({positions(row, column), column});
    }
    pattern.lower_starts.push_back(static_cast<std::int32_t>(pattern.lower.size()));
    pattern.upper_starts.push_back(static_cast<std::int32_t>(pattern.upper.size()));
  }
}

}  // namespace

LuPattern LuPattern::analyse(int size, const std::vector<int>& column_starts, const std::vector<int>& rows) {
  assert(column_starts.size() == at(size) + 1);
  LuPattern pattern;
  pattern.size = size;
  Elimination elimination(size, column_starts, rows);
  while (!elimination.remaining.empty()) {
    pattern.order.push_back(elimination.take_pivot());
    elimination.eliminate(pattern.order.back());
  }
  std::vector<int> rank(at(size));
  for (int k = 0; k < size; ++k) rank[at(pattern.order[at(k)])] = k;

  Positions positions(size, -1);
  for (int row = 0; row < size; ++row) {
    for (int column = 0; column < size; ++column) {
      if (elimination.present(pattern.order[at(row)], pattern.order[at(column)])) {
        positions(row, column) = pattern.nonzeros++;
      }
    }
    pattern.diagonal.push_back(positions(row, row));
  }
  for (int column = 0; column < size; ++column) {
    for (int k = column_starts[at(column)]; k < column_starts[at(column) + 1]; ++k) {
      pattern.from_jacobian.push_back(positions(rank[at(rows[at(k)])], rank[at(column)]));
    }
  }
  list_row_operations(pattern, positions);
  list_substitutions(pattern, positions);
  return pattern;
}

SparseLu::SparseLu(const LuPattern& pattern)
    : pattern_(&pattern),
      values_(at(pattern.nonzeros)),
      inverse_pivots_(at(pattern.size)),
      work_(at(pattern.size)) {}

void SparseLu::factor(double shift, const double* jacobian) {
  const LuPattern& p = *pattern_;
  std::ranges::fill(values_, 0.0);
  for (std::size_t k = 0; k < p.from_jacobian.size(); ++k) values_[at(p.from_jacobian[k])] = -jacobian[k];
  for (std::int32_t position : p.diagonal) values_[at(position)] += shift;
  for (std::size_t k = 0; k < at(p.size); ++k) {
    const double inverse = 1.0 / values_[at(p.diagonal[k])];
    inverse_pivots_[k] = inverse;
    for (std::int32_t r = p.row_operation_starts[k]; r < p.row_operation_starts[k + 1]; ++r) {
      const LuPattern::RowOperation& operation = p.row_operations[at(r)];
      const double multiplier = values_[at(operation.multiplier)] *= inverse;
      for (std::int32_t u = operation.first_update; u < operation.last_update; ++u) {
        values_[at(p.updates[at(u)].target)] -= multiplier * values_[at(p.updates[at(u)].source)];
      }
    }
  }
}

void SparseLu::solve(double* right_hand_side) {
  const LuPattern& p = *pattern_;
  const std::size_t size = at(p.size);
  for (std::size_t k = 0; k < size; ++k) {
    double sum = right_hand_side[p.order[k]];
    for (std::int32_t e = p.lower_starts[k]; e < p.lower_starts[k + 1]; ++e) {
      sum -= values_[at(p.lower[at(e)].position)] * work_[at(p.lower[at(e)].column)];
    }
    work_[k] = sum;
  }
  for (std::size_t k = size; k-- > 0;) {
    double sum = work_[k];
    for (std::int32_t e = p.upper_starts[k]; e < p.upper_starts[k + 1]; ++e) {
      sum -= values_[at(p.upper[at(e)].position)] * work_[at(p.upper[at(e)].column)];
    }
    work_[k] = sum * inverse_pivots_[k];
    right_hand_side[p.order[k]] = work_[k];
  }
}

}  // namespace raad::solve
