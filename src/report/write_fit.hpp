// The folder that a fit leaves.
#pragma once

#include <filesystem>
#include <string>

#include "study/fit_result.hpp"

namespace raad::report {

struct FitDescription {
  std::string problem, method;
  std::uint64_t seed = 0;
  double relative_tolerance = 0.0;
  double nominal_cost = std::numeric_limits<double>::quiet_NaN();  ///< NaN: no nominal values, or it failed
};

/// parameters.tsv, starts.tsv, profiles.tsv, fit.json, waterfall.svg, parameters.svg, profiles.svg. Nothing
/// in them depends on time, machine or threads.
void write_fit(const std::filesystem::path& folder, const study::FitResult& fit,
               const FitDescription& description);

}  // namespace raad::report
