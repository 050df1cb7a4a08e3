#include "study/importance_sampler.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "base/random.hpp"

namespace raad::study {
namespace {

// Tails of the proposals, heavier than the density's: a point far out must not get an enormous weight.
constexpr double k_degrees_of_freedom = 5.0;
// As of chains: below it means and intervals are not to be trusted (Vehtari et al. 2021).
constexpr double k_least_effective_size = 400.0;
constexpr double k_greatest_pareto_shape = 0.7;
// Points by dimension that a covariance must rest on; weights are flattened until they do.
constexpr double k_effective_points_per_dimension = 10.0;
// Added to the variances, as a share of the first proposal's: a direction never collapses.
constexpr double k_least_variance_share = 1e-6;

/// Multivariate Student distribution.
class Proposal {
 public:
  Proposal(Eigen::VectorXd mean, const Eigen::MatrixXd& covariance) : mean_(std::move(mean)) {
    const Eigen::MatrixXd shape = covariance * ((k_degrees_of_freedom - 2.0) / k_degrees_of_freedom);
    factor_ = shape.llt().matrixL();
    const auto dimensions = static_cast<double>(mean_.size());
    log_constant_ = std::lgamma(0.5 * (k_degrees_of_freedom + dimensions)) -
                    std::lgamma(0.5 * k_degrees_of_freedom) -
                    0.5 * dimensions * std::log(k_degrees_of_freedom * std::numbers::pi) -
                    factor_.diagonal().array().log().sum();
  }

  Eigen::VectorXd draw(base::RandomStream& stream) const {
    Eigen::VectorXd normal(mean_.size());
    for (auto& one : normal) one = stream.normal();
    double chi_squared = 0.0;
    for (int k = 0; k < static_cast<int>(k_degrees_of_freedom); ++k)
      chi_squared += std::pow(stream.normal(), 2);
    return mean_ + factor_ * normal * std::sqrt(k_degrees_of_freedom / chi_squared);
  }

  double log_density(const Eigen::VectorXd& point) const {
    const double distance = factor_.triangularView<Eigen::Lower>().solve(point - mean_).eval().squaredNorm();
    return log_constant_ - 0.5 * (k_degrees_of_freedom + static_cast<double>(mean_.size())) *
                               std::log1p(distance / k_degrees_of_freedom);
  }

 private:
  Eigen::VectorXd mean_;
  Eigen::MatrixXd factor_;
  double log_constant_ = 0.0;
};

double log_sum(const std::vector<double>& logs) {
  const double greatest = *std::ranges::max_element(logs);
  if (!std::isfinite(greatest)) return greatest;
  double sum = 0.0;
  for (const double one : logs) sum += std::exp(one - greatest);
  return greatest + std::log(sum);
}

/// exp(power * log), scaled to sum 1.
std::vector<double> normalised(const std::vector<double>& logs, double power) {
  std::vector<double> scaled;
  for (const double one : logs) scaled.push_back(std::isfinite(one) ? power * one : one);
  const double total = log_sum(scaled);
  for (double& one : scaled) one = std::isfinite(one) ? std::exp(one - total) : 0.0;
  return scaled;
}

double kish_size(const std::vector<double>& weights) {
  double squares = 0.0;
  for (const double one : weights) squares += one * one;
  return squares > 0.0 ? 1.0 / squares : 0.0;
}

/// Weights to learn a shape from: flattened where a few points would carry all of it.
std::vector<double> learning_weights(const std::vector<double>& logs, double least_size) {
  if (kish_size(normalised(logs, 1.0)) >= least_size) return normalised(logs, 1.0);
  double low = 0.0, high = 1.0;
  for (int step = 0; step < 30; ++step) {
    const double middle = 0.5 * (low + high);
    (kish_size(normalised(logs, middle)) >= least_size ? low : high) = middle;
  }
  return normalised(logs, low);
}

Proposal learned(const std::vector<Eigen::VectorXd>& points, const std::vector<double>& weights,
                 const Eigen::VectorXd& first_variance) {
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(first_variance.size());
  for (std::size_t i = 0; i < points.size(); ++i) mean += weights[i] * points[i];
  Eigen::MatrixXd covariance = (k_least_variance_share * first_variance).asDiagonal();
  for (std::size_t i = 0; i < points.size(); ++i)
    covariance += weights[i] * (points[i] - mean) * (points[i] - mean).transpose();
  return {mean, covariance};
}

/// Replaces the greatest weights by what a Pareto tail expects of as many; returns the tail's shape.
double smooth_tail(std::vector<double>& weights) {
  const auto count = static_cast<double>(weights.size());
  const auto tail = static_cast<std::size_t>(std::ceil(std::min(0.2 * count, 3.0 * std::sqrt(count))));
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return weights[i]; });
  if (tail < 5 || tail >= order.size()) return std::numeric_limits<double>::infinity();
  const double threshold = weights[order[order.size() - tail - 1]], greatest = weights[order.back()];
  if (!(greatest > threshold)) return -std::numeric_limits<double>::infinity();  // All alike: no tail
  std::vector<double> excesses;
  for (std::size_t k = order.size() - tail; k < order.size(); ++k)
    excesses.push_back(weights[order[k]] - threshold);
  const auto fitted = fit_pareto_tail(excesses);
  for (std::size_t k = 0; k < tail; ++k) {
    const double probability = (static_cast<double>(k) + 0.5) / static_cast<double>(tail);
    const double excess =
        std::abs(fitted.shape) < 1e-12
            ? -fitted.scale * std::log1p(-probability)
            : fitted.scale * std::expm1(-fitted.shape * std::log1p(-probability)) / fitted.shape;
    weights[order[order.size() - tail + k]] = std::min(threshold + excess, greatest);
  }
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& one : weights) one /= sum;
  return fitted.shape;
}

}  // namespace

