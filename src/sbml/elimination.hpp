// Equations without a left side, solved for unknowns in which they are linear.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "model/flat_model.hpp"

namespace raad::sbml {

/// What follows from other symbols at all times: symbol to formula.
using Rules = std::map<model::SymbolId, model::FormulaPointer>;

/// f = slope x + rest; without slope where f does not depend on x.
struct LinearForm {
  model::FormulaPointer slope;  ///< Null: 0
  model::FormulaPointer rest;
};

/// Nothing where f is not linear in x, seen through the rules.
std::optional<LinearForm> linear_in(const model::FormulaPointer& formula, model::SymbolId x,
                                    const Rules& rules);

/// Solves 0 = f for one unknown after the other (Gaussian elimination on formulas) and adds the solutions to
/// `rules`: none of them depends on itself. Places in `equations` that are linear in no unknown that is left
/// are returned; then `rules` holds the others' solutions.
std::vector<std::size_t> eliminate(const std::vector<model::FormulaPointer>& equations,
                                   std::set<model::SymbolId> unknowns, Rules& rules);

}  // namespace raad::sbml
