// The expression graph: every distinct subexpression exists once (hash-consing), in dependency order by
// construction.
#pragma once

#include <cstdint>
#include <optional>
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

/// Builds and owns nodes. `apply` simplifies with identities that change no bit of a valid run (all values
/// finite, the sign of zero ignored): constants fold, x+0, x*1, x/1, x^1, x^0 = 1, 0*x = 0, x-x = 0, signs
/// move outwards
/// ((-x)*y = -(x*y), a-(-b) = a+b), x*x = x^2, x/2^k = x*2^-k, select on a constant. Sums are never
/// reordered: a+b+c stays (a+b)+c, as the author wrote it.
class Graph {
 public:
  NodeId constant(double value);
  NodeId time();
  NodeId state(int index);
  NodeId parameter(int index);
  /// Sums, products, minima, maxima, `and`, `or` may have any number of operands from one on; they associate
  /// to the left. Other operations need exactly their arity.
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
  NodeId make(Operation operation, std::span<const NodeId> operands);
  bool is_constant(NodeId id) const { return (*this)[id].kind == Node::Kind::constant; }
  bool is_apply(NodeId id, Operation operation) const;
  bool is_truth(NodeId id) const;
  std::optional<NodeId> fold_constants(Operation operation, std::span<const NodeId> operands);

  // One operation's identities each; all end in `make` when none applies (simplify.cpp).
  NodeId simplified_unary(Operation operation, NodeId a);
  NodeId simplified_binary(Operation operation, NodeId a, NodeId b);
  NodeId simplified_logic(Operation operation, NodeId a, NodeId b);
  NodeId simplified_add(NodeId a, NodeId b);
  NodeId simplified_subtract(NodeId a, NodeId b);
  NodeId simplified_multiply(NodeId a, NodeId b);
  std::optional<NodeId> merged_product(NodeId a, NodeId b);
  NodeId simplified_divide(NodeId a, NodeId b);
  NodeId simplified_power(NodeId base, NodeId exponent);
  NodeId simplified_select(NodeId condition, NodeId when_true, NodeId otherwise);

  std::vector<Node> nodes_;
  std::vector<Dependence> dependences_;
  std::unordered_map<std::uint64_t, std::vector<NodeId>> buckets_;
};

/// Powers with a constant whole exponent n, 2 <= |n| <= this, become products when a program is made
/// (codegen/lower.cpp), n + 1/2 products and a square root. Their rounding error is at most (|n| - 1)/2 ULP,
/// plus 1/2 for the reciprocal of a negative one, so 12 keeps it below 6 ULP, far below any tolerance of a
/// solver; a call of pow costs as much as twenty products, and Hill exponents reach 10.
inline constexpr int k_largest_product_power = 12;

/// The exponent if it is a whole number with 2 <= |n| <= k_largest_product_power.
std::optional<int> product_power(double exponent);

}  // namespace raad::ir
