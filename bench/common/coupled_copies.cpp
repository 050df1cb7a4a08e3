#include <fmt/format.h>

#include <stdexcept>

#include "common/cases.hpp"

namespace raad::bench {
namespace {

// Slow against everything but the slowest processes: couples the copies' Jacobians without changing what they
// do.
constexpr double k_diffusion_per_h = 0.01;
constexpr int k_coupled_states = 2;

/// Copies a graph's nodes behind those of another one, states and parameters moved up.
std::vector<ir::NodeId> append(const ir::Graph& from, int state_offset, int parameter_offset, ir::Graph& to) {
  std::vector<ir::NodeId> copies;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const ir::Node& node = from[static_cast<ir::NodeId>(i)];
    ir::NodeId operands[3] = {-1, -1, -1};
    for (int k = 0; k < node.operand_count; ++k)
      operands[k] = copies[static_cast<std::size_t>(node.operands[k])];
    switch (node.kind) {
      case ir::Node::Kind::constant:
        copies.push_back(to.constant(node.value));
        break;
      case ir::Node::Kind::time:
        copies.push_back(to.time());
        break;
      case ir::Node::Kind::state:
        copies.push_back(to.state(node.index + state_offset));
        break;
      case ir::Node::Kind::parameter:
        copies.push_back(to.parameter(node.index + parameter_offset));
        break;
      case ir::Node::Kind::apply:
        copies.push_back(to.apply(node.operation, std::span(operands, node.operand_count)));
        break;
    }
  }
  return copies;
}

void append_system(const ir::System& one, int copy, ir::System& system,
                   const std::vector<ir::NodeId>& nodes) {
  for (auto state : one.states) {
    state.id += fmt::format("_{}", copy);
    system.states.push_back(std::move(state));
  }
  for (auto parameter : one.parameters) {
    parameter.id += fmt::format("_{}", copy);
    system.parameters.push_back(std::move(parameter));
  }
  for (const ir::NodeId rate : one.rates) system.rates.push_back(nodes[static_cast<std::size_t>(rate)]);
  for (const ir::NodeId initial : one.initial_states)
    system.initial_states.push_back(nodes[static_cast<std::size_t>(initial)]);
}

/// rate of x in copy c += k (x in copy c+1 - x in copy c)
void couple(ir::System& system, int copies) {
  const int size = static_cast<int>(system.states.size()) / copies;
  auto& graph = system.graph;
  for (int which = 0; which < k_coupled_states; ++which) {
    const int state = (which + 1) * size / (k_coupled_states + 1);
    for (int copy = 0; copy < copies; ++copy) {
      const int own = copy * size + state, neighbour = (copy + 1) % copies * size + state;
      const auto difference = graph.subtract(graph.state(neighbour), graph.state(own));
      auto& rate = system.rates[static_cast<std::size_t>(own)];
      rate = graph.add(rate, graph.multiply(graph.constant(k_diffusion_per_h), difference));
    }
  }
}

template <class Value>
std::vector<Value> repeated(const std::vector<Value>& values, int copies) {
  std::vector<Value> result;
  for (int copy = 0; copy < copies; ++copy) result.insert(result.end(), values.begin(), values.end());
  return result;
}

}  // namespace

Case coupled_copies(const Case& one, int copies) {
  if (!one.system.events.empty())
    throw std::logic_error("bench: copies of systems with events are not prepared");
  Case made;
  made.output_times = one.output_times;
  made.end_h = one.end_h;
  const int size = static_cast<int>(one.system.states.size());
  const int parameter_count = static_cast<int>(one.system.parameters.size());
  std::vector<ir::NodeId> states;
  std::vector<double> state_scales;
  for (int copy = 0; copy < copies; ++copy) {
    const auto nodes = append(one.system.graph, copy * size, copy * parameter_count, made.system.graph);
    append_system(one.system, copy, made.system, nodes);
    for (std::size_t i = 0; i < one.outputs.size(); ++i) {
      const bool observable = i < one.observable_count;
      (observable ? made.outputs : states).push_back(nodes[static_cast<std::size_t>(one.outputs[i])]);
      (observable ? made.scales : state_scales).push_back(one.scales[i]);
    }
  }
  made.observable_count = made.outputs.size();
  made.outputs.insert(made.outputs.end(), states.begin(), states.end());
  made.scales.insert(made.scales.end(), state_scales.begin(), state_scales.end());
  couple(made.system, copies);
  ir::add_jacobian(made.system);
  made.system.name = made.name = fmt::format("{} coupled copies of {}", copies, one.name);
  made.typical_parameters = repeated(one.typical_parameters, copies);
  made.varying_parameters = repeated(one.varying_parameters, copies);
  made.acted_states = repeated(one.acted_states, copies);
  for (std::size_t first = 0; first + static_cast<std::size_t>(copies) <= one.subjects.size();
       first += static_cast<std::size_t>(copies)) {
    solve::Subject subject;
    subject.id = static_cast<std::int64_t>(made.subjects.size());
    for (int copy = 0; copy < copies; ++copy) {
      const auto& part = one.subjects[first + static_cast<std::size_t>(copy)];
      subject.parameters.insert(subject.parameters.end(), part.parameters.begin(), part.parameters.end());
      for (auto action : part.actions) {
        action.index += copy * size;
        subject.actions.push_back(action);
      }
    }
    made.subjects.push_back(std::move(subject));
  }
  return made;
}

}  // namespace raad::bench
