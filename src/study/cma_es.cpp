// CMA-ES of pagmo2 (Biscani and Izzo 2020, doi:10.21105/joss.02338; Hansen 2006,
// doi:10.1007/3-540-32494-1_4).
#include <algorithm>
#include <cmath>
#include <pagmo/algorithm.hpp>
#include <pagmo/algorithms/cmaes.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>

#include "base/random.hpp"
#include "study/local_fit.hpp"

namespace raad::study {
namespace {

// Ranks last, whatever else there is, and never becomes a result: CountedObjective keeps the best that had a
// cost. Finite because pagmo refuses infinities.
constexpr double k_failed_cost = 1e300;
// Where bounds are infinite, the search is within these quantiles of the starts.
constexpr double k_tail = 1e-6;
// Width of the first generation as a share of the bounds: Hansen advises about a third.
constexpr double k_first_width = 0.3;
// Generations between two looks at convergence.
constexpr unsigned k_generations = 10;

struct SearchProblem {
  CountedObjective* counted = nullptr;
  std::vector<double> lower, upper;

  std::vector<double> fitness(const std::vector<double>& position) const {
    const auto made = counted->evaluate(position, Wanted::cost);
    return {made.failure.empty() ? made.cost : k_failed_cost};
  }
  std::pair<std::vector<double>, std::vector<double>> get_bounds() const { return {lower, upper}; }
};

}  // namespace

std::string fit_by_cmaes(CountedObjective& counted, const std::vector<double>& start,
                         const FitOptions& options, std::uint64_t seed) {
  const auto& objective = counted.objective();
  SearchProblem search{&counted, {}, {}};
  for (std::size_t k = 0; k < start.size(); ++k) {
    const auto& parameter = objective.parameters()[k];
    search.lower.push_back(std::isfinite(parameter.lower) ? parameter.lower
                                                          : objective.start_position(k, k_tail));
    search.upper.push_back(std::isfinite(parameter.upper) ? parameter.upper
                                                          : objective.start_position(k, 1.0 - k_tail));
  }
  // Hansen's default size of a population, and a mean that is the start: pagmo takes the champion as mean.
  const auto size = std::max<std::size_t>(
      6, 4 + static_cast<std::size_t>(3.0 * std::log(static_cast<double>(start.size()))));
  base::RandomStream random({seed, 0, 0, base::purpose_of("cma-es population")});
  pagmo::population population(pagmo::problem(search), 0, static_cast<unsigned>(seed));
  population.push_back(start);
  while (population.size() < size) {
    auto near = start;
    for (std::size_t k = 0; k < near.size(); ++k)
      near[k] = std::clamp(near[k] + k_first_width * (search.upper[k] - search.lower[k]) * random.normal(),
                           search.lower[k], search.upper[k]);
    population.push_back(near);
  }
  pagmo::algorithm algorithm(pagmo::cmaes(k_generations, -1, -1, -1, -1, k_first_width,
                                          options.cost_tolerance, options.cost_tolerance, true, true,
                                          static_cast<unsigned>(seed)));
  double last = population.champion_f().front();
  int idle = 0;
  while (!counted.used_up()) {
    const long before = counted.record().evaluations;
    population = algorithm.evolve(population);
    const double best = counted.record().cost;
    idle = last - best < options.cost_tolerance * (1.0 + std::abs(best)) ? idle + 1 : 0;
    last = best;
    if (counted.record().evaluations == before || idle >= 10) return "CMA-ES converged";
  }
  return "evaluations used up";
}

}  // namespace raad::study
