// How far a contender is from the truth, and which tolerance brings it to a given distance.
#pragma once

#include <string>
#include <vector>

#include "common/contenders.hpp"

namespace raad::bench {

double median(std::vector<double> values);
/// Value below which `share` of the values lie (nearest rank).
double quantile(std::vector<double> values, double share);

/// Each subject's greatest |y - reference| / (1e-3 x nominal scale + |reference|) over times and outputs;
/// infinite where the contender failed. Subjects whose reference failed are left out.
std::vector<double> errors(const Case& population, const Courses& courses, const Courses& reference);

struct ErrorSummary {
  double median = 0.0, p95 = 0.0, greatest = 0.0;
};
ErrorSummary summarise(const std::vector<double>& errors);

struct Match {
  double tolerance = 0.0;
  double median_error = 0.0;
};

/// Looks for the relative tolerance at which the median error over the first `count` subjects is `level`:
/// secant on logarithms, since errors follow tolerances by a power law. Ends within `k_match` of the level or
/// with the best of nine tries. The contender is left at the tolerance found.
Match match(Contender& contender, const Case& population, const Courses& reference, std::size_t count,
            double level);

}  // namespace raad::bench
