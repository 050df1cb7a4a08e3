// Parameter sets that fit the evidence together: draws from the posterior of an objective.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "study/objective.hpp"

namespace raad::study {

enum class PosteriorSampler {
  importance,  ///< importance_sample: for densities that are dear and have one mode
  chains,      ///< sample (DE-MC(Z)): for any shape, at several times the evaluations
};

struct PosteriorOptions {
  PosteriorSampler sampler = PosteriorSampler::importance;
  std::size_t draws = 200;
  int evaluations = 2000;  ///< Of the objective, about
  std::uint64_t seed = 1;
};

struct PosteriorEnsemble {
  std::vector<std::string> ids;
  std::vector<std::vector<double>> draws;  ///< Values of the parameters, all of one weight
  /// Independent draws that the mean of each parameter is worth.
  std::vector<double> effective_size;
  bool converged = false;
  std::string diagnosis;  ///< Why it is, or is not, in words and figures
};

/// Samples exp(-cost) within the parameters' bounds, which must be finite, beginning about a position, most
/// of all an optimum. A failed evaluation has density 0. The same options give the same draws.
PosteriorEnsemble posterior_ensemble(const Objective& objective, std::span<const double> position,
                                     const PosteriorOptions& options);

/// The table that `library/ensemble.tsv` holds: a row a draw, a column a flat parameter id.
std::string ensemble_table(const PosteriorEnsemble& ensemble);
/// Mean, standard deviation, effective size and correlations of the draws: a row a parameter.
std::string ensemble_summary(const PosteriorEnsemble& ensemble);

}  // namespace raad::study
