// Simulation experiments carried out: tasks are run, data generators evaluated, outputs filled; each step is
// logged as the BioSimulators conventions ask.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "data/array.hpp"
#include "data/report_file.hpp"
#include "data/sedml.hpp"
#include "run/kisao.hpp"

namespace raad::run {

enum class SedmlStatus { queued, running, skipped, succeeded, failed };
/// `QUEUED` and so on.
const char* name_of(SedmlStatus status);

/// One task, output, data set or curve.
struct SedmlLogEntry {
  std::string id;
  SedmlStatus status = SedmlStatus::queued;
  std::string error_type;  ///< Code of the finding, or NumericalError; empty without an error
  std::string message;     ///< Why it failed
  std::string note;        ///< What else is to be said: replaced algorithms
  std::string algorithm;   ///< KiSAO id of what was run; tasks only
  double duration_s = 0.0;
  std::vector<SedmlLogEntry> parts;  ///< Data sets of a report, curves of a plot
  bool is_plot = false;
};

struct SedmlLog {
  std::string location;  ///< Of the document in its archive
  SedmlStatus status = SedmlStatus::queued;
  std::string error_type, message;
  double duration_s = 0.0;
  std::vector<SedmlLogEntry> tasks, outputs;
};

/// The log before anything is run.
SedmlLog queued_log(const data::SedmlDocument& document, const std::string& location);

struct SedmlResult {
  SedmlLog log;
  std::vector<data::ReportTable> reports;               ///< Of the outputs that succeeded, plots included
  std::map<std::string, data::Array> generator_values;  ///< By data generator
  bool failed_numerically = false;
  bool succeeded() const { return log.status == SedmlStatus::succeeded; }
};

/// Runs all tasks of a document. Tasks that fail (damaged model, refused algorithm, numerical failure) are
/// logged with the reason, and outputs that rest on them fail too; nothing is left out silently.
/// `location`: of the document in its archive. `on_change` is told of every new status.
SedmlResult run_sedml(const data::SedmlDocument& document, const std::string& location,
                      Substitution substitution = Substitution::same_mathematics,
                      const std::function<void(const SedmlLog&)>& on_change = {});

}  // namespace raad::run
