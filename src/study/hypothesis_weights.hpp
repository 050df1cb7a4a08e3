// Weights of rival hypotheses from how well each predicts the same rows, studies counting as clusters.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace raad::study {

/// Rows of one publication: their residuals share its assay, its patients, its laboratory.
struct StudyCluster {
  std::string source;
  std::vector<std::size_t> rows;
  double row_weight = 1.0;  ///< What a row of this study counts; the study counts rows x this
};

/// How the rows are put together.
struct ClusterModel {
  double correlation = 0.0;  ///< Of two residuals of one study
  std::vector<StudyCluster> studies;
  double effective_rows = 0.0;  ///< Sum of the row weights
};

/// Studies and what their rows count: 1/(1 + (n - 1) r), Kish's design effect (1965) for n rows with the
/// correlation r, so that many rows of one study cannot outvote other studies.
ClusterModel cluster_model(const std::vector<std::string>& source_of_row, double correlation);

/// Correlation of residuals within studies by one-way analysis of variance for groups of unequal size
/// (Donner 1986, doi:10.2307/1403259), within [0, 1]. 0 when no study has two rows.
double within_study_correlation(const std::vector<std::string>& source_of_row, const std::vector<double>& z);

/// Natural logarithm of the density of a residual z in units of its spread s: Student's t with 4 degrees of
/// freedom, as the intervals of `raad validate`, so that one odd row cannot decide alone.
double log_density(double z, double spread);
/// The same for a direction: of ten that are predicted, about nine are reported so.
double log_probability_of_sign(bool right);

/// How one combination does.
struct HypothesisScore {
  double log_likelihood = 0.0;    ///< Weighted over clusters
  double difference = 0.0;        ///< From the best, <= 0
  double difference_se = 0.0;     ///< Of that difference, from the spread over studies
  double aic = 0.0, bic = 0.0;    ///< With one adjusted switch for every departure from the default
  double weight = 0.0;            ///< Posterior from equal priors
  double bootstrap_weight = 0.0;  ///< The same averaged over Bayesian bootstraps of the studies
};

/// `log_likelihoods[combination][row]`, `departures[combination]`.
///
/// The posterior is prior x exp(log-likelihood). Its bootstrap average (pseudo-BMA+, Yao et al. 2018,
/// doi:10.1214/17-BA1091) adds that other studies could have been done; it is the one to trust when a single
/// study decides.
std::vector<HypothesisScore> weigh(const std::vector<std::vector<double>>& log_likelihoods,
                                   const std::vector<int>& departures, const ClusterModel& clusters,
                                   int bootstraps, std::uint64_t seed);

}  // namespace raad::study
