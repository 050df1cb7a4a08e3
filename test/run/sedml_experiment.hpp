// Small simulation experiments written down part by part, so that a test shows only what it is about.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/diagnostics.hpp"
#include "data/sedml.hpp"
#include "run/sedml_run.hpp"

namespace raad::run::sedml_test {

namespace fs = std::filesystem;

inline const std::string k_math = "<math xmlns='http://www.w3.org/1998/Math/MathML'>";

inline std::string math(const std::string& content) {
  return k_math + content + "</math>";
}

/// An SBML model of that content.
inline std::string model(const std::string& content) {
  return "<?xml version='1.0' encoding='UTF-8'?>\n"
         "<sbml xmlns='http://www.sbml.org/sbml/level3/version1/core' level='3' version='1'><model id='m'>" +
         content + "</model></sbml>\n";
}

/// x' = -k x from x = 2 with k = 1; `start` is 3 k by an initial assignment.
inline std::string decay(const std::string& more = "") {
  return model(
      "<listOfParameters><parameter id='x' value='2' constant='false'/><parameter id='k' value='1' "
      "constant='true'/><parameter id='start' constant='true'/><parameter id='n' value='0' "
      "constant='false'/></listOfParameters><listOfInitialAssignments><initialAssignment symbol='start'>" +
      math("<apply><times/><cn>3</cn><ci>k</ci></apply>") +
      "</initialAssignment></listOfInitialAssignments><listOfRules><rateRule variable='x'>" +
      math("<apply><times/><cn>-1</cn><ci>k</ci><ci>x</ci></apply>") + "</rateRule></listOfRules>" + more);
}

inline std::string parameter_path(const std::string& id) {
  return "/sbml:sbml/sbml:model/sbml:listOfParameters/sbml:parameter[@id=&apos;" + id + "&apos;]";
}

struct Experiment {
  int version = 3;
  std::string models = "<model id='m' language='urn:sedml:language:sbml' source='model.xml'/>";
  std::string simulations = course(0, 0, 4, 4);
  std::string tasks = "<task id='t' modelReference='m' simulationReference='s'/>";
  std::string generators;
  std::string outputs;

  static std::string course(double initial, double start, double end, int steps,
                            const std::string& kisao = "KISAO:0000019", const std::string& id = "s") {
    return "<uniformTimeCourse id='" + id + "' initialTime='" + std::to_string(initial) +
           "' outputStartTime='" + std::to_string(start) + "' outputEndTime='" + std::to_string(end) +
           "' numberOfPoints='" + std::to_string(steps) + "'><algorithm kisaoID='" + kisao +
           "'/></uniformTimeCourse>";
  }

  /// A data generator of that name for a quantity of a task; `time` stands for the time.
  void ask(const std::string& id, const std::string& target, const std::string& task = "t",
           const std::string& content = "<ci>v</ci>") {
    const std::string what = target == "time" ? "symbol='urn:sedml:symbol:time'" : "target='" + target + "'";
    generators += "<dataGenerator id='" + id + "'><listOfVariables><variable id='v' " + what +
                  " taskReference='" + task +
                  "'/></listOfVariables><listOfParameters><parameter id='ten' "
                  "value='10'/></listOfParameters>" +
                  math(content) + "</dataGenerator>";
  }

  std::string text() const {
    return "<?xml version='1.0' encoding='UTF-8'?>\n<sedML "
           "xmlns='http://sed-ml.org/sed-ml/level1/version" +
           std::to_string(version) + "' level='1' version='" + std::to_string(version) +
           "' xmlns:sbml='http://www.sbml.org/sbml/level2/version4'><listOfModels>" + models +
           "</listOfModels><listOfSimulations>" + simulations + "</listOfSimulations><listOfTasks>" + tasks +
           "</listOfTasks><listOfDataGenerators>" + generators + "</listOfDataGenerators><listOfOutputs>" +
           outputs + "</listOfOutputs></sedML>\n";
  }
};

/// Tests run beside each other.
inline fs::path experiment_folder() {
  return fs::temp_directory_path() / ("raad_sedml_" + std::to_string(getpid()));
}

/// Writes model and experiment into a folder of its own and runs them.
inline SedmlResult run_experiment(const Experiment& experiment, const std::string& model_text = decay(),
                                  Substitution substitution = Substitution::same_mathematics) {
  const fs::path folder = experiment_folder();
  fs::remove_all(folder);
  fs::create_directories(folder);
  std::ofstream(folder / "model.xml") << model_text;
  std::ofstream(folder / "e.sedml") << experiment.text();
  base::Diagnostics findings;
  const auto document = data::read_sedml(folder / "e.sedml", findings);
  base::throw_if_errors(findings);
  return run_sedml(document, "e.sedml", substitution);
}

}  // namespace raad::run::sedml_test
