// Levenberg-Marquardt steps on Fisher's information within bounds.
//
// At each position the model of the cost is quadratic with the gradient and the expected information F, which
// is the Gauss-Newton matrix for normal noise of known size and stays positive semi-definite for all. The
// step solves (F + lambda D) p = -g over the parameters that no bound holds, D the diagonal of F (Marquardt
// 1963, doi:10.1137/0111030; damping after Nielsen 1999). A failed evaluation shortens the step.
//
// Where residuals stay large F leaves out much of the curvature, and steps creep along curved valleys. What
// it leaves out is learnt from the gradients of successive positions and added whenever that would have
// foretold the last gain better (NL2SOL: Dennis, Gay and Welsch 1981, doi:10.1145/355958.355965).
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "study/local_fit.hpp"

namespace raad::study {
namespace {

// Information below this share of the largest counts as this much: a parameter that nothing depends on must
// not run away in one step.
constexpr double k_least_information = 1e-8;
// The longest step on the scale of estimation: two decades at once leave every basin.
constexpr double k_longest_step = 2.0;
// Small steps in a row that count as convergence; one alone may come from much damping.
constexpr int k_small_steps = 2;
// Damping: of the first step; beyond which steps are rounding errors; how it rises while learnt curvature is
// negative somewhere.
constexpr double k_first_damping = 1e-3, k_most_damping = 1e12, k_raise_of_indefinite = 3.0;
// A gradient that changed across the step, not along it, says nothing about the curvature in its direction.
constexpr double k_least_alignment = 1e-10;

struct Model {
  double cost = 0.0;
  Eigen::VectorXd gradient;
  Eigen::MatrixXd information;
};

Eigen::VectorXd difference(const std::vector<double>& to, const std::vector<double>& from) {
  Eigen::VectorXd made(static_cast<Eigen::Index>(to.size()));
  for (std::size_t k = 0; k < to.size(); ++k) made[static_cast<Eigen::Index>(k)] = to[k] - from[k];
  return made;
}

class TrustRegion {
 public:
  TrustRegion(CountedObjective& counted, std::vector<double> start, const FitOptions& options)
      : counted_(counted), options_(options), position_(std::move(start)) {}

  std::string run();

 private:
  bool look(const std::vector<double>& position);
  std::vector<int> free_parameters() const;
  Eigen::MatrixXd curvature() const;
  Eigen::VectorXd damped_step(const std::vector<int>& free, double& damping) const;
  std::vector<double> candidate(const std::vector<int>& free, double& damping, double& predicted) const;
  void learn(const Model& before, const Eigen::VectorXd& step);

