// Finding the instant at which a condition becomes true.
#pragma once

#include <functional>

namespace raad::solve {

/// A condition at one time: whether it holds, and a continuous function that changes sign where it switches.
/// Only the truth decides; the function makes the search fast.
struct Probe {
  bool truth = false;
  double root = 0.0;
};

/// Narrows (low, high], false at `low` and true at `high`, to neighbouring doubles and returns the upper one:
/// the first representable time at which the condition holds. Takes Illinois steps (Dowell and Jarratt 1971,
/// doi:10.1007/BF01934364) while they halve the bracket and bisects otherwise, so at most about 110 probes.
double locate_rise(double low, double high, const std::function<Probe(double)>& probe);

}  // namespace raad::solve
