// Formulas and unit expressions of the model language to trees.
#pragma once

#include <string_view>

#include "text/cursor.hpp"
#include "text/syntax_tree.hpp"

namespace raad::text {

/// Reads one formula and stops at the first token that cannot belong to it. Findings: R003, R007, R021 to
/// R024, R027. Throws StatementAbandoned after a syntax error.
ExpressionPointer parse_formula(Cursor& cursor);

/// `ufac {("*"|"/") ufac}`; names are not looked up.
UnitExpression parse_unit_expression(Cursor& cursor);

/// Binding strength of operators, weakest first; the printer needs the same numbers.
enum class Strength { logic = 1, relation, sum, product, sign, power, primary };

/// Strength of a two-operand operator as written; nothing for other symbols.
std::optional<Strength> binary_strength(std::string_view symbol);

}  // namespace raad::text
