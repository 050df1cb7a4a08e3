// The log of a COMBINE archive, as the BioSimulators conventions ask (docs.biosimulations.org).
#pragma once

#include <string>
#include <vector>

#include "run/sedml_run.hpp"

namespace raad::report {

/// YAML. Durations stand only where something has come to its end.
std::string sedml_log_yaml(const std::vector<run::SedmlLog>& documents, double duration_s);

/// Status of the archive: that of its documents taken together.
run::SedmlStatus status_of(const std::vector<run::SedmlLog>& documents);

}  // namespace raad::report
