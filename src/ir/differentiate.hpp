// Exact derivatives on the graph.
#pragma once

#include <span>
#include <vector>

#include "ir/graph.hpp"

namespace raad::ir {

/// The variable of a derivative.
struct Variable {
  Node::Kind kind = Node::Kind::state;  ///< time, state or parameter
  int index = 0;
};

/// d(node)/d(variable) for each of `nodes`, sharing work between them.
///
/// Conventions where a function has no derivative, chosen so that smooth compositions come out right:
///   abs'(0) = 0; min and max at a tie: 1/2 to each operand (so max(x,0)+s*ln(1+exp(-|x|/s)) has its true
///   slope 1/2 at 0); x^n at x = 0: n > 1 gives 0, n = 1 gives 1, 0 < n < 1 gives +infinity, n = 0 gives 0;
///   d(x^y)/dy at x = 0 is 0 for y > 0; floor, ceiling, sign, factorial, relations and logic: 0;
///   select(c, a, b): select(c, a', b'), the condition's jump is an event's business.
/// Second derivatives (differentiating the result) are right except exactly at x = 0 of a power x^y.
std::vector<NodeId> differentiate(Graph& graph, std::span<const NodeId> nodes, Variable variable);

/// The same for several variables: result[variable][node]. One call gives far smaller code than one call a
/// variable, because pieces of the chain rule that do not depend on the variable are shared (see
/// differentiate.cpp).
std::vector<std::vector<NodeId>> differentiate(Graph& graph, std::span<const NodeId> nodes,
                                               std::span<const Variable> variables);

}  // namespace raad::ir
