// Where a system's numbers come from, counted.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "run/system.hpp"

namespace raad::study {

struct ProvenanceCoverage {
  std::string system;
  std::size_t parameters = 0;
  std::map<std::string, std::size_t> by_kind;  ///< measured, derived, fitted, assumed, unknown
  std::size_t with_source = 0;                 ///< Traced to a document, not to the project itself
  std::size_t with_bounds = 0;
  struct Assumed {
    std::string id, display_name, unit;
    double value = 0.0;
    std::string note;
  };
  std::vector<Assumed> assumed;  ///< By id
};

/// Over the parameters with a row of a table; what a formula gives is not counted.
ProvenanceCoverage provenance_coverage(const run::LoadedSystem& system);

}  // namespace raad::study
