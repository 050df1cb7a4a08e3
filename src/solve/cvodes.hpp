// The reference integrator: CVODES, variable-order backward differentiation with a sparse direct solver.
#pragma once

#include <memory>

#include "solve/stepper.hpp"

namespace raad::solve {

/// Hindmarsh et al. 2005 (doi:10.1145/1089014.1089020), KLU of Davis and Palamadai Natarajan 2010
/// (doi:10.1145/1824801.1824814). Starts again at order 1 after each discontinuity. Needs at least one state.
class CvodesStepper final : public Stepper {
 public:
  CvodesStepper(Evaluator& evaluator, const Options& options);
  ~CvodesStepper() override;

  StepOutcome restart(double time, const double* states, double limit) override;
  StepOutcome step(long tries_left) override;
  double time() const override;
  const double* states() const override;
  void interpolate(double time, double* states) override;
  Statistics statistics() const override;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace raad::solve
