#include "solve/sparse_lu.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

namespace raad::solve {

namespace {

std::size_t at(std::int32_t index) {
  return static_cast<std::size_t>(index);
}

/// The matrix during symbolic elimination: non-zero columns of each row and rows of each column, uneliminated
/// part.
struct Elimination {
  std::vector<std::set<int>> columns_of_row, rows_of_column;

  Elimination(int size, const std::vector<int>& column_starts, const std::vector<int>& rows)
      : columns_of_row(at(size)), rows_of_column(at(size)) {
    for (int column = 0; column < size; ++column) {
      add(column, column);
      for (int k = column_starts[at(column)]; k < column_starts[at(column) + 1]; ++k)
        add(rows[at(k)], column);
    }
  }

  void add(int row, int column) {
    columns_of_row[at(row)].insert(column);
    rows_of_column[at(column)].insert(row);
  }

  std::size_t markowitz_count(int pivot) const {
    return (columns_of_row[at(pivot)].size() - 1) * (rows_of_column[at(pivot)].size() - 1);
  }

  /// Fills in what eliminating `pivot` fills, then removes it from the uneliminated part.
  void eliminate(int pivot) {
    const std::set<int> columns = columns_of_row[at(pivot)], rows = rows_of_column[at(pivot)];
    for (int row : rows) {
      if (row == pivot) continue;
      for (int column : columns) add(row, column);
      columns_of_row[at(row)].erase(pivot);
    }
    for (int column : columns) rows_of_column[at(column)].erase(pivot);
  }
};

/// Positions of all entries of L + U, keyed by (row, column) in elimination order.
using Positions = std::map<std::pair<int, int>, std::int32_t>;

/// Chooses the order and collects the filled pattern in original indices.
std::vector<std::pair<int, int>> eliminate_all(LuPattern& pattern, Elimination& elimination) {
  std::vector<std::pair<int, int>> entries;
  std::vector<int> remaining(at(pattern.size));
  for (int i = 0; i < pattern.size; ++i) remaining[at(i)] = i;
  while (!remaining.empty()) {
    const auto chosen = std::ranges::min_element(
        remaining, {}, [&](int pivot) { return elimination.markowitz_count(pivot); });
    const int pivot = *chosen;
    remaining.erase(chosen);
    pattern.order.push_back(pivot);
    for (int column : elimination.columns_of_row[at(pivot)]) entries.emplace_back(pivot, column);
    for (int row : elimination.rows_of_column[at(pivot)]) {
      if (row != pivot) entries.emplace_back(row, pivot);
    }
    elimination.eliminate(pivot);
  }
  return entries;
}

void list_row_operations(LuPattern& pattern, const Positions& positions,
                         const std::vector<std::vector<int>>& rows_below,
                         const std::vector<std::vector<int>>& columns_right) {
  pattern.row_operation_starts.push_back(0);
  for (int k = 0; k < pattern.size; ++k) {
    for (int row : rows_below[at(k)]) {
      LuPattern::RowOperation operation;
      operation.multiplier = positions.at({row, k});
      operation.first_update = static_cast<std::int32_t>(pattern.updates.size());
      for (int column : columns_right[at(k)]) {
        pattern.updates.push_back({positions.at({row, column}), positions.at({k, column})});
      }
      operation.last_update = static_cast<std::int32_t>(pattern.updates.size());
      pattern.row_operations.push_back(operation);
    }
    pattern.row_operation_starts.push_back(static_cast<std::int32_t>(pattern.row_operations.size()));
  }
}

void list_substitutions(LuPattern& pattern, const Positions& positions) {
  pattern.lower_starts.push_back(0);
  pattern.upper_starts.push_back(0);
  auto entry = positions.begin();  // rows ascend, columns ascend within a row
  for (int row = 0; row < pattern.size; ++row) {
    for (; entry != positions.end() && entry->first.first == row; ++entry) {
      const int column = entry->first.second;
      if (column < row) pattern.lower.push_back({entry->second, column});
      if (column > row) pattern.upper.push_back({entry->second, column});
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
  const std::vector<std::pair<int, int>> entries = eliminate_all(pattern, elimination);

  std::vector<int> rank(at(size));
  for (int k = 0; k < size; ++k) rank[at(pattern.order[at(k)])] = k;
  Positions positions;
  for (const auto& [row, column] : entries) positions[{rank[at(row)], rank[at(column)]}] = 0;
  std::vector<std::vector<int>> rows_below(at(size)), columns_right(at(size));
  for (auto& [place, position] : positions) {
    position = pattern.nonzeros++;
    if (place.first > place.second) rows_below[at(place.second)].push_back(place.first);
    if (place.first < place.second) columns_right[at(place.first)].push_back(place.second);
  }
  for (int k = 0; k < size; ++k) pattern.diagonal.push_back(positions.at({k, k}));
  for (int column = 0; column < size; ++column) {
    for (int k = column_starts[at(column)]; k < column_starts[at(column) + 1]; ++k) {
      pattern.from_jacobian.push_back(positions.at({rank[at(rows[at(k)])], rank[at(column)]}));
    }
  }
  list_row_operations(pattern, positions, rows_below, columns_right);
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
