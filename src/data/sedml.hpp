// Simulation experiments in SED-ML, Level 1 (Smith et al. 2021, doi:10.1515/jib-2021-0021), as a typed
// document.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"

namespace raad::data {

struct SedmlModel {
  std::string id, language, source;
  struct Change {
    std::string target;  ///< XPath of an attribute
    std::string new_value;
    int line = 0;
  };
  std::vector<Change> changes;
  int line = 0;
};

struct SedmlSimulation {
  std::string id;
  double initial_time = 0.0, output_start = 0.0, output_end = 0.0;
  int steps = 0;
  std::string kisao;                              ///< `KISAO:0000019`
  std::map<std::string, std::string> parameters;  ///< By KiSAO id
  int line = 0;
};

struct SedmlTask {
  std::string id, model, simulation;
  int line = 0;
};

struct SedmlVariable {
  std::string id, task;
  std::string symbol;  ///< `urn:sedml:symbol:time`, or empty
  std::string target;  ///< XPath, or empty
};

struct SedmlDataGenerator {
  std::string id, name;
  std::vector<SedmlVariable> variables;
  std::map<std::string, double> parameters;
  std::string mathml;  ///< The math element as text
  int line = 0;
};

struct SedmlDataSet {
  std::string id, label, name, generator;
};

struct SedmlReport {
  std::string id, name;
  std::vector<SedmlDataSet> data_sets;
};

struct SedmlPlot {
  std::string id, name;
  struct Curve {
    std::string id, name, x, y;
    bool log_y = false;
  };
  std::vector<Curve> curves;
};

struct SedmlDocument {
  std::filesystem::path file;
  int version = 4;                                ///< Of Level 1
  std::map<std::string, std::string> namespaces;  ///< Prefix to URI, for XPath
  std::vector<SedmlModel> models;
  std::vector<SedmlSimulation> simulations;
  std::vector<SedmlTask> tasks;
  std::vector<SedmlDataGenerator> generators;
  std::vector<SedmlReport> reports;
  std::vector<SedmlPlot> plots;

  const SedmlModel* find_model(const std::string& id) const;
  const SedmlSimulation* find_simulation(const std::string& id) const;
  const SedmlTask* find_task(const std::string& id) const;
  const SedmlDataGenerator* find_generator(const std::string& id) const;
};

/// Findings R111 (damaged, missing attributes, unknown references) and R112 (features that are refused by
/// name: repeated tasks, steady states, changes of elements, surfaces).
SedmlDocument read_sedml(const std::filesystem::path& file, base::Diagnostics& findings);

/// The model file with the changes made. `file` as XML text; R111 for a target that is not there.
std::string changed_model(const std::filesystem::path& file, const std::vector<SedmlModel::Change>& changes,
                          const std::map<std::string, std::string>& namespaces, const std::string& sedml_file,
                          base::Diagnostics& findings);

}  // namespace raad::data
