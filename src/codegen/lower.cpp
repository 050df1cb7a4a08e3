// From the expression graph to straight-line programs.
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

#include "codegen/lane_math.hpp"
#include "codegen/program_writer.hpp"

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

/// Twice the exponent of a power that becomes products, with one square root where this is odd.
std::optional<int> product_power_halves(double exponent) {
  if (const auto whole = ir::product_power(exponent)) return 2 * *whole;
  const double halves = 2.0 * exponent;
  if (std::floor(halves) != halves || std::floor(exponent) == exponent ||
      std::abs(exponent) > ir::k_largest_product_power)
    return std::nullopt;
  return static_cast<int>(halves);
}

/// Builds one program. Instructions come in the order of a depth-first walk from the results, so that a value
/// is made shortly before it is used.
class ProgramBuilder {
 public:
  /// `hoisted` may be null: then parameter-only subexpressions are computed in place.
  ProgramBuilder(const ir::Graph& graph, HoistedBlock* hoisted) : graph_(graph), hoisted_(hoisted) {}
  Program build(const std::vector<NodeId>& results);

 private:
  void visit(NodeId root);
  std::optional<Place> leaf(NodeId id);
  std::optional<int> exponent_in_halves(const Node& node) const;
  Place lowered(const Node& node);
  Place product_power(Place base, int halves);

  const ir::Graph& graph_;
  HoistedBlock* hoisted_;
  ProgramWriter writer_;
  std::unordered_map<NodeId, Place> places_;
  std::map<std::pair<Place, int>, Place> powers_;
};

Program ProgramBuilder::build(const std::vector<NodeId>& results) {
  for (const NodeId id : results) visit(id);
  for (const NodeId id : results) writer_.result(places_.at(id));
  return writer_.finish();
}

std::optional<Place> ProgramBuilder::leaf(NodeId id) {
  const Node& node = graph_[id];
  if (hoisted_ != nullptr && hoisted_->takes(id))
    return writer_.input(Program::Input::Kind::hoisted, hoisted_->index_of(id));
  switch (node.kind) {
    case Node::Kind::constant:
      return writer_.constant(node.value);
    case Node::Kind::time:
      return writer_.input(Program::Input::Kind::time, 0);
    case Node::Kind::state:
      return writer_.input(Program::Input::Kind::state, node.index);
    case Node::Kind::parameter:
      return writer_.input(Program::Input::Kind::parameter, node.index);
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
    const int operand_count = exponent_in_halves(node) ? 1 : node.operand_count;
    if (next_operand < operand_count) {
      frames.push_back({node.operands[next_operand++], 0});
      continue;
    }
    places_.emplace(id, lowered(node));
    frames.pop_back();
  }
}

std::optional<int> ProgramBuilder::exponent_in_halves(const Node& node) const {
  if (node.operation != Operation::power || graph_[node.operands[1]].kind != Node::Kind::constant)
    return std::nullopt;
  return product_power_halves(graph_[node.operands[1]].value);
}

Place ProgramBuilder::lowered(const Node& node) {
  if (const auto halves = exponent_in_halves(node))
    return product_power(places_.at(node.operands[0]), *halves);
  std::array<Place, 3> operands = {0, 0, 0};
  for (std::size_t i = 0; i < node.operand_count; ++i) operands[i] = places_.at(node.operands[i]);
  return writer_.apply(node.operation, operands[0], operands[1], operands[2]);
}

// x^n: even n is the square of x^(n/2), odd n is x^(n-1) * x, n + 1/2 is x^n * sqrt(x), negative n is 1 /
// x^-n. Both code generators see only these products, so both round alike; ir::Graph relies on the same
// scheme when it merges powers.
Place ProgramBuilder::product_power(Place base, int halves) {
  if (halves == 2) return base;
  const auto known = powers_.find({base, halves});
  if (known != powers_.end()) return known->second;
  Place made = 0;
  if (halves < 0) {
    const Place positive = product_power(base, -halves);
    made = writer_.apply(Operation::divide, writer_.constant(1.0), positive);
  } else if (halves == 1) {
    made = writer_.apply(Operation::square_root, base);
  } else if (halves % 2 != 0) {
    const Place whole = product_power(base, halves - 1);
    made = writer_.apply(Operation::multiply, whole, product_power(base, 1));
  } else if (halves % 4 == 0) {
    const Place half = product_power(base, halves / 2);
    made = writer_.apply(Operation::multiply, half, half);
  } else {
    const Place less_one = product_power(base, halves - 2);
    made = writer_.apply(Operation::multiply, less_one, base);
  }
  powers_.emplace(std::pair{base, halves}, made);
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

Programs lower_routines(const ir::System& system, const std::vector<NodeId>& outputs,
                        const ir::SparseNodes* parameter_columns, bool with_linearisation) {
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
  if (with_linearisation) {
    std::vector<NodeId> both = system.rates;
    both.insert(both.end(), system.jacobian.entries.begin(), system.jacobian.entries.end());
    fill(Routine::linearisation, both, &hoisted);
  }
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

}  // namespace

Programs lower(const ir::System& system, const std::vector<NodeId>& outputs,
               const ir::SparseNodes* parameter_columns) {
  return lower_routines(system, outputs, parameter_columns, false);
}

Programs lower_for_lanes(const ir::System& system, const std::vector<NodeId>& outputs) {
  Programs programs = lower_routines(system, outputs, nullptr, true);
  programs.arithmetic = Arithmetic::lanes;
  programs.fused = has_fused_multiply_add();
  fuse_products(programs);
  return programs;
}

}  // namespace raad::codegen
