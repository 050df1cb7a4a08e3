// What is simulated where a report leaves the dose out, or names a class of drugs or a compound of which only
// the receptors are known.
#pragma once

#include "data/evidence.hpp"
#include "run/system.hpp"
#include "study/manipulations.hpp"

namespace raad::study {

/// What the participants of a row are taken to have been given.
struct Given {
  dose::Regimen regimen;
  Settings settings;  ///< Profile of a generic compound; empty: none is given
  std::string note;   ///< What stands in for what; empty: the row's own doses
  /// Why a compound got no stand-in although the library lists it; empty: none was missed.
  std::string problem;
};

/// The regimen that library/stand_ins.tsv gives for a drug; empty: none. Rows for directions count where
/// `any_dose` will do.
dose::Regimen stand_in_of(const data::Library& library, const std::string& system, const std::string& drug,
                          bool any_dose);

/// Events of the row that can be given stay as they are. Drugs without a dose and classes of drugs are
/// replaced where library/stand_ins.tsv says by what, and, where `any_dose` will do (directions, yes/no
/// findings), compounds of whose receptors library/compounds.tsv knows something are given on the generic
/// pharmacokinetics, with the free plasma concentration of the reference dose of `raad screen`. What nothing
/// stands in for is left, so that it is refused by name.
Given given_of(const data::Library& library, const run::LoadedSystem& system, const data::EvidenceRow& row,
               bool any_dose);

}  // namespace raad::study
