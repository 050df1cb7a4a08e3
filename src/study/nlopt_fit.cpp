// Local optimisers of NLopt (Johnson, https://github.com/stevengj/nlopt).
#include <nlopt.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "study/local_fit.hpp"

namespace raad::study {
namespace {

struct FreeOptimiser {
  void operator()(nlopt_opt optimiser) const { nlopt_destroy(optimiser); }
};

/// What NLopt sees of one fit.
struct Seen {
  CountedObjective* counted = nullptr;
  nlopt_opt optimiser = nullptr;
  double worst = 0.0;  ///< The highest cost so far
};

// What a failed evaluation adds to the worst cost that was seen: clearly uphill, and finite, because line
// searches cannot interpolate towards infinity. It never becomes a result: CountedObjective keeps the best.
constexpr double k_failure_penalty = 1e3;

double cost_of(unsigned count, const double* position, double* gradient, void* data) {
  auto& seen = *static_cast<Seen*>(data);
  if (seen.counted->used_up()) nlopt_force_stop(seen.optimiser);
  const auto made =
      seen.counted->evaluate({position, count}, gradient == nullptr ? Wanted::cost : Wanted::gradient);
  if (!made.failure.empty()) {
    if (gradient != nullptr) std::fill_n(gradient, count, 0.0);
    return seen.worst + k_failure_penalty * (1.0 + std::abs(seen.worst));
  }
  seen.worst = std::max(seen.worst, made.cost);
  if (gradient != nullptr) std::ranges::copy(made.gradient, gradient);
  return made.cost;
}

nlopt_algorithm algorithm(FitMethod method) {
  if (method == FitMethod::lbfgs) return NLOPT_LD_LBFGS;
  return method == FitMethod::slsqp ? NLOPT_LD_SLSQP : NLOPT_LN_BOBYQA;
}

std::string ending_of(nlopt_result result) {
  switch (result) {
    case NLOPT_SUCCESS:
    case NLOPT_STOPVAL_REACHED:
    case NLOPT_FTOL_REACHED:
    case NLOPT_XTOL_REACHED:
      return "converged";
    case NLOPT_ROUNDOFF_LIMITED:
      return "converged to rounding errors";
    case NLOPT_MAXEVAL_REACHED:
    case NLOPT_FORCED_STOP:
      return "evaluations used up";
    default:
      return "the line search failed";
  }
}

}  // namespace

std::string fit_by_nlopt(CountedObjective& counted, std::vector<double> start, const FitOptions& options) {
  const auto& parameters = counted.objective().parameters();
  const std::unique_ptr<std::remove_pointer_t<nlopt_opt>, FreeOptimiser> optimiser(
      nlopt_create(algorithm(options.method), static_cast<unsigned>(start.size())));
  std::vector<double> lower, upper;
  for (const auto& parameter : parameters) {
    lower.push_back(parameter.lower);
    upper.push_back(parameter.upper);
  }
  Seen seen{&counted, optimiser.get(), counted.record().start_cost};
  seen.worst = std::isfinite(counted.record().cost) ? counted.record().cost : 0.0;
  nlopt_set_lower_bounds(optimiser.get(), lower.data());
  nlopt_set_upper_bounds(optimiser.get(), upper.data());
  nlopt_set_min_objective(optimiser.get(), &cost_of, &seen);
  // BOBYQA ends when its trust region has shrunk. Ending at the first small fall of the cost, as the methods
  // with gradients may, would take a step that happened to be short for the optimum. Near a minimum the cost
  // rises with the square of the distance.
  if (options.method == FitMethod::bobyqa)
    nlopt_set_xtol_rel(optimiser.get(), std::sqrt(options.cost_tolerance));
  else
    nlopt_set_ftol_rel(optimiser.get(), options.cost_tolerance);
  double cost = 0.0;
  return ending_of(nlopt_optimize(optimiser.get(), start.data(), &cost));
}

}  // namespace raad::study
