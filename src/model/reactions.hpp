// Reactions to rates of change: dA/dt is the sum of stoichiometry times rate, in amounts.
#pragma once

#include <vector>

#include "model/lowering.hpp"

namespace raad::model {

/// The rate law of each reaction (by index into Composition::reactions): the symbol of a labelled reaction,
/// else its formula. Reports R030 and R032.
class RateLaws {
 public:
  RateLaws(const Composition& composition, const FlatLayout& layout, Lowering& lowering,
           base::Diagnostics& findings)
      : composition_(composition), layout_(layout), lowering_(lowering), findings_(findings) {}

  /// The rate of change that `changes` give to a species, in amount per time of the main model.
  FormulaPointer amount_rate(const std::vector<Change>& changes);
  /// Checks the unit of a lowered rate law against amount per time of every species that the reaction
  /// changes.
  void check_unit(const Element<text::Reaction>& reaction, const TypedFormula& law);

 private:
  FormulaPointer law_of(std::size_t reaction);
  void report(const Element<text::Reaction>& reaction, const TypedFormula& law, RawId species,
              const base::Unit& expected, const std::string& expected_text);

  const Composition& composition_;
  const FlatLayout& layout_;
  Lowering& lowering_;
  base::Diagnostics& findings_;
  std::map<std::size_t, FormulaPointer> laws_;
};

}  // namespace raad::model
