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

void add_standard_errors(FitResult& result) {
  std::vector<int> free;
  const auto n = static_cast<Eigen::Index>(result.parameters.size());
  const Eigen::Map<const Eigen::MatrixXd> information(result.information.data(), n, n);
  for (Eigen::Index k = 0; k < n; ++k) {
    auto& one = result.parameters[static_cast<std::size_t>(k)];
    if (one.at_bound != AtBound::no) continue;
    if (information(k, k) > 0.0)
      free.push_back(static_cast<int>(k));
    else
      one.standard_error = std::numeric_limits<double>::infinity();
  }
  if (free.empty()) return;
  const Eigen::MatrixXd part = information(free, free);
  const Eigen::VectorXd scale = part.diagonal().cwiseSqrt().cwiseInverse();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(scale.asDiagonal() * part * scale.asDiagonal());
  for (std::size_t i = 0; i < free.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    double variance = 0.0;
    for (Eigen::Index e = 0; e < solver.eigenvalues().size(); ++e) {
      const double share = solver.eigenvectors()(row, e);
      const double eigenvalue = solver.eigenvalues()[e];
      if (eigenvalue > k_undetermined)
        variance += share * share / eigenvalue;
      else if (std::abs(share) > k_shares_direction)
        variance = std::numeric_limits<double>::infinity();
    }
    result.parameters[static_cast<std::size_t>(free[i])].standard_error = scale[row] * std::sqrt(variance);
  }
}

}  // namespace

std::string name_of(AtBound place) {
  return place == AtBound::no ? "no" : place == AtBound::lower ? "lower" : "upper";
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

FitResult summarise(const Objective& objective, std::vector<LocalFit> starts) {
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
  }
  if (!result.information.empty()) add_standard_errors(result);
  return result;
}

}  // namespace raad::study
