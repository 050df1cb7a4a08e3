// A case of the SBML Test Suite: a model, what to simulate and which columns to report.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"
#include "solve/problem.hpp"

namespace raad::run {

/// The settings file of a case. Times are in the model's own unit.
struct SbmlSettings {
  double start = 0.0, duration = 0.0;
  int steps = 0;  ///< 0: no course is asked for but a flux balance
  std::vector<std::string> variables;
  std::vector<std::string> amounts, concentrations;  ///< Species reported in that form
  double absolute = 0.0, relative = 0.0;             ///< How near a result must come
};

/// `key: value` lines; unknown keys are left alone. R086 when it cannot be read, R088 for values that are not
/// numbers and for a course without steps.
SbmlSettings read_sbml_settings(const std::filesystem::path& file, base::Diagnostics& findings);

struct SbmlCaseResult {
  std::string csv;  ///< `time,...`, then a row an output time; of a flux balance one row without time
  solve::Statistics statistics;
};

/// Simulates the model as the settings ask, far more accurately than they demand. Throws InputError for
/// models that are damaged or hold what raad does not simulate, NumericalError for failed runs.
SbmlCaseResult run_sbml_case(const std::filesystem::path& model, const SbmlSettings& settings,
                             const solve::Options& options);

}  // namespace raad::run
