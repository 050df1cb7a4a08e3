#include "solve/tangent_code.hpp"

#include <algorithm>

#include "base/diagnostics.hpp"
#include "codegen/program.hpp"

namespace raad::solve {
namespace {

using ir::Node;
using ir::NodeId;

/// The chosen parameters, those that formulas give from them, and those that events set.
std::vector<int> closure(const ir::System& system, const std::vector<int>& chosen) {
  std::vector<char> active(system.parameters.size(), 0);
  for (const int index : chosen) active[static_cast<std::size_t>(index)] = 1;
  for (const auto& event : system.events)
    for (const auto& assignment : event.assignments)
      if (assignment.target == ir::EventAssignment::Target::parameter)
        active[static_cast<std::size_t>(assignment.index)] = 1;
  // Formulas read earlier parameters only.
  for (std::size_t i = 0; i < system.parameters.size(); ++i) {
    if (!system.parameters[i].initial) continue;
    for (const int read : FormulaEvaluator(system.graph, {*system.parameters[i].initial}).parameters())
      if (active[static_cast<std::size_t>(read)] != 0) active[i] = 1;
  }
  std::vector<int> list;
  for (std::size_t i = 0; i < active.size(); ++i)
    if (active[i] != 0) list.push_back(static_cast<int>(i));
  return list;
}

/// Relations among time and parameters, as TimeSwitches takes them.
std::vector<NodeId> switch_differences(const ir::System& system, ir::Graph& graph) {
  std::vector<NodeId> differences;
  for (NodeId id = 0; id < static_cast<NodeId>(system.graph.size()); ++id) {
    const Node node = system.graph[id];
    const auto dependence = system.graph.dependence(id);
    const bool relation = node.kind == Node::Kind::apply && node.operation >= ir::Operation::less &&
                          node.operation <= ir::Operation::not_equal;
    if (relation && dependence.on_time && dependence.on_parameters && !dependence.on_states)
      differences.push_back(graph.subtract(node.operands[0], node.operands[1]));
  }
  return differences;
}

/// Parameters that states depend on, conditions of `piecewise` included, which no derivative shows.
std::vector<char> read_by_runs(const ir::System& system) {
  std::vector<char> marks(system.parameters.size(), 0);
  std::vector<NodeId> nodes = system.rates;
  nodes.insert(nodes.end(), system.initial_states.begin(), system.initial_states.end());
  for (const auto& event : system.events) {
    nodes.push_back(event.root);
    if (event.delay >= 0) nodes.push_back(event.delay);
    for (const auto& assignment : event.assignments) nodes.push_back(assignment.value);
  }
  const auto mark_read = [&](const std::vector<NodeId>& formulas) {
    for (const int index : FormulaEvaluator(system.graph, formulas).parameters())
      marks[static_cast<std::size_t>(index)] = 1;
  };
  mark_read(nodes);
  // Formulas read earlier parameters only.
  for (std::size_t i = system.parameters.size(); i-- > 0;)
    if (marks[i] != 0 && system.parameters[i].initial) mark_read({*system.parameters[i].initial});
  return marks;
}

bool events_set_parameters(const ir::System& system) {
  return std::ranges::any_of(system.events, [](const auto& event) {
    return std::ranges::any_of(event.assignments, [](const auto& assignment) {
      return assignment.target == ir::EventAssignment::Target::parameter;
    });
  });
}

}  // namespace

TangentCode::TangentCode(const ir::System& system, std::vector<NodeId> outputs,
                         const std::vector<int>& parameters)
    : implementation_(std::make_unique<Implementation>()) {
  if (!system.delays.empty())
    throw base::InputError("R101", {}, "derivatives of runs with delay(...) are not computed",
                           "a chain of first-order steps comes near it");
  Implementation& made = *implementation_;
  made.system = &system;
  made.active = closure(system, parameters);
  made.read_by_runs = read_by_runs(system);
  made.output_count = static_cast<int>(outputs.size());
  // Derivatives go into a copy: relations among them are no switches of the run's.
  ir::System extended = system;
  ir::Graph& graph = extended.graph;
  const int n = static_cast<int>(system.states.size());
  made.parameter_jacobian = ir::parameter_jacobian(extended, made.active);
  std::vector<NodeId> formulas;
  for (const auto& parameter : system.parameters)
    formulas.push_back(parameter.initial.value_or(graph.constant(0.0)));
  made.parameter_formulas = Partials(graph, formulas, 0, made.active);
  made.initial_states = Partials(graph, system.initial_states, 0, made.active);
  for (const auto& event : system.events) {
    EventPartials one;
    one.root = Partials(graph, {event.root}, n, made.active);
    if (event.delay >= 0) one.delay = Partials(graph, {event.delay}, n, made.active);
    std::vector<NodeId> values;
    for (const auto& assignment : event.assignments) values.push_back(assignment.value);
    one.assignments = Partials(graph, values, n, made.active);
    made.events.push_back(std::move(one));
  }
  made.switch_nodes = switch_differences(system, graph);
  if (!made.switch_nodes.empty()) made.switch_values.emplace(graph, made.switch_nodes);
  made.switches = Partials(graph, made.switch_nodes, 0, made.active);
  made.outputs = partials_of(graph, outputs, n, made.active);
  outputs.insert(outputs.end(), made.outputs.nodes.begin(), made.outputs.nodes.end());
  made.kernel = codegen::make_interpreter(codegen::lower(extended, outputs, &made.parameter_jacobian));
}

TangentCode::~TangentCode() = default;

const codegen::Kernel& TangentCode::kernel() const {
  return *implementation_->kernel;
}

bool TangentCode::moves_states(int parameter) const {
  return events_set_parameters(*implementation_->system) ||
         implementation_->read_by_runs[static_cast<std::size_t>(parameter)] != 0;
}

}  // namespace raad::solve
