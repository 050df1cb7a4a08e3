#include "study/petab_runs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/diagnostics.hpp"
#include "solve/evaluator.hpp"
#include "solve/tangents.hpp"

namespace raad::study {
namespace {

// Steady state: no state changes by more than this share of itself (or of its nominal scale) in one unit of
// time.
constexpr double k_steady_rate = 1e-9;
// Tangents are known to the solver's tolerance only, and gradients need no more than six digits.
constexpr double k_steady_tangent_rate = 1e-7;
// What counts as nothing, as a share of a state's nominal scale.
constexpr double k_negligible = 1e-6;
constexpr double k_first_horizon = 1e2, k_last_horizon = 1e9;

using Rows = std::vector<std::vector<double>>;

/// Where a run ends, with its tangents; none without derivatives.
struct End {
  std::vector<double> states;
  Rows tangents;
};

struct Course {
  PetabReading reading;
  PetabStates states;
  End end;
};

/// What a run of one model needs at one point.
class ModelRuns {
 public:
  ModelRuns(const CompiledModel& model, const PetabPoint& point, const solve::Options& options)
      : model_(model), point_(point), options_(options) {}

  solve::Problem problem() const;
  Rows directions() const;
  Course run(const solve::Problem& problem, const Rows& initial_tangents) const;
  End rest(solve::Problem problem, Rows tangents) const;
  solve::Tangents initial_tangents(const solve::Problem& problem) const;

 private:
  bool derives() const { return point_.derivatives == Derivatives::exact; }
  solve::Options options_for(const solve::Problem& problem) const;
  bool is_steady(const solve::Problem& problem, const End& end) const;

  const CompiledModel& model_;
  const PetabPoint& point_;
  const solve::Options& options_;
};

solve::Problem ModelRuns::problem() const {
  solve::Problem made;
  made.system = &model_.system;
  made.kernel = derives() ? &model_.tangents->kernel() : model_.kernel.get();
  made.parameters = model_parameters(point_.problem, model_.system, point_.values);
  return made;
}

Rows ModelRuns::directions() const {
  Rows rows(point_.directions.size(), std::vector<double>(model_.system.parameters.size(), 0.0));
  for (std::size_t k = 0; k < point_.directions.size(); ++k) {
    const auto& id = point_.problem.parameters[point_.directions[k]].id;
    rows[k][model_parameter(point_.problem, model_.system, id)] = point_.scale(k);
  }
  return rows;
}

solve::Tangents ModelRuns::initial_tangents(const solve::Problem& problem) const {
  return solve::initial_tangents(problem, {model_.tangents.get(), directions(), {}});
}

/// Nominal scales of states are those at the nominal parameters. Between wide bounds states begin ten decades
/// lower, and observables scale them up again by as much: what a tolerance takes would be all there is.
/// Fluxes between states carry the rounding of the greatest, below which no other can be known. What a
/// pre-equilibration leaves says nothing here: it may have run down to anything.
solve::Options ModelRuns::options_for(const solve::Problem& problem) const {
  std::vector<double> states(problem.system->states.size());
  solve::Evaluator(problem).initial_states(problem.start_h, states.data());
  double least = std::numeric_limits<double>::infinity(), greatest = 0.0;
  for (const double one : states) {
    if (std::abs(one) > 0.0) least = std::min(least, std::abs(one));
    greatest = std::max(greatest, std::abs(one));
  }
  auto options = options_;
  options.greatest_absolute_tolerance = std::max(options.absolute_tolerance_per_scale * least,
                                                 std::numeric_limits<double>::epsilon() * greatest);
  return options;
}

Course ModelRuns::run(const solve::Problem& problem, const Rows& initial_tangents) const {
  Course made;
  solve::Solution solution;
  if (derives()) {
    auto found = solve::solve_with_tangents(problem, {model_.tangents.get(), directions(), initial_tangents},
                                            options_for(problem));
    solution = std::move(found.solution);
    made.reading.tangents = std::move(found.output_tangents);
    made.end.tangents = std::move(found.end.states);
  } else {
    solution = solve::solve(problem, options_for(problem));
  }
  if (solution.status != solve::Status::success) throw base::NumericalError(solution.message);
  const auto n = static_cast<std::ptrdiff_t>(model_.system.states.size());
  if (!solution.times.empty()) made.end.states.assign(solution.states.end() - n, solution.states.end());
  made.reading.times = solution.times;
  made.reading.outputs = std::move(solution.outputs);
  made.states = {std::move(solution.times), std::move(solution.states)};
  return made;
}

bool ModelRuns::is_steady(const solve::Problem& problem, const End& end) const {
  std::vector<double> rates(end.states.size());
  solve::Evaluator(problem).rates(problem.end_h, end.states.data(), rates.data());
  const auto size = [&](std::size_t i) {
    return std::max(std::abs(end.states[i]), k_negligible * model_.system.states[i].nominal_scale);
  };
  for (std::size_t i = 0; i < rates.size(); ++i)
    if (!(std::abs(rates[i]) <= k_steady_rate * size(i))) return false;
  if (!derives()) return true;
  auto at = initial_tangents(problem);
  at.states = end.tangents;
  const auto tangent_rates = solve::tangent_rates(problem, {model_.tangents.get(), directions(), {}},
                                                  problem.end_h, end.states.data(), at);
  for (std::size_t k = 0; k < tangent_rates.size(); ++k)
    for (std::size_t i = 0; i < rates.size(); ++i)
      if (!(std::abs(tangent_rates[k][i]) <=
            k_steady_tangent_rate * std::max(size(i), std::abs(end.tangents[k][i]))))
        return false;
  return true;
}

/// Where the model comes to rest. Through the integration, not by Newton's method: conserved sums make the
/// Jacobian singular, and the way decides which of several steady states it is.
End ModelRuns::rest(solve::Problem problem, Rows tangents) const {
  const double begin = problem.start_h;
  for (double horizon = k_first_horizon; horizon <= k_last_horizon; horizon *= 10.0) {
    problem.end_h = begin + horizon;
    problem.output_times = {problem.end_h};
    try {
      auto course = run(problem, tangents);
      if (is_steady(problem, course.end)) return std::move(course.end);
      // Events would begin anew: what has happened is part of where the model stands.
      if (!model_.system.events.empty()) continue;
      problem.start_h = problem.end_h;
      problem.initial_states = std::move(course.end.states);
      tangents = std::move(course.end.tangents);
    } catch (const base::NumericalError& error) {
      throw base::NumericalError(std::string("steady state: ") + error.what());
    }
  }
  throw base::NumericalError("the model does not come to a steady state");
}

/// Lets the experiment begin with the states and tangents that its pre-equilibration leaves.
void start_from_rest(const CompiledExperiment& experiment, const ModelRuns& before, const ModelRuns& runs,
                     solve::Problem& problem, Rows& tangents) {
  auto left = before.rest(before.problem(), {});
  std::vector<double> fresh(left.states.size());
  solve::Evaluator(problem).initial_states(problem.start_h, fresh.data());
  Rows fresh_tangents;
  if (!left.tangents.empty()) fresh_tangents = runs.initial_tangents(problem).states;
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    if (experiment.reset.count(experiment.run->system.states[i].symbol) == 0) continue;
    left.states[i] = fresh[i];
    for (std::size_t k = 0; k < fresh_tangents.size(); ++k) left.tangents[k][i] = fresh_tangents[k][i];
  }
  problem.initial_states = std::move(left.states);
  tangents = std::move(left.tangents);
}

}  // namespace

