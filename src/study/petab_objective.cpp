#include "study/petab_objective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

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

namespace {

std::vector<std::size_t> first_numbers(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  return numbers;
}

/// What `evaluate` gives, its trouble told apart from trouble of the problem.
template <class Evaluate>
std::optional<PetabValue> value_or_failure(const Evaluate& evaluate, std::string& failure) {
  try {
    return evaluate();
  } catch (const base::NumericalError& error) {
    failure = error.what();
  } catch (const base::InputError& error) {
    failure = error.findings().all().front().message;
  }
  return std::nullopt;
}

}  // namespace

Evaluation PetabObjective::evaluate(std::span<const double> position, Wanted wanted) const {
  Evaluation failed;
  const auto derivatives = wanted == Wanted::cost ? Derivatives::none : Derivatives::exact;
  const auto value = value_or_failure(
      [&] { return likelihood_.evaluate(values_at(position), options_, derivatives); }, failed.failure);
  return value ? evaluation_of(*value, position, first_numbers(parameters_.size()), wanted) : failed;
}

/// On the scales of estimation. The value's derivatives are by the parameters `which`.
Evaluation PetabObjective::evaluation_of(const PetabValue& value, std::span<const double> position,
                                         const std::vector<std::size_t>& which, Wanted wanted) const {
  Evaluation made;
  made.cost = -value.log_likelihood - value.log_prior.value_or(0.0);
  if (!std::isfinite(made.cost)) {
    made.failure = fmt::format("the cost is {}", made.cost);
    return made;
  }
  if (wanted == Wanted::cost) return made;
  std::vector<double> slopes;
  for (std::size_t i = 0; i < which.size(); ++i) {
    const auto& parameter = parameters_[which[i]];
    slopes.push_back(scale_slope(parameter.scale, position[which[i]]));
    made.gradient.push_back(-(value.gradient[i] + value.prior_gradient[i]) * slopes[i]);
    if (!std::isfinite(made.gradient[i])) {
      made.failure = fmt::format("the derivative by `{}` is {}", parameter.id, made.gradient[i]);
      return made;
    }
  }
  if (wanted == Wanted::gradient) return made;
  made.information = value.information;
  for (std::size_t i = 0; i < which.size(); ++i) {
    for (std::size_t j = 0; j < which.size(); ++j)
      made.information[i * which.size() + j] *= slopes[i] * slopes[j];
    made.information[i * which.size() + i] += prior_curvature(which[i], position[which[i]]);
  }
  return made;
}

/// A prior adds its curvature, where it is curved the right way.
double PetabObjective::prior_curvature(std::size_t parameter, double position) const {
  const auto& row = likelihood_.problem().parameters[likelihood_.estimated()[parameter]];
  if (!row.prior) return 0.0;
  const auto scale = parameters_[parameter].scale;
  const auto slope_at = [&](double at) {
    return log_prior_slope(row, from_scale(scale, at)) * scale_slope(scale, at);
  };
  const double step = k_difference_step * std::max(1.0, std::abs(position));
  return std::max(0.0, -(slope_at(position + step) - slope_at(position - step)) / (2.0 * step));
}

class PetabObjective::ReadoutObjective final : public Objective {
 public:
  ReadoutObjective(const PetabObjective& whole, std::span<const double> position,
                   std::vector<std::size_t> which)
      : whole_(whole), position_(position.begin(), position.end()), which_(std::move(which)) {
    for (const std::size_t k : which_) parameters_.push_back(whole.parameters_[k]);
    try {
      states_ = whole.likelihood_.run(whole.values_at(position), whole.options_);
    } catch (const base::NumericalError& error) {
      failure_ = error.what();
    }
  }
  const std::vector<EstimatedParameter>& parameters() const override { return parameters_; }
  bool has_gradient() const override { return true; }
  std::string identity() const override { return whole_.identity(); }
  Evaluation evaluate(std::span<const double> position, Wanted wanted) const override {
    Evaluation failed;
    failed.failure = failure_;
    if (!failure_.empty()) return failed;
    auto all = position_;
    for (std::size_t i = 0; i < which_.size(); ++i) all[which_[i]] = position[i];
    const auto value = value_or_failure(
        [&] { return whole_.likelihood_.read_again(states_, whole_.values_at(all)); }, failed.failure);
    return value ? whole_.evaluation_of(*value, all, which_, wanted) : failed;
  }

 private:
  const PetabObjective& whole_;
  std::vector<double> position_;
  std::vector<std::size_t> which_;
  std::vector<EstimatedParameter> parameters_;
  PetabStatesOfAll states_;
  std::string failure_;
};

std::unique_ptr<Readout> PetabObjective::readout(std::span<const double> position) const {
  const auto& estimated = likelihood_.estimated();
  std::vector<std::size_t> which;
  for (const std::size_t place : likelihood_.readout())
    which.push_back(static_cast<std::size_t>(std::ranges::find(estimated, place) - estimated.begin()));
  if (which.empty()) return nullptr;
  auto made = std::make_unique<Readout>();
  made->objective = std::make_unique<ReadoutObjective>(*this, position, which);
  made->parameters = std::move(which);
  return made;
}

}  // namespace raad::study
