#include "sbml/math.hpp"

#include <sbml/SBMLTypes.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

namespace raad::sbml {
namespace {

using model::apply;
using model::FormulaPointer;
using model::number;
using model::Operation;

// SBML L3V2 section 3.4.6: the value that the specification fixes.
constexpr double k_avogadro = 6.02214179e23;

// Functions that use others twice double at each level. No model has as many terms; each takes some 200
// bytes.
constexpr long k_most_terms = 2'000'000;
// Formulas are walked by recursion; at some 300 bytes a level for each walker this is far below any stack.
constexpr int k_greatest_depth = 3000;

FormulaPointer one_over(FormulaPointer x) {
  return apply(Operation::divide, {number(1.0), std::move(x)});
}

/// Left to right; `empty` stands for no operand at all.
FormulaPointer folded(Operation operation, const std::vector<FormulaPointer>& operands, double empty) {
  return operands.empty() ? number(empty) : fold(operation, operands);
}

/// Towards 0.
FormulaPointer truncated(const FormulaPointer& x) {
  return apply(Operation::select, {apply(Operation::less, {x, number(0.0)}), apply(Operation::ceiling, {x}),
                                   apply(Operation::floor, {x})});
}

std::optional<Operation> plain_function(ASTNodeType_t type) {
  switch (type) {
    case AST_FUNCTION_ABS:
      return Operation::absolute;
    case AST_FUNCTION_ARCCOS:
      return Operation::arccosine;
    case AST_FUNCTION_ARCCOSH:
      return Operation::arccosh;
    case AST_FUNCTION_ARCSIN:
      return Operation::arcsine;
    case AST_FUNCTION_ARCSINH:
      return Operation::arcsinh;
    case AST_FUNCTION_ARCTAN:
      return Operation::arctangent;
    case AST_FUNCTION_ARCTANH:
      return Operation::arctanh;
    case AST_FUNCTION_CEILING:
      return Operation::ceiling;
    case AST_FUNCTION_COS:
      return Operation::cosine;
    case AST_FUNCTION_COSH:
      return Operation::cosh;
    case AST_FUNCTION_EXP:
      return Operation::exponential;
    case AST_FUNCTION_FACTORIAL:
      return Operation::factorial;
    case AST_FUNCTION_FLOOR:
      return Operation::floor;
    case AST_FUNCTION_LN:
      return Operation::logarithm;
    case AST_FUNCTION_SIN:
      return Operation::sine;
    case AST_FUNCTION_SINH:
      return Operation::sinh;
    case AST_FUNCTION_TAN:
      return Operation::tangent;
    case AST_FUNCTION_TANH:
      return Operation::tanh;
    case AST_LOGICAL_NOT:
      return Operation::logical_not;
    default:
      return std::nullopt;
  }
}

/// 1/f(x) by f.
std::optional<Operation> reciprocal_function(ASTNodeType_t type) {
  switch (type) {
    case AST_FUNCTION_SEC:
      return Operation::cosine;
    case AST_FUNCTION_CSC:
      return Operation::sine;
    case AST_FUNCTION_COT:
      return Operation::tangent;
    case AST_FUNCTION_SECH:
      return Operation::cosh;
    case AST_FUNCTION_CSCH:
      return Operation::sinh;
    case AST_FUNCTION_COTH:
      return Operation::tanh;
    default:
      return std::nullopt;
  }
}

/// f(1/x) by f.
std::optional<Operation> function_of_reciprocal(ASTNodeType_t type) {
  switch (type) {
    case AST_FUNCTION_ARCSEC:
      return Operation::arccosine;
    case AST_FUNCTION_ARCCSC:
      return Operation::arcsine;
    case AST_FUNCTION_ARCCOT:
      return Operation::arctangent;
    case AST_FUNCTION_ARCSECH:
      return Operation::arccosh;
    case AST_FUNCTION_ARCCSCH:
      return Operation::arcsinh;
    case AST_FUNCTION_ARCCOTH:
      return Operation::arctanh;
    default:
      return std::nullopt;
  }
}

std::optional<Operation> relation(ASTNodeType_t type) {
  switch (type) {
    case AST_RELATIONAL_EQ:
      return Operation::equal;
    case AST_RELATIONAL_NEQ:
      return Operation::not_equal;
    case AST_RELATIONAL_LT:
      return Operation::less;
    case AST_RELATIONAL_LEQ:
      return Operation::less_equal;
    case AST_RELATIONAL_GT:
      return Operation::greater;
    case AST_RELATIONAL_GEQ:
      return Operation::greater_equal;
    default:
      return std::nullopt;
  }
}

}  // namespace

FormulaPointer fold(Operation operation, std::span<const FormulaPointer> operands) {
  // A chain of thousands would be as deep as it is long.
  constexpr std::size_t k_longest_chain = 100;
  if (operands.size() > k_longest_chain) {
    const std::size_t half = operands.size() / 2;
    return apply(operation, {fold(operation, operands.first(half)), fold(operation, operands.subspan(half))});
  }
  FormulaPointer result = operands.front();
  for (const auto& operand : operands.subspan(1)) result = apply(operation, {result, operand});
  return result;
}

FormulaPointer MathReader::read(const ASTNode& node) {
  // An earlier formula may have been left in the middle.
  arguments_.clear();
  functions_.clear();
  depth_ = 0;
  return term(node);
}

FormulaPointer MathReader::term(const ASTNode& node) {
  if (++terms_ > k_most_terms)
    throw Excess{
        "the mathematics has more than " + std::to_string(k_most_terms) +
        " terms once functions are written out: functions that use others twice double at each level"};
  if (depth_ >= k_greatest_depth)
    throw Excess{"the mathematics is nested deeper than " + std::to_string(k_greatest_depth)};
  ++depth_;
  auto made = bounded_term(node);
  --depth_;
  return made;
}

FormulaPointer MathReader::bounded_term(const ASTNode& node) {
  const auto type = node.getType();
  if (const auto plain = plain_function(type)) {
    const auto operands = children(node);
    if (operands.size() == 1) return apply(*plain, operands);
  }
  if (const auto inverse = reciprocal_function(type)) return one_over(apply(*inverse, children(node)));
  if (const auto outer = function_of_reciprocal(type)) return apply(*outer, {one_over(children(node).at(0))});
  if (const auto comparison = relation(type)) return chain(*comparison, node);
  switch (type) {
    case AST_INTEGER:
      return number(static_cast<double>(node.getInteger()));
    case AST_REAL:
    case AST_REAL_E:
    case AST_RATIONAL:
      return number(node.getReal());
    case AST_CONSTANT_E:
      return number(std::numbers::e);
    case AST_CONSTANT_PI:
      return number(std::numbers::pi);
    case AST_CONSTANT_TRUE:
      return number(1.0);
    case AST_CONSTANT_FALSE:
      return number(0.0);
    case AST_NAME_AVOGADRO:
      return number(k_avogadro);
    case AST_NAME_TIME:
      return model::time_symbol();
    case AST_NAME:
      return name(node.getName());
    case AST_PLUS:
      return folded(Operation::add, children(node), 0.0);
    case AST_TIMES:
      return folded(Operation::multiply, children(node), 1.0);
    case AST_MINUS: {
      const auto operands = children(node);
      return apply(operands.size() == 1 ? Operation::negate : Operation::subtract, operands);
    }
    case AST_DIVIDE:
      return apply(Operation::divide, children(node));
    case AST_POWER:
    case AST_FUNCTION_POWER:
      return apply(Operation::power, children(node));
    case AST_LOGICAL_AND:
      return folded(Operation::logical_and, children(node), 1.0);
    case AST_LOGICAL_OR:
      return folded(Operation::logical_or, children(node), 0.0);
    case AST_LOGICAL_XOR:
      return folded(Operation::logical_xor, children(node), 0.0);
    case AST_FUNCTION_PIECEWISE:
      return piecewise(node);
    case AST_FUNCTION:
      return apply_function(node);
    default:
      return special(node);
  }
}

MathReader::Operands MathReader::children(const ASTNode& node) {
  Operands operands;
  for (unsigned i = 0; i < node.getNumChildren(); ++i) operands.push_back(term(*node.getChild(i)));
  return operands;
}

/// Functions with rules of their own.
FormulaPointer MathReader::special(const ASTNode& node) {
  switch (node.getType()) {
    case AST_FUNCTION_RATE_OF:
      return rate_(node.getChild(0)->getName());
    case AST_FUNCTION_DELAY:
      if (delay_) {
        const auto operands = children(node);
        return delay_(operands.at(0), operands.at(1));
      }
      throw Unsupported{"delay(...)", "values of the past are not kept"};
    case AST_FUNCTION_ROOT: {
      const auto operands = children(node);
      if (operands.size() == 1) return apply(Operation::square_root, operands);
      const ASTNode& degree = *node.getChild(0);
      if (degree.isInteger() && degree.getInteger() == 2) return apply(Operation::square_root, {operands[1]});
      return apply(Operation::power, {operands.at(1), one_over(operands[0])});
    }
    case AST_FUNCTION_LOG: {
      const auto operands = children(node);
      if (operands.size() == 1) return apply(Operation::logarithm10, operands);
      const ASTNode& base = *node.getChild(0);
      if (base.isInteger() && base.getInteger() == 10) return apply(Operation::logarithm10, {operands[1]});
      return apply(Operation::divide, {apply(Operation::logarithm, {operands.at(1)}),
                                       apply(Operation::logarithm, {operands[0]})});
    }
    case AST_FUNCTION_MIN:
      return folded(Operation::minimum, children(node), std::numeric_limits<double>::quiet_NaN());
    case AST_FUNCTION_MAX:
      return folded(Operation::maximum, children(node), std::numeric_limits<double>::quiet_NaN());
    case AST_FUNCTION_QUOTIENT:
      return truncated(apply(Operation::divide, children(node)));
    case AST_FUNCTION_REM: {
      const auto operands = children(node);
      const auto whole = truncated(apply(Operation::divide, operands));
      return apply(Operation::subtract,
                   {operands.at(0), apply(Operation::multiply, {operands.at(1), whole})});
    }
    case AST_LOGICAL_IMPLIES: {
      const auto operands = children(node);
      return apply(Operation::logical_or, {apply(Operation::logical_not, {operands.at(0)}), operands.at(1)});
    }
    default:
      throw Unsupported{
          std::string("the MathML element `") + (node.getName() != nullptr ? node.getName() : "?") + "`",
          "it has no meaning in SBML that raad knows"};
  }
}

FormulaPointer MathReader::name(const std::string& id) {
  if (in_text_ && (id == "inf" || id == "INF")) return number(std::numeric_limits<double>::infinity());
  if (!arguments_.empty()) {
    const auto argument = arguments_.back().find(id);
    if (argument != arguments_.back().end()) return argument->second;
  }
  return value_(id);
}

/// a < b < c means a < b and b < c; fewer than two operands are true.
FormulaPointer MathReader::chain(Operation operation, const ASTNode& node) {
  const auto operands = children(node);
  Operands links;
  for (std::size_t i = 1; i < operands.size(); ++i)
    links.push_back(apply(operation, {operands[i - 1], operands[i]}));
  return folded(Operation::logical_and, links, 1.0);
}

FormulaPointer MathReader::piecewise(const ASTNode& node) {
  const auto parts = children(node);
  if (parts.size() / 2 > static_cast<std::size_t>(k_greatest_depth))
    throw Excess{"a piecewise expression has more than " + std::to_string(k_greatest_depth) + " pieces"};
  FormulaPointer result =
      parts.size() % 2 == 1 ? parts.back() : number(std::numeric_limits<double>::quiet_NaN());
  for (std::size_t pieces = parts.size() / 2; pieces > 0; --pieces)
    result = apply(Operation::select, {parts[2 * pieces - 1], parts[2 * pieces - 2], result});
  return result;
}

FormulaPointer MathReader::apply_function(const ASTNode& node) {
  const std::string id = node.getName();
  // Written in infix text only; MathML has no such elements.
  if (in_text_ && id == "log2" && node.getNumChildren() == 1)
    return apply(Operation::divide, {apply(Operation::logarithm, children(node)), number(std::numbers::ln2)});
  if (in_text_ && id == "sign" && node.getNumChildren() == 1) return apply(Operation::sign, children(node));
  const FunctionDefinition* definition = model_.getFunctionDefinition(id);
  if (definition == nullptr || !definition->isSetMath() || definition->getBody() == nullptr)
    throw base::InputError("R100", {}, "the function `" + id + "` is not defined",
                           "add its function definition, with mathematics");
  if (std::ranges::find(functions_, id) != functions_.end())
    throw base::InputError("R100", {}, "the function `" + id + "` uses itself", "functions cannot recur");
  if (definition->getNumArguments() != node.getNumChildren())
    throw base::InputError("R100", {},
                           "the function `" + id + "` takes " +
                               std::to_string(definition->getNumArguments()) + " arguments, not " +
                               std::to_string(node.getNumChildren()));
  std::map<std::string, FormulaPointer> arguments;
  for (unsigned i = 0; i < node.getNumChildren(); ++i)
    arguments[definition->getArgument(i)->getName()] = term(*node.getChild(i));
  arguments_.push_back(std::move(arguments));
  functions_.push_back(id);
  auto result = term(*definition->getBody());
  functions_.pop_back();
  arguments_.pop_back();
  return result;
}

}  // namespace raad::sbml
