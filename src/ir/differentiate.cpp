// Forward differentiation through bottlenecks.
//
// Call a node that depends on several variables along different ways a junction. A node that is no junction
// depends on the variables through one junction (or variable) j alone, its bottleneck, so for every variable
// x
//     d node/dx = (d node/dj) (dj/dx),
// and the first factor is the same for all x. It is worked out once; only junctions are differentiated by
// each variable. For a system of 86 states this gives half the operations of plain forward mode, more where
// long chains hang on one sum. The chain rule is due to Leibniz; eliminating chains first is
// "preaccumulation" in A. Griewank and A. Walther, Evaluating Derivatives, 2nd ed., SIAM 2008, chapter 10,
// doi:10.1137/1.9780898717761.
#include "ir/differentiate.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "ir/local_slope.hpp"

namespace raad::ir {
namespace {

constexpr NodeId k_none = -1;

/// d node/dx = factor * d bottleneck/dx. No bottleneck: the node does not depend on any variable.
struct Link {
  NodeId bottleneck = k_none;
  NodeId factor = k_none;
};

class Differentiator {
 public:
  explicit Differentiator(Graph& graph) : graph_(graph) {}
  std::vector<std::vector<NodeId>> run(std::span<const NodeId> nodes, std::span<const Variable> variables);

 private:
  void mark_needed(std::span<const NodeId> nodes);
  void link_nodes(std::span<const Variable> variables);
  Link link_of(NodeId id, const Node& node);
  bool is_choice(Operation operation) const {
    return operation == Operation::select || operation == Operation::minimum ||
           operation == Operation::maximum;
  }
  /// The operands whose derivatives count: not the condition of a select.
  int first_operand(const Node& node) const { return node.operation == Operation::select ? 1 : 0; }
  std::vector<Link> edges_of(NodeId id, const Node& node);
  NodeId chosen(const Node& node, NodeId first_derivative, NodeId second_derivative);

  void differentiate_junctions(NodeId variable_leaf);
  NodeId along(const Link& link);
  NodeId of_junction(NodeId id);

  const Link& link(NodeId id) const { return links_[static_cast<std::size_t>(id)]; }

