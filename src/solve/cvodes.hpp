// The reference integrator: CVODES, variable-order backward differentiation with a sparse direct solver.
#pragma once

#include <memory>

#include "solve/stepper.hpp"

namespace raad::solve {

/// Equations that CVODES carries beside the states: tangents are [direction][state].
class TangentEquations {
 public:
  virtual ~TangentEquations() = default;
  virtual std::size_t direction_count() const = 0;
  virtual void tangent_rates(double time, const double* states, const double* tangents, double* result) = 0;
};

/// Hindmarsh et al. 2005 (doi:10.1145/1089014.1089020), KLU of Davis and Palamadai Natarajan 2010
/// (doi:10.1145/1824801.1824814). Starts again at order 1 after each discontinuity. Needs at least one state.
class CvodesStepper final : public Stepper {
 public:
  /// `tangents` may be null; it must outlive the stepper.
  CvodesStepper(Evaluator& evaluator, const Options& options, TangentEquations* tangents = nullptr);
  ~CvodesStepper() override;

  StepOutcome restart(double time, const double* states, double limit) override;
  StepOutcome step(long tries_left) override;
  double time() const override;
  const double* states() const override;
  void interpolate(double time, double* states) override;
  Statistics statistics() const override;

  /// Tangents that the next restart() begins with, [direction][state].
  void set_tangents(std::vector<double> tangents);
  /// Tangents at a time within the last step, [direction][state].
  void tangents_at(double time, std::vector<double>& tangents);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace raad::solve
