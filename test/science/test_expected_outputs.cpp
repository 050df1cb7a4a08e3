// The whole library against the expected-output tables of its specification (section 11): 2 % or 1e-3
// absolute.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/table.hpp"
#include "science/fixtures.hpp"

namespace raad::science {
namespace {

// The specification's own tolerance for implementation checks.
constexpr double k_relative = 0.02;
constexpr double k_absolute = 1e-3;

struct Case {
  std::string name, system, regimen, file;
  friend void PrintTo(const Case& one, std::ostream* stream) { *stream << one.name; }
};

/// How a column of the tables is read from the library: value = factor x read-out + offset.
struct Column {
  std::string symbol;
  double factor = 1.0, offset = 0.0;
};

base::Table read(const std::string& file) {
  base::Diagnostics findings;
  auto table =
      base::Table::read(std::filesystem::path(RAAD_SOURCE_DIR) / "test/science/expected" / file, findings);
  base::throw_if_errors(findings);
  return table;
}

std::map<std::string, Column> columns() {
  base::Diagnostics findings;
  const auto table = read("columns.tsv");
  std::map<std::string, Column> result;
  for (std::size_t row = 0; row < table.row_count(); ++row)
    result[table.cell(row, "specReadout")] = {table.cell(row, "symbol_or_observable"),
                                              table.number(row, "factor", findings).value_or(1.0),
                                              table.number(row, "offset", findings).value_or(0.0)};
  base::throw_if_errors(findings);
  return result;
}

class ExpectedOutputs : public testing::TestWithParam<Case> {};

TEST_P(ExpectedOutputs, AreReproduced) {
  const auto table = read(GetParam().file);
  const auto names = columns();
  std::vector<std::string> symbols;
  for (std::size_t k = 1; k < table.columns().size(); ++k)
    symbols.push_back(names.at(table.columns()[k]).symbol);

  base::Diagnostics findings;
  run::Scenario scenario;
  scenario.regimen = regimen(GetParam().regimen);
  for (std::size_t row = 0; row < table.row_count(); ++row)
    scenario.output_times_h.push_back(*table.number(row, "time_h", findings));
  scenario.end_h = scenario.output_times_h.back();
  scenario.solver.relative_tolerance = 1e-9;
  scenario.solver.absolute_tolerance_per_scale = 1e-12;
  const run::Simulator simulator(library(), system(GetParam().system), symbols);
  const auto courses = simulator.run(scenario);

  double worst = 0.0;
  for (std::size_t k = 1; k < table.columns().size(); ++k) {
    const auto& column = names.at(table.columns()[k]);
    for (std::size_t row = 0; row < table.row_count(); ++row) {
      const double expected = *table.number(row, table.columns()[k], findings);
      const double actual = column.factor * courses.series[k - 1].values[row] + column.offset;
      const double allowed = std::max(k_relative * std::abs(expected), k_absolute);
      worst = std::max(worst, std::abs(actual - expected) / allowed);
      EXPECT_NEAR(actual, expected, allowed)
          << table.columns()[k] << " at " << scenario.output_times_h[row] << " h";
    }
  }
  base::throw_if_errors(findings);
  RecordProperty("worst_share_of_tolerance", std::to_string(worst));
  std::cout << GetParam().name << ": worst deviation is " << 100.0 * worst << " % of the tolerance\n";
}

INSTANTIATE_TEST_SUITE_P(
    Specification, ExpectedOutputs,
    testing::Values(
        Case{"HumanKetamine", "human", "ketamine 0.5 mg/kg iv 40 min", "human_ketamine_0.5mgkg_iv.tsv"},
        Case{"HumanEsketamine", "human", "esketamine 84 mg nasal", "human_esketamine_84mg_nasal.tsv"},
        Case{"HumanPsilocybin", "human", "psilocybin 25 mg oral", "human_psilocybin_25mg_oral.tsv"},
        Case{"MousePsilocybin", "mouse", "psilocybin 1 mg/kg ip", "mouse_psilocybin_1mgkg_ip.tsv"},
        Case{"MouseKetamine", "mouse", "ketamine 10 mg/kg ip", "mouse_ketamine_10mgkg_ip.tsv"}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace raad::science
