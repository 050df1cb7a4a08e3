// Simulation experiments carried out: tasks are run, data generators evaluated.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/report_file.hpp"
#include "data/sedml.hpp"
#include "solve/problem.hpp"

namespace raad::run {

struct SedmlTaskLog {
  std::string id;
  std::string status;     ///< SUCCEEDED, FAILED, SKIPPED
  std::string algorithm;  ///< KiSAO id of what was run
  std::string note;       ///< Substitution of the algorithm, or why it failed
};

struct SedmlResult {
  std::vector<SedmlTaskLog> tasks;
  std::map<std::string, std::string> output_status;             ///< By report or plot
  std::vector<data::ReportTable> reports;                       ///< Of the outputs that succeeded
  std::map<std::string, std::vector<double>> generator_values;  ///< By data generator
  bool succeeded() const;
};

/// Runs all tasks of a document. Tasks that fail (damaged model, refused algorithm, numerical failure) are
/// logged with the reason, and outputs that rest on them fail too; nothing is left out silently. `location`:
/// of the document in its archive.
SedmlResult run_sedml(const data::SedmlDocument& document, const std::string& location);

}  // namespace raad::run
