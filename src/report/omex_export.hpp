// A run packed so that another program repeats it: model with its doses as events, experiment, data, figures.
#pragma once

#include <filesystem>
#include <string>

#include "data/library.hpp"
#include "run/simulation.hpp"

namespace raad::report {

/// What a reader is told about the run, beside its numbers.
struct RunDescription {
  std::string system, regimen, version;
  std::vector<std::string> hypotheses, settings;
};

/// Runs the scenario and writes the archive: `model.xml` (SBML), `simulation.sedml`, `data/timecourses.csv`,
/// `figures/*.svg`, `readme.md`. Output times must be evenly spaced (InputError R070). Findings R150 and R151
/// of the model's export. Equal runs give equal bytes.
void write_run_archive(const std::filesystem::path& archive, const data::Library& library,
                       const run::Simulator& simulator, const run::Scenario& scenario,
                       const RunDescription& description, base::Diagnostics& findings);

/// The model of a run: its parameter values, all its doses as events. R078 for doses before time 0, where
/// programs that are given a model alone begin.
model::FlatModel run_as_model(const run::Simulator& simulator, const run::Scenario& scenario);

}  // namespace raad::report
