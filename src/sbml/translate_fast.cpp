// Fast reactions: always at equilibrium (SBML L3V1 core, section 4.11.1). Each gets an extent since the start
// as an unknown; the amounts it takes part in are what the other reactions made of them plus these extents,
// and its kinetic law is an equation that says where they stand.
#include <sbml/SBMLTypes.h>

#include <cmath>

#include "sbml/elimination.hpp"
#include "sbml/translation.hpp"

namespace raad::sbml {

using model::apply;
using model::FormulaPointer;
using model::Operation;
using model::Role;
using model::symbol;
using model::SymbolId;

namespace {

int line_of(const SBase& element) {
  return static_cast<int>(element.getLine());
}

}  // namespace

bool Translation::is_fast(const Reaction& reaction) const {
  return reaction.isSetFast() && reaction.getFast() && reaction.isSetKineticLaw() &&
         reaction.getKineticLaw()->isSetMath();
}

/// Whether reactions change this species.
bool Translation::is_changed_by_reactions(const Species& species) const {
  return !species.getBoundaryCondition() && !species.getConstant() &&
         role_of(species.getId()) == Role::parameter;
}

void Translation::gather_fast_species() {
  for (unsigned i = 0; i < in_.getNumReactions(); ++i) {
    const Reaction& reaction = *in_.getReaction(i);
    if (!is_fast(reaction)) continue;
    const auto add = [&](const SpeciesReference& reference) {
      const Species* species = in_.getSpecies(reference.getSpecies());
      if (species != nullptr && is_changed_by_reactions(*species)) fast_species_.insert(species->getId());
    };
    for (unsigned k = 0; k < reaction.getNumReactants(); ++k) add(*reaction.getReactant(k));
    for (unsigned k = 0; k < reaction.getNumProducts(); ++k) add(*reaction.getProduct(k));
  }
}

/// Whether a formula has one value throughout a run.
bool Translation::is_constant(const ASTNode& math) const {
  if (math.getType() == AST_NAME_TIME || math.getType() == AST_FUNCTION_DELAY) return false;
  for (const auto& name : names_behind(math)) {
    if (reacting_.count(name) > 0 || in_.getReaction(name) != nullptr) return false;
    const auto found = determined_.find(name);
    if (found == determined_.end()) continue;
    if (found->second.rate != nullptr || found->second.by_event || found->second.algebraic) return false;
    if (found->second.assignment != nullptr && !is_constant(*found->second.assignment)) return false;
  }
  for (unsigned i = 0; i < math.getNumChildren(); ++i)
    if (!is_constant(*math.getChild(i))) return false;
  return true;
}

void Translation::require_constant_stoichiometry(const SpeciesReference& reference) {
  const auto found = determined_.find(reference.getId());
  const bool ruled = reference.isSetId() && found != determined_.end() &&
                     (found->second.rate != nullptr || found->second.by_event || found->second.algebraic ||
                      (found->second.assignment != nullptr && !is_constant(*found->second.assignment)));
  const bool computed = reference.isSetStoichiometryMath() && reference.getStoichiometryMath()->isSetMath() &&
                        !is_constant(*reference.getStoichiometryMath()->getMath());
  if (ruled || computed)
    findings_.error("R101", place(line_of(reference)),
                    "a fast reaction whose stoichiometry for `" + reference.getSpecies() + "` changes",
                    "the amounts that it moves are then not known from where it stands");
}

/// Makes the reaction's extent an unknown and its law an equation.
void Translation::add_fast_reaction(const Reaction& reaction, const FormulaPointer& law) {
  const int line = line_of(reaction);
  for (const auto& name : names_behind(*reaction.getKineticLaw()->getMath())) {
    const auto found = determined_.find(name);
    if (found != determined_.end() && found->second.by_event && fast_species_.count(name) == 0)
      findings_.error("R101", place(line),
                      "an event sets `" + name + "`, on which the fast reaction `" + reaction.getId() +
                          "` depends: where it stands while it is switched off is not simulated");
  }
  const SymbolId extent = add_hidden(reaction.getId() + "__extent", Role::assigned, "", line);
  fast_equations_.push_back({extent, law, line});
  const auto add = [&](const SpeciesReference& reference, double sign) {
    if (fast_species_.count(reference.getSpecies()) == 0) return;
    require_constant_stoichiometry(reference);
    if (auto change = change_of(reference, sign, symbol(extent))) {
      auto& total = fast_changes_[reference.getSpecies()];
      total = total == nullptr ? change : apply(Operation::add, {total, change});
    }
  };
  for (unsigned k = 0; k < reaction.getNumReactants(); ++k) add(*reaction.getReactant(k), -1.0);
  for (unsigned k = 0; k < reaction.getNumProducts(); ++k) add(*reaction.getProduct(k), 1.0);
}

void Translation::solve_fast_reactions() {
  for (const auto& [species, change] : fast_changes_)
    out_->rules.push_back({imported_.species.at(species).amount,
                           apply(Operation::add, {symbol(forms_.at(species).slow), change}),
                           at(forms_.at(species).slow).place});
  if (fast_equations_.empty() || findings_.has_errors()) return;
  Rules rules;
  for (const auto& rule : out_->rules) rules[rule.symbol] = rule.formula;
  std::vector<FormulaPointer> equations;
  std::set<SymbolId> unknowns;
  for (const auto& one : fast_equations_) {
    equations.push_back(one.law);
    unknowns.insert(one.extent);
  }
  for (const std::size_t i : eliminate(equations, unknowns, rules))
    findings_.error("R101", place(fast_equations_[i].line),
                    "a fast reaction whose equilibrium is not linear in its extent",
                    "give it a finite rate; SBML L3V2 has no fast reactions");
  for (const SymbolId unknown : unknowns)
    if (const auto solution = rules.find(unknown); solution != rules.end())
      out_->rules.push_back({unknown, solution->second, at(unknown).place});
}

/// An event that sets one of them starts the fast reactions anew from the amounts of that moment.
void Translation::restart_fast_reactions(const std::map<std::string, FormulaPointer>& values, bool held,
                                         model::FlatEvent& event) {
  bool touched = false;
  for (const auto& [variable, value] : values) touched = touched || fast_species_.count(variable) > 0;
  if (!touched) return;
  if (held)
    findings_.error(
        "R101", event.place,
        "an event sets a species of a fast reaction after a delay to a value of trigger time: what the "
        "others are then is not known at trigger time");
  for (const auto& species : fast_species_)
    if (values.count(species) == 0)
      event.assignments.push_back(
          {forms_.at(species).slow, symbol(imported_.species.at(species).amount), event.place});
}

/// A law that is 0 whatever the extent says nothing.
void Translation::require_equilibria(const std::vector<double>& start_values) {
  for (const auto& one : fast_equations_)
    if (!std::isfinite(start_values[static_cast<std::size_t>(one.extent)]))
      findings_.error("R101", place(one.line), "a fast reaction without an equilibrium at the start");
}

}  // namespace raad::sbml
