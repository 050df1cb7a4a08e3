#include "ir/local_slope.hpp"

#include <array>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <string>

namespace raad::ir {
namespace {

/// Shorthands around a graph; each method builds nodes.
class Slopes {
 public:
  explicit Slopes(Graph& graph) : graph_(graph) {}
  NodeId of(NodeId id, const Node& node, int operand);

 private:
  NodeId of_unary(NodeId id, const Node& node);
  NodeId of_quotient(NodeId id, const Node& node, int operand);
  NodeId of_arctangent2(const Node& node, int operand);
  NodeId of_power_in_base(NodeId id, const Node& node);
  NodeId of_power_in_exponent(NodeId id, const Node& node);

  NodeId number(double value) { return graph_.constant(value); }
  NodeId unary(Operation operation, NodeId a) { return graph_.apply(operation, std::array{a}); }
  NodeId relation(Operation operation, NodeId a, NodeId b) {
    return graph_.apply(operation, std::array{a, b});
  }
  NodeId reciprocal(NodeId a) { return graph_.divide(number(1.0), a); }
  NodeId square(NodeId a) { return graph_.multiply(a, a); }
  /// (1-x)(1+x), which unlike 1-x^2 keeps its relative accuracy near |x| = 1.
  NodeId one_minus_square(NodeId a) {
    return graph_.multiply(graph_.subtract(number(1.0), a), graph_.add(number(1.0), a));
  }

  Graph& graph_;
};

NodeId Slopes::of(NodeId id, const Node& node, int operand) {
  switch (node.operation) {
    case Operation::add:
      return number(1.0);
    case Operation::subtract:
      return number(operand == 0 ? 1.0 : -1.0);
    case Operation::multiply:
      return node.operands[1 - operand];
    case Operation::divide:
      return of_quotient(id, node, operand);
    case Operation::power:
      return operand == 0 ? of_power_in_base(id, node) : of_power_in_exponent(id, node);
    case Operation::arctangent2:
      return of_arctangent2(node, operand);
    default:
      return model::is_truth_valued(node.operation) ? number(0.0) : of_unary(id, node);
  }
}

// (a/b)' = (a' - (a/b) b') / b. The reciprocal of b is one node for both operands and all variables, and
// costs nothing at run time when b depends on parameters only.
NodeId Slopes::of_quotient(NodeId id, const Node& node, int operand) {
  const NodeId by_numerator = reciprocal(node.operands[1]);
  return operand == 0 ? by_numerator : graph_.negate(graph_.multiply(id, by_numerator));
}

// d atan2(y, x) = (x dy - y dx) / (x^2 + y^2).
NodeId Slopes::of_arctangent2(const Node& node, int operand) {
  const NodeId y = node.operands[0];
  const NodeId x = node.operands[1];
  const NodeId squares = graph_.add(square(x), square(y));
  return operand == 0 ? graph_.divide(x, squares) : graph_.negate(graph_.divide(y, squares));
}

// d(x^y)/dx = y x^(y-1). Small whole exponents become products. All others are written y (x^y / x), which
// shares the costly x^y with the function itself; x = 0 is taken apart by the value of y, a comparison that
// costs nothing at run time when y is a parameter.
NodeId Slopes::of_power_in_base(NodeId id, const Node& node) {
  const NodeId base = node.operands[0];
  const NodeId exponent = node.operands[1];
  if (graph_[exponent].kind == Node::Kind::constant) {
    const double n = graph_[exponent].value;
    if (product_power(n)) return graph_.multiply(exponent, graph_.power(base, number(n - 1.0)));
  }
  const double infinity = std::numeric_limits<double>::infinity();
  const NodeId zero = number(0.0);
  const NodeId one = number(1.0);
  const NodeId negative = relation(Operation::less, exponent, zero);
  const NodeId below_one = graph_.select(relation(Operation::equal, exponent, zero), zero,
                                         graph_.select(negative, number(-infinity), number(infinity)));
  const NodeId at_most_one = graph_.select(relation(Operation::equal, exponent, one), one, below_one);
  const NodeId at_zero = graph_.select(relation(Operation::greater, exponent, one), zero, at_most_one);
  return graph_.select(relation(Operation::equal, base, zero), at_zero,
                       graph_.multiply(exponent, graph_.divide(id, base)));
}

// d(x^y)/dy = x^y ln x, whose limit at x = 0 is 0 for y > 0; the product itself would be 0 * -infinity there.
NodeId Slopes::of_power_in_exponent(NodeId id, const Node& node) {
  const NodeId base = node.operands[0];
  return graph_.select(relation(Operation::equal, base, number(0.0)), number(0.0),
                       graph_.multiply(id, unary(Operation::logarithm, base)));
}

NodeId Slopes::of_unary(NodeId id, const Node& node) {
  const NodeId a = node.operands[0];
  const NodeId one = number(1.0);
  switch (node.operation) {
    case Operation::negate:
      return number(-1.0);
    case Operation::exponential:
      return id;
    case Operation::logarithm:
      return reciprocal(a);
    case Operation::logarithm10:
      return reciprocal(graph_.multiply(number(std::numbers::ln10), a));
    case Operation::square_root:
      return graph_.divide(number(0.5), id);
    case Operation::absolute:
      return unary(Operation::sign, a);
    case Operation::sign:
    case Operation::floor:
    case Operation::ceiling:
    case Operation::factorial:  // Defined for whole numbers: a step function like floor.
      return number(0.0);
    case Operation::sine:
      return unary(Operation::cosine, a);
    case Operation::cosine:
      return graph_.negate(unary(Operation::sine, a));
    case Operation::tangent:
      return graph_.add(one, square(id));
    case Operation::arcsine:
      return reciprocal(unary(Operation::square_root, one_minus_square(a)));
    case Operation::arccosine:
      return graph_.negate(reciprocal(unary(Operation::square_root, one_minus_square(a))));
    case Operation::arctangent:
      return reciprocal(graph_.add(one, square(a)));
    case Operation::sinh:
      return unary(Operation::cosh, a);
    case Operation::cosh:
      return unary(Operation::sinh, a);
    case Operation::tanh:
      return one_minus_square(id);
    case Operation::arcsinh:
      return reciprocal(unary(Operation::square_root, graph_.add(square(a), one)));
    case Operation::arccosh:
      return reciprocal(
          unary(Operation::square_root, graph_.multiply(graph_.subtract(a, one), graph_.add(a, one))));
    case Operation::arctanh:
      return reciprocal(one_minus_square(a));
    default:
      throw std::logic_error("no slope for " + std::string(model::name_of(node.operation)));
  }
}

}  // namespace

NodeId local_slope(Graph& graph, NodeId id, int operand) {
  const Node node = graph[id];  // A copy: the graph grows.
  return Slopes(graph).of(id, node, operand);
}

}  // namespace raad::ir
