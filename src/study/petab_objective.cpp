#include "study/petab_objective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/files.hpp"

namespace raad::study {
namespace {

// Step for the curvature of a prior, on the scale of estimation: the cube root of the rounding unit, which
// balances truncation against rounding for a central difference.
constexpr double k_difference_step = 6e-6;

EstimationScale scale_of(const data::PetabProblem& problem, const data::PetabParameter& parameter) {
  if (problem.version == 2)
    return parameter.lower > 0.0 && std::isfinite(parameter.upper) ? EstimationScale::logarithm10
                                                                   : EstimationScale::linear;
  if (parameter.scale == data::PetabScale::logarithm) return EstimationScale::logarithm;
  return parameter.scale == data::PetabScale::logarithm10 ? EstimationScale::logarithm10
                                                          : EstimationScale::linear;
}

}  // namespace

PetabObjective::PetabObjective(data::PetabProblem problem, const solve::Options& options)
    : likelihood_(std::move(problem), Derivatives::exact), options_(options) {
  const auto& read = likelihood_.problem();
  if (likelihood_.estimated().empty())
    throw base::InputError("R122", {read.file.string()}, "no parameter is estimated",
                           "set `estimate` to 1 for some in the parameter table");
  for (const std::size_t k : likelihood_.estimated()) {
    const auto& parameter = read.parameters[k];
    const auto scale = scale_of(read, parameter);
    const bool logarithmic = scale != EstimationScale::linear;
    if (logarithmic && !(parameter.lower >= 0.0 && parameter.upper > 0.0))
      throw base::InputError(
          "R122", parameter.place,
          "`" + parameter.id + "` is on a logarithmic scale with bounds that are not above 0",
          "give bounds above 0, or the scale `lin`");
    if (!(parameter.lower <= parameter.upper))
      throw base::InputError("R122", parameter.place,
                             "the lower bound of `" + parameter.id + "` is above the upper one");
    parameters_.push_back({parameter.id, scale, to_scale(scale, parameter.lower),
                           to_scale(scale, parameter.upper), to_scale(scale, parameter.nominal)});
  }
  std::string text = fmt::format("{} {} {}", static_cast<int>(options.method), options.relative_tolerance,
                                 options.absolute_tolerance_per_scale);
  for (const auto& file : read.files) text += base::read_file(file);
  identity_ = "petab " + base::content_hash(text);
}

double PetabObjective::start_position(std::size_t parameter, double probability) const {
  const auto& row = likelihood_.problem().parameters[likelihood_.estimated()[parameter]];
  if (!row.initialization) return Objective::start_position(parameter, probability);
  const auto& one = parameters_[parameter];
  const double value = initialization_quantile(row, probability);
  return std::clamp(to_scale(one.scale, value), one.lower, one.upper);
}

std::vector<double> PetabObjective::values_at(std::span<const double> position) const {
  auto values = likelihood_.nominal();
  for (std::size_t k = 0; k < parameters_.size(); ++k)
    values[likelihood_.estimated()[k]] = from_scale(parameters_[k].scale, position[k]);
  return values;
}

Evaluation PetabObjective::evaluate(std::span<const double> position, Wanted wanted) const {
  const auto values = values_at(position);
  Evaluation made;
  PetabValue value;
  try {
    value = likelihood_.evaluate(values, options_,
                                 wanted == Wanted::cost ? Derivatives::none : Derivatives::exact);
  } catch (const base::NumericalError& error) {
    made.failure = error.what();
    return made;
  } catch (const base::InputError& error) {
    made.failure = error.findings().all().front().message;
    return made;
  }
  made.cost = -value.log_likelihood - value.log_prior.value_or(0.0);
  if (!std::isfinite(made.cost)) {
    made.failure = fmt::format("the cost is {}", made.cost);
    return made;
  }
  if (wanted == Wanted::cost) return made;
  const std::size_t n = parameters_.size();
  const auto& estimated = likelihood_.estimated();
  std::vector<double> slopes(n);
  for (std::size_t k = 0; k < n; ++k) {
    slopes[k] = scale_slope(parameters_[k].scale, position[k]);
    made.gradient.push_back(-(value.gradient[k] + value.prior_gradient[k]) * slopes[k]);
    if (!std::isfinite(made.gradient[k])) {
      made.failure = fmt::format("the derivative by `{}` is {}", parameters_[k].id, made.gradient[k]);
      return made;
    }
  }
  if (wanted == Wanted::gradient) return made;
  made.information = std::move(value.information);
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t l = 0; l < n; ++l) made.information[k * n + l] *= slopes[k] * slopes[l];
  // A prior adds its curvature, where it is curved the right way.
  for (std::size_t k = 0; k < n; ++k) {
    const auto& row = likelihood_.problem().parameters[estimated[k]];
    if (!row.prior) continue;
    const auto slope_at = [&](double at) {
      return log_prior_slope(row, from_scale(parameters_[k].scale, at)) *
             scale_slope(parameters_[k].scale, at);
    };
    const double step = k_difference_step * std::max(1.0, std::abs(position[k]));
    const double curvature = -(slope_at(position[k] + step) - slope_at(position[k] - step)) / (2.0 * step);
    if (curvature > 0.0) made.information[k * n + k] += curvature;
  }
  return made;
}

}  // namespace raad::study
