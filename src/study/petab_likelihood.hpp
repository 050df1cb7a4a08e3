// The likelihood of measurements under a PEtab problem.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/petab.hpp"
#include "solve/problem.hpp"

namespace raad::study {

struct PetabValue {
  double log_likelihood = 0.0;
  double chi2 = 0.0;  ///< Sum of squared residuals in units of the noise, on the observable's scale
  std::optional<double> log_prior;
  std::vector<double> simulations;  ///< By measurement, on the linear scale
  std::vector<double> noise;        ///< By measurement
};

/// A problem made ready: one system with its code for each experiment. Evaluations are thread safe.
class PetabLikelihood {
 public:
  /// Throws InputError (R120 to R123, and those of the SBML import).
  explicit PetabLikelihood(const data::PetabProblem& problem);
  ~PetabLikelihood();

  /// Ids of the estimated parameters, in the order of the table.
  const std::vector<std::string>& estimated() const;
  /// Nominal values of all parameters of the table, on the linear scale.
  std::vector<double> nominal() const;
  /// At values of all parameters of the table. Throws NumericalError for failed runs and for noise that is
  /// not positive.
  PetabValue evaluate(const std::vector<double>& values, const solve::Options& options) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// Logarithm of the density of a prior at a value on the linear scale; `parameter` gives scale and bounds.
/// Throws InputError R122 for an unknown distribution.
double log_prior_density(const data::PetabParameter& parameter, double value);

}  // namespace raad::study
