// What determines each quantity once all modules have had their say: one rule, rate, reactions or value.
#pragma once

#include <optional>
#include <vector>

#include "model/composition.hpp"

namespace raad::model {

/// Someone's statement about a quantity: a formula of a model, a number of an argument or a row of a table.
struct Definition {
  RawId target = -1;
  Aspect aspect = Aspect::initial;
  const text::Expression* expression = nullptr;
  std::optional<double> value;
  const ParameterRow* row = nullptr;
  const Instance* owner = nullptr;  ///< Whose model or table says so
  base::SourcePlace place;
  std::vector<RawId> factors;  ///< Conversions between the name used and the quantity

  bool clears() const { return !expression && !value; }
};

/// The effect of one reaction on one species.
struct Change {
  RawId species = -1;
  std::size_t reaction = 0;  ///< Index into Composition::reactions
  double stoichiometry = 0.0;
  std::vector<RawId> factors;
};

/// One quantity of the flat model: a set of bound names and what determines it.
struct Meaning {
  RawId leader = -1;
  RawId name = -1;  ///< The member whose id and unit the quantity carries
  RawId species =
      -1;  ///< The member that says amount or concentration and in which compartment; -1 for non-species
  std::vector<RawId> members;
  std::optional<Definition> initial, rule, rate;
  std::vector<Change> changes;
  std::optional<Conversion> conversion;  ///< A name that stands for another quantity divided by a factor
  Role role = Role::parameter;
};

/// Meanings by leader, without deleted ones. Findings: R001, R009 to R013, R029 (rows), R032 (rows), R041,
/// R042.
std::map<RawId, Meaning> find_meanings(Composition& composition, base::Diagnostics& findings);

/// The quantity behind a name, conversions followed; `factors` multiply what is said about the name.
struct Target {
  RawId leader = -1;
  std::vector<RawId> factors;
};
Target follow(const Composition& composition, RawId id);

}  // namespace raad::model
