// Experiments that could be done next, and what each would tell about rival hypotheses.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "study/adjudication.hpp"
#include "study/course_number.hpp"
#include "study/information_gain.hpp"

namespace raad::study {

/// A candidate (a row of library/experiments.tsv or of the user's own table).
struct Experiment {
  enum class Contrast {
    none,        ///< The arm's own number
    difference,  ///< Arm minus control
    percent,     ///< 100 x arm / control
  };
  std::string id;
  std::string system;
  dose::Regimen regimen, control;
  std::vector<std::pair<std::string, double>> settings;  ///< Knock-outs and the like, of the arm only
  std::string observable;
  CourseNumber measure = CourseNumber::at;
  double time_h = 24.0;  ///< Of `at`; the end of the run for the others
  Contrast contrast = Contrast::none;
  double spread = 1.0;  ///< Of the result about what the right hypothesis predicts [unit of the result]
  std::string description;
  base::SourcePlace place;
};

/// Reads a table with the columns experimentId, system, regimen, control, settings, observable, measure,
/// time_h, contrast, spread, description; more columns are allowed. Reports R074 (observable), R077 and
/// others of regimens, R079 (system, parameter), R080, R081, R082, R088.
std::vector<Experiment> read_experiments(const std::filesystem::path& file, const data::Library& library,
                                         base::Diagnostics& findings);

/// Results by combination [unit of the result].
struct ExperimentPrediction {
  std::vector<double> results;  ///< Empty: it failed under some combination
  std::string failure;
};
std::vector<ExperimentPrediction> predict_experiments(const data::Library& library,
                                                      const HypothesisSpace& space,
                                                      const std::vector<Experiment>& experiments,
                                                      const AdjudicationSettings& settings);

/// How much an experiment tells about something.
struct ExperimentRank {
  std::string question;  ///< `all`, a group, or `first against second`
  std::size_t experiment = 0;
  InformationGain gain;
  double available_bits = 0.0;       ///< Entropy of what is asked: the most that any experiment can give
  double first = 0.0, second = 0.0;  ///< Pairs: what each predicts
};

/// Ranks for all hypotheses at once, for each group, and for each pair of options of a group that both keep
/// at least `survival_weight`, each option in its best combination and both equally likely. Best first within
/// each question.
std::vector<ExperimentRank> rank_experiments(const HypothesisSpace& space,
                                             const std::vector<Experiment>& experiments,
                                             const std::vector<ExperimentPrediction>& predictions,
                                             const std::vector<double>& weights, double survival_weight);

/// What to measure next, in one sentence.
std::string next_measurement(const HypothesisSpace& space, const std::vector<Experiment>& experiments,
                             const std::vector<ExperimentRank>& ranks);

/// The unit of an experiment's result.
std::string result_unit(const data::Library& library, const Experiment& experiment);

}  // namespace raad::study
