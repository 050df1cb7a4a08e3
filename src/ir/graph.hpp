// The expression graph: every distinct subexpression exists once (hash-consing), in dependency order by construction.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "model/expression.hpp"

namespace raad::ir {

using model::Operation;

using NodeId = std::int32_t;

/// An operand always has a smaller id than the node that uses it.
struct Node {
  enum class Kind : std::uint8_t { constant, time, state, parameter, apply };
  Kind kind = Kind::constant;
  Operation operation = Operation::add;
  std::uint8_t operand_count = 0;
  std::int32_t index = -1;  ///< State or parameter number
  double value = 0.0;       ///< Constants
  NodeId operands[3] = {-1, -1, -1};
};

/// Builds and owns nodes. `apply` simplifies with identities that hold for all finite and NaN operands where they are used:
/// constants fold, x+0, x*1, x/1, x^1, x-0, --x, x^0 = 1, 0*x = 0 (x is finite in a valid run), select on a constant.
class Graph {
 public:
  NodeId constant(double value);
  NodeId time();
  NodeId state(int index);
  NodeId parameter(int index);
  NodeId apply(Operation operation, std::span<const NodeId> operands);

  // Shorthands used by differentiation.
  NodeId add(NodeId a, NodeId b);
  NodeId subtract(NodeId a, NodeId b);
  NodeId multiply(NodeId a, NodeId b);
  NodeId divide(NodeId a, NodeId b);
  NodeId negate(NodeId a);
  NodeId power(NodeId a, NodeId b);
  NodeId select(NodeId condition, NodeId when_true, NodeId otherwise);

  const Node& operator[](NodeId id) const { return nodes_[static_cast<std::size_t>(id)]; }
  std::size_t size() const { return nodes_.size(); }
  bool is_constant(NodeId id, double value) const;

  /// What a node depends on, directly or through operands.
  struct Dependence {
    bool on_time = false;
    bool on_states = false;
    bool on_parameters = false;
  };
  Dependence dependence(NodeId id) const { return dependences_[static_cast<std::size_t>(id)]; }

 private:
  NodeId intern(const Node& node);
  std::vector<Node> nodes_;
  std::vector<Dependence> dependences_;
  std::unordered_map<std::uint64_t, std::vector<NodeId>> buckets_;
};

}  // namespace raad::ir