ParetoTail fit_pareto_tail(const std::vector<double>& excesses) {
  const auto count = static_cast<double>(excesses.size());
  const double quartile = excesses[static_cast<std::size_t>(std::floor(count / 4.0 + 0.5)) - 1];
  const auto candidates = 30 + static_cast<int>(std::floor(std::sqrt(count)));
  const auto shape_at = [&](double b) {
    double sum = 0.0;
    for (const double x : excesses) sum += std::log1p(-b * x);
    return sum / count;
  };
  std::vector<double> values, logs;
  for (int j = 1; j <= candidates; ++j) {
    const double b = 1.0 / excesses.back() + (1.0 - std::sqrt(candidates / (j - 0.5))) / (3.0 * quartile);
    const double k = shape_at(b);
    values.push_back(b);
    logs.push_back(count * (std::log(-b / k) - k - 1.0));
  }
  const double total = log_sum(logs);
  double b = 0.0;
  for (std::size_t j = 0; j < values.size(); ++j) b += values[j] * std::exp(logs[j] - total);
  const double shape = shape_at(b);
  return {(count * shape + 10.0 * 0.5) / (count + 10.0), -shape / b};
}

bool WeightedSample::converged() const {
  return effective_size >= k_least_effective_size && pareto_shape <= k_greatest_pareto_shape;
}

WeightedSample importance_sample(const SampledDensity& density, const std::vector<double>& centre,
                                 const std::vector<double>& scale, const ImportanceOptions& options) {
  const auto dimensions = static_cast<Eigen::Index>(centre.size());
  const Eigen::VectorXd first_mean = Eigen::Map<const Eigen::VectorXd>(centre.data(), dimensions);
  const Eigen::VectorXd first_variance =
      Eigen::Map<const Eigen::VectorXd>(scale.data(), dimensions).array().square();
  std::vector<Proposal> proposals{{first_mean, first_variance.asDiagonal()}};
  std::vector<Eigen::VectorXd> points;
  std::vector<double> log_densities, logs;
  for (int stage = 0; stage < options.stages; ++stage) {
    std::vector<std::vector<double>> inside;
    std::vector<std::size_t> places;
    for (int i = 0; i < options.points_per_stage; ++i) {
      base::RandomStream stream(
          {options.seed, static_cast<std::uint64_t>(stage), i, base::purpose_of("importance sampler")});
      const auto& point = points.emplace_back(proposals.back().draw(stream));
      log_densities.push_back(-std::numeric_limits<double>::infinity());
      bool is_inside = true;
      for (Eigen::Index k = 0; k < dimensions; ++k) {
        const auto at = static_cast<std::size_t>(k);
        is_inside = is_inside && point[k] >= density.lower[at] && point[k] <= density.upper[at];
      }
      if (!is_inside) continue;
      inside.emplace_back(point.begin(), point.end());
      places.push_back(points.size() - 1);
    }
    const auto evaluated = density.log_density(inside);
    for (std::size_t i = 0; i < places.size(); ++i)
      if (!std::isnan(evaluated[i])) log_densities[places[i]] = evaluated[i];

    // Every point anew, by the mixture of all proposals so far, each with as many points.
    logs.assign(points.size(), -std::numeric_limits<double>::infinity());
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (!std::isfinite(log_densities[i])) continue;
      std::vector<double> by_proposal;
      for (const auto& one : proposals) by_proposal.push_back(one.log_density(points[i]));
      logs[i] = log_densities[i] - log_sum(by_proposal);
    }
    const bool any = std::ranges::any_of(logs, [](double one) { return std::isfinite(one); });
    if (stage + 1 < options.stages)
      proposals.push_back(any ? learned(points,
                                        learning_weights(logs, k_effective_points_per_dimension *
                                                                   static_cast<double>(dimensions)),
                                        first_variance)
                              : proposals.front());
  }
  WeightedSample sample;
  for (const auto& point : points) sample.points.emplace_back(point.begin(), point.end());
  sample.weights = normalised(logs, 1.0);
  sample.pareto_shape = smooth_tail(sample.weights);
  sample.effective_size = kish_size(sample.weights);
  return sample;
}

std::vector<std::vector<double>> resampled(const WeightedSample& sample, std::size_t count,
                                           std::uint64_t seed) {
  base::RandomStream stream({seed, 0, 0, base::purpose_of("resampling")});
  const double offset = stream.uniform();
  std::vector<std::vector<double>> drawn;
  double cumulative = 0.0;
  for (std::size_t i = 0; i < sample.points.size(); ++i) {
    cumulative += sample.weights[i] * static_cast<double>(count);
    while (drawn.size() < count && static_cast<double>(drawn.size()) + offset < cumulative)
      drawn.push_back(sample.points[i]);
  }
  while (!drawn.empty() && drawn.size() < count) drawn.push_back(drawn.back());  // Rounding of the sum
  return drawn;
}

}  // namespace raad::study
