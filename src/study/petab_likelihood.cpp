#include "study/petab_likelihood.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>

#include "base/table.hpp"
#include "solve/evaluator.hpp"

namespace raad::study {
namespace {

using data::PetabScale;

// Steady state: no state changes by more than this share of itself (or of its nominal scale) in one unit of
// time.
constexpr double k_steady_rate = 1e-9;
// Tangents are known to the solver's tolerance only, and gradients need no more than six digits.
constexpr double k_steady_tangent_rate = 1e-7;
// What counts as nothing, as a share of a state's nominal scale.
constexpr double k_negligible = 1e-6;
constexpr double k_first_horizon = 1e2, k_last_horizon = 1e9;

using Rows = std::vector<std::vector<double>>;

/// States with their tangents; no tangents without derivatives.
struct Point {
  std::vector<double> states;
  Rows tangents;
};

/// What one experiment's run gives.
struct Course {
  std::vector<double> outputs;   ///< [time][output]
  std::vector<double> tangents;  ///< [time][output][direction]
  Point end;
};

/// One evaluation at given values: what is the same for all experiments.
class PetabEvaluation {
 public:
  PetabEvaluation(const data::PetabProblem& problem, const std::vector<std::size_t>& estimated,
                  const std::vector<double>& values, const solve::Options& options, Derivatives derivatives)
      : problem_(problem),
        estimated_(estimated),
        values_(values),
        options_(options),
        derivatives_(derivatives) {
    // Tangents are then changes of the states by their own size, which is what tolerances are made for.
    for (const std::size_t k : estimated_) scales_.push_back(values[k] != 0.0 ? std::abs(values[k]) : 1.0);
  }

  void add(const CompiledExperiment& experiment, PetabValue& result) const;

 private:
  solve::Problem problem_of(const CompiledModel& model) const;
  Rows directions(const CompiledModel& model) const;
  solve::Options options_for(const solve::Problem& problem) const;
  Course run(const CompiledModel& model, const solve::Problem& problem, const Rows& initial_tangents) const;
  bool is_steady(const CompiledModel& model, const solve::Problem& problem, const Point& point) const;
  Point rest(const CompiledModel& model, solve::Problem problem, Rows tangents) const;
  void start_from(const CompiledExperiment& experiment, solve::Problem& problem, Rows& tangents) const;
  void score(std::size_t measurement, double simulated, double sigma, const double* simulated_tangent,
             const double* sigma_tangent, PetabValue& result) const;

