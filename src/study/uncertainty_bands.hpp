// Time courses with what is not known about the parameters: quantiles over draws of parameter sets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "run/parameter_runs.hpp"
#include "study/parameter_draws.hpp"

namespace raad::study {

inline constexpr double k_band_quantiles[] = {0.05, 0.25, 0.5, 0.75, 0.95};

struct UncertaintyBands {
  /// [observable][quantile][time]
  std::vector<std::vector<std::vector<double>>> quantiles;
  std::size_t draws = 0;   ///< That ran
  std::size_t failed = 0;  ///< Left out
  std::string basis;       ///< Where the draws come from, in a sentence
};

/// Over draws of all that is uncertain (draw_parameters). What the scenario's settings fix stays fixed. The
/// same seed gives the same bands for any number of threads.
UncertaintyBands uncertainty_bands(const data::Library& library, const run::LoadedSystem& system,
                                   const run::Scenario& scenario, const std::vector<std::string>& observables,
                                   std::size_t draws, std::uint64_t seed,
                                   const run::ParameterRunOptions& options);

}  // namespace raad::study
