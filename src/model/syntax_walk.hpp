// Walks over the formulas of a syntax tree: the names, units and numbers in them.
#pragma once

#include <functional>

#include "text/syntax_tree.hpp"

namespace raad::model {

/// Calls `visit` with each formula written in the model (values, rules, rates, rate laws, events,
/// constraints).
void for_each_formula(const text::Model& model, const std::function<void(const text::Expression&)>& visit);

/// Calls `visit` with each name that occurs in a formula.
void for_each_name(const text::Expression& expression, const std::function<void(const text::Name&)>& visit);

/// True when any declaration, statement or number of the file names a unit.
bool names_units(const text::SyntaxTree& tree);

/// R040 for each number of the file's models and functions other than 0, 1, 2, 10, 100 and exponents.
void check_numbers(const text::SyntaxTree& tree, base::Diagnostics& findings);

}  // namespace raad::model
