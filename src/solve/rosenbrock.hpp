// Rosenbrock-Wanner integration: one linear system a stage, no iterations, full order right after a dose.
#pragma once

#include <vector>

#include "solve/evaluator.hpp"
#include "solve/sparse_lu.hpp"
#include "solve/stepper.hpp"
#include "solve/tableau.hpp"

namespace raad::solve {

/// The arithmetic of one step, without any decision about step sizes.
class RosenbrockStep {
 public:
  RosenbrockStep(const RosenbrockTableau& tableau, Evaluator& evaluator);

  /// Rates and their derivatives at the start of a step. They serve every attempt from there.
  void linearise(double time, const std::vector<double>& states);
  /// Attempts a step of `h` [h]; fills new_states() and error(). Results may be non-finite: then the attempt
  /// failed.
  void attempt(double h);
  /// Value at fraction s of the last attempted step.
  void interpolate(double s, double* states);

  const std::vector<double>& new_states() const { return new_states_; }
  const std::vector<double>& error() const { return error_; }
  const std::vector<double>& rates() const { return rates_; }
  long factorisations() const { return factorisations_; }
  long solves() const { return solves_; }

 private:
  void stage(std::size_t i, double h);
  void prepare_dense_output();

  const RosenbrockTableau& tableau_;
  Evaluator& evaluator_;
  LuPattern pattern_;
  SparseLu lu_;
  double time_ = 0.0;
  std::vector<double> states_, rates_, time_derivative_, jacobian_;  ///< At the start of the step
  std::vector<double> stages_;                                       ///< [stage][state]
  std::vector<double> stage_states_, new_states_, error_;
  std::vector<double> dense_;  ///< [row][state], filled when first asked for
  bool dense_ready_ = false;
  long factorisations_ = 0;
  long solves_ = 0;
};

/// Error control around RosenbrockStep.
class RosenbrockStepper final : public Stepper {
 public:
  RosenbrockStepper(const RosenbrockTableau& tableau, Evaluator& evaluator, const Options& options);

  StepOutcome restart(double time, const double* states, double limit) override;
  StepOutcome step(long tries_left) override;
  double time() const override { return time_; }
  const double* states() const override { return states_.data(); }
  void interpolate(double time, double* states) override;
  Statistics statistics() const override;

 private:
  double norm(const std::vector<double>& values, const std::vector<double>& other) const;
  double first_step();
  double trial_step() const;
  void accept(double h, double factor);
  std::string worst_state() const;

  const RosenbrockTableau& tableau_;
  Evaluator& evaluator_;
  Options options_;
  std::vector<double> absolute_;
  RosenbrockStep step_;
  double time_ = 0.0, previous_time_ = 0.0, limit_ = 0.0;
  double proposed_ = 0.0;  ///< Next step size [h]
  std::vector<double> states_;
  bool linearised_ =
      false;  ///< Whether step_ holds the derivatives at time_; kept back so that interpolate() works
  long accepted_ = 0, rejected_ = 0;
};

}  // namespace raad::solve
