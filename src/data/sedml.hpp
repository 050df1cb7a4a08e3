// Simulation experiments in SED-ML, Level 1 Versions 1 to 4 (Smith et al. 2021, doi:10.1515/jib-2021-0021),
// as a typed document.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"

namespace raad::data {

struct SedmlVariable {
  std::string id;
  std::string task;    ///< Of data generators
  std::string model;   ///< Of changes and ranges
  std::string symbol;  ///< `urn:sedml:symbol:time`, or empty
  std::string target;  ///< XPath, or empty
};

/// One value out of all values of a variable.
struct SedmlAggregate {
  std::string id;        ///< What stands for it in the mathematics
  std::string function;  ///< min, max, sum or product
  std::string variable;
};

/// Mathematics over variables and parameters.
struct SedmlCalculation {
  std::vector<SedmlVariable> variables;
  std::map<std::string, double> parameters;
  std::vector<SedmlAggregate> aggregates;
  std::string mathml;  ///< The math element as text
};

struct SedmlChange {
  enum class Kind { attribute, compute, add_xml, change_xml, remove_xml };
  Kind kind = Kind::attribute;
  std::string target;            ///< XPath
  std::string new_value;         ///< Kind::attribute
  std::string new_xml;           ///< The element `newXML` as text
  SedmlCalculation calculation;  ///< Kind::compute
  int line = 0;
};

struct SedmlModel {
  std::string id, language;
  std::string source;  ///< A file beside the document, or another model
  std::vector<SedmlChange> changes;
  int line = 0;
};

struct SedmlSimulation {
  enum class Kind { uniform_time_course, one_step, steady_state };
  std::string id;
  Kind kind = Kind::uniform_time_course;
  double initial_time = 0.0, output_start = 0.0, output_end = 0.0;
  int steps = 0;
  double step = 0.0;                              ///< Kind::one_step
  std::string kisao;                              ///< `KISAO:0000019`
  std::map<std::string, std::string> parameters;  ///< By KiSAO id
  std::string refused;                            ///< Why it cannot be run, or empty
  int line = 0;
};

struct SedmlRange {
  enum class Kind { listed, functional };
  std::string id;
  Kind kind = Kind::listed;
  std::vector<double> values;    ///< Kind::listed; uniform ranges written out
  std::string index_range;       ///< Kind::functional: the range whose value is at hand
  SedmlCalculation calculation;  ///< Kind::functional
  int line = 0;
};

struct SedmlSetValue {
  std::string model, target;
  std::string symbol;  ///< Only the refusal names it
  SedmlCalculation calculation;
  int line = 0;
};

struct SedmlTask {
  std::string id;
  std::string model, simulation;  ///< Of a task that is not repeated
  bool repeated = false;
  bool reset_model = false;
  bool concatenate = false;  ///< Level 1 Version 4: one long course in place of a table
  std::string range;         ///< The range that counts
  std::vector<SedmlRange> ranges;
  std::vector<SedmlSetValue> set_values;
  std::vector<std::string> sub_tasks;  ///< In order
  std::string refused;                 ///< Why it cannot be run, or empty
  int line = 0;
};

struct SedmlDataGenerator {
  std::string id, name;
  SedmlCalculation calculation;
  std::string refused;
  int line = 0;
};

struct SedmlDataSet {
  std::string id, label, name, generator;
};

struct SedmlCurve {
  std::string id, name, x, y;
};

struct SedmlOutput {
  enum class Kind { report, plot_2d, other };
  Kind kind = Kind::report;
  std::string id, name;
  std::vector<SedmlDataSet> data_sets;  ///< Reports
  std::vector<SedmlCurve> curves;       ///< Plots
  bool log_x = false, log_y = false;
  std::string refused;  ///< Why it cannot be made, or empty
  int line = 0;
};

struct SedmlDocument {
  std::filesystem::path file;
  int version = 4;                                ///< Of Level 1
  std::map<std::string, std::string> namespaces;  ///< Prefix to URI, for XPath
  std::vector<SedmlModel> models;
  std::vector<SedmlSimulation> simulations;
  std::vector<SedmlTask> tasks;
  std::vector<SedmlDataGenerator> generators;
  std::vector<SedmlOutput> outputs;

  const SedmlModel* find_model(const std::string& id) const;
  const SedmlSimulation* find_simulation(const std::string& id) const;
  const SedmlTask* find_task(const std::string& id) const;
  const SedmlDataGenerator* find_generator(const std::string& id) const;
};

/// Findings R111 for what is damaged or lacks attributes. What raad does not do (surfaces, data files,
/// parameter estimation) stands in `refused` of its element, so that everything else still runs.
SedmlDocument read_sedml(const std::filesystem::path& file, base::Diagnostics& findings);

}  // namespace raad::data
