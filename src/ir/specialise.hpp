// A smaller system for many runs that share most of their inputs.
#pragma once

#include <vector>

#include "ir/system.hpp"

namespace raad::ir {

/// What stays the same in all runs to come.
struct FixedInputs {
  std::vector<double> parameters;  ///< One for each parameter; read where it does not vary
  std::vector<char> varying;       ///< By parameter: 1 where its value may differ or change during a run
  std::vector<char> acted_states;  ///< By state: 1 where something besides its rate may change it
};

/// The system that is left, and where its parts come from.
struct Specialised {
  System system;                ///< No quantities: they belong to the whole system
  std::vector<NodeId> outputs;  ///< In the graph of `system`
  std::vector<int> states;      ///< Of each state: its index in the whole system
  std::vector<int> parameters;  ///< Of each parameter: its index in the whole system
  /// Behind the parameters of the whole system stands one for each acted state: a constant contribution to
  /// its rate (an infusion), 0 unless an action says otherwise. By state of `system`: the index of its
  /// parameter, or -1.
  std::vector<int> input_of_state;
  int output_state_count = 0;  ///< The outputs read the first so many states only
};

/// Folds fixed parameters into constants and removes states at rest: those that nothing acts on and whose
/// rate folds to 0 at their initial value once the other states at rest are put in. A drug that is not given
/// costs nothing then. States that outputs read come first, each group in the order of the whole system.
/// Quotients become products with reciprocals, a/b = a*(1/b), so that rates, Jacobian and outputs share them
/// and those of parameters are hoisted: one more rounding, which is why the reference does without.
/// Parameters and states that events set count as varying and acted on.
Specialised specialise(const System& whole, const std::vector<NodeId>& outputs, const FixedInputs& fixed);

}  // namespace raad::ir
