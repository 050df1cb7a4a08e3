// How much a number of a time course depends on each parameter: near the nominal values, and over all that
// they could be.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "run/parameter_runs.hpp"
#include "study/course_number.hpp"
#include "study/parameter_uncertainty.hpp"

namespace raad::study {

/// A model's answer to parameter sets: one number each, NaN where the run failed.
using ModelFunction = std::function<std::vector<double>(const std::vector<std::vector<double>>&)>;

/// The number of the (only) observable of the runs.
ModelFunction model_function(const run::ParameterRuns& runs, CourseNumber number,
                             const run::ParameterRunOptions& options);

struct LocalSensitivity {
  double derivative = 0.0;        ///< d number / d parameter
  double derivative_error = 0.0;  ///< Its estimated error
  double elasticity = 0.0;  ///< Relative change for a relative change of the parameter; NaN where either is 0
  double low = 0.0, high = 0.0;                ///< Values of the parameter at 5 and 95 % of its distribution
  double number_low = 0.0, number_high = 0.0;  ///< The number there, all else nominal
  double swing() const;
};

struct LocalResult {
  double nominal = 0.0;
  std::vector<LocalSensitivity> parameters;  ///< In the order given
};

/// Central differences at three steps, extrapolated to step 0 (Richardson: order 6), and the swing between
/// the 5 and 95 % quantiles. The error is the difference to the extrapolation of two steps.
LocalResult local_sensitivity(const ModelFunction& model, const std::vector<UncertainParameter>& parameters);

struct SobolIndex {
  double first = 0.0, first_lower = 0.0, first_upper = 0.0;  ///< Share of the variance due to it alone
  double total = 0.0, total_lower = 0.0, total_upper = 0.0;  ///< With all its interactions
};

struct GlobalResult {
  double mean = 0.0, variance = 0.0;
  std::size_t samples = 0;  ///< Rows used
  std::size_t failed = 0;   ///< Rows left out because a run of them failed
  std::size_t runs = 0;
  std::vector<SobolIndex> parameters;
};

/// Variance shares over independent parameters with `samples` rows, samples x (parameters + 2) runs, on a
/// scrambled Sobol sequence. First index: Saltelli et al. 2010 (doi:10.1016/j.cpc.2009.09.018, table 2 b),
/// total index: Jansen 1999 (table 2 f). Intervals: 95 % of `bootstraps` of the rows.
GlobalResult global_sensitivity(const ModelFunction& model, const std::vector<UncertainParameter>& parameters,
                                std::size_t samples, int bootstraps, std::uint64_t seed);

}  // namespace raad::study
