// Formulas with resolved names: what the equation stage works on.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.hpp"

namespace raad::model {

/// Operations of a resolved formula. Truth values are 0 and 1. The order is fixed: tables index by it.
enum class Operation {
  // two operands (add and multiply may have more)
  add,
  subtract,
  multiply,
  divide,
  power,
  minimum,
  maximum,
  arctangent2,
  // one operand
  negate,
  exponential,
  logarithm,
  logarithm10,
  square_root,
  absolute,
  sign,
  floor,
  ceiling,
  factorial,
  sine,
  cosine,
  tangent,
  arcsine,
  arccosine,
  arctangent,
  sinh,
  cosh,
  tanh,
  arcsinh,
  arccosh,
  arctanh,
  // relations and logic
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,
  logical_and,
  logical_or,
  logical_xor,
  logical_not,
  // select(condition, value if true, value otherwise)
  select,
};

std::string_view name_of(Operation operation);
bool is_truth_valued(Operation operation);
/// Whether an operation of two operands may be written with any number of them, taken from the left.
bool takes_any_number(Operation operation);
/// Number of operands: 1, 2 or 3.
int arity_of(Operation operation);

/// Value of one operation in double precision: the reference semantics that every code generator must match.
/// The derivative conventions at kinks are stated in ir/differentiate.hpp.
double evaluate(Operation operation, std::span<const double> operands);

using SymbolId = int;  ///< Index into FlatModel::symbols.

struct Formula;
using FormulaPointer = std::shared_ptr<const Formula>;

/// An immutable, shareable node.
struct Formula {
  enum class Kind { number, symbol, time, rate_of, apply };
  Kind kind = Kind::number;
  double value = 0.0;
  SymbolId symbol = -1;  ///< For `symbol` and `rate_of` (the time derivative of a state).
  Operation operation = Operation::add;
  std::vector<FormulaPointer> operands;
  base::SourcePlace place;
};

FormulaPointer number(double value);
FormulaPointer symbol(SymbolId id);
FormulaPointer time_symbol();
FormulaPointer apply(Operation operation, std::vector<FormulaPointer> operands);

}  // namespace raad::model
