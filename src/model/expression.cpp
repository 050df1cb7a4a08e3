#include "model/expression.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace raad::model {
namespace {

struct OperationInfo {
  Operation operation;
  std::string_view name;
  int arity;
  bool truth_valued = false;
};

// In the order of the enumeration; name_of and arity_of index it.
constexpr std::array k_operations = {
    OperationInfo{Operation::add, "add", 2},
    OperationInfo{Operation::subtract, "subtract", 2},
    OperationInfo{Operation::multiply, "multiply", 2},
    OperationInfo{Operation::divide, "divide", 2},
    OperationInfo{Operation::power, "power", 2},
    OperationInfo{Operation::minimum, "min", 2},
    OperationInfo{Operation::maximum, "max", 2},
    OperationInfo{Operation::arctangent2, "arctan2", 2},
    OperationInfo{Operation::negate, "negate", 1},
    OperationInfo{Operation::exponential, "exp", 1},
    OperationInfo{Operation::logarithm, "ln", 1},
    OperationInfo{Operation::logarithm10, "log10", 1},
    OperationInfo{Operation::square_root, "sqrt", 1},
    OperationInfo{Operation::absolute, "abs", 1},
    OperationInfo{Operation::sign, "sign", 1},
    OperationInfo{Operation::floor, "floor", 1},
    OperationInfo{Operation::ceiling, "ceil", 1},
    OperationInfo{Operation::factorial, "factorial", 1},
    OperationInfo{Operation::sine, "sin", 1},
    OperationInfo{Operation::cosine, "cos", 1},
    OperationInfo{Operation::tangent, "tan", 1},
    OperationInfo{Operation::arcsine, "arcsin", 1},
    OperationInfo{Operation::arccosine, "arccos", 1},
    OperationInfo{Operation::arctangent, "arctan", 1},
    OperationInfo{Operation::sinh, "sinh", 1},
    OperationInfo{Operation::cosh, "cosh", 1},
    OperationInfo{Operation::tanh, "tanh", 1},
    OperationInfo{Operation::arcsinh, "arcsinh", 1},
    OperationInfo{Operation::arccosh, "arccosh", 1},
    OperationInfo{Operation::arctanh, "arctanh", 1},
    OperationInfo{Operation::less, "less", 2, true},
    OperationInfo{Operation::less_equal, "less_equal", 2, true},
    OperationInfo{Operation::greater, "greater", 2, true},
    OperationInfo{Operation::greater_equal, "greater_equal", 2, true},
    OperationInfo{Operation::equal, "equal", 2, true},
    OperationInfo{Operation::not_equal, "not_equal", 2, true},
    OperationInfo{Operation::logical_and, "and", 2, true},
    OperationInfo{Operation::logical_or, "or", 2, true},
    OperationInfo{Operation::logical_xor, "xor", 2, true},
    OperationInfo{Operation::logical_not, "not", 1, true},
    OperationInfo{Operation::select, "select", 3},
};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < k_operations.size(); ++i)
    if (k_operations[i].operation != static_cast<Operation>(i)) return false;
  return k_operations.size() == static_cast<std::size_t>(Operation::select) + 1;
}
static_assert(is_in_order());

const OperationInfo& info(Operation operation) {
  return k_operations[static_cast<std::size_t>(operation)];
}

// Not-a-number wins in minimum and maximum, so that an undefined value is never hidden.
double smaller(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  return b < a ? b : a;
}

double larger(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  return b > a ? b : a;
}

double truth(bool value) {
  return value ? 1.0 : 0.0;
}

bool is_true(double value) {
  return value != 0.0;
}

