#include "solve/stepper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "solve/cvodes.hpp"
#include "solve/rosenbrock.hpp"

namespace raad::solve {

std::unique_ptr<Stepper> make_stepper(Evaluator& evaluator, const Options& options) {
  switch (options.method) {
    case Method::cvodes:
      // CVODES takes no empty state vector; without states both methods merely advance the time.
      if (evaluator.state_count() > 0) return std::make_unique<CvodesStepper>(evaluator, options);
      [[fallthrough]];
    case Method::rosenbrock:
      return std::make_unique<RosenbrockStepper>(rodas5p(), evaluator, options);
    case Method::rosenbrock_conservative:
      return std::make_unique<RosenbrockStepper>(rodas4p(), evaluator, options);
  }
  throw std::logic_error("solve: unknown method");
}

std::vector<double> absolute_tolerances(const ir::System& system, const Options& options) {
  std::vector<double> tolerances;
  tolerances.reserve(system.states.size());
  for (const ir::StateInfo& state : system.states) {
    tolerances.push_back(std::min(options.absolute_tolerance_per_scale * state.nominal_scale,
                                  options.greatest_absolute_tolerance));
  }
  return tolerances;
}

std::string describe_non_finite(const ir::System& system, const double* values, const char* what) {
  for (std::size_t i = 0; i < system.states.size(); ++i) {
    if (!std::isfinite(values[i])) return fmt::format("{} `{}` is {}", what, system.states[i].id, values[i]);
  }
  return {};
}

}  // namespace raad::solve
