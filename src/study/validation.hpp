// Predictions of published measurements, and how well they fit: every row of an evidence table is simulated,
// or listed with the reason why not.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/evidence.hpp"
#include "data/library.hpp"
#include "run/system.hpp"
#include "solve/problem.hpp"
#include "study/arm_cache.hpp"

namespace raad::study {

/// On which scale a row is compared.
enum class ScoreScale {
  linear,
  logarithmic,  ///< Positive quantities such as concentrations: differences of natural logarithms
  sign,         ///< Directions and yes/no findings: right or wrong
};

/// Spread of predictions about measurements beyond the measurements' own sampling error: other studies, other
/// assays and the model's own error, by family of read-outs (library/prediction_spread.tsv).
struct PredictionSpread {
  std::string family;
  ScoreScale scale = ScoreScale::linear;
  std::string unit;     ///< Of the linear scale
  std::string measure;  ///< How the number is made of a course; empty: all of the family
  double spread = 0.0;
  int rows = 0;  ///< Calibration rows it rests on
};

struct ValidationScore {
  const data::EvidenceRow* row = nullptr;
  std::string file;     ///< Stem of the table: calibration, validation, ...
  std::string family;   ///< Level of the model, such as `exposure` or `clinical score`
  std::string skipped;  ///< Why the row is not scored; empty: it is
  std::string measure;  ///< How the number is made of a course (library/observables.tsv)
  ScoreScale scale = ScoreScale::linear;
  double predicted = 0.0;         ///< In the row's unit
  double sampling_spread = 0.0;   ///< Standard error of the datum on the scale; 0: not stated
  double family_spread = 0.0;     ///< Of predictions of its kind (PredictionSpread), on the scale
  double parameter_spread = 0.0;  ///< Of the prediction over draws of the parameters; 0: not asked for
  double total_spread = 0.0;  ///< With the greater of parameter spread and prediction spread of the family
  double lower50 = 0.0, upper50 = 0.0, lower90 = 0.0, upper90 = 0.0;
  double z = 0.0;       ///< (predicted - observed) / total spread on the scale; signs: empty (NaN)
  bool inside = false;  ///< Within the 90 % interval; signs: right
  std::string note;     ///< What was assumed for this row

  bool scored() const { return skipped.empty(); }
};

/// Over the rows of one table and family.
struct ValidationSummary {
  std::string file, family;
  int scored = 0, skipped = 0;
  int signs = 0, signs_right = 0;
  double bias = 0.0;                      ///< Mean z
  double root_mean_square = 0.0;          ///< Of z
  double inside50 = 0.0, inside90 = 0.0;  ///< Shares of the scored rows that are not signs
};

struct ValidationSettings {
  std::vector<std::string> hypotheses;
  std::vector<std::pair<std::string, double>> settings;  ///< `id=value`
  solve::Options solver;
  int subjects = 400;  ///< Virtual subjects of a clinical arm
  std::uint64_t seed = 1;
  int threads = 1;
  int uncertainty_draws = 0;               ///< Of the parameters (draw_parameters); 0: none
  std::function<void(int, int)> progress;  ///< Draws done, of all
  std::vector<std::string> also_varying;   ///< ArmSettings::also_varying
  std::shared_ptr<ArmCache> cache;         ///< Shared with other evaluations; null: one of its own
  /// Rows to score; the others stay what arms of the same study are known by. Empty: all.
  std::function<bool(const data::EvidenceRow&)> wanted;
};

struct ValidationResult {
  std::vector<ValidationScore> scores;  ///< In the order of the tables
  std::vector<ValidationSummary> summaries;
  int runs = 0;  ///< Distinct arms simulated
  int failed_runs = 0;
  int draws = 0;              ///< Of the parameters
  int failed_draws = 0;       ///< In which some run failed; its rows miss that draw
  std::string first_failure;  ///< Arm and reason, of the library's values or else of a draw; empty: none
};

/// Spreads of the library; empty when it has none.
std::vector<PredictionSpread> read_prediction_spreads(const data::Library& library,
                                                      base::Diagnostics& findings);

/// Predicts and scores all rows of the tables, which must outlive the result. Arms that several rows share
/// are simulated once. Failed runs skip their rows, with the reason.
ValidationResult validate(const data::Library& library, const std::vector<const data::EvidenceTable*>& tables,
                          const std::vector<PredictionSpread>& spreads, const ValidationSettings& settings);

/// Spreads that make the residuals of calibration rows what the intervals say, every study counting the same
/// however many rows it has, and no smaller than the studies' median standard error. The only place where
/// spreads come from: rows of other tables are not looked at.
std::vector<PredictionSpread> estimate_spreads(const ValidationResult& result);

/// Residuals follow Student's t with so many degrees of freedom, because a few studies are far off in every
/// family.
inline constexpr double k_residual_freedom = 4.0;
/// Its factors of the spread for central intervals.
inline constexpr double k_interval50 = 0.7407, k_interval90 = 2.1318;

/// No assay or scale repeats better than a tenth between laboratories: the least spread, as a share of what
/// is measured.
inline constexpr double k_least_share = 0.1;

}  // namespace raad::study
