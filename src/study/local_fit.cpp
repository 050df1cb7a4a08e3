#include "study/local_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace raad::study {
namespace {

constexpr std::array<std::pair<const char*, FitMethod>, 5> k_methods = {
    {{"trust-region", FitMethod::trust_region},
     {"lbfgs", FitMethod::lbfgs},
     {"slsqp", FitMethod::slsqp},
     {"bobyqa", FitMethod::bobyqa},
     {"cmaes", FitMethod::cmaes}}};

// Step of second differences on the scale of estimation: the fourth root of the rounding unit, which balances
// truncation against rounding.
constexpr double k_second_difference_step = 1.2e-4;

}  // namespace

std::optional<FitMethod> fit_method(const std::string& name) {
  for (const auto& [known, method] : k_methods)
    if (name == known) return method;
  return std::nullopt;
}

std::string name_of(FitMethod method) {
  for (const auto& [name, known] : k_methods)
    if (known == method) return name;
  return {};
}

bool needs_gradient(FitMethod method) {
  return method == FitMethod::trust_region || method == FitMethod::lbfgs || method == FitMethod::slsqp;
}

Evaluation CountedObjective::evaluate(std::span<const double> position, Wanted wanted) {
  Evaluation made;
  if (used_up()) {
    made.failure = "evaluations used up";
    return made;
  }
  ++record_.evaluations;
  if (wanted != Wanted::cost) ++record_.gradients;
  made = objective_.evaluate(position, wanted);
  if (!made.failure.empty()) {
    if (record_.failures++ == 0) record_.first_failure = made.failure;
    return made;
  }
  if (!(made.cost >= record_.cost)) {
    record_.cost = made.cost;
    record_.position.assign(position.begin(), position.end());
  }
  return made;
}

LocalFit fit_from(const Objective& objective, const std::vector<double>& start, const FitOptions& options,
                  std::uint64_t seed) {
  CountedObjective counted(objective, options.max_evaluations);
  const auto first = counted.evaluate(start, Wanted::cost);
  std::string ending;
  if (options.method == FitMethod::cmaes) {
    ending = fit_by_cmaes(counted, start, options, seed);
    if (objective.has_gradient() && !counted.record().position.empty() && !counted.used_up())
      ending += ", then " + fit_by_trust_region(counted, counted.record().position, options);
  } else if (!first.failure.empty()) {
    ending = k_failed_at_start;
  } else if (options.method == FitMethod::trust_region) {
    ending = fit_by_trust_region(counted, start, options);
  } else {
    ending = fit_by_nlopt(counted, start, options);
  }
  LocalFit made = counted.record();
  made.start = start;
  made.start_cost = first.cost;
  if (made.position.empty()) made.position = start;
  made.ending = ending;
  made.begun = std::isfinite(made.cost) && ending != k_failed_at_start;
  return made;
}

std::vector<double> differenced_information(const Objective& objective, const std::vector<double>& position) {
  const std::size_t n = position.size();
  const auto step = [&](std::size_t k) {
    return k_second_difference_step * std::max(1.0, std::abs(position[k]));
  };
  bool failed = false;
  const auto cost = [&](std::size_t k, double by_k, std::size_t l, double by_l) {
    auto moved = position;
    moved[k] += by_k;
    moved[l] += by_l;
    const auto value = objective.evaluate(moved, Wanted::cost);
    failed = failed || !value.failure.empty();
    return value.cost;
  };
  std::vector<double> information(n * n);
  const double here = cost(0, 0.0, 0, 0.0);
  for (std::size_t k = 0; k < n; ++k) {
    const double h = step(k);
    information[k * n + k] = (cost(k, h, k, 0.0) - 2.0 * here + cost(k, -h, k, 0.0)) / (h * h);
    for (std::size_t l = 0; l < k; ++l) {
      const double g = step(l);
      const double mixed =
          (cost(k, h, l, g) - cost(k, h, l, -g) - cost(k, -h, l, g) + cost(k, -h, l, -g)) / (4.0 * h * g);
      information[k * n + l] = information[l * n + k] = mixed;
    }
  }
  if (failed) information.clear();
  return information;
}

}  // namespace raad::study
