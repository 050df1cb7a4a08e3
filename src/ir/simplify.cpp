// The identities of Graph::apply. Each is exact in floating point for finite values, up to the sign of zero,
// so that simplification never moves a solution; the comments name the exceptions that were left out on
// purpose.
#include <array>
#include <cmath>

#include "ir/graph.hpp"

namespace raad::ir {
namespace {

bool is_power_of_two(double value) {
  int exponent = 0;
  return std::isfinite(value) && std::abs(std::frexp(value, &exponent)) == 0.5;
}

bool is_even(double value) {
  return std::fmod(value, 2.0) == 0.0;
}

bool is_whole(double value) {
  return std::isfinite(value) && std::floor(value) == value;
}

}  // namespace

bool Graph::is_truth(NodeId id) const {
  return (*this)[id].kind == Node::Kind::apply && model::is_truth_valued((*this)[id].operation);
}

std::optional<int> product_power(double exponent) {
  if (!is_whole(exponent)) return std::nullopt;
  const double size = std::abs(exponent);
  if (size < 2.0 || size > k_largest_product_power) return std::nullopt;
  return static_cast<int>(exponent);
}

NodeId Graph::simplified_unary(Operation operation, NodeId a) {
  switch (operation) {
    case Operation::negate:
      if (is_apply(a, Operation::negate)) return (*this)[a].operands[0];
      if (is_apply(a, Operation::subtract)) {
        const Node difference = (*this)[a];
        return subtract(difference.operands[1], difference.operands[0]);
      }
      break;
    case Operation::absolute:
      if (is_apply(a, Operation::absolute)) return a;
      if (is_apply(a, Operation::negate)) return apply(operation, std::array{(*this)[a].operands[0]});
      break;
    case Operation::logical_not:
      if (is_apply(a, Operation::logical_not) && is_truth((*this)[a].operands[0]))
        return (*this)[a].operands[0];
      break;
    default:
      break;
  }
  return make(operation, std::array{a});
}

NodeId Graph::simplified_binary(Operation operation, NodeId a, NodeId b) {
  switch (operation) {
    case Operation::add:
      return simplified_add(a, b);
    case Operation::subtract:
      return simplified_subtract(a, b);
    case Operation::multiply:
      return simplified_multiply(a, b);
    case Operation::divide:
      return simplified_divide(a, b);
    case Operation::power:
      return simplified_power(a, b);
    case Operation::minimum:
    case Operation::maximum:
      if (a == b) return a;
      break;
    case Operation::logical_and:
    case Operation::logical_or:
      return simplified_logic(operation, a, b);
    default:
      break;
  }
  return make(operation, std::array{a, b});
}

// A number used as a truth value stays inside its `and` or `or`, which turns it into 0 or 1.
NodeId Graph::simplified_logic(Operation operation, NodeId a, NodeId b) {
  if (is_constant(b)) std::swap(a, b);  // A constant, if any, is `a` from here on.
  if (is_constant(a)) {
    const bool decides = ((*this)[a].value != 0.0) == (operation == Operation::logical_or);
    if (decides) return constant(operation == Operation::logical_or ? 1.0 : 0.0);
    if (is_truth(b)) return b;
  }
  if (a == b && is_truth(a)) return a;
  return make(operation, std::array{a, b});
}

NodeId Graph::simplified_add(NodeId a, NodeId b) {
  if (is_constant(a, 0.0)) return b;
  if (is_constant(b, 0.0)) return a;
  const bool a_negated = is_apply(a, Operation::negate);
  const bool b_negated = is_apply(b, Operation::negate);
  if (a_negated && b_negated) return negate(add((*this)[a].operands[0], (*this)[b].operands[0]));
  if (b_negated) return subtract(a, (*this)[b].operands[0]);
  if (a_negated) return subtract(b, (*this)[a].operands[0]);
  if (a == b) return multiply(constant(2.0), a);
  return make(Operation::add, std::array{a, b});
}

NodeId Graph::simplified_subtract(NodeId a, NodeId b) {
  if (is_constant(b, 0.0)) return a;
  if (is_constant(a, 0.0)) return negate(b);
  if (a == b) return constant(0.0);
  const bool a_negated = is_apply(a, Operation::negate);
  const bool b_negated = is_apply(b, Operation::negate);
  if (a_negated && b_negated) return subtract((*this)[b].operands[0], (*this)[a].operands[0]);
  if (b_negated) return add(a, (*this)[b].operands[0]);
  if (a_negated) return negate(add((*this)[a].operands[0], b));
  return make(Operation::subtract, std::array{a, b});
}

NodeId Graph::simplified_multiply(NodeId a, NodeId b) {
  if (is_constant(b)) std::swap(a, b);  // A constant factor, if any, is `a` from here on.
  if (is_constant(a, 0.0)) return constant(0.0);
  if (is_constant(a, 1.0)) return b;
  if (is_constant(a, -1.0)) return negate(b);
  const bool a_negated = is_apply(a, Operation::negate);
  const bool b_negated = is_apply(b, Operation::negate);
  if (a_negated && b_negated) return multiply((*this)[a].operands[0], (*this)[b].operands[0]);
  if (a_negated) return negate(multiply((*this)[a].operands[0], b));
  if (b_negated && is_constant(a)) return multiply(constant(-(*this)[a].value), (*this)[b].operands[0]);
  if (b_negated) return negate(multiply(a, (*this)[b].operands[0]));
  if (const auto merged = merged_product(a, b)) return *merged;
  return make(Operation::multiply, std::array{a, b});
}

// Products that combine with their operand: whole powers, and constants of which one is a power of two.
std::optional<NodeId> Graph::merged_product(NodeId a, NodeId b) {
  if (a == b && !is_apply(a, Operation::power)) return power(a, constant(2.0));
  for (const auto& [factor, other] : {std::pair{a, b}, std::pair{b, a}}) {
    // x * x^n = x^(n+1) for even n only: codegen makes odd powers as x^n * x, so exactly these keep their
    // bits.
    if (is_apply(other, Operation::power) && (*this)[other].operands[0] == factor) {
      const Node& exponent = (*this)[(*this)[other].operands[1]];
      const auto n = exponent.kind == Node::Kind::constant ? product_power(exponent.value) : std::nullopt;
      if (n && *n > 0 && *n % 2 == 0 && *n < k_largest_product_power)
        return power(factor, constant(*n + 1.0));
    }
  }
  if (is_constant(a) && is_apply(b, Operation::multiply)) {
    const Node inner = (*this)[b];
    for (int i = 0; i < 2; ++i) {
      if (!is_constant(inner.operands[i])) continue;
      const double outer_value = (*this)[a].value;
      const double inner_value = (*this)[inner.operands[i]].value;
      if (is_power_of_two(outer_value) || is_power_of_two(inner_value))
        return multiply(constant(outer_value * inner_value), inner.operands[1 - i]);
    }
  }
  return std::nullopt;
}

// x/x is left alone: at x = 0 it must fail as the author's formula does.
NodeId Graph::simplified_divide(NodeId a, NodeId b) {
  if (is_constant(b, 1.0)) return a;
  if (is_constant(b, -1.0)) return negate(a);
  if (is_constant(a, 0.0) && !is_constant(b)) return constant(0.0);
  const bool a_negated = is_apply(a, Operation::negate);
  const bool b_negated = is_apply(b, Operation::negate);
  if (a_negated && b_negated) return divide((*this)[a].operands[0], (*this)[b].operands[0]);
  if (a_negated) return negate(divide((*this)[a].operands[0], b));
  if (b_negated && is_constant(a)) return divide(constant(-(*this)[a].value), (*this)[b].operands[0]);
  if (b_negated) return negate(divide(a, (*this)[b].operands[0]));
  if (is_constant(b)) {
    const double reciprocal = 1.0 / (*this)[b].value;
    // The reciprocal of any other constant is rounded, so x/c and x*(1/c) differ.
    if (is_power_of_two((*this)[b].value) && std::isnormal(reciprocal))
      return multiply(constant(reciprocal), a);
  }
  return make(Operation::divide, std::array{a, b});
}

NodeId Graph::simplified_power(NodeId base, NodeId exponent) {
  if (is_constant(base, 1.0)) return constant(1.0);
  if (is_constant(exponent)) {
    const double n = (*this)[exponent].value;
    if (n == 0.0) return constant(1.0);
    if (n == 1.0) return base;
    if (n == -1.0) return divide(constant(1.0), base);
    if (is_apply(base, Operation::negate) && is_whole(n)) {
      const NodeId positive = power((*this)[base].operands[0], exponent);
      return is_even(n) ? positive : negate(positive);
    }
  }
  return make(Operation::power, std::array{base, exponent});
}

NodeId Graph::simplified_select(NodeId condition, NodeId when_true, NodeId otherwise) {
  if (is_constant(condition)) return (*this)[condition].value != 0.0 ? when_true : otherwise;
  if (when_true == otherwise) return when_true;
  if (is_apply(condition, Operation::logical_not))
    return select((*this)[condition].operands[0], otherwise, when_true);
  // A choice that was already made by the same condition.
  if (is_apply(when_true, Operation::select) && (*this)[when_true].operands[0] == condition)
    return select(condition, (*this)[when_true].operands[1], otherwise);
  if (is_apply(otherwise, Operation::select) && (*this)[otherwise].operands[0] == condition)
    return select(condition, when_true, (*this)[otherwise].operands[2]);
  return make(Operation::select, std::array{condition, when_true, otherwise});
}

}  // namespace raad::ir
