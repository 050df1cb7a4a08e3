// From the expression graph to straight-line programs.
#include <array>
#include <bit>
#include <limits>
#include <map>
#include <unordered_map>

#include "codegen/program.hpp"

namespace raad::codegen {
namespace {

using ir::Node;
using ir::NodeId;
using ir::Operation;

/// Parameter-only subexpressions that some routine needs, in the order in which they were met.
class HoistedBlock {
 public:
  explicit HoistedBlock(const ir::Graph& graph) : graph_(graph) {}

  bool takes(NodeId id) const {
    const auto dependence = graph_.dependence(id);
    return graph_[id].kind == Node::Kind::apply && !dependence.on_time && !dependence.on_states;
  }
  std::int32_t index_of(NodeId id) {
    const auto [place, is_new] = index_.emplace(id, static_cast<std::int32_t>(nodes_.size()));
    if (is_new) nodes_.push_back(id);
    return place->second;
  }
  const std::vector<NodeId>& nodes() const { return nodes_; }

 private:
  const ir::Graph& graph_;
  std::vector<NodeId> nodes_;
  std::unordered_map<NodeId, std::int32_t> index_;
};

/// Builds one program. Instructions come in the order of a depth-first walk from the results, so that a value
/// is made shortly before it is used. While building, inputs are numbered ~0, ~1, ... and instructions 0, 1,
/// ..., because their final slots depend on the number of inputs.
class ProgramBuilder {
 public:
  /// `hoisted` may be null: then parameter-only subexpressions are computed in place.
  ProgramBuilder(const ir::Graph& graph, HoistedBlock* hoisted) : graph_(graph), hoisted_(hoisted) {}
  Program build(const std::vector<NodeId>& results);

 private:
  using Place = std::int32_t;

  Place input(const Program::Input& wanted);
  Place constant(double value) { return input({Program::Input::Kind::constant, 0, value}); }
  Place instruction(Operation operation, std::array<Place, 3> operands);
  void visit(NodeId root);
  std::optional<Place> leaf(NodeId id);
  std::optional<int> whole_exponent(const Node& node) const;
  Place lowered(const Node& node);
  Place product_power(Place base, int exponent);

