#include "study/manipulations.hpp"

#include <filesystem>
#include <regex>

#include "base/table.hpp"

namespace raad::study {
namespace {

base::Table manipulation_table(const data::Library& library) {
  base::Diagnostics findings;
  const auto file = library.file("manipulations.tsv");
  if (!std::filesystem::exists(file)) return {};
  auto table = base::Table::read(file, findings);
  table.require_columns({"manipulationId", "populationPattern", "parameterId", "nominalValue", "note"},
                        findings);
  base::throw_if_errors(findings);
  return table;
}

Settings settings_of(const base::Table& table, const std::string& id) {
  Settings settings;
  base::Diagnostics findings;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    if (table.cell(row, "manipulationId") != id || table.cell(row, "parameterId").empty()) continue;
    if (const auto value = table.number(row, "nominalValue", findings))
      settings.emplace_back(table.cell(row, "parameterId"), *value);
  }
  base::throw_if_errors(findings);
  return settings;
}

}  // namespace

Settings manipulation(const data::Library& library, const std::string& id) {
  auto settings = settings_of(manipulation_table(library), id);
  if (settings.empty())
    throw base::InputError("R079", {library.file("manipulations.tsv").string()},
                           "no manipulation `" + id + "` in the library", "add its rows");
  return settings;
}

Settings genotype_of(const data::Library& library, const std::string& population, std::string& reason) {
  const auto table = manipulation_table(library);
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    const auto& pattern = table.cell(row, "populationPattern");
    if (pattern.empty() || !std::regex_search(population, std::regex(pattern, std::regex::icase))) continue;
    auto settings = settings_of(table, table.cell(row, "manipulationId"));
    if (settings.empty()) reason = table.cell(row, "note");
    return settings;
  }
  return {};
}

bool is_wild_type(const std::string& comparator) {
  static const std::regex pattern("wild[ -]?type|littermate|intact", std::regex::icase);
  return std::regex_search(comparator, pattern);
}

}  // namespace raad::study
