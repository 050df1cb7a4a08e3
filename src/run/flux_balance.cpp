#include "run/flux_balance.hpp"

#include <ClpSimplex.hpp>
#include <CoinPackedMatrix.hpp>
#include <cmath>
#include <limits>

namespace raad::run {

FluxBalance balance_fluxes(const sbml::FluxProblem& problem) {
  const auto columns = static_cast<int>(problem.reactions.size());
  const auto rows = static_cast<int>(problem.species.size());
  std::vector<int> row_of, column_of;
  std::vector<double> values;
  for (const auto& entry : problem.entries) {
    row_of.push_back(entry.species);
    column_of.push_back(entry.reaction);
    values.push_back(entry.stoichiometry);
  }
  const CoinPackedMatrix matrix(true, row_of.data(), column_of.data(), values.data(),
                                static_cast<CoinBigIndex>(values.size()));
  CoinPackedMatrix whole(matrix);
  whole.setDimensions(rows, columns);
  const auto bounded = [](double value) {
    return std::isinf(value) ? std::copysign(COIN_DBL_MAX, value) : value;
  };
  std::vector<double> lower, upper, objective;
  for (const auto& reaction : problem.reactions) {
    lower.push_back(bounded(reaction.lower));
    upper.push_back(bounded(reaction.upper));
    objective.push_back(reaction.objective);
  }
  const std::vector<double> balance(static_cast<std::size_t>(rows), 0.0);
  ClpSimplex program;
  program.setLogLevel(0);
  program.loadProblem(whole, lower.data(), upper.data(), objective.data(), balance.data(), balance.data());
  program.setOptimizationDirection(problem.maximise ? -1.0 : 1.0);
  program.primal();
  const bool optimal = program.isProvenOptimal();
  FluxBalance result;
  const double* solution = program.primalColumnSolution();
  for (int i = 0; i < columns; ++i) {
    const auto& reaction = problem.reactions[static_cast<std::size_t>(i)];
    const double flux = optimal ? solution[i] : std::numeric_limits<double>::quiet_NaN();
    result.fluxes[reaction.id] = flux;
    if (reaction.objective != 0.0 || !optimal) result.objective += reaction.objective * flux;
  }
  return result;
}

}  // namespace raad::run
