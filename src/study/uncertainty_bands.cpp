#include "study/uncertainty_bands.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "study/evidence_arms.hpp"

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

UncertaintyBands uncertainty_bands(const data::Library& library, const run::LoadedSystem& system,
                                   const run::Scenario& scenario, const std::vector<std::string>& observables,
                                   std::size_t draws, std::uint64_t seed,
                                   const run::ParameterRunOptions& options) {
  std::vector<std::string> fixed;
  for (const auto& [id, value] : scenario.settings) fixed.push_back(id);
  auto drawn = draw_parameters(library, {&system}, fixed, draws, seed);
  for (auto& id : drawn.ids) id = id_in_system(id, system.name);
  const run::ParameterRuns runs(library, system, scenario, observables, drawn.ids);
  const std::size_t width = runs.observables().size(), times = runs.times_h().size();
  const auto results = runs.run(
      drawn.sets,
      [&](const double* outputs) { return std::vector<double>(outputs, outputs + width * times); }, options);

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
      bands.draws, drawn.ids.size(), drawn.from_ensemble, drawn.ids.size() - drawn.from_ensemble,
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
