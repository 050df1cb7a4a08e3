// The vector arithmetic of a Rosenbrock step over many subjects, as sweeps over the states.
#pragma once

#include <vector>

#include "codegen/sweep.hpp"
#include "solve/tableau.hpp"

namespace raad::solve {

/// Arrays of a lane group that sweeps read and write, each [state][lane].
enum LaneArray : int {
  k_array_states,        ///< y at the start of the step
  k_array_stage_states,  ///< Argument of the next evaluation of the rates
  k_array_new_states,
  k_array_first_rates,  ///< Rates at the start of the step
  k_array_rates,        ///< Rates at the stage
  k_array_stage_sum,    ///< What a stage's right side holds besides the rates
  k_array_time_derivative,
  k_array_interpolated,
  k_array_jacobian,     ///< [entry of the Jacobian][lane]
  k_array_first_stage,  ///< Stages, then the rows of the dense output
};

/// Values of each lane that sweeps read.
enum LaneValue : int {
  k_value_inverse_step,  ///< 1/h [1/h]
  k_value_step,          ///< h [h]
  k_value_fraction,      ///< Place within the step, 0 to 1
  k_value_probe_step,    ///< Of the explicit Euler probe that finds a first step [h]
  k_value_accepted,      ///< 1: the lane moves on
  k_value_guard,         ///< Added to the guard's distance: +infinity switches it off
  k_lane_value_count,
};

/// Tables of one value a state.
enum LaneTable : int { k_table_absolute, k_table_guard, k_lane_table_count };

/// Sweeps of one method by what they do; their numbers are places in `all`.
struct LaneSweeps {
  std::vector<codegen::Sweep> all;
  std::vector<std::size_t> stages;  ///< Before stage i > 0: its states and the sum beside its rates
  std::size_t first_stage_sum =
      0;  ///< Systems with explicit time only: the sum beside the rates at the start
  /// New states; sum of squared scaled errors (equation S4 of docs/theory/solvers.md); the guard's least
  /// distance.
  std::size_t finish = 0;
  std::size_t dense_rows = 0;   ///< Rows of the dense output
  std::size_t interpolate = 0;  ///< States at a fraction of the step
  std::size_t commit = 0;       ///< Takes the new states in lanes whose step is accepted
  std::size_t start_norms = 0;  ///< Sums of squared scaled states and of squared scaled rates
  std::size_t probe = 0;        ///< Explicit Euler step
  std::size_t curvature = 0;    ///< Sum of squared scaled differences between the rates after and before it
  std::size_t clean_jacobian = 0;  ///< Non-finite slopes become 0 (docs/theory/solvers.md, 2.1)
};

/// Number of arrays for this method.
std::size_t lane_array_count(const RosenbrockTableau& tableau);
inline int stage_array(int stage) {
  return k_array_first_stage + stage;
}
inline int dense_array(const RosenbrockTableau& tableau, int row) {
  return k_array_first_stage + tableau.stages + row;
}

LaneSweeps make_lane_sweeps(const RosenbrockTableau& tableau, double relative_tolerance, bool autonomous);

}  // namespace raad::solve
