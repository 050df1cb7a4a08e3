// What the driver of a run needs of an integrator: steps on a smooth stretch and values inside the last step.
#pragma once

#include <memory>
#include <string>

#include "solve/evaluator.hpp"
#include "solve/problem.hpp"

namespace raad::solve {

/// One integrator at work between two discontinuities. The driver owns time events, outputs and model events.
class Stepper {
 public:
  virtual ~Stepper() = default;

  /// Begins a smooth stretch at `time` with `states` that may have jumped. Steps will not pass `limit`.
  virtual StepOutcome restart(double time, const double* states, double limit) = 0;
  /// Takes one accepted step and lands exactly on the limit when it gets there. At most `tries_left`
  /// attempts.
  virtual StepOutcome step(long tries_left) = 0;

  virtual double time() const = 0;
  virtual const double* states() const = 0;
  /// Dense output at a time within the last step.
  virtual void interpolate(double time, double* states) = 0;
  /// Counts since construction.
  virtual Statistics statistics() const = 0;
};

/// The evaluator must outlive the stepper.
std::unique_ptr<Stepper> make_stepper(Evaluator& evaluator, const Options& options);

/// Absolute tolerance of each state, in its unit.
std::vector<double> absolute_tolerances(const ir::System& system, const Options& options);

/// Names the first state whose value is not finite: "rate of `X` is nan"; empty when all are finite.
std::string describe_non_finite(const ir::System& system, const double* values, const char* what);

}  // namespace raad::solve
