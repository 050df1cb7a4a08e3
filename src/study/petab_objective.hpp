// A PEtab problem as something to be fitted.
#pragma once

#include "study/objective.hpp"
#include "study/petab_likelihood.hpp"

namespace raad::study {

/// Minus the logarithm of likelihood times prior density. Parameters of version 1 are on their scales; those
/// of version 2, which has none, on the decimal logarithm where both bounds are above 0.
class PetabObjective final : public Objective {
 public:
  /// Throws InputError as PetabLikelihood does, and R122 for a problem without estimated parameters.
  PetabObjective(data::PetabProblem problem, const solve::Options& options);

  const std::vector<EstimatedParameter>& parameters() const override { return parameters_; }
  bool has_gradient() const override { return true; }
  std::string identity() const override { return identity_; }
  double start_position(std::size_t parameter, double probability) const override;
  Evaluation evaluate(std::span<const double> position, Wanted wanted) const override;
  std::unique_ptr<Readout> readout(std::span<const double> position) const override;

  const PetabLikelihood& likelihood() const { return likelihood_; }
  /// Values of all parameters of the table.
  std::vector<double> values_at(std::span<const double> position) const;

 private:
  class ReadoutObjective;
  Evaluation evaluation_of(const PetabValue& value, std::span<const double> position,
                           const std::vector<std::size_t>& which, Wanted wanted) const;
  double prior_curvature(std::size_t parameter, double position) const;

  PetabLikelihood likelihood_;
  solve::Options options_;
  std::vector<EstimatedParameter> parameters_;
  std::string identity_;
};

}  // namespace raad::study
