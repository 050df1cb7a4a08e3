#include "study/information_gain.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace raad::study {
namespace {

// Points of each rival's own quantiles; the error is stated, so the number is a matter of speed.
constexpr int k_points = 400;
// Predictions nearer than this share of their spread are taken as one: they tell 1e-7 bits apart.
constexpr double k_same_prediction = 1e-3;

double density(const PredictiveDistribution& one, double value) {
  const double z = (value - one.mean) / one.spread;
  const double base = 1.0 + 0.25 * z * z;
  return 0.375 / (base * base * std::sqrt(base) * one.spread);
}

/// Quantile of Student's t with 4 degrees of freedom, in closed form (Shaw 2006,
/// doi:10.21314/JCF.2006.150).
double quantile(double probability) {
  const double alpha = 4.0 * probability * (1.0 - probability);
  const double q = 4.0 * std::cos(std::acos(std::sqrt(alpha)) / 3.0) / std::sqrt(alpha);
  return std::copysign(std::sqrt(std::max(q - 4.0, 0.0)), probability - 0.5);
}

struct Rival {
  PredictiveDistribution distribution;
  double weight = 0.0;
};

/// Sum of weight x mean over the rival's own distribution of log2(own density / mixture's density). Points
/// stand at the middles of equal shares of each distribution, so tails and overlaps are met as they weigh.
double mutual_information(const std::vector<Rival>& rivals, int points) {
  double bits = 0.0;
  for (const auto& rival : rivals)
    for (int k = 0; k < points; ++k) {
      const double value = rival.distribution.mean + rival.distribution.spread * quantile((k + 0.5) / points);
      double mixture = 0.0;
      for (const auto& other : rivals) mixture += other.weight * density(other.distribution, value);
      bits += rival.weight * std::log2(density(rival.distribution, value) / mixture) / points;
    }
  return bits;
}

}  // namespace

double entropy_bits(const std::vector<double>& weights) {
  double bits = 0.0;
  for (const double weight : weights)
    if (weight > 0.0) bits -= weight * std::log2(weight);
  return bits;
}

InformationGain expected_information_gain(const std::vector<double>& weights,
                                          const std::vector<PredictiveDistribution>& predictions) {
  std::map<std::pair<double, double>, Rival> distinct;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0.0) continue;
    const auto& one = predictions[i];
    const double place = std::round(one.mean / (k_same_prediction * one.spread));
    auto& rival = distinct.try_emplace({place, one.spread}, Rival{one, 0.0}).first->second;
    rival.weight += weights[i];
  }
  std::vector<Rival> rivals;
  for (const auto& [key, rival] : distinct) rivals.push_back(rival);
  InformationGain gain;
  if (rivals.size() < 2) return gain;
  gain.bits = std::max(0.0, mutual_information(rivals, k_points));
  gain.error = std::abs(gain.bits - std::max(0.0, mutual_information(rivals, k_points / 2)));
  return gain;
}

}  // namespace raad::study
