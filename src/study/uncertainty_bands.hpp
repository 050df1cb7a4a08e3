// Time courses with what is not known about the parameters: quantiles over draws of parameter sets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "run/parameter_runs.hpp"
#include "study/parameter_uncertainty.hpp"

namespace raad::study {

inline constexpr double k_band_quantiles[] = {0.05, 0.25, 0.5, 0.75, 0.95};

struct UncertaintyBands {
  /// [observable][quantile][time]
  std::vector<std::vector<std::vector<double>>> quantiles;
  std::size_t draws = 0;   ///< That ran
  std::size_t failed = 0;  ///< Left out
  std::string basis;       ///< Where the draws come from, in a sentence
};

/// Parameter sets that fit together (library/ensemble.tsv: a row a draw, a column a flat parameter id, other
/// columns ignored that start with `#`).
struct ParameterEnsemble {
  std::vector<std::string> ids;
  std::vector<std::vector<double>> draws;
};
/// Empty when there is no such file. R080 for a column that no system has, R082 for text.
ParameterEnsemble read_parameter_ensemble(const std::filesystem::path& file, const run::LoadedSystem& system,
                                          base::Diagnostics& findings);

/// Draws from the ensemble for the parameters that it holds, and from the tables' bounds for the others
/// (uncertain_parameters). What the scenario's settings fix stays fixed. The same seed gives the same bands
/// for any number of threads.
UncertaintyBands uncertainty_bands(const data::Library& library, const run::LoadedSystem& system,
                                   const run::Scenario& scenario, const std::vector<std::string>& observables,
                                   std::size_t draws, std::uint64_t seed,
                                   const run::ParameterRunOptions& options);

}  // namespace raad::study
