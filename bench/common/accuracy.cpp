#include "common/accuracy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace raad::bench {
namespace {

// A tenth in error is a few percent in time: the steps go with the fourth or fifth root.
constexpr double k_match = 1.1;
constexpr int k_tries = 9;
constexpr double k_loosest = 1e-2, k_tightest = 1e-12;

}  // namespace

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::ranges::sort(values);
  const double rank = std::ceil(share * static_cast<double>(values.size())) - 1.0;
  return values[static_cast<std::size_t>(std::max(rank, 0.0))];
}

double median(std::vector<double> values) {
  return quantile(std::move(values), 0.5);
}

std::vector<double> errors(const Case& population, const Courses& courses, const Courses& reference) {
  std::vector<double> result;
  const std::size_t outputs = population.outputs.size();
  for (std::size_t i = 0; i < courses.size(); ++i) {
    double greatest = 0.0;
    bool known = true;
    for (std::size_t k = 0; k < reference[i].size(); ++k) {
      const double truth = reference[i][k];
      known = known && std::isfinite(truth);
      const double size = 1e-3 * population.scales[k % outputs] + std::fabs(truth);
      const double error = std::fabs(courses[i][k] - truth) / size;
      // Not std::max: a NaN must win.
      if (!(error <= greatest))
        greatest = std::isfinite(error) ? error : std::numeric_limits<double>::infinity();
    }
    if (known) result.push_back(greatest);
  }
  return result;
}

ErrorSummary summarise(const std::vector<double>& errors) {
  return {median(errors), quantile(errors, 0.95), quantile(errors, 1.0)};
}

Match match(Contender& contender, const Case& population, const Courses& reference, std::size_t count,
            double level) {
  const auto distance = [&](const Match& one) { return std::fabs(std::log(one.median_error / level)); };
  std::vector<Match> tries;
  double tolerance = level;
  while (static_cast<int>(tries.size()) < k_tries) {
    contender.set_tolerance(tolerance);
    Courses courses;
    contender.run(count, &courses);
    tries.push_back({tolerance, median(errors(population, courses, reference))});
    if (distance(tries.back()) <= std::log(k_match)) break;
    // The two tries nearest to the level on a log scale; a slope of 1 as long as there is one only.
    std::vector<Match> nearest = tries;
    std::ranges::sort(nearest, {}, distance);
    double slope = 1.0;
    if (nearest.size() > 1)
      slope = std::log(nearest[0].median_error / nearest[1].median_error) /
              std::log(nearest[0].tolerance / nearest[1].tolerance);
    // Errors of single tries are ragged; a slope outside of this is noise.
    if (!(slope > 0.5 && slope < 3.0)) slope = 1.0;
    tolerance = nearest[0].tolerance * std::pow(level / nearest[0].median_error, 1.0 / slope);
    tolerance = std::clamp(tolerance, k_tightest, k_loosest);
    if (std::ranges::any_of(tries, [&](const Match& one) { return one.tolerance == tolerance; })) break;
  }
  const Match best = *std::ranges::min_element(tries, {}, distance);
  if (best.tolerance != tries.back().tolerance) contender.set_tolerance(best.tolerance);
  return best;
}

}  // namespace raad::bench
