// From what assays say of a compound to what the model takes, with the uncertainty of each step.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/compounds.hpp"
#include "data/library.hpp"
#include "run/system.hpp"

namespace raad::study {

/// Decades between assays of one compound's affinity: 49 to 173 nM for psilocin alone (constants.tsv).
inline constexpr double k_assay_spread = 0.25;
/// Between assays of one compound's efficacy relative to serotonin, after the mapping below [1].
inline constexpr double k_efficacy_spread = 0.08;
/// Between methods of computing a polar surface [A2].
inline constexpr double k_surface_spread = 2.0;
/// High-affinity constant of PET over the functional one (library/compounds.md).
inline constexpr double k_high_affinity_share = 0.1;

/// Assays of second messengers have less receptor reserve than neurons: partial agonists of 40 to 60 % there
/// (DMT 40, 2C-B 45, mescaline 56) are full psychedelics. A square root maps the assay's maximum relative to
/// serotonin to the model's efficacy; the exponent is the one number of this mapping, assumed, and the first
/// that a verdict should be tested for.
inline constexpr double k_reserve_exponent = 0.5;
double model_efficacy(double assay_efficacy);

/// One guess of what a compound is.
struct CompoundGuess {
  double ki_nM, gq, arrestin, permeability, brain_entry, trkb_nM, ki_1a_nM;
};
/// The members of a guess with their names, for tables and for finding what a result hangs on.
struct GuessMember {
  const char* name;
  double CompoundGuess::* member;
};
const std::vector<GuessMember>& guess_members();

/// What the library itself says of a drug; psilocin so far.
struct LibraryProfile {
  std::optional<double> gq, arrestin, permeability, brain_entry;
};
LibraryProfile library_profile(const data::Library& library, const run::LoadedSystem& system,
                               const std::string& compound_id);

/// Guess number `draw`: known values with the spread of their assays, missing ones from wide priors, never 0.
CompoundGuess guess_compound(const data::Compound& compound, const LibraryProfile& profile,
                             std::uint64_t seed, int draw);

/// library/compounds.tsv again: its rows by hand as they are, then the rows derived from `compounds` for
/// every compound that has none by hand. `table` is the text of the file.
std::string derived_compound_table(const std::string& table, const std::vector<data::Compound>& compounds);
/// The source of derived rows, by which they are told from those by hand.
inline constexpr const char* k_compound_table_source = "internal:compound_table";

}  // namespace raad::study
