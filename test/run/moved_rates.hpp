// Rates of change of a system away from its steady state, to compare a model with its copy.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "codegen/kernel.hpp"
#include "ir/system.hpp"
#include "solve/problem.hpp"

namespace raad::run {

inline constexpr double k_moved_time = 3.0;

/// Each state off its start by its own amount, found by name so that the order does not matter.
inline double moved_state(const std::string& id, double start) {
  const auto hash = static_cast<double>(std::hash<std::string>()(id) % 97);
  return start * (1.0 + 0.002 * hash) + 0.001 * hash;
}
using MovedState = std::function<double(const std::string&, double)>;

/// Rates of all states at values near their start, by state.
inline std::map<std::string, double> moved_rates(const ir::System& system,
                                                 const MovedState& moved = moved_state) {
  const auto kernel = codegen::make_interpreter(codegen::lower(system, {}));
  const auto parameters = solve::initial_parameters(system);
  const double time = k_moved_time;
  std::vector<double> states(system.states.size()),
      hoisted(kernel->programs()[codegen::Routine::hoist].results.size()), result(system.states.size());
  kernel->run(codegen::Routine::hoist, {&time, nullptr, parameters.data(), nullptr}, hoisted.data());
  kernel->run(codegen::Routine::initial_states, {&time, nullptr, parameters.data(), hoisted.data()},
              states.data());
  for (std::size_t i = 0; i < states.size(); ++i) states[i] = moved(system.states[i].id, states[i]);
  kernel->run(codegen::Routine::rates, {&time, states.data(), parameters.data(), hoisted.data()},
              result.data());
  std::map<std::string, double> named;
  for (std::size_t i = 0; i < states.size(); ++i) named[system.states[i].id] = result[i];
  return named;
}

}  // namespace raad::run
