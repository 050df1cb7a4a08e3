// The symbols of the flat model: which quantity becomes which symbol, and in which role.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "model/meaning.hpp"

namespace raad::model {

/// A concentration in a compartment whose size changes: the amount is what stays or reacts, the concentration
/// follows from it (SBML L3V2, section 4.6.6).
struct DilutedSpecies {
  SymbolId amount = -1;
  SymbolId concentration = -1;
  SymbolId compartment = -1;
};

struct FlatLayout {
  std::vector<Symbol> symbols;
  std::vector<const Meaning*> meanings;         ///< By symbol; null for amounts of diluted species
  std::map<RawId, SymbolId> symbol_of;          ///< By leader
  std::map<SymbolId, DilutedSpecies> diluted;   ///< By concentration
  std::map<SymbolId, SymbolId> compartment_of;  ///< Of species

  const Symbol& at(SymbolId id) const { return symbols[static_cast<std::size_t>(id)]; }
  Symbol& at(SymbolId id) { return symbols[static_cast<std::size_t>(id)]; }
};

/// Numbers the quantities in order of declaration. `meanings` must outlive the result. Gives labelled
/// reactions the unit amount per time. Findings: R001 (compartments).
FlatLayout make_layout(Composition& composition, const std::map<RawId, Meaning>& meanings,
                       base::Diagnostics& findings);

/// Amount of a species: its own unit, or concentration times compartment. Nothing where a unit is missing.
struct AmountUnit {
  base::Unit unit;
  std::string text;
};
std::optional<AmountUnit> amount_unit(const Composition& composition, RawId species);

}  // namespace raad::model
