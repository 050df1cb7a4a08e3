#include "study/hypothesis_weights.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/random.hpp"

namespace raad::study {
namespace {

// Directions that are reported against what later turns out: about one in ten, split between the two others.
constexpr double k_right_sign = 0.9;

/// Sums to 1; differences from the greatest first, so that nothing overflows.
std::vector<double> softmax(const std::vector<double>& values) {
  const double greatest = *std::ranges::max_element(values);
  std::vector<double> result;
  double sum = 0.0;
  for (const double value : values) sum += result.emplace_back(std::exp(value - greatest));
  for (double& value : result) value /= sum;
  return result;
}

/// [combination][study]
std::vector<std::vector<double>> by_study(const std::vector<std::vector<double>>& rows,
                                          const ClusterModel& clusters) {
  std::vector<std::vector<double>> result;
  for (const auto& of_rows : rows) {
    auto& sums = result.emplace_back();
    for (const auto& study : clusters.studies) {
      double sum = 0.0;
      for (const auto row : study.rows) sum += of_rows[row];
      sums.push_back(study.row_weight * sum);
    }
  }
  return result;
}

}  // namespace

ClusterModel cluster_model(const std::vector<std::string>& source_of_row, double correlation) {
  ClusterModel model;
  model.correlation = correlation;
  std::map<std::string, std::size_t> place;
  for (std::size_t row = 0; row < source_of_row.size(); ++row) {
    const auto [found, is_new] = place.emplace(source_of_row[row], model.studies.size());
    if (is_new) model.studies.push_back({source_of_row[row], {}, 1.0});
    model.studies[found->second].rows.push_back(row);
  }
  for (auto& study : model.studies) {
    const auto count = static_cast<double>(study.rows.size());
    study.row_weight = 1.0 / (1.0 + (count - 1.0) * correlation);
    model.effective_rows += count * study.row_weight;
  }
  return model;
}

double within_study_correlation(const std::vector<std::string>& source_of_row, const std::vector<double>& z) {
  const auto clusters = cluster_model(source_of_row, 0.0);
  const auto count = static_cast<double>(z.size()), groups = static_cast<double>(clusters.studies.size());
  if (count <= groups || groups < 2.0) return 0.0;
  double mean = 0.0;
  for (const double one : z) mean += one / count;
  double between = 0.0, within = 0.0, squares = 0.0;
  for (const auto& study : clusters.studies) {
    const auto size = static_cast<double>(study.rows.size());
    double own = 0.0;
    for (const auto row : study.rows) own += z[row] / size;
    between += size * (own - mean) * (own - mean);
    for (const auto row : study.rows) within += (z[row] - own) * (z[row] - own);
    squares += size * size;
  }
  between /= groups - 1.0;
  within /= count - groups;
  const double typical_size = (count - squares / count) / (groups - 1.0);
  return std::clamp((between - within) / (between + (typical_size - 1.0) * within), 0.0, 1.0);
}

double log_density(double z, double spread) {
  // Student's t with 4 degrees of freedom: 3/8 (1 + z^2/4)^(-5/2).
  return std::log(0.375) - 2.5 * std::log1p(0.25 * z * z) - std::log(spread);
}

double log_probability_of_sign(bool right) {
  return std::log(right ? k_right_sign : 0.5 * (1.0 - k_right_sign));
}

std::vector<HypothesisScore> weigh(const std::vector<std::vector<double>>& log_likelihoods,
                                   const std::vector<int>& departures, const ClusterModel& clusters,
                                   int bootstraps, std::uint64_t seed) {
  const auto studies = by_study(log_likelihoods, clusters);
  const std::size_t study_count = clusters.studies.size();
  std::vector<HypothesisScore> scores(studies.size());
  std::vector<double> totals;
  for (std::size_t c = 0; c < studies.size(); ++c) {
    for (const double one : studies[c]) scores[c].log_likelihood += one;
    totals.push_back(scores[c].log_likelihood);
  }
  const auto weights = softmax(totals);
  const auto best = static_cast<std::size_t>(std::ranges::max_element(totals) - totals.begin());
  for (std::size_t c = 0; c < scores.size(); ++c) {
    auto& score = scores[c];
    score.weight = weights[c];
    score.difference = totals[c] - totals[best];
    // Standard error of a sum of differences over studies, as for paired samples.
    const auto count = static_cast<double>(study_count);
    double squares = 0.0;
    for (std::size_t s = 0; s < study_count; ++s) {
      const double deviation = studies[c][s] - studies[best][s] - score.difference / count;
      squares += deviation * deviation;
    }
    score.difference_se = study_count > 1 ? std::sqrt(squares * count / (count - 1.0)) : 0.0;
    score.aic = -2.0 * score.log_likelihood + 2.0 * departures[c];
    score.bic =
        -2.0 * score.log_likelihood + std::log(std::max(clusters.effective_rows, 1.0)) * departures[c];
  }
  for (int b = 0; b < bootstraps; ++b) {
    // Exponential draws over their mean: the Dirichlet weights of the Bayesian bootstrap (Rubin 1981).
    base::RandomStream stream(
        {seed, static_cast<std::uint64_t>(b), -1, base::purpose_of("bootstrap of studies")});
    std::vector<double> share;
    double sum = 0.0;
    for (std::size_t s = 0; s < study_count; ++s) sum += share.emplace_back(-std::log(stream.uniform()));
    std::vector<double> drawn(scores.size(), 0.0);
    for (std::size_t c = 0; c < scores.size(); ++c)
      for (std::size_t s = 0; s < study_count; ++s)
        drawn[c] += studies[c][s] * share[s] * static_cast<double>(study_count) / sum;
    const auto drawn_weights = softmax(drawn);
    for (std::size_t c = 0; c < scores.size(); ++c)
      scores[c].bootstrap_weight += drawn_weights[c] / bootstraps;
  }
  return scores;
}

}  // namespace raad::study