double PetabPoint::scale(std::size_t direction) const {
  const double value = values[directions[direction]];
  return value != 0.0 ? std::abs(value) : 1.0;
}

PetabRun run_experiment(const CompiledExperiment& experiment, const PetabPoint& point,
                        const solve::Options& options) {
  const ModelRuns runs(*experiment.run, point, options);
  auto problem = runs.problem();
  problem.start_h = experiment.start;
  Rows tangents;
  if (experiment.before != nullptr)
    start_from_rest(experiment, ModelRuns(*experiment.before, point, options), runs, problem, tangents);
  std::set<double> times;
  bool at_rest = false;
  for (const std::size_t i : experiment.measurements) {
    const double time = point.problem.measurements[i].time;
    if (std::isinf(time))
      at_rest = true;
    else
      times.insert(std::max(time, problem.start_h));
  }
  problem.output_times.assign(times.begin(), times.end());
  problem.end_h = times.empty() ? problem.start_h : *times.rbegin();
  auto course = runs.run(problem, tangents);
  PetabRun made;
  made.reading.course = std::move(course.reading);
  made.states.course = std::move(course.states);
  if (at_rest) {
    auto end = runs.rest(problem, tangents);
    problem.initial_states = std::move(end.states);
    problem.end_h = problem.start_h;
    problem.output_times = {problem.start_h};
    auto still = runs.run(problem, end.tangents);
    made.reading.rest = std::move(still.reading);
    made.states.rest = std::move(still.states);
  }
  return made;
}

WithRest<PetabReading> read_again(const CompiledExperiment& experiment, const PetabPoint& point,
                                  const WithRest<PetabStates>& states) {
  const solve::Options unused;
  const ModelRuns runs(*experiment.run, point, unused);
  auto problem = runs.problem();
  problem.start_h = experiment.start;
  const auto read = [&](const PetabStates& at) {
    PetabReading made;
    made.times = at.times;
    made.outputs = solve::read_outputs(problem, {experiment.run->tangents.get(), runs.directions(), {}},
                                       at.times, at.states, made.tangents);
    return made;
  };
  WithRest<PetabReading> made{read(states.course), {}};
  if (states.rest) made.rest = read(*states.rest);
  return made;
}

bool moves_states(const CompiledExperiment& experiment, const data::PetabProblem& problem,
                  std::size_t parameter) {
  const auto& id = problem.parameters[parameter].id;
  for (const auto* model : {experiment.before.get(), experiment.run.get()})
    if (model != nullptr &&
        model->tangents->moves_states(static_cast<int>(model_parameter(problem, model->system, id))))
      return true;
  return false;
}

}  // namespace raad::study
