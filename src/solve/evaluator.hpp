// The equations of one run as an integrator sees them: generated code plus constant inputs (infusions).
#pragma once

#include <limits>
#include <vector>

#include "solve/delays.hpp"
#include "solve/problem.hpp"

namespace raad::solve {

/// Constant inputs to states that run at the same time, such as overlapping infusions.
class RunningInputs {
 public:
  void reset(std::size_t state_count) { contributions_.assign(state_count, {}); }
  /// Adds an input and returns the sum for its state [state unit/h]. Adding the negative of one that runs
  /// takes it away exactly, whatever else was added in between: 0.1 + 0.2 - 0.1 - 0.2 is not 0 in doubles,
  /// and what is left would be a drug that is given for ever.
  double add(std::size_t state, double rate);

 private:
  std::vector<std::vector<double>> contributions_;  ///< Of each state
};

/// Calls the kernel's routines for one subject and counts the calls. Holds the parameters, which actions and
/// events may change, and the constant inputs, which the generated code knows nothing of.
class Evaluator {
 public:
  /// Throws std::logic_error when sizes of problem, system and kernel do not match.
  explicit Evaluator(const Problem& problem);

  std::size_t state_count() const { return state_count_; }
  const ir::System& system() const { return *system_; }
  const std::vector<double>& parameters() const { return parameters_; }
  /// The same with the values that delayed quantities have at this time.
  const std::vector<double>& parameters_at(double time, const double* states) const;
  /// True when the rates do not depend on time explicitly.
  bool autonomous() const { return autonomous_; }

  /// From now on delayed quantities come from this past, which must outlive the evaluator.
  void use(Delays& delays) { delays_ = &delays; }
  void set_parameter(std::size_t index, double value);
  /// Adds a constant input (RunningInputs::add).
  void add_input(std::size_t state, double rate);

  /// Rates and their derivatives are evaluated strictly inside (begin, end). At a switch such as `time >= 8`
  /// the rates have two values at one instant; each side of it must see its own, or the error test sees the
  /// jump and the steps shrink to nothing. Moves a time by one rounding unit at most.
  void set_smooth_interval(double begin, double end);

  void initial_states(double time, double* states) const;
  void rates(double time, const double* states, double* result);
  void jacobian(double time, const double* states, double* values);
  /// d rates / d parameters, for kernels that were made with chosen columns.
  void parameter_jacobian(double time, const double* states, double* values) const;
  void time_derivative(double time, const double* states, double* result);
  void outputs(double time, const double* states, double* result) const;
  void event_roots(double time, const double* states, double* result) const;
  void event_values(double time, const double* states, double* result) const;

  std::size_t output_count() const { return output_count_; }
  long rate_evaluations() const { return rate_evaluations_; }
  long jacobian_evaluations() const { return jacobian_evaluations_; }

 private:
  void run(codegen::Routine routine, double time, const double* states, double* result) const;
  void run_inside(codegen::Routine routine, double time, const double* states, double* result) const;
  void take_past(double time, const double* states, Delays::Side side) const;
  void refresh_hoisted() const;
  double inside(double time) const;

  const ir::System* system_;
  const codegen::Kernel* kernel_;
  std::size_t state_count_;
  std::size_t output_count_;
  // Delayed quantities among them follow the time of each evaluation, whoever asks for it.
  mutable std::vector<double> parameters_;
  mutable std::vector<double> hoisted_;
  Delays* delays_ = nullptr;  ///< Null: nothing is delayed
  RunningInputs running_;
  std::vector<double> inputs_;  ///< Sums of the running inputs, for each state [state unit/h]
  bool autonomous_ = false;
  double first_time_ = -std::numeric_limits<double>::infinity();
  double last_time_ = std::numeric_limits<double>::infinity();
  long rate_evaluations_ = 0;
  long jacobian_evaluations_ = 0;
};

}  // namespace raad::solve
