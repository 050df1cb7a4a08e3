#include "model/reactions.hpp"

#include <fmt/format.h>

#include <cmath>

namespace raad::model {

FormulaPointer RateLaws::law_of(std::size_t index) {
  const auto& reaction = composition_.reactions[index];
  if (reaction.symbol >= 0) {
    const auto found = layout_.symbol_of.find(composition_.leader(reaction.symbol));
    if (found != layout_.symbol_of.end()) return symbol(found->second);
  }
  auto& law = laws_[index];
  if (!law) {
    auto lowered = lowering_.lower(*reaction.syntax->rate, *reaction.owner);
    lowering_.checker().require_number(lowered, "a rate law");
    check_unit(reaction, lowered);
    law = lowered.formula;
  }
  return law;
}

FormulaPointer RateLaws::amount_rate(const std::vector<Change>& changes) {
  FormulaPointer total;
  for (const auto& change : changes) {
    const auto& owner = *composition_.reactions[change.reaction].owner;
    // The submodel's rate is extent per its own time: x extent factor, / time factor.
    FormulaPointer term = over(times(law_of(change.reaction), lowering_.extent_conversion(owner)),
                               lowering_.time_conversion(owner));
    for (const RawId factor : change.factors)
      term = times(term, symbol(layout_.symbol_of.at(composition_.leader(factor))));
    const double size = std::abs(change.stoichiometry);
    if (size != 1.0) term = apply(Operation::multiply, {number(size), term});
    const bool lost = change.stoichiometry < 0.0;
    if (!total) {
      total = lost ? apply(Operation::negate, {term}) : term;
    } else {
      total = apply(lost ? Operation::subtract : Operation::add, {total, term});
    }
  }
  return total;
}

void RateLaws::check_unit(const Element<text::Reaction>& reaction, const TypedFormula& law) {
  const auto& scope = *reaction.owner->scope;
  if (!law.unit || law.fits_any_unit || !scope.time_unit) return;
  for (const auto* side : {&reaction.syntax->left, &reaction.syntax->right})
    for (const auto& participant : *side) {
      const auto species = composition_.find(participant.name, *reaction.owner);
      if (!species) continue;
      auto amount = amount_unit(composition_, *species);
      if (!amount) continue;
      if (scope.extent_unit) amount = AmountUnit{*scope.extent_unit, "extent"};
      const auto expected = amount->unit / *scope.time_unit;
      if (law.unit->equivalent(expected)) continue;
      report(reaction, law, *species, expected, amount->text + "/" + scope.time_unit_text);
      return;
    }
}

void RateLaws::report(const Element<text::Reaction>& reaction, const TypedFormula& law, RawId species,
                      const base::Unit& expected, const std::string& expected_text) {
  const auto& symbol = composition_.at(species);
  const std::string what = reaction.symbol >= 0
                               ? "reaction `" + composition_.at(reaction.symbol).local->name + "`"
                               : std::string("the reaction");
  const std::string message = fmt::format("{} changes `{}` by {}, a rate law gives {}", what,
                                          symbol.local->name, law.unit_name(), expected_text);
  const auto size =
      symbol.local->compartment ? composition_.find(*symbol.local->compartment, *symbol.owner) : std::nullopt;
  if (size && composition_.at(*size).unit) {
    const auto& volume = *composition_.at(*size).unit;
    const std::string name = symbol.local->compartment->dotted();
    if ((*law.unit * volume).same_dimension(expected)) {
      findings_.error("R030", law.place, message, "multiply the rate law by `" + name + "`");
      return;
    }
    if ((*law.unit / volume).same_dimension(expected)) {
      findings_.error("R030", law.place, message, "divide the rate law by `" + name + "`");
      return;
    }
  }
  std::string hint = "they measure different things; check the formula";
  if (law.unit->same_dimension(expected))
    hint = "multiply the rate law by " + factor_text(law.unit->factor / expected.factor);
  findings_.error("R032", law.place, message, hint);
}

}  // namespace raad::model
