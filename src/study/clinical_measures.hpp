// What clinical papers report of an arm: means, shares of responders and remitters, sustained outcomes and
// standardised effects, on the depression scale they used.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/evidence.hpp"
#include "study/evidence_arms.hpp"

namespace raad::study {

/// A depression scale beside the MADRS, which the model speaks (library/depression_scales.tsv).
struct DepressionScale {
  std::string name;
  std::optional<double> madrs_per_point;  ///< Empty: only relative improvement can be compared
  double remission_madrs = 0.0;           ///< Cut-off of remission as a MADRS [points]
};

/// The scale that an observable's name or a row's note speaks of; MADRS where they name none. InputError
/// R079 when the library has no table of scales.
DepressionScale scale_of_row(const data::Library& library, const data::EvidenceRow& row);

/// Times [h] at which an arm must have been rated for a measure of a row, the row's own last.
std::vector<double> rated_times_h(const data::EvidenceRow& row, const std::string& measure);

/// The number of one arm: percent for shares, points of the row's scale for means and changes, standard
/// deviations for `effect_size_prepost`. Empty for an unknown measure or a scale without a factor.
std::optional<double> clinical_number(const data::EvidenceRow& row, const std::string& measure,
                                      const DepressionScale& scale, const ArmScores& scores);

/// Between-person standard deviation of the observed change from baseline at a time [MADRS points].
double sd_of_change(const ArmScores& scores, double time_h);

}  // namespace raad::study