double evaluate_unary(Operation operation, double x) {
  switch (operation) {
    case Operation::negate:
      return -x;
    case Operation::exponential:
      return std::exp(x);
    case Operation::logarithm:
      return std::log(x);
    case Operation::logarithm10:
      return std::log10(x);
    case Operation::square_root:
      return std::sqrt(x);
    case Operation::absolute:
      return std::fabs(x);
    case Operation::sign:
      return std::isnan(x) ? x : truth(x > 0.0) - truth(x < 0.0);
    case Operation::floor:
      return std::floor(x);
    case Operation::ceiling:
      return std::ceil(x);
    case Operation::factorial:
      return std::tgamma(x + 1.0);
    case Operation::sine:
      return std::sin(x);
    case Operation::cosine:
      return std::cos(x);
    case Operation::tangent:
      return std::tan(x);
    case Operation::arcsine:
      return std::asin(x);
    case Operation::arccosine:
      return std::acos(x);
    case Operation::arctangent:
      return std::atan(x);
    case Operation::sinh:
      return std::sinh(x);
    case Operation::cosh:
      return std::cosh(x);
    case Operation::tanh:
      return std::tanh(x);
    case Operation::arcsinh:
      return std::asinh(x);
    case Operation::arccosh:
      return std::acosh(x);
    case Operation::arctanh:
      return std::atanh(x);
    case Operation::logical_not:
      return truth(!is_true(x));
    default:
      throw std::logic_error("not an operation of one operand: " + std::string(name_of(operation)));
  }
}

double evaluate_binary(Operation operation, double a, double b) {
  switch (operation) {
    case Operation::add:
      return a + b;
    case Operation::subtract:
      return a - b;
    case Operation::multiply:
      return a * b;
    case Operation::divide:
      return a / b;
    // IEEE 754 pow: pow(0, 0) = 1 as in SBML; a negative base needs a whole exponent, else not-a-number.
    case Operation::power:
      return std::pow(a, b);
    case Operation::minimum:
      return smaller(a, b);
    case Operation::maximum:
      return larger(a, b);
    case Operation::arctangent2:
      return std::atan2(a, b);
    // Every relation with not-a-number is false, except that it is unequal to everything.
    case Operation::less:
      return truth(a < b);
    case Operation::less_equal:
      return truth(a <= b);
    case Operation::greater:
      return truth(a > b);
    case Operation::greater_equal:
      return truth(a >= b);
    case Operation::equal:
      return truth(a == b);
    case Operation::not_equal:
      return truth(a != b);
    case Operation::logical_and:
      return truth(is_true(a) && is_true(b));
    case Operation::logical_or:
      return truth(is_true(a) || is_true(b));
    case Operation::logical_xor:
      return truth(is_true(a) != is_true(b));
    default:
      throw std::logic_error("not an operation of two operands: " + std::string(name_of(operation)));
  }
}

}  // namespace

std::string_view name_of(Operation operation) {
  return info(operation).name;
}

bool takes_any_number(Operation operation) {
  switch (operation) {
    case Operation::add:
    case Operation::multiply:
    case Operation::minimum:
    case Operation::maximum:
    case Operation::logical_and:
    case Operation::logical_or:
      return true;
    default:
      return false;
  }
}

bool is_truth_valued(Operation operation) {
  return info(operation).truth_valued;
}

int arity_of(Operation operation) {
  return info(operation).arity;
}

double evaluate(Operation operation, std::span<const double> operands) {
  if (takes_any_number(operation) && operands.size() != 2) {
    if (operands.empty()) throw std::logic_error(std::string(name_of(operation)) + " without operands");
    double value = operands.front();
    for (const double next : operands.subspan(1)) value = evaluate_binary(operation, value, next);
    return value;
  }
  if (operands.size() != static_cast<std::size_t>(arity_of(operation)))
    throw std::logic_error("wrong number of operands for " + std::string(name_of(operation)));
  switch (operands.size()) {
    case 1:
      return evaluate_unary(operation, operands[0]);
    case 2:
      return evaluate_binary(operation, operands[0], operands[1]);
    // Only the chosen branch counts: the other may be undefined.
    default:
      return is_true(operands[0]) ? operands[1] : operands[2];
  }
}

FormulaPointer number(double value) {
  Formula formula;
  formula.kind = Formula::Kind::number;
  formula.value = value;
  return std::make_shared<const Formula>(std::move(formula));
}

FormulaPointer symbol(SymbolId id) {
  Formula formula;
  formula.kind = Formula::Kind::symbol;
  formula.symbol = id;
  return std::make_shared<const Formula>(std::move(formula));
}

FormulaPointer time_symbol() {
  Formula formula;
  formula.kind = Formula::Kind::time;
  return std::make_shared<const Formula>(std::move(formula));
}

FormulaPointer apply(Operation operation, std::vector<FormulaPointer> operands) {
  Formula formula;
  formula.kind = Formula::Kind::apply;
  formula.operation = operation;
  formula.operands = std::move(operands);
  return std::make_shared<const Formula>(std::move(formula));
}

}  // namespace raad::model
