// Parameter sets over what is not known: from the ensemble that fits the evidence together, and from the
// tables.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"
#include "data/library.hpp"
#include "run/system.hpp"

namespace raad::study {

/// Parameter sets that fit together (library/ensemble.tsv: a row a draw, a column a parameter by
/// id_in_system, other columns ignored that start with `#`).
struct ParameterEnsemble {
  std::vector<std::string> ids;
  std::vector<std::vector<double>> draws;
};
/// Empty when there is no such file. R080 for a column that no system has, R082 for text.
ParameterEnsemble read_parameter_ensemble(const std::filesystem::path& file, const run::LoadedSystem& system,
                                          base::Diagnostics& findings);

struct ParameterDraws {
  std::vector<std::string> ids;
  std::vector<std::vector<double>> sets;  ///< [draw][parameter]
  std::size_t from_ensemble = 0;  ///< Parameters that the ensemble holds; the others follow their bounds
};

/// Draws from the ensemble for the parameters that it holds, and from the tables' bounds for the others
/// (uncertain_parameters), of one or more systems; what they share has one value in a draw. `fixed` ids are
/// left out. A parameter's draws depend on the seed and its id alone. Throws InputError for a damaged
/// ensemble.
ParameterDraws draw_parameters(const data::Library& library,
                               const std::vector<const run::LoadedSystem*>& systems,
                               const std::vector<std::string>& fixed, std::size_t count, std::uint64_t seed);

}  // namespace raad::study
