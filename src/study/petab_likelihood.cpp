#include "study/petab_likelihood.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/table.hpp"

namespace raad::study {
namespace {

using data::PetabScale;

/// Sums what measurements and priors say about one point.
class Scores {
 public:
  explicit Scores(const PetabPoint& point) : point_(point) {
    result_.simulations.resize(point.problem.measurements.size());
    result_.noise.resize(point.problem.measurements.size());
    const std::size_t count = point.derivatives == Derivatives::exact ? point.directions.size() : 0;
    result_.gradient.assign(count, 0.0);
    result_.prior_gradient.assign(count, 0.0);
    result_.information.assign(count * count, 0.0);
  }

  void add(const CompiledExperiment& experiment, const WithRest<PetabReading>& reading);
  void add_priors(const std::vector<std::size_t>& estimated);
  PetabValue take() { return std::move(result_); }

 private:
  void add(std::size_t measurement, const PetabReading& reading, std::size_t first,
           std::pair<std::size_t, std::size_t> outputs);

  const PetabPoint& point_;
  PetabValue result_;
};

void Scores::add(const CompiledExperiment& experiment, const WithRest<PetabReading>& reading) {
  for (std::size_t m = 0; m < experiment.measurements.size(); ++m) {
    const std::size_t i = experiment.measurements[m];
    const double time = point_.problem.measurements[i].time;
    const bool at_rest = std::isinf(time);
    const auto& from = at_rest ? *reading.rest : reading.course;
    const auto row =
        at_rest ? 0
                : std::ranges::lower_bound(from.times, std::max(time, experiment.start)) - from.times.begin();
    add(i, from, static_cast<std::size_t>(row) * experiment.output_count, experiment.outputs[m]);
  }
}

/// One measurement's part of the log-likelihood. `first`: where the outputs at its time begin; `outputs`: its
/// observable and its noise among them.
void Scores::add(std::size_t i, const PetabReading& reading, std::size_t first,
                 std::pair<std::size_t, std::size_t> outputs) {
  double simulated = reading.outputs[first + outputs.first];
  const double sigma = reading.outputs[first + outputs.second];
  const auto& measurement = point_.problem.measurements[i];
  const auto& observable = point_.problem.observables[measurement.observable];
  result_.simulations[i] = simulated;
  result_.noise[i] = sigma;
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
  result_.chi2 += residual * residual;
  result_.log_likelihood += observable.laplace
                                ? -std::abs(residual) - std::log(2.0 * sigma) - log_jacobian
                                : -0.5 * residual * residual - 0.5 * std::log(2.0 * std::numbers::pi) -
                                      std::log(sigma) - log_jacobian;
  if (reading.tangents.empty()) return;
  const double sign = residual > 0.0 ? 1.0 : residual < 0.0 ? -1.0 : 0.0;
  const double by_simulated = (observable.laplace ? sign : residual) / sigma;
  const double by_sigma = ((observable.laplace ? std::abs(residual) : residual * residual) - 1.0) / sigma;
  // Expected information of location and scale: (1, 2) / sigma^2 for the normal, (1, 1) for Laplace's.
  const double scale_information = observable.laplace ? 1.0 : 2.0;
  const std::size_t count = point_.directions.size();
  const double* simulated_tangent = reading.tangents.data() + (first + outputs.first) * count;
  const double* sigma_tangent = reading.tangents.data() + (first + outputs.second) * count;
  std::vector<double> location(count), width(count);
  for (std::size_t k = 0; k < count; ++k) {
    location[k] = scale_slope * simulated_tangent[k] / point_.scale(k);
    width[k] = sigma_tangent[k] / point_.scale(k);
    result_.gradient[k] += by_simulated * location[k] + by_sigma * width[k];
  }
  for (std::size_t k = 0; k < count; ++k)
    for (std::size_t l = 0; l < count; ++l)
      result_.information[k * count + l] +=
          (location[k] * location[l] + scale_information * width[k] * width[l]) / (sigma * sigma);
}

void Scores::add_priors(const std::vector<std::size_t>& estimated) {
  const auto& problem = point_.problem;
  const bool has_priors = std::ranges::any_of(
      problem.parameters, [](const auto& one) { return one.estimate && one.prior.has_value(); });
  for (const std::size_t k : estimated) {
    const auto& parameter = problem.parameters[k];
    if (parameter.prior)
      result_.log_prior = result_.log_prior.value_or(0.0) + log_prior_density(parameter, point_.values[k]);
    // In version 2 a parameter without a prior is uniform within its bounds.
    else if (problem.version == 2 && has_priors && std::isfinite(parameter.upper - parameter.lower))
      result_.log_prior = result_.log_prior.value_or(0.0) - std::log(parameter.upper - parameter.lower);
  }
  for (std::size_t d = 0; d < result_.prior_gradient.size(); ++d) {
    const std::size_t k = point_.directions[d];
    if (problem.parameters[k].prior)
      result_.prior_gradient[d] = log_prior_slope(problem.parameters[k], point_.values[k]);
  }
}

}  // namespace

struct PetabLikelihood::Implementation {
  data::PetabProblem problem;
  std::vector<std::size_t> estimated, readout;
  std::vector<CompiledExperiment> experiments;
};

PetabLikelihood::PetabLikelihood(data::PetabProblem problem, Derivatives derivatives)
    : implementation_(std::make_unique<Implementation>()) {
  auto& made = *implementation_;
  made.problem = std::move(problem);
  for (std::size_t k = 0; k < made.problem.parameters.size(); ++k)
    if (made.problem.parameters[k].estimate) made.estimated.push_back(k);
  made.experiments = compile_experiments(made.problem, derivatives);
  if (derivatives == Derivatives::none) return;
  for (const std::size_t k : made.estimated)
    if (std::ranges::none_of(made.experiments,
                             [&](const auto& one) { return moves_states(one, made.problem, k); }))
      made.readout.push_back(k);
}
PetabLikelihood::~PetabLikelihood() = default;

const data::PetabProblem& PetabLikelihood::problem() const {
  return implementation_->problem;
}

const std::vector<std::size_t>& PetabLikelihood::estimated() const {
  return implementation_->estimated;
}

const std::vector<std::size_t>& PetabLikelihood::readout() const {
  return implementation_->readout;
}

std::vector<double> PetabLikelihood::nominal() const {
  std::vector<double> values;
  for (const auto& parameter : implementation_->problem.parameters) values.push_back(parameter.nominal);
  return values;
}

PetabValue PetabLikelihood::evaluate(const std::vector<double>& values, const solve::Options& options,
                                     Derivatives derivatives) const {
  const PetabPoint point{implementation_->problem, values, implementation_->estimated, derivatives};
  Scores scores(point);
  for (const auto& experiment : implementation_->experiments)
    scores.add(experiment, run_experiment(experiment, point, options).reading);
  scores.add_priors(implementation_->estimated);
  return scores.take();
}

PetabStatesOfAll PetabLikelihood::run(const std::vector<double>& values,
                                      const solve::Options& options) const {
  const PetabPoint point{implementation_->problem, values, {}, Derivatives::none};
  PetabStatesOfAll states;
  for (const auto& experiment : implementation_->experiments)
    states.push_back(run_experiment(experiment, point, options).states);
  return states;
}

PetabValue PetabLikelihood::read_again(const PetabStatesOfAll& states,
                                       const std::vector<double>& values) const {
  const PetabPoint point{implementation_->problem, values, implementation_->readout, Derivatives::exact};
  Scores scores(point);
  for (std::size_t i = 0; i < states.size(); ++i) {
    const auto& experiment = implementation_->experiments[i];
    scores.add(experiment, study::read_again(experiment, point, states[i]));
  }
  scores.add_priors(implementation_->estimated);
  return scores.take();
}

}  // namespace raad::study
