// The reference integrator: CVODES, variable-order backward differentiation with a sparse direct solver.
#pragma once

#include <memory>

#include "solve/stepper.hpp"

namespace raad::solve {

/// Equations that CVODES carries beside the states, one vector of the states' length a direction.
class TangentEquations {
 public:
  virtual ~TangentEquations() = default;
  virtual std::size_t direction_count() const = 0;
  /// Rates of the tangents; `tangents` and `result` have one pointer a direction.
  virtual void tangent_rates(double time, const double* states, const double* const* tangents,
                             double* const* result) = 0;
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

  /// Tangents that the next restart() begins with: one vector a direction.
  void set_tangents(const std::vector<std::vector<double>>& tangents);
  /// Tangents at a time within the last step.
  void tangents_at(double time, std::vector<std::vector<double>>& tangents);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace raad::solve
