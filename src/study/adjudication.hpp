// Which mechanism the evidence favours: every admissible combination of rival hypotheses against the same
// published rows.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "study/hypothesis_space.hpp"
#include "study/hypothesis_weights.hpp"
#include "study/validation.hpp"

namespace raad::study {

struct AdjudicationSettings {
  solve::Options solver;
  std::vector<std::pair<std::string, double>> settings;  ///< `id=value`
  int subjects = 100;  ///< Virtual participants of a clinical arm, the same ones under every hypothesis
  std::uint64_t seed = 1;
  int threads = 1;
  std::filesystem::path journal;  ///< File that keeps what is done; empty: none
  bool resume = false;            ///< Go on from the journal
  std::function<void(std::size_t done, std::size_t total)> progress;
};

/// Predictions of every scored row under every combination.
struct HypothesisPredictions {
  /// Rows that every combination predicts, with what the first evaluation made of them; `predicted` and `z`
  /// are those of the default.
  std::vector<ValidationScore> rows;
  std::vector<std::uint64_t> groups_of_row;    ///< Hypothesis groups that can matter, as bits
  std::vector<std::vector<double>> z;          ///< [combination][row]; NaN for directions
  std::vector<std::vector<double>> predicted;  ///< [combination][row]
  std::vector<std::string> dropped;            ///< Rows that fail under some combination, with the reason
  std::size_t evaluations = 0;                 ///< Distinct (rows, hypotheses) that were simulated
  int skipped = 0;                             ///< Rows that `raad validate` does not score either
};

/// Predicts the rows of a table under every combination of the space. Only what can differ is simulated:
/// rows are grouped by the switches upstream of them (groups_behind) and each setting of those is run once.
/// The result does not depend on threads or on having been interrupted. R089 for another run's journal.
HypothesisPredictions predict_under(const data::Library& library, const HypothesisSpace& space,
                                    const data::EvidenceTable& table,
                                    const std::vector<PredictionSpread>& spreads,
                                    const AdjudicationSettings& settings);

/// [combination][row], not weighted.
std::vector<std::vector<double>> log_likelihoods(const HypothesisPredictions& predictions);

/// Correlation of residuals within studies, under the combination at `place` (the default): what
/// cluster_model needs.
ClusterModel clusters_of(const HypothesisPredictions& predictions, double correlation);
double residual_correlation(const HypothesisPredictions& predictions, std::size_t combination);

/// Weight of each option of each group: sums over the combinations that hold it.
struct OptionWeight {
  std::string group, option;
  double prior = 0.0, weight = 0.0, bootstrap_weight = 0.0;
};
std::vector<OptionWeight> option_weights(const HypothesisSpace& space,
                                         const std::vector<HypothesisScore>& scores);

/// A row and what it says between two options of a group, each in its best combination.
struct DecidingRow {
  std::string group, favoured, other;
  std::size_t row = 0;  ///< In HypothesisPredictions::rows
  double predicted_favoured = 0.0, predicted_other = 0.0;
  double log_likelihood_difference = 0.0;  ///< Weighted; above 0 it speaks for `favoured`
};
/// For every pair of options of a group: the rows that move the balance most, at most `most` each, and none
/// that move it by less than a hundredth.
std::vector<DecidingRow> deciding_rows(const HypothesisSpace& space, const HypothesisPredictions& predictions,
                                       const std::vector<HypothesisScore>& scores,
                                       const ClusterModel& clusters, int most);

}  // namespace raad::study
