// The opposite question: under which hypotheses would a compound fail, and which experiment would tell?
#pragma once

#include <string>
#include <vector>

#include "data/compounds.hpp"
#include "data/library.hpp"
#include "study/screen.hpp"

namespace raad::study {

/// What a hypothesis makes of the compound.
struct HypothesisVerdict {
  std::string hypothesis;
  ScreenRow row;
  std::string fails;  ///< Why: `effect`, `trip`, joined by `, `; empty: it holds
};

/// A measurement that rival hypotheses predict differently.
struct Experiment {
  std::string measurement;
  double separation = 0.0;      ///< Largest difference of two predictions in units of their spread
  std::string lowest, highest;  ///< Hypotheses with the extreme predictions
  double lowest_value = 0.0, highest_value = 0.0;
};

/// Predictions of one measurement, one for each hypothesis.
struct ExperimentPredictions {
  std::string measurement;
  bool logarithmic = false;
  double spread = 1.0;                ///< Of measurements about predictions: linear, or of natural logarithms
  std::vector<double> values;         ///< Mean over what is not known of the compound
  std::vector<double> uncertainties;  ///< Standard deviations over it, on the scale of the spread
};

/// Most telling first: the pair of disagreeing hypotheses (one under which the compound holds, one under
/// which it fails) whose predictions lie farthest apart, in units of the prediction spread and what is not
/// known of the compound together.
std::vector<Experiment> rank_experiments(const std::vector<std::string>& hypotheses,
                                         const std::vector<char>& holds,
                                         const std::vector<ExperimentPredictions>& predictions);

struct Explanation {
  std::string compound;
  std::vector<HypothesisVerdict> verdicts;  ///< `default` first
  std::vector<Experiment> experiments;
};
/// `least_effect_points`: what counts as an effect on the depression score.
Explanation explain(const data::Library& library, const data::Compound& compound, double least_effect_points,
                    const ScreenSettings& settings);

std::string print_explanation(const Explanation& explanation);

}  // namespace raad::study
