#include "ir/event_root.hpp"

#include <array>

namespace raad::ir {

NodeId event_root(Graph& graph, NodeId trigger) {
  const Node node = graph[trigger];  // A copy: the graph grows below.
  const NodeId a = node.operands[0];
  const NodeId b = node.operands[1];
  const auto jump = [&] { return graph.select(trigger, graph.constant(1.0), graph.constant(-1.0)); };
  if (node.kind != Node::Kind::apply) return jump();
  switch (node.operation) {
    case Operation::greater:
    case Operation::greater_equal:
      return graph.subtract(a, b);
    case Operation::less:
    case Operation::less_equal:
      return graph.subtract(b, a);
    case Operation::equal:
      return graph.negate(graph.apply(Operation::absolute, std::array{graph.subtract(a, b)}));
    case Operation::not_equal:
      return graph.apply(Operation::absolute, std::array{graph.subtract(a, b)});
    case Operation::logical_and:
      return graph.apply(Operation::minimum, std::array{event_root(graph, a), event_root(graph, b)});
    case Operation::logical_or:
      return graph.apply(Operation::maximum, std::array{event_root(graph, a), event_root(graph, b)});
    case Operation::logical_not:
      return graph.negate(event_root(graph, a));
    case Operation::logical_xor:
      // Positive where exactly one of the two is.
      return graph.negate(graph.multiply(event_root(graph, a), event_root(graph, b)));
    case Operation::select:
      return graph.select(a, event_root(graph, b), event_root(graph, node.operands[2]));
    default:
      return jump();
  }
}

}  // namespace raad::ir
