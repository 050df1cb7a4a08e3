// Draws from a density that can only be evaluated: a posterior, for ensembles of parameter sets.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace raad::study {

struct SampledDensity {
  /// Natural logarithm of the density, up to a constant, at each of several points: all chains ask at once,
  /// so that they can be evaluated on lanes and threads. -infinity (or NaN) where the density is 0.
  std::function<std::vector<double>(const std::vector<std::vector<double>>&)> log_density;
  std::vector<double> lower, upper;  ///< Bounds by dimension, finite; the density is 0 outside
  /// Points to begin from, at least one more than dimensions; empty: uniform between the bounds.
  std::vector<std::vector<double>> starts;
};

struct SamplerOptions {
  int chains = 6;
  int generations = 2000;  ///< Steps of each chain, those before `kept_from` included
  double burn_in = 0.5;    ///< Share of the generations that is thrown away
  std::uint64_t seed = 1;
  std::function<void(int)> progress;  ///< Generations done
};

struct Sample {
  std::vector<std::vector<std::vector<double>>> chains;  ///< [chain][generation kept][dimension]
  std::vector<std::vector<double>> log_densities;        ///< [chain][generation kept]
  double acceptance = 0.0;
  /// By dimension: 1 for chains that agree (up to 1.01 is good), and how many independent draws they are
  /// worth.
  std::vector<double> r_hat, effective_size;
  bool converged() const;
};

/// Chains that propose differences of past points (DE-MC(Z) with snooker updates: ter Braak and Vrugt 2008,
/// doi:10.1007/s11222-008-9104-9): steps take the shape of the density by themselves and adapt less and less,
/// so the draws stay exact. Reflected at the bounds. The same seed gives the same draws.
Sample sample(const SampledDensity& density, const SamplerOptions& options);

/// Rank-normalised split R-hat and bulk effective sample size of one quantity over chains (Vehtari et al.
/// 2021, doi:10.1214/20-BA1221). `draws[chain][draw]`, chains of equal length of at least 8.
double split_r_hat(const std::vector<std::vector<double>>& draws);
double effective_sample_size(const std::vector<std::vector<double>>& draws);

}  // namespace raad::study