  const ir::Graph& graph_;
  HoistedBlock* hoisted_;
  Program program_;
  std::unordered_map<NodeId, Place> places_;
  std::map<std::pair<int, std::pair<std::int32_t, std::uint64_t>>, Place> inputs_;
  std::map<std::pair<Place, int>, Place> powers_;
};

Program ProgramBuilder::build(const std::vector<NodeId>& results) {
  for (const NodeId id : results) visit(id);
  for (const NodeId id : results) program_.results.push_back(places_.at(id));
  const auto input_count = static_cast<std::int32_t>(program_.inputs.size());
  const auto to_slot = [&](std::int32_t& place) { place = place < 0 ? ~place : input_count + place; };
  for (auto& one : program_.instructions)
    for (int i = 0; i < model::arity_of(one.operation); ++i) to_slot(one.operands[i]);
  for (auto& result : program_.results) to_slot(result);
  return std::move(program_);
}

ProgramBuilder::Place ProgramBuilder::input(const Program::Input& wanted) {
  const std::pair key{static_cast<int>(wanted.kind),
                      std::pair{wanted.index, std::bit_cast<std::uint64_t>(wanted.value)}};
  const auto [place, is_new] = inputs_.emplace(key, ~static_cast<Place>(program_.inputs.size()));
  if (is_new) program_.inputs.push_back(wanted);
  return place->second;
}

ProgramBuilder::Place ProgramBuilder::instruction(Operation operation, std::array<Place, 3> operands) {
  program_.instructions.push_back({operation, {operands[0], operands[1], operands[2]}});
  return static_cast<Place>(program_.instructions.size()) - 1;
}

std::optional<ProgramBuilder::Place> ProgramBuilder::leaf(NodeId id) {
  const Node& node = graph_[id];
  if (hoisted_ != nullptr && hoisted_->takes(id))
    return input({Program::Input::Kind::hoisted, hoisted_->index_of(id), 0.0});
  switch (node.kind) {
    case Node::Kind::constant:
      return constant(node.value);
    case Node::Kind::time:
      return input({Program::Input::Kind::time, 0, 0.0});
    case Node::Kind::state:
      return input({Program::Input::Kind::state, node.index, 0.0});
    case Node::Kind::parameter:
      return input({Program::Input::Kind::parameter, node.index, 0.0});
    case Node::Kind::apply:
      break;
  }
  return std::nullopt;
}

// A depth-first walk with its own stack: chains of rules may be deeper than the call stack.
void ProgramBuilder::visit(NodeId root) {
  struct Frame {
    NodeId id;
    int next_operand;
  };
  std::vector<Frame> frames = {{root, 0}};
  while (!frames.empty()) {
    auto& [id, next_operand] = frames.back();
    if (places_.count(id) > 0) {
      frames.pop_back();
      continue;
    }
    if (const auto place = leaf(id)) {
      places_.emplace(id, *place);
      frames.pop_back();
      continue;
    }
    const Node& node = graph_[id];
    const int operand_count = whole_exponent(node) ? 1 : node.operand_count;
    if (next_operand < operand_count) {
      frames.push_back({node.operands[next_operand++], 0});
      continue;
    }
    places_.emplace(id, lowered(node));
    frames.pop_back();
  }
}

// The exponent of a power that becomes products.
std::optional<int> ProgramBuilder::whole_exponent(const Node& node) const {
  if (node.operation != Operation::power || graph_[node.operands[1]].kind != Node::Kind::constant)
    return std::nullopt;
  return ir::product_power(graph_[node.operands[1]].value);
}

ProgramBuilder::Place ProgramBuilder::lowered(const Node& node) {
  if (const auto n = whole_exponent(node)) return product_power(places_.at(node.operands[0]), *n);
  std::array<Place, 3> operands = {0, 0, 0};
  for (std::size_t i = 0; i < node.operand_count; ++i) operands[i] = places_.at(node.operands[i]);
  return instruction(node.operation, operands);
}

// x^n: even n is the square of x^(n/2), odd n is x^(n-1) * x, negative n is 1 / x^-n. Both code generators
// see only these products, so both round alike; ir::Graph relies on the same scheme when it merges powers.
ProgramBuilder::Place ProgramBuilder::product_power(Place base, int exponent) {
  if (exponent == 1) return base;
  const auto known = powers_.find({base, exponent});
  if (known != powers_.end()) return known->second;
  Place made = 0;
  if (exponent < 0) {
    const Place positive = product_power(base, -exponent);
    made = instruction(Operation::divide, {constant(1.0), positive, 0});
  } else if (exponent % 2 == 0) {
    const Place half = product_power(base, exponent / 2);
    made = instruction(Operation::multiply, {half, half, 0});
  } else {
    const Place less_one = product_power(base, exponent - 1);
    made = instruction(Operation::multiply, {less_one, base, 0});
  }
  powers_.emplace(std::pair{base, exponent}, made);
  return made;
}

/// Layout of Routine::event_values.
std::vector<NodeId> event_value_nodes(const ir::System& system, NodeId zero, NodeId lowest) {
  std::vector<NodeId> nodes;
  for (const auto& event : system.events) {
    nodes.push_back(event.delay >= 0 ? event.delay : zero);
    nodes.push_back(event.priority >= 0 ? event.priority : lowest);
    for (const auto& assignment : event.assignments) nodes.push_back(assignment.value);
  }
  return nodes;
}

}  // namespace

Programs lower(const ir::System& system, const std::vector<NodeId>& outputs,
               const ir::SparseNodes* parameter_columns) {
  // Events without delay or priority need two constants, which the system's graph may not hold.
  ir::Graph graph = system.graph;
  const NodeId zero = graph.constant(0.0);
  const NodeId lowest = graph.constant(-std::numeric_limits<double>::infinity());
  HoistedBlock hoisted(graph);

  Programs programs;
  const auto fill = [&](Routine routine, const std::vector<NodeId>& results, HoistedBlock* block) {
    programs.routines[static_cast<std::size_t>(routine)] = ProgramBuilder(graph, block).build(results);
  };
  fill(Routine::rates, system.rates, &hoisted);
  fill(Routine::jacobian, system.jacobian.entries, &hoisted);
  fill(Routine::time_derivative, system.time_derivative, &hoisted);
  fill(Routine::outputs, outputs, &hoisted);
  std::vector<NodeId> roots;
  roots.reserve(system.events.size());
  for (const auto& event : system.events) roots.push_back(event.root);
  fill(Routine::event_roots, roots, &hoisted);
  fill(Routine::event_values, event_value_nodes(system, zero, lowest), &hoisted);
  if (parameter_columns != nullptr) fill(Routine::parameter_jacobian, parameter_columns->entries, &hoisted);
  // Initial states are needed once: what they share with no other routine would burden every later hoist.
  fill(Routine::initial_states, system.initial_states, nullptr);
  fill(Routine::hoist, hoisted.nodes(), nullptr);

  programs.state_count = static_cast<int>(system.states.size());
  programs.parameter_count = static_cast<int>(system.parameters.size());
  programs.hoisted_count = static_cast<int>(hoisted.nodes().size());
  programs.output_count = static_cast<int>(outputs.size());
  programs.jacobian_nonzeros = system.jacobian.nonzeros();
  programs.event_count = static_cast<int>(system.events.size());
  return programs;
}

}  // namespace raad::codegen
