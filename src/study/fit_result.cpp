#include "study/fit_result.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

namespace raad::study {
namespace {

// At a bound: nearer than this share of the range, which is below what optimisers resolve.
constexpr double k_at_bound = 1e-6;
// An eigenvalue of the information, scaled to a unit diagonal, below this is a direction that the data do not
// determine; solver tolerances of 1e-8 in the derivatives leave about their square there.
constexpr double k_undetermined = 1e-12;
// Share of a parameter in such a direction from which on the parameter is undetermined itself.
constexpr double k_shares_direction = 1e-3;

AtBound place_of(const EstimatedParameter& parameter, double position) {
  const double range = parameter.upper - parameter.lower;
  const double near = k_at_bound * (std::isfinite(range) ? range : std::max(1.0, std::abs(position)));
  if (position <= parameter.lower + near) return AtBound::lower;
  return position >= parameter.upper - near ? AtBound::upper : AtBound::no;
}

// Of differences of gradients, which solvers leave off by some 1e-6: a thousandth leaves as much of either.
constexpr double k_gradient_difference_step = 1e-3;
// How often the noise of its entries the least eigenvalue must be for the observed information to be trusted.
constexpr double k_above_noise = 10.0;

struct ObservedInformation {
  std::vector<double> matrix;  ///< Row by row; 0 for parameters that were not asked for. Empty: a run failed
  double asymmetry = 0.0;      ///< Largest difference of mirrored entries over their diagonal: its noise
};

/// Second derivatives of the cost by `free` parameters, from central differences of exact gradients within
/// the bounds. They hold what Fisher's expected information leaves out, the curvature that residuals add
/// (Efron and Hinkley 1978, doi:10.1093/biomet/65.3.457).
ObservedInformation observed_information(const Objective& objective, const std::vector<double>& position,
                                         const std::vector<std::size_t>& free, int threads) {
  const std::size_t n = position.size();
  std::vector<double> slopes(n * n);
  std::vector<char> failed(free.size(), 0);
  run_parallel(free.size(), threads, [&](std::size_t i) {
    const std::size_t k = free[i];
    const auto& parameter = objective.parameters()[k];
    auto above = position, below = position;
    const double step = k_gradient_difference_step * std::max(1.0, std::abs(position[k]));
    above[k] = std::min(position[k] + step, parameter.upper);
    below[k] = std::max(position[k] - step, parameter.lower);
    const auto up = objective.evaluate(above, Wanted::gradient),
               down = objective.evaluate(below, Wanted::gradient);
    failed[i] = up.failure.empty() && down.failure.empty() ? 0 : 1;
    if (failed[i] != 0) return;
    for (const std::size_t l : free)
      slopes[k * n + l] = (up.gradient[l] - down.gradient[l]) / (above[k] - below[k]);
  });
  if (std::ranges::any_of(failed, [](char one) { return one != 0; })) return {};
  ObservedInformation made;
  made.matrix.assign(n * n, 0.0);
  for (const std::size_t k : free)
    for (const std::size_t l : free) {
      made.matrix[k * n + l] = 0.5 * (slopes[k * n + l] + slopes[l * n + k]);
      const double size = std::sqrt(std::abs(slopes[k * n + k] * slopes[l * n + l]));
      if (size > 0.0)
        made.asymmetry = std::max(made.asymmetry, std::abs(slopes[k * n + l] - slopes[l * n + k]) / size);
    }
  return made;
}

/// Eigenvalues of an information, scaled to a unit diagonal, over some parameters.
struct ScaledInformation {
  Eigen::VectorXd scale;
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;

  ScaledInformation(const std::vector<double>& information, const std::vector<std::size_t>& free,
                    std::size_t n) {
    const auto size = static_cast<Eigen::Index>(n);
    const Eigen::Map<const Eigen::MatrixXd> whole(information.data(), size, size);
    const Eigen::MatrixXd part = whole(free, free);
    scale = part.diagonal().cwiseSqrt().cwiseInverse();
    solver.compute(scale.asDiagonal() * part * scale.asDiagonal());
  }

  double standard_error(Eigen::Index row) const {
    double variance = 0.0;
    for (Eigen::Index e = 0; e < solver.eigenvalues().size(); ++e) {
      const double share = solver.eigenvectors()(row, e);
      const double eigenvalue = solver.eigenvalues()[e];
      if (eigenvalue > k_undetermined)
        variance += share * share / eigenvalue;
      else if (std::abs(share) > k_shares_direction)
        return std::numeric_limits<double>::infinity();
    }
    return scale[row] * std::sqrt(variance);
  }
};

void add_standard_errors(const Objective& objective, const std::vector<double>& position, int threads,
                         FitResult& result) {
  const std::size_t n = result.parameters.size();
  std::vector<std::size_t> free;
  for (std::size_t k = 0; k < n; ++k) {
    auto& one = result.parameters[k];
    if (one.at_bound != AtBound::no) continue;
    if (result.information[k * n + k] > 0.0)
      free.push_back(k);
    else
      one.standard_error = std::numeric_limits<double>::infinity();
  }
  if (free.empty()) return;
  ScaledInformation chosen(result.information, free, n);
  if (objective.has_gradient()) {
    const auto observed = observed_information(objective, position, free, threads);
    const bool rises = !observed.matrix.empty() && std::ranges::all_of(free, [&](std::size_t k) {
      return observed.matrix[k * n + k] > 0.0;
    });
    if (rises) {
      ScaledInformation scaled(observed.matrix, free, n);
      if (scaled.solver.eigenvalues().minCoeff() > k_above_noise * observed.asymmetry) {
        chosen = std::move(scaled);
        result.errors_from = InformationKind::observed;
      }
    }
  }
  for (std::size_t i = 0; i < free.size(); ++i)
    result.parameters[free[i]].standard_error = chosen.standard_error(static_cast<Eigen::Index>(i));
}

}  // namespace

std::string name_of(AtBound place) {
  return place == AtBound::no ? "no" : place == AtBound::lower ? "lower" : "upper";
}

std::string name_of(InformationKind kind) {
  return kind == InformationKind::observed ? "observed" : "expected";
}

long FitResult::evaluations() const {
  long sum = 0;
  for (const auto& one : starts) sum += one.evaluations;
  for (const auto& one : profiles) sum += one.evaluations;
  return sum;
}

long FitResult::failures() const {
  long sum = 0;
  for (const auto& one : starts) sum += one.failures;
  for (const auto& one : profiles) sum += one.failures;
  return sum;
}

FitResult summarise(const Objective& objective, std::vector<LocalFit> starts, int threads) {
  FitResult result;
  result.by_cost = order_of_costs(starts);
  result.starts = std::move(starts);
  const auto& best = result.starts[result.by_cost.front()];
  result.cost = best.cost;
  for (const auto& one : result.starts)
    if (one.cost <= best.cost + k_same_optimum) ++result.reached;
  for (std::size_t k = 0; k < objective.parameters().size(); ++k) {
    FittedParameter one;
    one.parameter = objective.parameters()[k];
    one.position = best.position[k];
    one.at_bound = place_of(one.parameter, one.position);
    result.parameters.push_back(std::move(one));
  }
  if (!std::isfinite(best.cost)) return result;
  if (objective.has_gradient()) {
    const auto there = objective.evaluate(best.position, Wanted::information);
    result.gradient = there.gradient;
    result.information = there.information;
  } else {
    result.information = differenced_information(objective, best.position);
    result.errors_from = InformationKind::observed;
  }
  if (!result.information.empty()) add_standard_errors(objective, best.position, threads, result);
  return result;
}

}  // namespace raad::study
