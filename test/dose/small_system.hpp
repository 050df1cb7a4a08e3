// A system with a few named states and parameters but no equations: enough to plan doses on.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ir/system.hpp"

namespace raad::dose::test {

inline ir::System small_system() {
  ir::System system;
  system.name = "human";
  const std::vector<std::pair<std::string, std::string>> states = {
      {"gut", "mg"}, {"nose", "mg"}, {"central", "mg"}, {"plasma", "ng/mL"}, {"marker", "1"}};
  for (const auto& [id, unit] : states) {
    ir::StateInfo state;
    state.id = id;
    state.unit = unit;
    system.states.push_back(state);
    const auto index = static_cast<int>(system.states.size()) - 1;
    system.quantities[id] = {id, unit, system.graph.state(index)};
  }
  const std::vector<std::pair<std::string, double>> parameters = {{"body_weight", 80.0}, {"pk__F", 0.5},
                                                                  {"nasal_share", 0.54}, {"saturation", 0.62},
                                                                  {"block", 0.25},       {"affinity", 3.0}};
  for (const auto& [id, value] : parameters) {
    ir::ParameterInfo parameter;
    parameter.id = id;
    parameter.value = value;
    system.parameters.push_back(parameter);
    const auto index = static_cast<int>(system.parameters.size()) - 1;
    system.quantities[id] = {id, "1", system.graph.parameter(index)};
  }
  // A rule over parameters only, and a bound alias of a state.
  const ir::NodeId gut_share = system.graph.subtract(system.graph.constant(1.0), system.graph.parameter(2));
  system.quantities["gut_share"] = {"gut_share", "1", gut_share};
  system.quantities["pk__input"] = {"pk__input", "mg", system.graph.state(0)};
  return system;
}

inline std::vector<double> values_of(const ir::System& system) {
  std::vector<double> values;
  for (const auto& parameter : system.parameters) values.push_back(parameter.value);
  return values;
}

}  // namespace raad::dose::test
