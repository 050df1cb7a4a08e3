// The built-in functions of the model language as operations, with their rules of units.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/typed_formula.hpp"

namespace raad::model {

bool is_built_in_function(const std::string& name);

/// Applies a built-in function or reports R020 (number of arguments), R025, R032.
/// rateOf is not among them: it needs to know its argument by name.
TypedFormula apply_function(const std::string& name, std::vector<TypedFormula> arguments,
                            const base::SourcePlace& place, base::Diagnostics& findings);

/// Applies an operator as written: `+ - * / % ^ == != < <= > >= && ||`.
TypedFormula apply_operator(const std::string& sign, TypedFormula left, TypedFormula right,
                            const base::SourcePlace& place, base::Diagnostics& findings);

/// `-x`, `+x`, `!x`.
TypedFormula apply_prefix(const std::string& sign, TypedFormula operand, const base::SourcePlace& place,
                          base::Diagnostics& findings);

}  // namespace raad::model
