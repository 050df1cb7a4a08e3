// What rows of evidence cost under a prediction, study by study.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "study/validation.hpp"

namespace raad::study {

/// Where the spread of predictions about measurements comes from.
enum class SpreadRule {
  library,  ///< library/prediction_spread.tsv, whatever the parameters are
  fitted,   ///< The likeliest at these parameters: a model that predicts better is allowed less
};

/// A spread of library/prediction_spread.tsv and the likeliest one.
struct FittedSpread {
  std::string family, measure;
  ScoreScale scale = ScoreScale::linear;
  double library = 0.0, fitted = 0.0;  ///< In the unit of the scale
  int rows = 0;
};

struct EvidenceCost {
  std::vector<std::pair<std::string, double>> by_study;  ///< In the order of the sources' names
  std::vector<FittedSpread> spreads;                     ///< With SpreadRule::fitted
  double of_spreads = 0.0;                               ///< Of the prior of the fitted spreads
  double total() const;
};

/// Minus the logarithm of Student's t with k_residual_freedom degrees of freedom for each scored row that is
/// no direction, up to a constant that parameters and spreads do not change. A study with n rows weighs as
/// much as sqrt(n) independent ones, because its rows share participants, assay and raters.
///
/// With fitted spreads, each spread of the library is replaced by the one that costs least, under a normal
/// prior on its logarithm about the library's value, and rows pay for the logarithm of their spread. Without
/// it, spreads that were estimated from the residuals of the present values would forgive the very misfit
/// that a fit is to mend.
EvidenceCost evidence_cost(const ValidationResult& result, SpreadRule rule);

}  // namespace raad::study
