// Random systems that exercise every routine.
#pragma once

#include <string>
#include <vector>

#include "ir/event_root.hpp"
#include "ir/random_graph.hpp"
#include "ir/system.hpp"

namespace raad::test {

struct RandomSystem {
  ir::System system;
  std::vector<ir::NodeId> outputs;
  Point<double> point;  ///< Where all expressions are inside their domains
};

inline RandomSystem random_system(unsigned seed, int node_count) {
  RandomGraph random(seed, RandomGraph::Kinks::allowed);
  random.grow(node_count);
  RandomSystem made;
  made.point = random.point();
  auto& system = made.system;
  system.name = "random";
  system.graph = random.graph();
  for (int i = 0; i < 3; ++i) {
    system.states.push_back({std::string(1, static_cast<char>('x' + i)), "", 1.0, -1});
    system.parameters.push_back({std::string(1, static_cast<char>('k' + i)),
                                 "",
                                 made.point.parameters[static_cast<std::size_t>(i)],
                                 {},
                                 -1});
    system.rates.push_back(random.numbers()[random.numbers().size() - 1 - static_cast<std::size_t>(i)]);
  }
  for (const ir::NodeId node : random.numbers()) {
    const auto dependence = system.graph.dependence(node);
    if (!dependence.on_states && !dependence.on_time && system.initial_states.size() < 3)
      system.initial_states.push_back(node);
  }
  for (const ir::NodeId trigger : random.truths()) {
    ir::Event event;
    event.trigger = trigger;
    event.root = ir::event_root(system.graph, trigger);
    if (system.events.empty()) event.delay = system.rates[0];
    if (system.events.size() == 1) event.priority = system.rates[1];
    event.assignments.push_back({ir::EventAssignment::Target::state, 0, system.rates[2]});
    system.events.push_back(std::move(event));
  }
  made.outputs = random.numbers();
  made.outputs.insert(made.outputs.end(), random.truths().begin(), random.truths().end());
  ir::add_jacobian(system);
  return made;
}

}  // namespace raad::test
