// The likelihood of measurements under a PEtab problem, with its gradient.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/petab.hpp"
#include "solve/problem.hpp"
#include "study/petab_runs.hpp"

namespace raad::study {

struct PetabValue {
  double log_likelihood = 0.0;
  double chi2 = 0.0;  ///< Sum of squared residuals in units of the noise, on the observable's scale
  std::optional<double> log_prior;
  std::vector<double> simulations;  ///< By measurement, on the linear scale
  std::vector<double> noise;        ///< By measurement
  // With derivatives, by parameter that was derived by, on the linear scale:
  std::vector<double> gradient;        ///< d log_likelihood
  std::vector<double> prior_gradient;  ///< d log_prior; zero where a parameter has none
  std::vector<double> information;     ///< Fisher's expected information of the likelihood, row by row
};

/// States of all experiments, in their order.
using PetabStatesOfAll = std::vector<WithRest<PetabStates>>;

/// A problem made ready: one system with its code for each experiment. Evaluations are thread safe.
class PetabLikelihood {
 public:
  /// Throws InputError (R120 to R123, and those of the SBML import).
  explicit PetabLikelihood(data::PetabProblem problem, Derivatives derivatives = Derivatives::none);
  ~PetabLikelihood();

  const data::PetabProblem& problem() const;
  /// Places in the table of the estimated parameters, in its order.
  const std::vector<std::size_t>& estimated() const;
  /// Those of the estimated that move no run but only what is read from it: scales, offsets, noise. Empty for
  /// a likelihood without derivatives.
  const std::vector<std::size_t>& readout() const;
  /// Nominal values of all parameters of the table, on the linear scale.
  std::vector<double> nominal() const;
  /// At values of all parameters of the table. Throws NumericalError for failed runs, InputError R123 for
  /// noise that is not positive. Exact derivatives need a likelihood made with them and are solved by CVODES.
  PetabValue evaluate(const std::vector<double>& values, const solve::Options& options,
                      Derivatives derivatives = Derivatives::none) const;

  /// The runs alone, to be read several times. Throws NumericalError for failed runs.
  PetabStatesOfAll run(const std::vector<double>& values, const solve::Options& options) const;
  /// evaluate() at values that differ from those of the runs only in readout(); derivatives are by these, in
  /// their order. Costs a small part of a run.
  PetabValue read_again(const PetabStatesOfAll& states, const std::vector<double>& values) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// Logarithm of the density of a prior at a value on the linear scale; `parameter` gives scale and bounds.
/// Throws InputError R122 for an unknown distribution.
double log_prior_density(const data::PetabParameter& parameter, double value);
/// Its derivative by the value.
double log_prior_slope(const data::PetabParameter& parameter, double value);
/// Value, on the linear scale, below which the distribution of starts has this probability within the
/// parameter's bounds.
double initialization_quantile(const data::PetabParameter& parameter, double probability);

}  // namespace raad::study
