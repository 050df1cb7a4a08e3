#include "study/uncertainty_bands.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/table.hpp"

namespace raad::study {
namespace {

/// Of sorted values, linear between order statistics.
double quantile_of(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

ParameterEnsemble read_parameter_ensemble(const std::filesystem::path& file, const run::LoadedSystem& system,
                                          base::Diagnostics& findings) {
  ParameterEnsemble ensemble;
  if (!std::filesystem::is_regular_file(file)) return ensemble;
  const auto table = base::Table::read(file, findings);
  std::vector<std::string> columns;
  for (const auto& column : table.columns()) {
    if (column.rfind('#', 0) == 0) continue;
    // Human and mouse share modules; what only the other one has is no mistake.
    if (!system.equations.find_parameter(column)) continue;
    ensemble.ids.push_back(column);
  }
  if (ensemble.ids.empty() && table.row_count() > 0 && system.name == "human")
    findings.error("R080", {file.string(), 1}, "no column is a parameter of the system",
                   "columns are flat parameter ids; others start with `#`");
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    auto& draw = ensemble.draws.emplace_back();
    for (const auto& id : ensemble.ids) draw.push_back(table.number(row, id, findings).value_or(0.0));
  }
  return ensemble;
}

UncertaintyBands uncertainty_bands(const data::Library& library, const run::LoadedSystem& system,
                                   const run::Scenario& scenario, const std::vector<std::string>& observables,
                                   std::size_t draws, std::uint64_t seed,
                                   const run::ParameterRunOptions& options) {
  base::Diagnostics findings;
  const auto ensemble = read_parameter_ensemble(library.file("ensemble.tsv"), system, findings);
  base::throw_if_errors(findings);
  std::vector<std::string> fixed;
  for (const auto& [id, value] : scenario.settings) fixed.push_back(id);
  std::vector<std::string> ids;
  std::vector<std::size_t> columns;  // In the ensemble
  for (std::size_t k = 0; k < ensemble.ids.size() && !ensemble.draws.empty(); ++k)
    if (std::ranges::find(fixed, ensemble.ids[k]) == fixed.end()) {
      ids.push_back(ensemble.ids[k]);
      columns.push_back(k);
    }
  fixed.insert(fixed.end(), ids.begin(), ids.end());
  const auto others = uncertain_parameters(library, system, fixed);
  for (const auto& one : others) ids.push_back(one.id);

  const run::ParameterRuns runs(library, system, scenario, observables, ids);
  std::vector<std::vector<double>> sets(draws);
  for (std::size_t d = 0; d < draws; ++d) {
    const auto subject = static_cast<std::int64_t>(d);
    if (!columns.empty()) {
      base::RandomStream pick({seed, 0, subject, base::purpose_of("draw of the ensemble")});
      const auto count = static_cast<double>(ensemble.draws.size());
      const auto& row =
          ensemble
              .draws[std::min(ensemble.draws.size() - 1, static_cast<std::size_t>(pick.uniform() * count))];
      for (const auto column : columns) sets[d].push_back(row[column]);
    }
    for (const auto& one : others) {
      // A stream for each parameter, so that a new one changes no draw of the others.
      base::RandomStream stream({seed, 0, subject, base::purpose_of("uncertainty of " + one.id)});
      sets[d].push_back(one.draw(stream));
    }
  }
  const std::size_t width = runs.observables().size(), times = runs.times_h().size();
  const auto results = runs.run(
      sets, [&](const double* outputs) { return std::vector<double>(outputs, outputs + width * times); },
      options);

  UncertaintyBands bands;
  std::string example;
  for (const auto& result : results) {
    (result.numbers.empty() ? bands.failed : bands.draws) += 1;
    if (example.empty()) example = result.failure;
  }
  if (bands.draws == 0) throw base::NumericalError("no draw of the parameters could be run");
  bands.basis = fmt::format(
      "{} draws of {} uncertain parameters: {} from the fitted ensemble, {} within the bounds of "
      "the tables{}",
      bands.draws, ids.size(), columns.size(), others.size(),
      bands.failed > 0
          ? fmt::format("; {} draws failed and are left out (the first: {})", bands.failed, example)
          : "");
  bands.quantiles.assign(width, std::vector<std::vector<double>>(std::size(k_band_quantiles)));
  for (std::size_t k = 0; k < width; ++k)
    for (std::size_t t = 0; t < times; ++t) {
      std::vector<double> values;
      for (const auto& result : results)
        if (!result.numbers.empty()) values.push_back(result.numbers[t * width + k]);
      std::ranges::sort(values);
      for (std::size_t q = 0; q < std::size(k_band_quantiles); ++q)
        bands.quantiles[k][q].push_back(quantile_of(values, k_band_quantiles[q]));
    }
  return bands;
}

}  // namespace raad::study
