// What a screen says of known compounds: how well it tells them apart, and what its verdicts hang on.
#pragma once

#include <string>
#include <vector>

#include "study/screen.hpp"

namespace raad::study {

/// A bin of predicted probabilities against the share of compounds with the outcome.
struct CalibrationBin {
  double low = 0.0, high = 0.0;
  int compounds = 0;
  double predicted = 0.0, observed = 0.0;  ///< Means over its compounds
};

/// How well a probability tells known yes from known no.
struct Classification {
  int positives = 0, negatives = 0;
  double area_under_curve = 0.0;  ///< NaN where one side is empty
  double brier_score = 0.0;       ///< Mean squared error of the probability
  /// Share of compounds on the right side of the threshold that serves all others best.
  double leave_one_out_accuracy = 0.0;
  std::vector<CalibrationBin> calibration;
  std::vector<std::string> wrong;  ///< Compounds on the wrong side of one half
};
Classification classify(const std::vector<ScreenRow>& rows, const std::vector<data::Compound>& compounds,
                        const std::string& hypothesis, bool human);

/// Errors of predicted ED50 of head twitches, log10(predicted/published), under one hypothesis.
struct PotencyError {
  int compounds = 0;
  double root_mean_square = 0.0, bias = 0.0;  ///< [decades]
  std::vector<std::pair<std::string, double>> each;
};
PotencyError potency_error(const std::vector<ScreenRow>& rows, const std::vector<data::Compound>& compounds,
                           const std::string& hypothesis);

/// What a compound is under the first hypothesis of its rows, and the assumption that decides it most: a
/// rival hypothesis that turns the verdict, else the uncertain property that goes most with it.
struct Verdict {
  std::string compound, text, hangs_on;
};
std::vector<Verdict> verdicts(const std::vector<ScreenRow>& rows);

/// A row a compound, hypothesis and free concentration.
std::string print_dose_response(const std::vector<ScreenRow>& rows);
std::string print_verdicts(const std::vector<Verdict>& verdicts);
std::string print_calibration(const Classification& mouse, const Classification& human);

}  // namespace raad::study
