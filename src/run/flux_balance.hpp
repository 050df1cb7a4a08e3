// Flux balance analysis (Orth et al. 2010, doi:10.1038/nbt.1614): a linear program over steady fluxes.
#pragma once

#include <map>
#include <string>

#include "sbml/flux_problem.hpp"

namespace raad::run {

struct FluxBalance {
  std::map<std::string, double> fluxes;  ///< By reaction; NaN where there is no optimum
  double objective = 0.0;
};

/// All values are NaN when no fluxes meet all bounds or the objective has no bound.
FluxBalance balance_fluxes(const sbml::FluxProblem& problem);

}  // namespace raad::run
