// What clinical papers report of an arm: means, shares of responders and remitters, sustained outcomes and
// standardised effects, on the depression scale they used.
#pragma once

#include <cstddef>
#include <functional>
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

/// What a participant's baseline and present score [MADRS points] must fulfil.
using Holds = std::function<bool(double baseline, double now)>;
Holds improved_by(double share);
Holds remitted(const DepressionScale& scale);
inline constexpr double k_response_share = 0.5;  ///< Unless the measure's name says otherwise

/// Place of a time in ArmScores::time_h; in a participant's `observed` one further.
std::size_t place_of(const ArmScores& scores, double time_h);
/// Percent of participants for whom something holds at all the times.
double share_of(const ArmScores& scores, const std::vector<double>& times_h, const Holds& holds);

}  // namespace raad::study