  const data::PetabProblem& problem_;
  const std::vector<std::size_t>& estimated_;
  const std::vector<double>& values_;
  const solve::Options& options_;
  Derivatives derivatives_;
  std::vector<double> scales_;  ///< Length of each direction on the linear scale
};

solve::Problem PetabEvaluation::problem_of(const CompiledModel& model) const {
  solve::Problem made;
  made.system = &model.system;
  made.kernel = derivatives_ == Derivatives::exact ? &model.tangents->kernel() : model.kernel.get();
  made.parameters = model_parameters(problem_, model.system, values_);
  return made;
}

Rows PetabEvaluation::directions(const CompiledModel& model) const {
  Rows rows(estimated_.size(), std::vector<double>(model.system.parameters.size(), 0.0));
  for (std::size_t k = 0; k < estimated_.size(); ++k)
    rows[k][model_parameter(problem_, model.system, problem_.parameters[estimated_[k]].id)] = scales_[k];
  return rows;
}

/// Nominal scales of states are those at the nominal parameters. Between wide bounds states begin ten decades
/// lower, and observables scale them up again by as much: what a tolerance takes would be all there is.
/// Fluxes between states carry the rounding of the greatest, below which no other can be known. What a
/// pre-equilibration leaves says nothing here: it may have run down to anything.
solve::Options PetabEvaluation::options_for(const solve::Problem& problem) const {
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

Course PetabEvaluation::run(const CompiledModel& model, const solve::Problem& problem,
                            const Rows& initial_tangents) const {
  Course made;
  solve::Solution solution;
  if (derivatives_ == Derivatives::exact) {
    auto found = solve::solve_with_tangents(
        problem, {model.tangents.get(), directions(model), initial_tangents}, options_for(problem));
    solution = std::move(found.solution);
    made.tangents = std::move(found.output_tangents);
    made.end.tangents = std::move(found.end.states);
  } else {
    solution = solve::solve(problem, options_for(problem));
  }
  if (solution.status != solve::Status::success) throw base::NumericalError(solution.message);
  made.outputs = std::move(solution.outputs);
  const std::size_t n = model.system.states.size();
  if (!solution.times.empty())
    made.end.states.assign(solution.states.end() - static_cast<std::ptrdiff_t>(n), solution.states.end());
  return made;
}

bool PetabEvaluation::is_steady(const CompiledModel& model, const solve::Problem& problem,
                                const Point& point) const {
  std::vector<double> rates(point.states.size());
  solve::Evaluator(problem).rates(problem.end_h, point.states.data(), rates.data());
  const auto size = [&](std::size_t i) {
    return std::max(std::abs(point.states[i]), k_negligible * model.system.states[i].nominal_scale);
  };
  for (std::size_t i = 0; i < rates.size(); ++i)
    if (!(std::abs(rates[i]) <= k_steady_rate * size(i))) return false;
  if (derivatives_ == Derivatives::none) return true;
  const solve::TangentProblem given{model.tangents.get(), directions(model), {}};
  auto at = solve::initial_tangents(problem, given);
  at.states = point.tangents;
  const auto tangent_rates = solve::tangent_rates(problem, given, problem.end_h, point.states.data(), at);
  for (std::size_t k = 0; k < tangent_rates.size(); ++k)
    for (std::size_t i = 0; i < rates.size(); ++i)
      if (!(std::abs(tangent_rates[k][i]) <=
            k_steady_tangent_rate * std::max(size(i), std::abs(point.tangents[k][i]))))
        return false;
  return true;
}

/// Where the model comes to rest. Through the integration, not by Newton's method: conserved sums make the
/// Jacobian singular, and the way decides which of several steady states it is.
Point PetabEvaluation::rest(const CompiledModel& model, solve::Problem problem, Rows tangents) const {
  const double begin = problem.start_h;
  for (double horizon = k_first_horizon; horizon <= k_last_horizon; horizon *= 10.0) {
    problem.end_h = begin + horizon;
    problem.output_times = {problem.end_h};
    try {
      auto course = run(model, problem, tangents);
      if (is_steady(model, problem, course.end)) return std::move(course.end);
      // Events would begin anew: what has happened is part of where the model stands.
      if (!model.system.events.empty()) continue;
      problem.start_h = problem.end_h;
      problem.initial_states = std::move(course.end.states);
      tangents = std::move(course.end.tangents);
    } catch (const base::NumericalError& error) {
      throw base::NumericalError(std::string("steady state: ") + error.what());
    }
  }
  throw base::NumericalError("the model does not come to a steady state");
}

/// States and tangents that a pre-equilibration leaves.
void PetabEvaluation::start_from(const CompiledExperiment& experiment, solve::Problem& problem,
                                 Rows& tangents) const {
  const auto& model = *experiment.run;
  auto left = rest(*experiment.before, problem_of(*experiment.before), {});
  std::vector<double> fresh(left.states.size());
  solve::Evaluator(problem).initial_states(problem.start_h, fresh.data());
  Rows fresh_tangents;
  if (derivatives_ == Derivatives::exact)
    fresh_tangents = solve::initial_tangents(problem, {model.tangents.get(), directions(model), {}}).states;
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    if (experiment.reset.count(model.system.states[i].symbol) == 0) continue;
    left.states[i] = fresh[i];
    for (std::size_t k = 0; k < fresh_tangents.size(); ++k) left.tangents[k][i] = fresh_tangents[k][i];
  }
  problem.initial_states = std::move(left.states);
  tangents = std::move(left.tangents);
}

void PetabEvaluation::add(const CompiledExperiment& experiment, PetabValue& result) const {
  const auto& model = *experiment.run;
  auto problem = problem_of(model);
  problem.start_h = experiment.start;
  Rows tangents;
  if (experiment.before != nullptr) start_from(experiment, problem, tangents);
  std::set<double> times;
  bool at_rest = false;
  for (const std::size_t i : experiment.measurements) {
    const double time = problem_.measurements[i].time;
    if (std::isinf(time))
      at_rest = true;
    else
      times.insert(std::max(time, problem.start_h));
  }
  problem.output_times.assign(times.begin(), times.end());
  problem.end_h = times.empty() ? problem.start_h : *times.rbegin();
  const auto course = run(model, problem, tangents);
  Course still;
  if (at_rest) {
    auto resting = problem;
    auto end = rest(model, resting, tangents);
    resting.initial_states = std::move(end.states);
    resting.end_h = resting.start_h;
    resting.output_times = {resting.start_h};
    still = run(model, resting, end.tangents);
  }
  const std::size_t directions = estimated_.size();
  for (std::size_t m = 0; m < experiment.measurements.size(); ++m) {
    const std::size_t i = experiment.measurements[m];
    const double time = problem_.measurements[i].time;
    const bool steady = std::isinf(time);
    const auto row =
        steady ? 0
               : static_cast<std::size_t>(
                     std::ranges::lower_bound(problem.output_times, std::max(time, problem.start_h)) -
                     problem.output_times.begin());
    const auto& from = steady ? still : course;
    const auto [observable, noise] = experiment.outputs[m];
    const std::size_t first = row * experiment.output_count;
    const double* tangent = from.tangents.empty() ? nullptr : from.tangents.data();
    score(i, from.outputs[first + observable], from.outputs[first + noise],
          tangent == nullptr ? nullptr : tangent + (first + observable) * directions,
          tangent == nullptr ? nullptr : tangent + (first + noise) * directions, result);
  }
}

/// Adds one measurement's part of the log-likelihood.
void PetabEvaluation::score(std::size_t i, double simulated, double sigma, const double* simulated_tangent,
                            const double* sigma_tangent, PetabValue& result) const {
  const auto& measurement = problem_.measurements[i];
  const auto& observable = problem_.observables[measurement.observable];
  result.simulations[i] = simulated;
  result.noise[i] = sigma;
  if (!(sigma > 0.0) || !std::isfinite(sigma))
    throw base::InputError("R123", measurement.place,
                           "the noise of `" + observable.id + "` is " + base::format_number(sigma),
                           "noise must be above 0");
  double measured = measurement.value, log_jacobian = 0.0, scale_slope = 1.0;
  if (observable.scale == PetabScale::logarithm) {
    scale_slope = 1.0 / simulated;
    log_jacobian = std::log(measured);
    simulated = std::log(simulated);
    measured = std::log(measured);
  } else if (observable.scale == PetabScale::logarithm10) {
    scale_slope = 1.0 / (simulated * std::numbers::ln10);
    log_jacobian = std::log(measured * std::numbers::ln10);
    simulated = std::log10(simulated);
    measured = std::log10(measured);
  }
  const double residual = (measured - simulated) / sigma;
  result.chi2 += residual * residual;
  result.log_likelihood += observable.laplace
                               ? -std::abs(residual) - std::log(2.0 * sigma) - log_jacobian
                               : -0.5 * residual * residual - 0.5 * std::log(2.0 * std::numbers::pi) -
                                     std::log(sigma) - log_jacobian;
  if (simulated_tangent == nullptr) return;
  const double sign = residual > 0.0 ? 1.0 : residual < 0.0 ? -1.0 : 0.0;
  const double by_simulated = (observable.laplace ? sign : residual) / sigma;
  const double by_sigma = ((observable.laplace ? std::abs(residual) : residual * residual) - 1.0) / sigma;
  // Expected information of location and scale: (1, 2) / sigma^2 for the normal, (1, 1) for Laplace's.
  const double scale_information = observable.laplace ? 1.0 : 2.0;
  const std::size_t count = estimated_.size();
  std::vector<double> location(count), width(count);
  for (std::size_t k = 0; k < count; ++k) {
    location[k] = scale_slope * simulated_tangent[k] / scales_[k];
    width[k] = sigma_tangent[k] / scales_[k];
    result.gradient[k] += by_simulated * location[k] + by_sigma * width[k];
  }
  for (std::size_t k = 0; k < count; ++k)
    for (std::size_t l = 0; l < count; ++l)
      result.information[k * count + l] +=
          (location[k] * location[l] + scale_information * width[k] * width[l]) / (sigma * sigma);
}

}  // namespace

struct PetabLikelihood::Implementation {
  data::PetabProblem problem;
  std::vector<std::size_t> estimated;
  std::vector<CompiledExperiment> experiments;
};

PetabLikelihood::PetabLikelihood(data::PetabProblem problem, Derivatives derivatives)
    : implementation_(std::make_unique<Implementation>()) {
  auto& made = *implementation_;
  made.problem = std::move(problem);
  for (std::size_t k = 0; k < made.problem.parameters.size(); ++k)
    if (made.problem.parameters[k].estimate) made.estimated.push_back(k);
  made.experiments = compile_experiments(made.problem, derivatives);
}
PetabLikelihood::~PetabLikelihood() = default;

const data::PetabProblem& PetabLikelihood::problem() const {
  return implementation_->problem;
}

const std::vector<std::size_t>& PetabLikelihood::estimated() const {
  return implementation_->estimated;
}

std::vector<double> PetabLikelihood::nominal() const {
  std::vector<double> values;
  for (const auto& parameter : implementation_->problem.parameters) values.push_back(parameter.nominal);
  return values;
}

PetabValue PetabLikelihood::evaluate(const std::vector<double>& values, const solve::Options& options,
                                     Derivatives derivatives) const {
  const auto& problem = implementation_->problem;
  const auto& estimated = implementation_->estimated;
  PetabValue result;
  result.simulations.resize(problem.measurements.size());
  result.noise.resize(problem.measurements.size());
  if (derivatives == Derivatives::exact) {
    result.gradient.assign(estimated.size(), 0.0);
    result.prior_gradient.assign(estimated.size(), 0.0);
    result.information.assign(estimated.size() * estimated.size(), 0.0);
  }
  const PetabEvaluation evaluation(problem, estimated, values, options, derivatives);
  for (const auto& experiment : implementation_->experiments) evaluation.add(experiment, result);
  const bool has_priors = std::ranges::any_of(
      problem.parameters, [](const auto& one) { return one.estimate && one.prior.has_value(); });
  for (std::size_t e = 0; e < estimated.size(); ++e) {
    const auto& parameter = problem.parameters[estimated[e]];
    // In version 2 a parameter without a prior is uniform within its bounds.
    if (!parameter.prior) {
      if (problem.version == 2 && has_priors && std::isfinite(parameter.upper - parameter.lower))
        result.log_prior = result.log_prior.value_or(0.0) - std::log(parameter.upper - parameter.lower);
      continue;
    }
    const double value = values[estimated[e]];
    result.log_prior = result.log_prior.value_or(0.0) + log_prior_density(parameter, value);
    if (derivatives == Derivatives::exact) result.prior_gradient[e] = log_prior_slope(parameter, value);
  }
  return result;
}

}  // namespace raad::study