  CountedObjective& counted_;
  const FitOptions& options_;
  std::vector<double> position_;
  Model model_;
  Eigen::MatrixXd second_;          ///< Learnt: curvature beside the information
  bool second_is_trusted_ = false;  ///< Whether the next step counts it in
};

/// Takes the model at a position; false when the evaluation fails.
bool TrustRegion::look(const std::vector<double>& position) {
  const auto made = counted_.evaluate(position, Wanted::information);
  if (!made.failure.empty()) return false;
  const auto n = static_cast<Eigen::Index>(position.size());
  model_.cost = made.cost;
  model_.gradient = Eigen::Map<const Eigen::VectorXd>(made.gradient.data(), n);
  model_.information = Eigen::Map<const Eigen::MatrixXd>(made.information.data(), n, n);
  position_ = position;
  return true;
}

/// Those that do not stand at a bound with the cost falling beyond it.
std::vector<int> TrustRegion::free_parameters() const {
  std::vector<int> free;
  const auto& parameters = counted_.objective().parameters();
  for (std::size_t k = 0; k < position_.size(); ++k) {
    const double slope = model_.gradient[static_cast<Eigen::Index>(k)];
    const bool held = (position_[k] <= parameters[k].lower && slope >= 0.0) ||
                      (position_[k] >= parameters[k].upper && slope <= 0.0);
    if (!held) free.push_back(static_cast<int>(k));
  }
  return free;
}

Eigen::MatrixXd TrustRegion::curvature() const {
  return second_is_trusted_ ? Eigen::MatrixXd(model_.information + second_) : model_.information;
}

/// Over the free parameters; the damping rises until the curvature is positive in every direction.
Eigen::VectorXd TrustRegion::damped_step(const std::vector<int>& free, double& damping) const {
  const Eigen::VectorXd information = model_.information.diagonal()(free);
  const double floor = k_least_information * std::max(information.maxCoeff(), 1e-300);
  const Eigen::MatrixXd undamped = curvature()(free, free);
  for (;; damping = std::max(k_raise_of_indefinite * damping, k_first_damping)) {
    Eigen::MatrixXd matrix = undamped;
    matrix.diagonal() += damping * information.cwiseMax(floor);
    matrix.diagonal().array() += floor;
    const Eigen::LLT<Eigen::MatrixXd> factors(matrix);
    if (factors.info() == Eigen::Success) return factors.solve(-model_.gradient(free));
    if (!(damping <= k_most_damping)) return Eigen::VectorXd::Zero(information.size());
  }
}

/// Where the damped step leads, cut at the bounds, and by how much the model says that the cost falls.
std::vector<double> TrustRegion::candidate(const std::vector<int>& free, double& damping,
                                           double& predicted) const {
  Eigen::VectorXd step = damped_step(free, damping);
  const double longest = step.size() > 0 ? step.cwiseAbs().maxCoeff() : 0.0;
  if (longest > k_longest_step) step *= k_longest_step / longest;
  auto moved = position_;
  Eigen::VectorXd taken = Eigen::VectorXd::Zero(model_.gradient.size());
  const auto& parameters = counted_.objective().parameters();
  for (std::size_t i = 0; i < free.size(); ++i) {
    const auto k = static_cast<std::size_t>(free[i]);
    moved[k] = std::clamp(position_[k] + step[static_cast<Eigen::Index>(i)], parameters[k].lower,
                          parameters[k].upper);
    taken[free[i]] = moved[k] - position_[k];
  }
  predicted = -model_.gradient.dot(taken) - 0.5 * taken.dot(curvature() * taken);
  return moved;
}

/// From the step that led from the model before to the present one: the smallest change (in the norm that the
/// change of the gradient defines) after which the curvatures explain that change, sized down first where the
/// old curvature says more than was found.
void TrustRegion::learn(const Model& before, const Eigen::VectorXd& step) {
  const double gain = before.cost - model_.cost;
  const double by_information = -before.gradient.dot(step) - 0.5 * step.dot(before.information * step);
  const double by_both = by_information - 0.5 * step.dot(second_ * step);
  second_is_trusted_ = std::abs(gain - by_both) < std::abs(gain - by_information);
  const Eigen::VectorXd change = model_.gradient - before.gradient;
  const double along = change.dot(step);
  if (!(along > k_least_alignment * change.norm() * step.norm())) return;
  const Eigen::VectorXd wanted = change - model_.information * step;
  if (const double learnt = step.dot(second_ * step); learnt != 0.0)
    second_ *= std::min(1.0, std::abs(step.dot(wanted) / learnt));
  const Eigen::VectorXd missing = wanted - second_ * step;
  second_ += (missing * change.transpose() + change * missing.transpose()) / along -
             missing.dot(step) / (along * along) * change * change.transpose();
}

std::string TrustRegion::run() {
  if (!look(position_)) return k_failed_at_start;
  second_ = Eigen::MatrixXd::Zero(model_.gradient.size(), model_.gradient.size());
  double damping = k_first_damping, raise = 2.0;
  int small_steps = 0;
  while (!counted_.used_up()) {
    const auto free = free_parameters();
    if (free.empty()) return "converged at the bounds";
    double predicted = 0.0;
    const auto moved = candidate(free, damping, predicted);
    const double least = options_.cost_tolerance * (1.0 + std::abs(model_.cost));
    if (moved == position_) return "converged";
    const double before = model_.cost;
    // A look at the cost alone is several times cheaper than the gradient that a refused step wastes.
    const auto tried = counted_.evaluate(moved, Wanted::cost);
    const Model kept = model_;
    const auto from = position_;
    bool better = tried.failure.empty() && tried.cost < before && look(moved);
    // The two kinds of evaluation may differ by what their solvers leave.
    if (better && model_.cost >= before) {
      better = false;
      model_ = kept;
      position_ = from;
      if (tried.cost > before - least) return "converged";
    }
    if (better) {
      learn(kept, difference(position_, from));
      const double gain = before - model_.cost;
      const double ratio = gain / std::max(predicted, 1e-300);
      damping = std::max(1e-9, damping * std::max(1.0 / 3.0, 1.0 - std::pow(2.0 * ratio - 1.0, 3)));
      raise = 2.0;
      small_steps = gain < least ? small_steps + 1 : 0;
      if (small_steps >= k_small_steps) return "converged";
      continue;
    }
    if (tried.failure.empty() && std::abs(predicted) < least && damping > 1.0) return "converged";
    damping *= raise;
    raise *= 2.0;
    if (damping > k_most_damping) return "no better position found";
  }
  return "evaluations used up";
}

}  // namespace

std::string fit_by_trust_region(CountedObjective& counted, std::vector<double> start,
                                const FitOptions& options) {
  return TrustRegion(counted, std::move(start), options).run();
}

}  // namespace raad::study