  Graph& graph_;
  std::vector<bool> needed_;
  std::vector<Link> links_;
  std::vector<NodeId> junctions_;                  ///< In dependency order
  std::map<NodeId, std::vector<Link>> edges_;      ///< Of junctions that are sums over their operands
  std::map<NodeId, NodeId> junction_derivatives_;  ///< By the current variable; absent where zero
};

std::vector<std::vector<NodeId>> Differentiator::run(std::span<const NodeId> nodes,
                                                     std::span<const Variable> variables) {
  mark_needed(nodes);
  link_nodes(variables);
  const NodeId zero = graph_.constant(0.0);
  std::vector<std::vector<NodeId>> results;
  for (const Variable& variable : variables) {
    const NodeId leaf = variable.kind == Node::Kind::time    ? graph_.time()
                        : variable.kind == Node::Kind::state ? graph_.state(variable.index)
                                                             : graph_.parameter(variable.index);
    differentiate_junctions(leaf);
    auto& column = results.emplace_back();
    column.reserve(nodes.size());
    for (const NodeId id : nodes) {
      const NodeId derivative = along(link(id));
      column.push_back(derivative == k_none ? zero : derivative);
    }
  }
  return results;
}

void Differentiator::mark_needed(std::span<const NodeId> nodes) {
  NodeId end = 0;
  for (const NodeId id : nodes) end = std::max(end, id + 1);
  needed_.assign(static_cast<std::size_t>(end), false);
  for (const NodeId id : nodes) needed_[static_cast<std::size_t>(id)] = true;
  for (NodeId id = end - 1; id >= 0; --id) {
    if (!needed_[static_cast<std::size_t>(id)]) continue;
    const Node& node = graph_[id];
    for (int i = 0; i < node.operand_count; ++i) needed_[static_cast<std::size_t>(node.operands[i])] = true;
  }
}

// Node ids ascend from operands to users, so one pass in id order links every node after its operands.
void Differentiator::link_nodes(std::span<const Variable> variables) {
  links_.assign(needed_.size(), {});
  const auto is_variable = [&](const Node& node) {
    return std::any_of(variables.begin(), variables.end(), [&](const Variable& variable) {
      return node.kind == variable.kind && (node.kind == Node::Kind::time || node.index == variable.index);
    });
  };
  for (NodeId id = 0; id < static_cast<NodeId>(needed_.size()); ++id) {
    const auto at = static_cast<std::size_t>(id);
    if (!needed_[at]) continue;
    const Node node = graph_[id];  // A copy: the graph grows below.
    if (node.kind == Node::Kind::apply)
      links_[at] = link_of(id, node);
    else if (node.kind != Node::Kind::constant && is_variable(node))
      links_[at] = {id, graph_.constant(1.0)};
  }
}

Link Differentiator::link_of(NodeId id, const Node& node) {
  std::vector<NodeId> bottlenecks;
  for (int i = first_operand(node); i < node.operand_count; ++i) {
    const NodeId bottleneck = link(node.operands[i]).bottleneck;
    if (bottleneck != k_none &&
        std::find(bottlenecks.begin(), bottlenecks.end(), bottleneck) == bottlenecks.end())
      bottlenecks.push_back(bottleneck);
  }
  if (bottlenecks.empty() || model::is_truth_valued(node.operation)) return {};
  if (bottlenecks.size() == 1 && is_choice(node.operation)) {
    const int first = first_operand(node);
    const auto factor = [&](int i) {
      const NodeId found = link(node.operands[i]).factor;
      return found == k_none ? graph_.constant(0.0) : found;
    };
    return {bottlenecks.front(), chosen(node, factor(first), factor(first + 1))};
  }
  std::vector<Link> edges;
  if (!is_choice(node.operation)) {
    edges = edges_of(id, node);
    if (edges.empty()) return {};
    if (edges.size() == 1) return edges.front();
  }
  junctions_.push_back(id);
  edges_.emplace(id, std::move(edges));
  return {id, graph_.constant(1.0)};
}

// d node / d bottleneck for each of the operands' bottlenecks; operands with the same one are added up.
std::vector<Link> Differentiator::edges_of(NodeId id, const Node& node) {
  std::vector<Link> edges;
  for (int i = 0; i < node.operand_count; ++i) {
    const Link inner = link(node.operands[i]);
    if (inner.bottleneck == k_none) continue;
    const NodeId factor = graph_.multiply(local_slope(graph_, id, i), inner.factor);
    const auto same = std::find_if(edges.begin(), edges.end(),
                                   [&](const Link& edge) { return edge.bottleneck == inner.bottleneck; });
    if (same == edges.end())
      edges.push_back({inner.bottleneck, factor});
    else
      same->factor = graph_.add(same->factor, factor);
  }
  std::erase_if(edges, [&](const Link& edge) { return graph_.is_constant(edge.factor, 0.0); });
  return edges;
}

// A choice between derivatives rather than a sum with weights 0 and 1: the branch that is not taken may have
// an infinite derivative, and 0 * infinity is not 0.
NodeId Differentiator::chosen(const Node& node, NodeId first_derivative, NodeId second_derivative) {
  if (node.operation == Operation::select)
    return graph_.select(node.operands[0], first_derivative, second_derivative);
  const NodeId a = node.operands[0];
  const NodeId b = node.operands[1];
  const auto first_wins = node.operation == Operation::minimum ? Operation::less : Operation::greater;
  const NodeId mean = graph_.multiply(graph_.constant(0.5), graph_.add(first_derivative, second_derivative));
  return graph_.select(
      graph_.apply(Operation::equal, std::array{a, b}), mean,
      graph_.select(graph_.apply(first_wins, std::array{a, b}), first_derivative, second_derivative));
}

void Differentiator::differentiate_junctions(NodeId variable_leaf) {
  junction_derivatives_.clear();
  junction_derivatives_[variable_leaf] = graph_.constant(1.0);
  for (const NodeId id : junctions_) {
    const NodeId derivative = of_junction(id);
    if (derivative != k_none && !graph_.is_constant(derivative, 0.0)) junction_derivatives_[id] = derivative;
  }
}

NodeId Differentiator::along(const Link& link) {
  if (link.bottleneck == k_none) return k_none;
  const auto found = junction_derivatives_.find(link.bottleneck);
  return found == junction_derivatives_.end() ? k_none : graph_.multiply(link.factor, found->second);
}

NodeId Differentiator::of_junction(NodeId id) {
  const Node node = graph_[id];  // A copy: the graph grows below.
  if (is_choice(node.operation)) {
    const int first = first_operand(node);
    const NodeId a = along(link(node.operands[first]));
    const NodeId b = along(link(node.operands[first + 1]));
    if (a == k_none && b == k_none) return k_none;
    const NodeId zero = graph_.constant(0.0);
    return chosen(node, a == k_none ? zero : a, b == k_none ? zero : b);
  }
  NodeId sum = k_none;
  for (const Link& edge : edges_.at(id)) {
    const NodeId term = along(edge);
    if (term == k_none) continue;
    sum = sum == k_none ? term : graph_.add(sum, term);
  }
  return sum;
}

}  // namespace

std::vector<std::vector<NodeId>> differentiate(Graph& graph, std::span<const NodeId> nodes,
                                               std::span<const Variable> variables) {
  return Differentiator(graph).run(nodes, variables);
}

std::vector<NodeId> differentiate(Graph& graph, std::span<const NodeId> nodes, Variable variable) {
  return differentiate(graph, nodes, std::span(&variable, 1)).front();
}

}  // namespace raad::ir
