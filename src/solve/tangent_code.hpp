// What TangentCode holds: for the run with tangents only.
#pragma once

#include "solve/tangents.hpp"

namespace raad::solve {

/// Derivatives around one event.
struct EventPartials {
  Partials root;
  Partials delay;        ///< Empty pattern where there is no delay
  Partials assignments;  ///< Row: number of the assignment
};

struct TangentCode::Implementation {
  const ir::System* system = nullptr;
  std::vector<int> active;             ///< Parameters that may have a tangent other than zero
  ir::SparseNodes parameter_jacobian;  ///< Columns: active
  Partials parameter_formulas;         ///< Row: parameter
  Partials initial_states;             ///< Row: state
  PartialPattern outputs;              ///< Row: output
  int output_count = 0;
  std::vector<EventPartials> events;
  /// Left minus right side of the relations among time and parameters: row: relation.
  Partials switches;
  std::vector<ir::NodeId> switch_nodes;
  std::optional<FormulaEvaluator> switch_values;
  std::unique_ptr<codegen::Kernel> kernel;
  /// By parameter: whether rates, initial states or events read it, themselves or through formulas.
  std::vector<char> read_by_runs;
};

}  // namespace raad::solve
