// The random part of a virtual subject: parameters that vary between people or trials, and covariates.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "data/covariates.hpp"
#include "run/system.hpp"

namespace raad::run {

/// A parameter with a distribution (equations P1 to P3 of docs/theory/populations.md).
struct VaryingParameter {
  enum class Scale { logarithmic, logit, linear };
  std::size_t index = 0;  ///< In ir::System::parameters
  Scale scale = Scale::logarithmic;
  double spread = 0.0;  ///< Standard deviation on that scale
  bool by_trial = false;
  std::uint64_t purpose = 0;
  std::vector<double> loadings;  ///< Row of the Cholesky factor; empty: independent of all others
};

/// Parameters of the system whose tables give them a between-subject variability, in the order of the system.
/// Reports R088, by name, for correlations of parameters that do not vary and for a matrix that no joint
/// distribution has.
std::vector<VaryingParameter> varying_parameters(const LoadedSystem& system,
                                                 const std::vector<data::Correlation>& correlations,
                                                 base::Diagnostics& findings);

/// Moves the typical values in `parameters` to those of a subject.
void draw_parameters(const std::vector<VaryingParameter>& varying, base::StreamKey key,
                     std::vector<double>& parameters);

/// A subject's value of a covariate: a number, the index of a category (-1: none of them), or the factor of a
/// trial.
double draw_covariate(const data::Covariate& covariate, base::StreamKey key);
/// Whether values are drawn: distributions of baseline scores belong to the population of a trial, which a
/// design names.
bool is_drawn(const data::Covariate& covariate);

}  // namespace raad::run
