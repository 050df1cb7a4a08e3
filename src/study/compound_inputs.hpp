// From what assays say of a compound to what the model takes, with the uncertainty of each step.
#pragma once

namespace raad::study {

/// Decades between assays of one compound's affinity: 49 to 173 nM for psilocin alone (constants.tsv).
inline constexpr double k_assay_spread = 0.25;
/// Between assays of one compound's efficacy relative to serotonin, after the mapping below [1].
inline constexpr double k_efficacy_spread = 0.08;
/// Between methods of computing a polar surface [A2].
inline constexpr double k_surface_spread = 2.0;

/// Assays of second messengers have less receptor reserve than neurons: partial agonists of 40 to 60 % there
/// (DMT 40, 2C-B 45, mescaline 56) are full psychedelics. A square root maps the assay's maximum relative to
/// serotonin to the model's efficacy; the exponent is the one number of this mapping, assumed, and the first
/// that a verdict should be tested for.
inline constexpr double k_reserve_exponent = 0.5;
double model_efficacy(double assay_efficacy);

}  // namespace raad::study
