#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

#include "solve/evaluator.hpp"
#include "solve/formula.hpp"
#include "solve/problem.hpp"

namespace raad::solve {

double baseline_drift(const ir::System& system, const codegen::Kernel& kernel,
                      const std::vector<double>& parameters) {
  Problem problem;
  problem.system = &system;
  problem.kernel = &kernel;
  problem.parameters = parameters;
  Evaluator evaluator(problem);
  std::vector<double> states(system.states.size()), rates(system.states.size());
  evaluator.initial_states(0.0, states.data());
  evaluator.rates(0.0, states.data(), rates.data());
  double drift = 0.0;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    // max() would drop a NaN, and an undefined rate is no baseline.
    if (std::isnan(rates[i])) return std::numeric_limits<double>::infinity();
    drift = std::max(drift, std::fabs(rates[i]) / system.states[i].nominal_scale);
  }
  return drift;
}

std::vector<double> initial_parameters(const ir::System& system) {
  std::vector<double> values;
  for (const auto& parameter : system.parameters) values.push_back(parameter.value);
  complete_parameters(system, values);
  return values;
}

void complete_parameters(const ir::System& system, std::vector<double>& values) {
  const std::size_t count = system.parameters.size();
  enum class Stage : char { open, in_work, done };
  std::vector<Stage> stages(count, Stage::open);
  for (std::size_t i = 0; i < count; ++i)
    if (!system.parameters[i].initial) stages[i] = Stage::done;
  // A formula may read parameters that formulas give in turn; the model stage has excluded cycles (R008).
  const std::function<void(std::size_t)> settle = [&](std::size_t i) {
    if (stages[i] == Stage::done) return;
    if (stages[i] == Stage::in_work) throw std::logic_error("solve: cycle among initial parameters");
    stages[i] = Stage::in_work;
    const FormulaEvaluator formula(system.graph, {*system.parameters[i].initial});
    for (int read : formula.parameters()) settle(static_cast<std::size_t>(read));
    formula.evaluate(0.0, nullptr, values.data(), &values[i]);
    stages[i] = Stage::done;
  };
  for (std::size_t i = 0; i < count; ++i) settle(i);
}

}  // namespace raad::solve
