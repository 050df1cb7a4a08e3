// Weighted draws from a density that is dear to evaluate: every evaluation counts, none is thrown away.
#pragma once

#include "study/sampler.hpp"

namespace raad::study {

struct ImportanceOptions {
  int stages = 8;  ///< After each, the proposal takes the shape of what has been found
  int points_per_stage = 250;
  std::uint64_t seed = 1;
};

struct WeightedSample {
  std::vector<std::vector<double>> points;
  std::vector<double> weights;  ///< Sum 1; 0 where the density is 0
  /// How many independent draws the weights are worth (Kish): below 400, means and intervals are not to be
  /// trusted.
  double effective_size = 0.0;
  /// Shape of the weights' tail: above 0.7, a few points carry the result and more stages are needed
  /// (Vehtari et al. 2024, Pareto smoothed importance sampling, J Mach Learn Res 25(72)).
  double pareto_shape = 0.0;
  bool converged() const;
};

/// Adaptive multiple importance sampling (Cornuet et al. 2012, doi:10.1111/j.1467-9469.2011.00756.x): Student
/// proposals from `centre` with `scale` by dimension at first, each next one with mean and covariance of the
/// points so far; a point's weight is its density over the mixture of all proposals. The weights' tail is
/// smoothed. `density.starts` is not used. Points outside the bounds are not evaluated. The same options give
/// the same draws.
WeightedSample importance_sample(const SampledDensity& density, const std::vector<double>& centre,
                                 const std::vector<double>& scale, const ImportanceOptions& options);

/// Points drawn by their weights, each as often as its weight says up to one (systematic resampling).
std::vector<std::vector<double>> resampled(const WeightedSample& sample, std::size_t count,
                                           std::uint64_t seed);

/// Shape of a generalised Pareto distribution for excesses over 0, in ascending order (Zhang and Stephens
/// 2009, doi:10.1198/tech.2009.08017), drawn towards 0.5 by ten points' worth (Vehtari et al. 2024).
struct ParetoTail {
  double shape = 0.0, scale = 0.0;
};
ParetoTail fit_pareto_tail(const std::vector<double>& excesses);

}  // namespace raad::study
