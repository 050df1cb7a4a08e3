// Flux balance problems (SBML package fbc, versions 1 and 2): what an optimisation needs of a model.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"

namespace raad::sbml {

struct FluxProblem {
  struct Reaction {
    std::string id;
    double lower = 0.0, upper = 0.0;  ///< Infinite where unbounded
    double objective = 0.0;           ///< Coefficient in the active objective
  };
  struct Entry {
    int species = 0, reaction = 0;
    double stoichiometry = 0.0;
  };
  std::vector<Reaction> reactions;
  std::vector<std::string> species;  ///< Those that are balanced: not at the boundary
  std::vector<Entry> entries;
  std::string objective_id;
  bool maximise = true;
};

/// Reads the active objective and all bounds. Findings R100, R101 (no objective).
FluxProblem read_flux_problem(const std::filesystem::path& file, base::Diagnostics& findings);

}  // namespace raad::sbml
