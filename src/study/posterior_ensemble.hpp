// Parameter sets that fit the evidence together: draws from the posterior of an objective.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "study/objective.hpp"
#include "study/sampler.hpp"

namespace raad::study {

struct PosteriorEnsemble {
  std::vector<std::string> ids;
  std::vector<std::vector<double>> draws;  ///< Values of the parameters, evenly spaced along the chains
  std::vector<double> r_hat, effective_size;
  double acceptance = 0.0;
  bool converged = false;
};

/// Samples exp(-cost) within the parameters' bounds, which must be finite, from points about a position, most
/// of all an optimum. A failed evaluation has density 0. `draws` sets are kept of what the sampler keeps; the
/// same options give the same draws.
PosteriorEnsemble posterior_ensemble(const Objective& objective, std::span<const double> position,
                                     std::size_t draws, const SamplerOptions& options);

/// The table that `library/ensemble.tsv` holds: a row a draw, a column a flat parameter id.
std::string ensemble_table(const PosteriorEnsemble& ensemble);
/// Mean, standard deviation and correlations of the draws, R-hat and effective size: a row a parameter.
std::string ensemble_summary(const PosteriorEnsemble& ensemble);

}  // namespace raad::study
