// Small systems written as C++ expressions, so that the solver's tests need no model text.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "codegen/kernel.hpp"
#include "ir/event_root.hpp"
#include "ir/system.hpp"
#include "solve/problem.hpp"

namespace raad::solve::testing {

/// A node of a graph, with operators.
struct Expression {
  ir::Graph* graph = nullptr;
  ir::NodeId id = -1;
};

inline Expression apply(ir::Operation operation, std::vector<Expression> operands) {
  std::vector<ir::NodeId> ids;
  for (const Expression& operand : operands) ids.push_back(operand.id);
  return {operands.front().graph, operands.front().graph->apply(operation, ids)};
}
inline Expression lift(const Expression& like, double value) {
  return {like.graph, like.graph->constant(value)};
}

#define RAAD_TEST_BINARY(symbol, name)                            \
  inline Expression operator symbol(Expression a, Expression b) { \
    return apply(ir::Operation::name, {a, b});                    \
  }                                                               \
  inline Expression operator symbol(Expression a, double b) {     \
    return a symbol lift(a, b);                                   \
  }                                                               \
  inline Expression operator symbol(double a, Expression b) {     \
    return lift(b, a) symbol b;                                   \
  }
RAAD_TEST_BINARY(+, add)
RAAD_TEST_BINARY(-, subtract)
RAAD_TEST_BINARY(*, multiply)
RAAD_TEST_BINARY(/, divide)
RAAD_TEST_BINARY(<, less)
RAAD_TEST_BINARY(>, greater)
RAAD_TEST_BINARY(>=, greater_equal)
#undef RAAD_TEST_BINARY
inline Expression operator-(Expression a) {
  return apply(ir::Operation::negate, {a});
}
inline Expression both(Expression a, Expression b) {
  return apply(ir::Operation::logical_and, {a, b});
}
inline Expression choose(Expression condition, Expression a, Expression b) {
  return apply(ir::Operation::select, {condition, a, b});
}
inline Expression function(ir::Operation operation, Expression a) {
  return apply(operation, {a});
}

/// A system with its kernel, at a fixed address.
struct BuiltSystem {
  ir::System system;
  std::unique_ptr<codegen::Kernel> kernel;

  Problem problem(double start_h, double end_h, std::vector<double> output_times = {}) const {
    Problem problem;
    problem.system = &system;
    problem.kernel = kernel.get();
    problem.parameters = initial_parameters(system);
    problem.start_h = start_h;
    problem.end_h = end_h;
    problem.output_times = std::move(output_times);
    return problem;
  }
};

class SystemBuilder {
 public:
  Expression time() { return {&graph(), graph().time()}; }
  Expression number(double value) { return {&graph(), graph().constant(value)}; }
  Expression state(const std::string& id, double initial, double scale = 1.0) {
    const int index = static_cast<int>(system().states.size());
    system().states.push_back({id, "1", scale, -1});
    system().initial_states.push_back(graph().constant(initial));
    system().rates.push_back(graph().constant(0.0));
    return {&graph(), graph().state(index)};
  }
  Expression parameter(const std::string& id, double value) {
    const int index = static_cast<int>(system().parameters.size());
    system().parameters.push_back({id, "1", value, {}, -1});
    return {&graph(), graph().parameter(index)};
  }
  void rate(Expression state, Expression value) {
    system().rates[static_cast<std::size_t>(graph()[state.id].index)] = value.id;
  }
  void starts_at(Expression state, Expression value) {
    system().initial_states[static_cast<std::size_t>(graph()[state.id].index)] = value.id;
  }
  /// Returns the event, for its options.
  ir::Event& event(const std::string& id, Expression trigger,
                   std::vector<std::pair<Expression, Expression>> assignments) {
    ir::Event event;
    event.id = id;
    event.trigger = trigger.id;
    event.root = ir::event_root(graph(), trigger.id);
    for (const auto& [target, value] : assignments) {
      const ir::Node& node = graph()[target.id];
      const auto kind = node.kind == ir::Node::Kind::state ? ir::EventAssignment::Target::state
                                                           : ir::EventAssignment::Target::parameter;
      event.assignments.push_back({kind, node.index, value.id});
    }
    system().events.push_back(event);
    return system().events.back();
  }
  void output(Expression value) { outputs_.push_back(value.id); }

  /// Ends building; the builder is empty afterwards.
  std::unique_ptr<BuiltSystem> finish() {
    ir::add_jacobian(system());
    built_->kernel = codegen::make_interpreter(codegen::lower(system(), outputs_));
    return std::move(built_);
  }

 private:
  ir::System& system() { return built_->system; }
  ir::Graph& graph() { return built_->system.graph; }
  std::unique_ptr<BuiltSystem> built_ = std::make_unique<BuiltSystem>();
  std::vector<ir::NodeId> outputs_;
};

/// Value of a state at an output time.
inline double state_at(const Solution& solution, std::size_t time, std::size_t state) {
  return solution.states.at(time * (solution.states.size() / solution.times.size()) + state);
}

}  // namespace raad::solve::testing
