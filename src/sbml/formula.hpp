// Infix mathematics of PEtab and SED-ML as formulas, read with libSBML's parser.
#pragma once

#include <functional>
#include <string>

#include "model/expression.hpp"

namespace raad::sbml {

/// Reads `text`: arithmetic with `^`, comparisons, `&& || !`, exp, ln, log (natural; log(x, b) to base b),
/// log2, log10, sqrt, pow, abs, sign, min, max, the trigonometric and hyperbolic functions with their
/// inverses, and piecewise(value, condition, ..., otherwise), as PEtab 2.0 defines them
/// (petab.readthedocs.io, "Math expressions"). `value` gives what an identifier stands for and may throw
/// base::InputError, which passes through. Throws InputError with `code` for text that does not parse.
model::FormulaPointer parse_formula(const std::string& text, const std::string& code,
                                    const std::function<model::FormulaPointer(const std::string&)>& value);

/// The same from a MathML element as text.
model::FormulaPointer parse_mathml(const std::string& xml, const std::string& code,
                                   const std::function<model::FormulaPointer(const std::string&)>& value);

}  // namespace raad::sbml
