#include "ir/differentiate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

namespace raad::ir {
namespace {

constexpr NodeId k_absent =
    -1;  ///< A derivative that is zero because the node does not depend on the variable.

/// Forward mode in one variable: derivatives of all nodes up to the largest id asked for, in id order, which
/// is dependency order. Only nodes that the results need and that depend on the variable are visited.
class Differentiator {
 public:
  Differentiator(Graph& graph, Variable variable) : graph_(graph), variable_(variable) {}
  std::vector<NodeId> run(std::span<const NodeId> nodes);

 private:
  bool is_variable(const Node& node) const {
    return node.kind == variable_.kind && (node.kind == Node::Kind::time || node.index == variable_.index);
  }
  std::vector<bool> needed(std::span<const NodeId> nodes, NodeId last) const;
  bool operand_varies(const Node& node) const;

  /// Derivative of `node`'s operand number `i`; a zero node when it does not depend on the variable.
  NodeId inner(const Node& node, int i) {
    const NodeId derivative = derivatives_[static_cast<std::size_t>(node.operands[i])];
    return derivative == k_absent ? graph_.constant(0.0) : derivative;
  }
  NodeId derivative(NodeId id, const Node& node);
  NodeId of_unary(NodeId id, const Node& node);
  NodeId slope_of_unary(NodeId id, const Node& node);
  NodeId of_quotient(NodeId id, const Node& node);
  NodeId of_power(NodeId id, const Node& node);
  NodeId slope_in_base(NodeId id, const Node& node);
  NodeId of_extremum(const Node& node);
  NodeId of_arctangent2(const Node& node);

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
  Variable variable_;
  std::vector<NodeId> derivatives_;
};

std::vector<bool> Differentiator::needed(std::span<const NodeId> nodes, NodeId last) const {
  std::vector<bool> marked(static_cast<std::size_t>(last) + 1, false);
  for (const NodeId id : nodes) marked[static_cast<std::size_t>(id)] = true;
  for (NodeId id = last; id >= 0; --id) {
    if (!marked[static_cast<std::size_t>(id)]) continue;
    const Node& node = graph_[id];
    for (int i = 0; i < node.operand_count; ++i) marked[static_cast<std::size_t>(node.operands[i])] = true;
  }
  return marked;
}

bool Differentiator::operand_varies(const Node& node) const {
  for (int i = 0; i < node.operand_count; ++i)
    if (derivatives_[static_cast<std::size_t>(node.operands[i])] != k_absent) return true;
  return false;
}

std::vector<NodeId> Differentiator::run(std::span<const NodeId> nodes) {
  NodeId last = -1;
  for (const NodeId id : nodes) last = std::max(last, id);
  const auto marked = needed(nodes, last);
  derivatives_.assign(marked.size(), k_absent);
  for (NodeId id = 0; id <= last; ++id) {
    const auto at = static_cast<std::size_t>(id);
    if (!marked[at]) continue;
    const Node node = graph_[id];  // A copy: the graph grows below.
    if (is_variable(node)) {
      derivatives_[at] = number(1.0);
    } else if (node.kind == Node::Kind::apply && operand_varies(node)) {
      const NodeId result = derivative(id, node);
      if (!graph_.is_constant(result, 0.0)) derivatives_[at] = result;
    }
  }
  std::vector<NodeId> results;
  results.reserve(nodes.size());
  for (const NodeId id : nodes) {
    const NodeId found = derivatives_[static_cast<std::size_t>(id)];
    results.push_back(found == k_absent ? number(0.0) : found);
  }
  return results;
}

NodeId Differentiator::derivative(NodeId id, const Node& node) {
  switch (node.operation) {
    case Operation::add:
      return graph_.add(inner(node, 0), inner(node, 1));
    case Operation::subtract:
      return graph_.subtract(inner(node, 0), inner(node, 1));
    case Operation::negate:
      return graph_.negate(inner(node, 0));
    case Operation::multiply:
      return graph_.add(graph_.multiply(inner(node, 0), node.operands[1]),
                        graph_.multiply(node.operands[0], inner(node, 1)));
    case Operation::divide:
      return of_quotient(id, node);
    case Operation::power:
      return of_power(id, node);
    case Operation::minimum:
    case Operation::maximum:
      return of_extremum(node);
    case Operation::arctangent2:
      return of_arctangent2(node);
    case Operation::select:
      return graph_.select(node.operands[0], inner(node, 1), inner(node, 2));
    default:
      return model::is_truth_valued(node.operation) ? number(0.0) : of_unary(id, node);
  }
}

// (a/b)' = (a' - (a/b) b') / b. The reciprocal of b is one node for all variables, and a parameter-only b
// makes it free at run time; a constant b is divided by, to round once.
NodeId Differentiator::of_quotient(NodeId id, const Node& node) {
  const NodeId numerator = graph_.subtract(inner(node, 0), graph_.multiply(id, inner(node, 1)));
  if (graph_[node.operands[1]].kind == Node::Kind::constant)
    return graph_.divide(numerator, node.operands[1]);
  return graph_.multiply(numerator, reciprocal(node.operands[1]));
}

NodeId Differentiator::of_power(NodeId id, const Node& node) {
  const NodeId base_derivative = inner(node, 0);
  const NodeId exponent_derivative = inner(node, 1);
  NodeId sum = number(0.0);
  if (!graph_.is_constant(base_derivative, 0.0))
    sum = graph_.multiply(slope_in_base(id, node), base_derivative);
  if (graph_.is_constant(exponent_derivative, 0.0)) return sum;
  // d(x^y)/dy = x^y ln x, whose limit at x = 0 is 0 for y > 0; the product itself would be 0 * -infinity
  // there.
  const NodeId base = node.operands[0];
  const NodeId slope = graph_.select(relation(Operation::equal, base, number(0.0)), number(0.0),
                                     graph_.multiply(id, unary(Operation::logarithm, base)));
  return graph_.add(sum, graph_.multiply(slope, exponent_derivative));
}

// d(x^y)/dx = y x^(y-1). Small whole exponents become products. All others are written y (x^y / x), which
// shares the costly x^y with the function itself; x = 0 is taken apart by the value of y, a comparison that
// costs nothing at run time when y is a parameter.
NodeId Differentiator::slope_in_base(NodeId id, const Node& node) {
  const NodeId base = node.operands[0];
  const NodeId exponent = node.operands[1];
  if (graph_[exponent].kind == Node::Kind::constant) {
    const double n = graph_[exponent].value;
    if (product_power(n)) return graph_.multiply(exponent, graph_.power(base, number(n - 1.0)));
  }
  const double infinity = std::numeric_limits<double>::infinity();
  const NodeId zero = number(0.0);
  const NodeId one = number(1.0);
  const NodeId below_one = graph_.select(
      relation(Operation::equal, exponent, zero), zero,
      graph_.select(relation(Operation::less, exponent, zero), number(-infinity), number(infinity)));
  const NodeId at_most_one = graph_.select(relation(Operation::equal, exponent, one), one, below_one);
  const NodeId at_zero = graph_.select(relation(Operation::greater, exponent, one), zero, at_most_one);
  return graph_.select(relation(Operation::equal, base, zero), at_zero,
                       graph_.multiply(exponent, graph_.divide(id, base)));
}

NodeId Differentiator::of_extremum(const Node& node) {
  const NodeId a = node.operands[0];
  const NodeId b = node.operands[1];
  const NodeId a_derivative = inner(node, 0);
  const NodeId b_derivative = inner(node, 1);
  const auto first_wins = node.operation == Operation::minimum ? Operation::less : Operation::greater;
  const NodeId mean = graph_.multiply(number(0.5), graph_.add(a_derivative, b_derivative));
  return graph_.select(relation(Operation::equal, a, b), mean,
                       graph_.select(relation(first_wins, a, b), a_derivative, b_derivative));
}

// d atan2(y, x) = (x dy - y dx) / (x^2 + y^2).
NodeId Differentiator::of_arctangent2(const Node& node) {
  const NodeId y = node.operands[0];
  const NodeId x = node.operands[1];
  return graph_.divide(
      graph_.subtract(graph_.multiply(x, inner(node, 0)), graph_.multiply(y, inner(node, 1))),
      graph_.add(square(x), square(y)));
}

NodeId Differentiator::of_unary(NodeId id, const Node& node) {
  const NodeId a = node.operands[0];
  const NodeId a_derivative = inner(node, 0);
  switch (node.operation) {
    case Operation::logarithm:
      return graph_.divide(a_derivative, a);
    case Operation::logarithm10:
      return graph_.divide(a_derivative, graph_.multiply(number(std::numbers::ln10), a));
    case Operation::square_root:
      return graph_.divide(a_derivative, graph_.multiply(number(2.0), id));
    default:
      return graph_.multiply(slope_of_unary(id, node), a_derivative);
  }
}

NodeId Differentiator::slope_of_unary(NodeId id, const Node& node) {
  const NodeId a = node.operands[0];
  const NodeId one = number(1.0);
  switch (node.operation) {
    case Operation::exponential:
      return id;
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
      throw std::logic_error("no derivative rule for " + std::string(model::name_of(node.operation)));
  }
}

}  // namespace

std::vector<NodeId> differentiate(Graph& graph, std::span<const NodeId> nodes, Variable variable) {
  return Differentiator(graph, variable).run(nodes);
}

}  // namespace raad::ir
