#include "ir/specialise.hpp"

#include <optional>
#include <stdexcept>
#include <utility>

namespace raad::ir {
namespace {

std::size_t at(int index) {
  return static_cast<std::size_t>(index);
}

/// Copies nodes of the whole system's graph into a new one, with leaves replaced.
class Substitution {
 public:
  Substitution(const Graph& from, Graph& to) : from_(from), to_(to) {}

  std::vector<NodeId> states;      ///< Replacement of each state; -1: none yet
  std::vector<NodeId> parameters;  ///< Replacement of each parameter

  NodeId operator()(NodeId id) {
    if (copies_.empty()) copies_.assign(from_.size(), -1);
    // Operands have smaller ids than what uses them, so a walk with its own stack meets no cycle and needs no
    // recursion, however long a chain of rules is.
    std::vector<NodeId> open = {id};
    while (!open.empty()) {
      const NodeId next = open.back();
      if (copies_[at(next)] >= 0) {
        open.pop_back();
        continue;
      }
      bool ready = true;
      const Node& node = from_[next];
      for (int i = 0; i < node.operand_count; ++i) {
        if (copies_[at(node.operands[i])] >= 0) continue;
        open.push_back(node.operands[i]);
        ready = false;
      }
      if (!ready) continue;
      copies_[at(next)] = copy(node);
      open.pop_back();
    }
    return copies_[at(id)];
  }

 private:
  NodeId copy(const Node& node) {
    switch (node.kind) {
      case Node::Kind::constant:
        return to_.constant(node.value);
      case Node::Kind::time:
        return to_.time();
      case Node::Kind::state:
        return states[at(node.index)];
      case Node::Kind::parameter:
        return parameters[at(node.index)];
      case Node::Kind::apply:
        break;
    }
    NodeId operands[3] = {-1, -1, -1};
    for (int i = 0; i < node.operand_count; ++i) operands[i] = copies_[at(node.operands[i])];
    if (node.operation == Operation::divide)
      return to_.multiply(operands[0], to_.divide(to_.constant(1.0), operands[1]));
    return to_.apply(node.operation, std::span(operands, node.operand_count));
  }

  const Graph& from_;
  Graph& to_;
  std::vector<NodeId> copies_;
};

class Specialiser {
 public:
  Specialiser(const System& whole, const std::vector<NodeId>& outputs, const FixedInputs& fixed)
      : whole_(whole), outputs_(outputs), varying_(fixed.varying), acted_(fixed.acted_states), fixed_(fixed) {
    if (fixed.parameters.size() != whole.parameters.size() || varying_.size() != whole.parameters.size() ||
        acted_.size() != whole.states.size())
      throw std::logic_error("ir: fixed inputs of another system");
    for (const Event& event : whole.events)
      for (const EventAssignment& assignment : event.assignments)
        (assignment.target == EventAssignment::Target::parameter ? varying_ : acted_)[at(assignment.index)] =
            1;
  }

  Specialised make();

 private:
  Substitution substitution(Graph& graph, const std::vector<int>& state_places) const;
  void find_resting();
  bool drop_moving();
  std::vector<int> kept_states();
  void copy_events(Substitution& copy, const std::vector<int>& places, System& system) const;
  int parameter_place(int index) const;

