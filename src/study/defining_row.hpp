// The row of a library table that says what an observable means.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/table.hpp"
#include "data/library.hpp"

namespace raad::study {

class DefiningRow {
 public:
  DefiningRow(base::Table table, std::size_t row) : table_(std::move(table)), row_(row) {}
  const std::string& text(const std::string& column) const { return table_.cell(row_, column); }
  /// Empty for an empty cell. InputError R082 for text.
  std::optional<double> number(const std::string& column) const;
  /// InputError R082 for text, R088 for an empty cell.
  double required_number(const std::string& column) const;

 private:
  base::Table table_;
  std::size_t row_;
};

/// The first row of the library's table whose `observableId` it is; empty where there is none, or no such
/// table. InputError R080 for a table without these columns.
std::optional<DefiningRow> defining_row(const data::Library& library, const std::string& file,
                                        const std::string& observable, std::vector<std::string> columns);

}  // namespace raad::study
