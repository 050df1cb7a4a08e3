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
};

/// Events of the row that can be given stay as they are. Of the others those of library/stand_ins.tsv are
/// replaced, and, where `any_dose` will do (directions, yes/no findings), compounds with a profile in
/// library/compounds.tsv are given on the generic pharmacokinetics, with the free plasma concentration of the
/// reference dose of `raad screen`. What nothing stands in for is left, so that it is refused by name.
Given given_of(const data::Library& library, const run::LoadedSystem& system, const data::EvidenceRow& row,
               bool any_dose);

}  // namespace raad::study
