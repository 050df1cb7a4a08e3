// Evaluates graph nodes one by one, in double or long double, independently of code generation.
#pragma once

#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include "ir/graph.hpp"

namespace raad::test {

/// Values of everything that a graph may refer to.
template <typename Real>
struct Point {
  Real time = 0;
  std::vector<Real> states;
  std::vector<Real> parameters;
};

/// Twice the exponent of a power that codegen makes of products and a square root.
inline std::optional<int> product_power_halves(double exponent) {
  if (const auto whole = ir::product_power(exponent)) return 2 * *whole;
  const double halves = 2.0 * exponent;
  if (std::abs(std::fmod(halves, 2.0)) != 1.0 || std::abs(exponent) > ir::k_largest_product_power)
    return std::nullopt;
  return static_cast<int>(halves);
}

/// x^(halves/2) by the products that codegen makes of it, so that values can be compared bit by bit.
template <typename Real>
Real product_power(Real x, int halves) {
  using std::sqrt;
  if (halves == 1) return sqrt(x);
  if (halves == 2) return x;
  if (halves < 0) return 1 / product_power(x, -halves);
  if (halves % 4 == 0) {
    const Real half = product_power(x, halves / 2);
    return half * half;
  }
  if (halves % 2 == 0) return product_power(x, halves - 2) * x;
  return product_power(x, halves - 1) * sqrt(x);
}

inline double operation_value(ir::Operation operation, std::span<const double> operands) {
  return model::evaluate(operation, operands);
}

inline long double unary_value(ir::Operation operation, long double a) {
  using O = ir::Operation;
  switch (operation) {
    case O::negate:
      return -a;
    case O::exponential:
      return std::exp(a);
    case O::logarithm:
      return std::log(a);
    case O::logarithm10:
      return std::log10(a);
    case O::square_root:
      return std::sqrt(a);
    case O::absolute:
      return std::abs(a);
    case O::sign:
      return a > 0 ? 1.0L : a < 0 ? -1.0L : a;
    case O::floor:
      return std::floor(a);
    case O::ceiling:
      return std::ceil(a);
    case O::factorial:
      return std::tgamma(a + 1);
    case O::sine:
      return std::sin(a);
    case O::cosine:
      return std::cos(a);
    case O::tangent:
      return std::tan(a);
    case O::arcsine:
      return std::asin(a);
    case O::arccosine:
      return std::acos(a);
    case O::arctangent:
      return std::atan(a);
    case O::sinh:
      return std::sinh(a);
    case O::cosh:
      return std::cosh(a);
    case O::tanh:
      return std::tanh(a);
    case O::arcsinh:
      return std::asinh(a);
    case O::arccosh:
      return std::acosh(a);
    case O::arctanh:
      return std::atanh(a);
    case O::logical_not:
      return a == 0;
    default:
      throw std::logic_error("not an operation of one operand");
  }
}

inline long double binary_value(ir::Operation operation, long double a, long double b) {
  using O = ir::Operation;
  switch (operation) {
    case O::add:
      return a + b;
    case O::subtract:
      return a - b;
    case O::multiply:
      return a * b;
    case O::divide:
      return a / b;
    case O::power:
      return std::pow(a, b);
    case O::minimum:
      return std::isnan(b) || b < a ? b : a;
    case O::maximum:
      return std::isnan(b) || b > a ? b : a;
    case O::arctangent2:
      return std::atan2(a, b);
    case O::less:
      return a < b;
    case O::less_equal:
      return a <= b;
    case O::greater:
      return a > b;
    case O::greater_equal:
      return a >= b;
    case O::equal:
      return a == b;
    case O::not_equal:
      return a != b;
    case O::logical_and:
      return a != 0 && b != 0;
    case O::logical_or:
      return a != 0 || b != 0;
    case O::logical_xor:
      return (a != 0) != (b != 0);
    default:
      throw std::logic_error("not an operation of two operands");
  }
}

/// The same semantics in long double, written separately from model::evaluate.
inline long double operation_value(ir::Operation operation, std::span<const long double> x) {
  if (operation == ir::Operation::select) return x[0] != 0 ? x[1] : x[2];
  return x.size() == 1 ? unary_value(operation, x[0]) : binary_value(operation, x[0], x[1]);
}

/// Values of all nodes, by id.
template <typename Real>
std::vector<Real> evaluate_all(const ir::Graph& graph, const Point<Real>& point) {
  std::vector<Real> values(graph.size());
  for (std::size_t id = 0; id < graph.size(); ++id) {
    const ir::Node& node = graph[static_cast<ir::NodeId>(id)];
    switch (node.kind) {
      case ir::Node::Kind::constant:
        values[id] = static_cast<Real>(node.value);
        break;
      case ir::Node::Kind::time:
        values[id] = point.time;
        break;
      case ir::Node::Kind::state:
        values[id] = point.states[static_cast<std::size_t>(node.index)];
        break;
      case ir::Node::Kind::parameter:
        values[id] = point.parameters[static_cast<std::size_t>(node.index)];
        break;
      case ir::Node::Kind::apply: {
        std::array<Real, 3> operands{};
        for (std::size_t i = 0; i < node.operand_count; ++i)
          operands[i] = values[static_cast<std::size_t>(node.operands[i])];
        const ir::Node& second = graph[node.operands[node.operand_count > 1 ? 1 : 0]];
        const auto n = node.operation == ir::Operation::power && second.kind == ir::Node::Kind::constant
                           ? product_power_halves(second.value)
                           : std::nullopt;
        values[id] =
            n ? product_power(operands[0], *n)
              : operation_value(node.operation, std::span<const Real>(operands).first(node.operand_count));
      }
    }
  }
  return values;
}

}  // namespace raad::test
