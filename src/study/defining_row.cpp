#include "study/defining_row.hpp"

#include <filesystem>

namespace raad::study {

std::optional<double> DefiningRow::number(const std::string& column) const {
  if (text(column).empty()) return std::nullopt;
  base::Diagnostics findings;
  const auto value = table_.number(row_, column, findings);
  base::throw_if_errors(findings);
  return value;
}

double DefiningRow::required_number(const std::string& column) const {
  const auto value = number(column);
  if (!value)
    throw base::InputError("R088", {table_.place(row_, column)}, column + " has no number", "write one");
  return *value;
}

std::optional<DefiningRow> defining_row(const data::Library& library, const std::string& file,
                                        const std::string& observable, std::vector<std::string> columns) {
  const auto path = library.file(file);
  if (!std::filesystem::exists(path)) return std::nullopt;
  base::Diagnostics findings;
  auto table = base::Table::read(path, findings);
  columns.emplace_back("observableId");
  table.require_columns(columns, findings);
  base::throw_if_errors(findings);
  for (std::size_t row = 0; row < table.row_count(); ++row)
    if (table.cell(row, "observableId") == observable) return DefiningRow(std::move(table), row);
  return std::nullopt;
}

}  // namespace raad::study
