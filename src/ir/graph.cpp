#include "ir/graph.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace raad::ir {
namespace {

std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
  // The finaliser of splitmix64 (Steele et al. 2014, doi:10.1145/2660193.2660195): cheap and spreads all
  // bits.
  hash += value + 0x9e3779b97f4a7c15ULL;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
  return hash ^ (hash >> 31);
}

std::uint64_t hash_of(const Node& node) {
  std::uint64_t hash =
      mixed(static_cast<std::uint64_t>(node.kind), static_cast<std::uint64_t>(node.operation));
  hash = mixed(hash, static_cast<std::uint64_t>(node.index));
  hash = mixed(hash, std::bit_cast<std::uint64_t>(node.value));
  for (const NodeId operand : node.operands) hash = mixed(hash, static_cast<std::uint64_t>(operand));
  return hash;
}

bool same(const Node& a, const Node& b) {
  return a.kind == b.kind && a.operation == b.operation && a.index == b.index &&
         std::bit_cast<std::uint64_t>(a.value) == std::bit_cast<std::uint64_t>(b.value) &&
         a.operands[0] == b.operands[0] && a.operands[1] == b.operands[1] && a.operands[2] == b.operands[2];
}

bool commutes(Operation operation) {
  switch (operation) {
    case Operation::add:
    case Operation::multiply:
    case Operation::equal:
    case Operation::not_equal:
    case Operation::logical_and:
    case Operation::logical_or:
    case Operation::logical_xor:
      return true;
    default:
      return false;
  }
}

}  // namespace

NodeId Graph::intern(const Node& node) {
  auto& bucket = buckets_[hash_of(node)];
  for (const NodeId candidate : bucket)
    if (same((*this)[candidate], node)) return candidate;
  Dependence dependence;
  dependence.on_time = node.kind == Node::Kind::time;
  dependence.on_states = node.kind == Node::Kind::state;
  dependence.on_parameters = node.kind == Node::Kind::parameter;
  for (int i = 0; i < node.operand_count; ++i) {
    const Dependence below = dependences_[static_cast<std::size_t>(node.operands[i])];
    dependence.on_time |= below.on_time;
    dependence.on_states |= below.on_states;
    dependence.on_parameters |= below.on_parameters;
  }
  const auto id = static_cast<NodeId>(nodes_.size());
  nodes_.push_back(node);
  dependences_.push_back(dependence);
  bucket.push_back(id);
  return id;
}

NodeId Graph::constant(double value) {
  Node node;
  // One zero and one NaN: the sign of zero carries no meaning in a model, and NaN payloads would defeat
  // sharing.
  node.value = value;
  if (value == 0.0) node.value = 0.0;
  if (std::isnan(value)) node.value = std::numeric_limits<double>::quiet_NaN();
  return intern(node);
}

NodeId Graph::time() {
  Node node;
  node.kind = Node::Kind::time;
  return intern(node);
}

NodeId Graph::state(int index) {
  Node node;
  node.kind = Node::Kind::state;
  node.index = index;
  return intern(node);
}

NodeId Graph::parameter(int index) {
  Node node;
  node.kind = Node::Kind::parameter;
  node.index = index;
  return intern(node);
}

NodeId Graph::make(Operation operation, std::span<const NodeId> operands) {
  Node node;
  node.kind = Node::Kind::apply;
  node.operation = operation;
  node.operand_count = static_cast<std::uint8_t>(operands.size());
  for (std::size_t i = 0; i < operands.size(); ++i) node.operands[i] = operands[i];
  // a+b and b+a round alike, so they are one node.
  if (commutes(operation) && node.operands[0] > node.operands[1])
    std::swap(node.operands[0], node.operands[1]);
  return intern(node);
}

bool Graph::is_constant(NodeId id, double value) const {
  const Node& node = (*this)[id];
  return node.kind == Node::Kind::constant && node.value == value;
}

bool Graph::is_apply(NodeId id, Operation operation) const {
  const Node& node = (*this)[id];
  return node.kind == Node::Kind::apply && node.operation == operation;
}

std::optional<NodeId> Graph::fold_constants(Operation operation, std::span<const NodeId> operands) {
  std::array<double, 3> values{};
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (!is_constant(operands[i])) return std::nullopt;
    values[i] = (*this)[operands[i]].value;
  }
  return constant(model::evaluate(operation, std::span(values).first(operands.size())));
}

NodeId Graph::apply(Operation operation, std::span<const NodeId> operands) {
  if (model::takes_any_number(operation) && operands.size() != 2 && !operands.empty()) {
    NodeId folded = operands.front();
    for (const NodeId operand : operands.subspan(1)) {
      const std::array<NodeId, 2> pair = {folded, operand};
      folded = apply(operation, pair);
    }
    return folded;
  }
  if (operands.size() != static_cast<std::size_t>(model::arity_of(operation)))
    throw std::logic_error("wrong number of operands for " + std::string(model::name_of(operation)));
  if (const auto folded = fold_constants(operation, operands)) return *folded;
  if (operands.size() == 1) return simplified_unary(operation, operands[0]);
  if (operands.size() == 2) return simplified_binary(operation, operands[0], operands[1]);
  return simplified_select(operands[0], operands[1], operands[2]);
}

NodeId Graph::add(NodeId a, NodeId b) {
  return apply(Operation::add, std::array{a, b});
}
NodeId Graph::subtract(NodeId a, NodeId b) {
  return apply(Operation::subtract, std::array{a, b});
}
NodeId Graph::multiply(NodeId a, NodeId b) {
  return apply(Operation::multiply, std::array{a, b});
}
NodeId Graph::divide(NodeId a, NodeId b) {
  return apply(Operation::divide, std::array{a, b});
}
NodeId Graph::negate(NodeId a) {
  return apply(Operation::negate, std::array{a});
}
NodeId Graph::power(NodeId a, NodeId b) {
  return apply(Operation::power, std::array{a, b});
}
NodeId Graph::select(NodeId condition, NodeId when_true, NodeId otherwise) {
  return apply(Operation::select, std::array{condition, when_true, otherwise});
}

}  // namespace raad::ir
