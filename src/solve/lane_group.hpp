// The numbers of W subjects side by side, and the arithmetic of a Rosenbrock step on all of them at once.
#pragma once

#include <cstddef>
#include <vector>

#include "solve/lane_method.hpp"

namespace raad::solve {

/// Decides nothing: which lanes are in use, what their steps are and what becomes of them is LaneRun's
/// business. Lanes never mix, so what is computed for one does not depend on the others. One thread, one
/// group.
class LaneGroup {
 public:
  explicit LaneGroup(const LaneMethod& method);

  std::size_t width() const { return width_; }

  // One lane
  double state(std::size_t i, std::size_t lane) const { return block(k_array_states)[i * width_ + lane]; }
  double parameter(std::size_t i, std::size_t lane) const { return parameters_[i * width_ + lane]; }
  double output(std::size_t i, std::size_t lane) const { return outputs_[i * width_ + lane]; }
  void set_state(std::size_t i, std::size_t lane, double value) {
    block(k_array_states)[i * width_ + lane] = value;
  }
  void set_parameter(std::size_t i, std::size_t lane, double value) {
    parameters_[i * width_ + lane] = value;
  }
  void set_value(LaneValue value, std::size_t lane, double number) {
    values_[static_cast<std::size_t>(value) * width_ + lane] = number;
  }
  void set_time(std::size_t lane, double time_h) { time_[lane] = time_h; }
  /// Rates and their derivatives are evaluated strictly inside (begin, end): Evaluator::set_smooth_interval.
  void set_smooth_interval(std::size_t lane, double begin_h, double end_h);
  void copy_states(std::size_t lane, double* states) const {
    copy_lane(k_array_states, state_count_, lane, states);
  }
  void copy_new_states(std::size_t lane, double* states) const {
    copy_lane(k_array_new_states, state_count_, lane, states);
  }
  void copy_first_rates(std::size_t lane, double* rates) const {
    copy_lane(k_array_first_rates, state_count_, lane, rates);
  }
  /// Dense output of the last attempt at a fraction of the step, for LaneMethod::dense_state_count states;
  /// after prepare_dense_output. The same bits for every engine.
  void interpolate_lane(std::size_t lane, double fraction, double* states) const;
  /// Errors of the last attempt relative to the tolerance, unsquared: for messages.
  std::size_t worst_state(std::size_t lane) const;

  // All lanes
  void hoist();
  /// Initial states of all lanes, [state][lane].
  const double* initial_states();
  /// Rates and derivatives at the lanes' times and states. Non-finite slopes become 0: an infinite pivot
  /// would make every stage 0 and pass for a perfect step.
  void linearise();
  /// What the choice of a first step needs. `norms`: root mean squares of scaled states and rates, [2][lane].
  void start_norms(double* norms);
  /// Root mean square of the scaled change of the rates over the probe steps (k_value_probe_step), [lane].
  void probe_curvature(double* norms);
  /// Attempts the lanes' steps (k_value_step). `errors` [lane]: root mean square of scaled errors; not finite
  /// when the attempt failed. `distances` [lane]: below 0 where the guard objects.
  void attempt(double* errors, double* distances);
  void prepare_dense_output();
  /// Outputs at the lanes' times, of the states at fractions (k_value_fraction) of the step.
  void outputs_within_step();
  /// Outputs at the lanes' times, of the states at the start of the step.
  void outputs_at_start();
  /// Takes the new states where k_value_accepted is 1.
  void commit();

 private:
  double* block(int array) { return arrays_[static_cast<std::size_t>(array)]; }
  const double* block(int array) const { return arrays_[static_cast<std::size_t>(array)]; }
  void copy_lane(int array, std::size_t count, std::size_t lane, double* to) const;
  void sweep(std::size_t number, std::size_t count);
  void run(codegen::Routine routine, const double* states, double* results);
  void stage_times(double node);
  void root_mean_square(const double* sums, double* norms) const;

  const LaneMethod& method_;
  std::size_t width_, state_count_;
  std::vector<double> storage_;        ///< All arrays, aligned within
  std::vector<double*> arrays_;        ///< By LaneArray
  double* parameters_ = nullptr;       ///< [parameter][lane]
  double* hoisted_ = nullptr;          ///< [hoisted][lane]
  double* factors_ = nullptr;          ///< [entry of L + U][lane]
  double* outputs_ = nullptr;          ///< [output][lane]
  double* no_sum_ = nullptr;           ///< Zeros, [state][lane]
  double* values_ = nullptr;           ///< [LaneValue][lane]
  double* time_ = nullptr;             ///< Of the lanes [h]
  double* stage_time_ = nullptr;       ///< [h]
  double* first_time_ = nullptr;       ///< Of the smooth stretch [h]
  double* last_time_ = nullptr;        ///< [h]
  double* reductions_ = nullptr;       ///< [2][lane]
  std::vector<const double*> tables_;  ///< By LaneTable
};

}  // namespace raad::solve
