// Algebraic rules: which variable each of them determines, and the rule that follows for it.
#include <sbml/SBMLTypes.h>

#include <algorithm>
#include <iterator>

#include "sbml/elimination.hpp"
#include "sbml/translation.hpp"

namespace raad::sbml {

using model::Role;
using model::SymbolId;

namespace {

void collect_names(const ASTNode& node, std::set<std::string>& names) {
  if (node.getType() == AST_NAME && node.getName() != nullptr) names.insert(node.getName());
  for (unsigned i = 0; i < node.getNumChildren(); ++i) collect_names(*node.getChild(i), names);
}

/// Gives each row a column of its own, by augmenting paths; -1 where none is left.
std::vector<int> match(const std::vector<std::vector<int>>& columns_of, std::size_t column_count) {
  std::vector<int> row_of(column_count, -1);
  for (std::size_t row = 0; row < columns_of.size(); ++row) {
    std::vector<char> tried(column_count, 0);
    const auto augment = [&](const auto& self, int from) -> bool {
      for (const int column : columns_of[static_cast<std::size_t>(from)]) {
        const auto at = static_cast<std::size_t>(column);
        if (tried[at]) continue;
        tried[at] = 1;
        if (row_of[at] >= 0 && !self(self, row_of[at])) continue;
        row_of[at] = from;
        return true;
      }
      return false;
    };
    augment(augment, static_cast<int>(row));
  }
  std::vector<int> column_of(columns_of.size(), -1);
  for (std::size_t column = 0; column < column_count; ++column)
    if (row_of[column] >= 0) column_of[static_cast<std::size_t>(row_of[column])] = static_cast<int>(column);
  return column_of;
}

}  // namespace

/// Names in a formula, and in the assignment rules behind them.
std::set<std::string> Translation::names_behind(const ASTNode& math) const {
  std::set<std::string> names, open;
  collect_names(math, open);
  while (!open.empty()) {
    const std::string name = *open.begin();
    open.erase(open.begin());
    if (!names.insert(name).second) continue;
    const auto found = determined_.find(name);
    if (found != determined_.end() && found->second.assignment != nullptr)
      collect_names(*found->second.assignment, open);
    if (const Reaction* reaction = in_.getReaction(name))
      if (reaction->isSetKineticLaw() && reaction->getKineticLaw()->isSetMath())
        collect_names(*reaction->getKineticLaw()->getMath(), open);
  }
  return names;
}

/// Whether nothing but an algebraic rule could say what this variable is.
bool Translation::is_undetermined(const std::string& id) const {
  const auto found = determined_.find(id);
  if (found != determined_.end() && found->second.changes()) return false;
  if (const Species* species = in_.getSpecies(id))
    return !species->getConstant() && (species->getBoundaryCondition() || reacting_.count(id) == 0);
  if (const Parameter* parameter = in_.getParameter(id)) return !parameter->getConstant();
  if (const Compartment* compartment = in_.getCompartment(id)) return !compartment->getConstant();
  if (const SpeciesReference* reference = in_.getSpeciesReference(id)) return !reference->getConstant();
  return false;
}

/// Level 1 has no constants: rules may set any parameter and compartment, though libSBML calls them constant.
bool Translation::may_vary_in_level_1(const std::string& id) const {
  const auto found = determined_.find(id);
  if (in_.getLevel() != 1 || (found != determined_.end() && found->second.changes())) return false;
  return in_.getParameter(id) != nullptr || in_.getCompartment(id) != nullptr;
}

void Translation::choose_algebraic_unknowns() {
  std::vector<const Rule*> rules;
  for (unsigned i = 0; i < in_.getNumRules(); ++i)
    if (in_.getRule(i)->isAlgebraic() && in_.getRule(i)->isSetMath()) rules.push_back(in_.getRule(i));
  if (rules.empty()) return;
  std::vector<std::string> columns;
  std::vector<std::vector<int>> columns_of;
  for (const Rule* rule : rules) {
    columns_of.emplace_back();
    const auto names = names_behind(*rule->getMath());
    std::vector<std::string> candidates;
    std::ranges::copy_if(names, std::back_inserter(candidates),
                         [this](const std::string& name) { return is_undetermined(name); });
    // Only where nothing else is there to be determined: a number of Level 1 is mostly meant as one.
    if (candidates.empty())
      std::ranges::copy_if(names, std::back_inserter(candidates),
                           [this](const std::string& name) { return may_vary_in_level_1(name); });
    std::ranges::stable_partition(candidates, [this](const std::string& name) {
      const Parameter* parameter = in_.getParameter(name);
      return parameter == nullptr || !parameter->isSetValue();  // What has no number waits for one.
    });
    for (const auto& name : candidates) {
      auto known = std::ranges::find(columns, name);
      if (known == columns.end()) known = columns.insert(columns.end(), name);
      columns_of.back().push_back(static_cast<int>(known - columns.begin()));
    }
  }
  const auto chosen = match(columns_of, columns.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (chosen[i] < 0)
      findings_.error("R101", place(static_cast<int>(rules[i]->getLine())),
                      "an algebraic rule determines no variable: all it names are determined otherwise");
    else
      determined_[columns[static_cast<std::size_t>(chosen[i])]].algebraic = true;
  }
}

void Translation::solve_algebraic_rules() {
  std::vector<model::FormulaPointer> equations;
  std::vector<int> lines;
  for (unsigned i = 0; i < in_.getNumRules(); ++i) {
    const Rule& rule = *in_.getRule(i);
    if (!rule.isAlgebraic() || !rule.isSetMath()) continue;
    lines.push_back(static_cast<int>(rule.getLine()));
    equations.push_back(read(rule.getMath(), lines.back(), "an algebraic rule"));
  }
  if (equations.empty() || findings_.has_errors()) return;
  std::set<SymbolId> unknowns;
  for (const auto& [name, how] : determined_)
    if (how.algebraic) unknowns.insert(out_->index.at(name));
  Rules rules;
  for (const auto& rule : out_->rules) rules[rule.symbol] = rule.formula;
  const auto left = eliminate(equations, unknowns, rules);
  for (const std::size_t i : left)
    findings_.error("R101", place(lines[i]), "an algebraic rule that is not linear in what it determines",
                    "solve it by hand and write an assignment rule");
  for (const SymbolId unknown : unknowns)
    if (const auto solution = rules.find(unknown); solution != rules.end())
      out_->rules.push_back({unknown, solution->second, at(unknown).place});
}

}  // namespace raad::sbml
