#include "study/evidence_cost.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "study/validation_rows.hpp"

namespace raad::study {
namespace {

// Standard deviation of the logarithm of a spread about the library's: a factor of four either way. One study
// says little about how studies differ, so that a single row that is met exactly must not shrink its spread
// to nothing; nor must values that are alike because they were rounded: no spread falls below k_least_share.
const double k_spread_prior_sd = std::log(4.0);
// Search of the likeliest spread, in logarithms about the library's: a factor of 55 either way, more than
// lies between any spread of the library and the least one. The cost may have two minima, so a grid comes
// before the refinement.
constexpr double k_search_range = 4.0;
constexpr int k_grid_points = 65;
constexpr int k_refinements = 40;  // Golden sections, to 1e-8 of the grid's step

double minus_log_student(double z) {
  return 0.5 * (k_residual_freedom + 1.0) * std::log1p(z * z / k_residual_freedom);
}

struct Row {
  const ValidationScore* score = nullptr;
  double residual = 0.0;  ///< On the scale
  double weight = 1.0;
};

std::vector<Row> rows_of(const ValidationResult& result) {
  std::map<std::string, double> count;
  std::vector<Row> rows;
  for (const auto& score : result.scores) {
    if (!score.scored() || !std::isfinite(score.z)) continue;
    rows.push_back({&score, score.z * score.total_spread, 1.0});
    count[score.row->source_id] += 1.0;
  }
  for (auto& row : rows) row.weight = 1.0 / std::sqrt(count.at(row.score->row->source_id));
  return rows;
}

/// With its spread changed by a factor; relative to no residual and the library's spread.
double cost_of(const Row& row, double factor) {
  const double spread = std::hypot(row.score->sampling_spread, factor * row.score->family_spread);
  return row.weight * (minus_log_student(row.residual / spread) + std::log(spread / row.score->total_spread));
}

double prior_cost(double log_factor) {
  const double distance = log_factor / k_spread_prior_sd;
  return 0.5 * distance * distance;
}

/// Least factor on the common spread of rows, as a logarithm.
double least_log_factor(const std::vector<Row*>& rows) {
  std::vector<double> sizes;
  for (const auto* row : rows)
    sizes.push_back(row->score->scale == ScoreScale::logarithmic ? 1.0 : std::abs(row->score->row->value));
  std::ranges::nth_element(sizes, sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2));
  const double least = k_least_share * sizes[sizes.size() / 2];
  const double between = rows.front()->score->family_spread;
  return least > 0.0 && between > 0.0 ? std::min(0.0, std::log(least / between)) : -k_search_range;
}

/// Logarithm of the factor on their common spread at which rows and prior cost least.
double likeliest(const std::vector<Row*>& rows) {
  const auto cost = [&](double log_factor) {
    double sum = prior_cost(log_factor);
    for (const auto* row : rows) sum += cost_of(*row, std::exp(log_factor));
    return sum;
  };
  const double step = 2.0 * k_search_range / (k_grid_points - 1);
  double best = 0.0, least = cost(0.0);
  for (int i = 0; i < k_grid_points; ++i) {
    const double at = -k_search_range + i * step;
    if (const double value = cost(at); value < least) {
      least = value;
      best = at;
    }
  }
  const double golden = 0.5 * (std::sqrt(5.0) - 1.0);
  double low = best - step, high = best + step;
  for (int i = 0; i < k_refinements; ++i) {
    const double left = high - golden * (high - low), right = low + golden * (high - low);
    if (cost(left) < cost(right))
      high = right;
    else
      low = left;
  }
  return std::max(least_log_factor(rows), 0.5 * (low + high));
}

}  // namespace

double EvidenceCost::total() const {
  double sum = of_spreads;
  for (const auto& [source, cost] : by_study) sum += cost;
  return sum;
}

EvidenceCost evidence_cost(const ValidationResult& result, SpreadRule rule) {
  auto rows = rows_of(result);
  std::map<const Row*, double> factors;
  EvidenceCost made;
  if (rule == SpreadRule::fitted) {
    std::map<std::tuple<std::string, std::string, ScoreScale, double>, std::vector<Row*>> groups;
    for (auto& row : rows)
      groups[{row.score->family, row.score->measure, row.score->scale, row.score->family_spread}].push_back(
          &row);
    for (const auto& [key, members] : groups) {
      const auto& [family, measure, scale, between] = key;
      const double log_factor = likeliest(members);
      made.of_spreads += prior_cost(log_factor);
      made.spreads.push_back({family, measure, scale, between, between * std::exp(log_factor),
                              static_cast<int>(members.size())});
      for (const auto* row : members) factors[row] = std::exp(log_factor);
    }
  }
  std::map<std::string, double> studies;
  for (const auto& row : rows) {
    const auto factor = factors.find(&row);
    studies[row.score->row->source_id] += cost_of(row, factor == factors.end() ? 1.0 : factor->second);
  }
  made.by_study.assign(studies.begin(), studies.end());
  return made;
}

}  // namespace raad::study
