// Small SBML models as text, and their runs.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/table.hpp"
#include "run/sbml_case.hpp"

namespace raad::run {

namespace fs = std::filesystem;

inline const std::string k_math = "<math xmlns='http://www.w3.org/1998/Math/MathML'>";

inline std::string math(const std::string& content) {
  return k_math + content + "</math>";
}

inline std::string model(const std::string& content) {
  return "<?xml version='1.0' encoding='UTF-8'?>\n<sbml "
         "xmlns='http://www.sbml.org/sbml/level3/version1/core' level='3' "
         "version='1'><model id='m'>" +
         content + "</model></sbml>\n";
}

inline std::string compartment(double size, bool constant = true) {
  return "<listOfCompartments><compartment id='C' spatialDimensions='3' size='" + std::to_string(size) +
         "' constant='" + (constant ? "true" : "false") + "'/></listOfCompartments>";
}

inline std::string species(const std::string& id, double amount) {
  return "<species id='" + id + "' compartment='C' initialAmount='" + std::to_string(amount) +
         "' hasOnlySubstanceUnits='false' boundaryCondition='false' constant='false'/>";
}

inline std::string reaction(const std::string& from, const std::string& to, const std::string& law,
                            bool fast = false) {
  const auto reference = [](const std::string& id) {
    return "<speciesReference species='" + id + "' stoichiometry='1' constant='true'/>";
  };
  return "<reaction id='R_" + from + to + "' reversible='true' fast='" + (fast ? "true" : "false") +
         "'><listOfReactants>" + reference(from) + "</listOfReactants><listOfProducts>" + reference(to) +
         "</listOfProducts><kineticLaw>" + math(law) + "</kineticLaw></reaction>";
}

/// Columns of a run over 2 time units in 4 steps.
inline std::vector<std::vector<double>> run(const std::string& text,
                                            const std::vector<std::string>& variables,
                                            const std::vector<std::string>& amounts) {
  const fs::path file = fs::temp_directory_path() / ("raad_sbml_model_" + std::to_string(getpid()) + ".xml");
  std::ofstream(file) << text;
  SbmlSettings settings;
  settings.duration = 2.0;
  settings.steps = 4;
  settings.variables = variables;
  settings.amounts = amounts;
  solve::Options options;
  options.relative_tolerance = 1e-10;
  options.absolute_tolerance_per_scale = 1e-13;
  const auto result = run_sbml_case(file, settings, options);
  fs::remove(file);
  std::vector<std::vector<double>> rows;
  for (const auto& line : base::split(result.csv, '\n')) {
    if (line.empty() || line.front() == 't') continue;
    rows.emplace_back();
    for (const auto& cell : base::split(line, ',')) rows.back().push_back(std::strtod(cell.c_str(), nullptr));
  }
  return rows;
}

inline std::string code_of(const std::string& text) {
  try {
    run(text, {}, {});
  } catch (const base::InputError& error) {
    return error.findings().all().front().code;
  }
  return "";
}

inline std::string symbol_of(const std::string& name) {
  return "<csymbol encoding='text' definitionURL='http://www.sbml.org/sbml/symbols/" + name + "'>" + name +
         "</csymbol>";
}

inline const std::string k_time = symbol_of("time");

inline std::string applied(const std::string& operation, const std::string& a, const std::string& b = "") {
  return "<apply><" + operation + "/>" + a + b + "</apply>";
}

inline std::string delayed(const std::string& what, const std::string& duration) {
  return "<apply>" + symbol_of("delay") + what + duration + "</apply>";
}

inline std::string parameter(const std::string& id, double value, bool constant = false) {
  return "<parameter id='" + id + "' value='" + std::to_string(value) + "' constant='" +
         (constant ? "true" : "false") + "'/>";
}

inline std::string rule(const std::string& variable, const std::string& content, bool of_rate = false) {
  const std::string kind = of_rate ? "rateRule" : "assignmentRule";
  return "<" + kind + " variable='" + variable + "'>" + math(content) + "</" + kind + ">";
}

/// A model of parameters and rules; `more` follows the rules.
inline std::string model(const std::string& parameters, const std::string& rules,
                         const std::string& more = "", const std::string& initial = "") {
  return model(
      "<listOfParameters>" + parameters + "</listOfParameters>" +
      (initial.empty() ? "" : "<listOfInitialAssignments>" + initial + "</listOfInitialAssignments>") +
      (rules.empty() ? "" : "<listOfRules>" + rules + "</listOfRules>") +
      (more.empty() ? "" : "<listOfEvents>" + more + "</listOfEvents>"));
}

/// An event that sets one variable. `delay` may be empty.
inline std::string event(const std::string& trigger, const std::string& variable, const std::string& value,
                         const std::string& delay = "", const std::string& priority = "",
                         bool initial_value = true, bool persistent = true, bool from_trigger = true) {
  const auto truth = [](bool value_of) { return value_of ? "'true'" : "'false'"; };
  return std::string("<event useValuesFromTriggerTime=") + truth(from_trigger) +
         "><trigger initialValue=" + truth(initial_value) + " persistent=" + truth(persistent) + ">" +
         math(trigger) + "</trigger>" +
         (priority.empty() ? "" : "<priority>" + math(priority) + "</priority>") +
         (delay.empty() ? "" : "<delay>" + math(delay) + "</delay>") +
         "<listOfEventAssignments><eventAssignment variable='" + variable + "'>" + math(value) +
         "</eventAssignment></listOfEventAssignments></event>";
}

}  // namespace raad::run