  const System& whole_;
  const std::vector<NodeId>& outputs_;
  std::vector<char> varying_, acted_;
  const FixedInputs& fixed_;
  std::vector<std::optional<double>> resting_;  ///< By state: the value at which it stays
  int output_state_count_ = 0;
};

/// Leaves: fixed parameters and resting states become constants, the others leaves of the new numbering. A
/// negative place means that the state keeps its number (while resting states are being looked for).
Substitution Specialiser::substitution(Graph& graph, const std::vector<int>& state_places) const {
  Substitution copy(whole_.graph, graph);
  for (std::size_t i = 0; i < whole_.states.size(); ++i) {
    const auto& rest = resting_[i];
    copy.states.push_back(rest ? graph.constant(*rest)
                               : graph.state(state_places.empty() ? static_cast<int>(i) : state_places[i]));
  }
  int next = 0;
  for (std::size_t i = 0; i < whole_.parameters.size(); ++i)
    copy.parameters.push_back(varying_[i] ? graph.parameter(next++) : graph.constant(fixed_.parameters[i]));
  return copy;
}

/// Starts from all states that could rest and drops those whose rate is not 0 until none is left to drop: the
/// greatest set of states that keep each other at rest.
void Specialiser::find_resting() {
  resting_.assign(whole_.states.size(), std::nullopt);
  Graph graph;
  Substitution copy = substitution(graph, {});
  std::vector<std::optional<double>> candidates(whole_.states.size());
  for (std::size_t i = 0; i < whole_.states.size(); ++i) {
    if (acted_[i]) continue;
    const Node& initial = graph[copy(whole_.initial_states[i])];
    if (initial.kind == Node::Kind::constant) candidates[i] = initial.value;
  }
  resting_ = std::move(candidates);
  while (drop_moving()) {
  }
}

bool Specialiser::drop_moving() {
  Graph graph;
  Substitution copy = substitution(graph, {});
  bool dropped = false;
  for (std::size_t i = 0; i < whole_.states.size(); ++i) {
    if (!resting_[i] || graph.is_constant(copy(whole_.rates[i]), 0.0)) continue;
    resting_[i].reset();
    dropped = true;
  }
  return dropped;
}

/// The states that are left, those that outputs read first.
std::vector<int> Specialiser::kept_states() {
  Graph graph;
  Substitution copy = substitution(graph, {});
  std::vector<NodeId> open;
  for (const NodeId output : outputs_) open.push_back(copy(output));
  std::vector<char> seen(graph.size(), 0), read(whole_.states.size(), 0);
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (std::exchange(seen[at(id)], char{1})) continue;
    if (graph[id].kind == Node::Kind::state) read[at(graph[id].index)] = 1;
    for (int i = 0; i < graph[id].operand_count; ++i) open.push_back(graph[id].operands[i]);
  }
  std::vector<int> kept;
  for (const char wanted : {char{1}, char{0}}) {
    for (std::size_t i = 0; i < whole_.states.size(); ++i)
      if (!resting_[i] && read[i] == wanted) kept.push_back(static_cast<int>(i));
    if (wanted == 1) output_state_count_ = static_cast<int>(kept.size());
  }
  return kept;
}

int Specialiser::parameter_place(int index) const {
  int place = 0;
  for (int i = 0; i < index; ++i) place += varying_[at(i)] ? 1 : 0;
  return place;
}

void Specialiser::copy_events(Substitution& copy, const std::vector<int>& places, System& system) const {
  const auto optional = [&](NodeId id) { return id < 0 ? id : copy(id); };
  for (const Event& event : whole_.events) {
    Event made = event;
    made.trigger = copy(event.trigger);
    made.root = copy(event.root);
    made.delay = optional(event.delay);
    made.priority = optional(event.priority);
    for (EventAssignment& assignment : made.assignments) {
      assignment.value = copy(assignment.value);
      assignment.index = assignment.target == EventAssignment::Target::parameter
                             ? parameter_place(assignment.index)
                             : places[at(assignment.index)];
    }
    system.events.push_back(std::move(made));
  }
}

Specialised Specialiser::make() {
  find_resting();
  Specialised result;
  result.states = kept_states();
  result.output_state_count = output_state_count_;
  std::vector<int> places(whole_.states.size(), -1);
  for (std::size_t k = 0; k < result.states.size(); ++k) places[at(result.states[k])] = static_cast<int>(k);

  System& system = result.system;
  system.name = whole_.name;
  Substitution copy = substitution(system.graph, places);
  for (std::size_t i = 0; i < whole_.parameters.size(); ++i) {
    if (!varying_[i]) continue;
    result.parameters.push_back(static_cast<int>(i));
    ParameterInfo parameter = whole_.parameters[i];
    parameter.initial.reset();  // Runs bring values that are worked out already.
    system.parameters.push_back(std::move(parameter));
  }
  for (const int i : result.states) {
    system.states.push_back(whole_.states[at(i)]);
    system.initial_states.push_back(copy(whole_.initial_states[at(i)]));
    NodeId rate = copy(whole_.rates[at(i)]);
    result.input_of_state.push_back(-1);
    if (acted_[at(i)]) {
      const int input = static_cast<int>(system.parameters.size());
      result.input_of_state.back() = input;
      system.parameters.push_back(
          {"input to " + whole_.states[at(i)].id, whole_.states[at(i)].unit + "/h", 0.0, {}, -1});
      rate = system.graph.add(rate, system.graph.parameter(input));
    }
    system.rates.push_back(rate);
  }
  for (const NodeId output : outputs_) result.outputs.push_back(copy(output));
  copy_events(copy, places, system);
  add_jacobian(system);
  return result;
}

}  // namespace

Specialised specialise(const System& whole, const std::vector<NodeId>& outputs, const FixedInputs& fixed) {
  return Specialiser(whole, outputs, fixed).make();
}

}  // namespace raad::ir
