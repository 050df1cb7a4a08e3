#include "data/petab.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/files.hpp"
#include "base/table.hpp"

namespace raad::data {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> list_of(const std::string& text) {
  std::vector<std::string> parts;
  if (base::trim(text).empty()) return parts;
  for (const auto& part : base::split(text, ';')) parts.emplace_back(base::trim(part));
  return parts;
}

/// Numbers with inf and nan, which the base table does not take.
std::optional<double> number_of(const std::string& text) {
  const std::string word = base::to_lower(base::trim(text));
  if (word == "inf" || word == "+inf") return std::numeric_limits<double>::infinity();
  if (word == "-inf") return -std::numeric_limits<double>::infinity();
  if (word == "nan" || word.empty()) return std::numeric_limits<double>::quiet_NaN();
  return base::parse_number(word);
}

/// Tables of other programs as ours are: Unix line ends, no byte-order mark, no blank lines, and rows filled
/// up with the empty cells that spreadsheets leave away at their ends (or have too many of).
std::string regular(std::string text) {
  if (text.rfind("\xef\xbb\xbf", 0) == 0) text.erase(0, 3);
  std::erase(text, '\r');
  std::string made;
  std::ptrdiff_t cells = -1;
  for (const auto& line : base::split(text, '\n')) {
    // A blank line stays, so that line numbers in messages are those of the file.
    std::string row(line);
    if (base::trim(row).empty()) row.clear();
    if (!row.empty()) {
      const auto count = [&] { return std::ranges::count(row, '\t'); };
      if (cells < 0) {
        while (row.back() == '\t') row.pop_back();
        cells = count();
      }
      while (count() < cells) row += '\t';
      while (count() > cells && row.back() == '\t') row.pop_back();
    }
    made += row + "\n";
  }
  while (made.size() > 1 && made[made.size() - 2] == '\n') made.pop_back();
  return made;
}

/// Names of distributions as version 2 writes them.
std::string distribution_name(const std::string& text) {
  std::string name;
  for (const char c : text) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0) {
      if (!name.empty() && name.back() != '-') name += '-';
      name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else {
      name += c == '_' ? '-' : c;
    }
  }
  return name;
}

bool is_parameter_column(const std::string& column) {
  static const std::set<std::string> known = {"parameterId",
                                              "parameterScale",
                                              "lowerBound",
                                              "upperBound",
                                              "nominalValue",
                                              "estimate",
                                              "objectivePriorType",
                                              "objectivePriorParameters",
                                              "initializationPriorType",
                                              "initializationPriorParameters",
                                              "priorDistribution",
                                              "priorParameters"};
  return known.count(column) > 0;
}

class Reader {
 public:
  Reader(const fs::path& file, base::Diagnostics& findings) : findings_(findings) { problem_.file = file; }

  PetabProblem read() {
    YAML::Node root;
    try {
      root = YAML::Load(base::read_file(problem_.file));
    } catch (const YAML::Exception& error) {
      findings_.error("R120", {problem_.file.string(), error.mark.line + 1, error.mark.column + 1},
                      "the file is no YAML: " + error.msg);
      return std::move(problem_);
    }
    if (!root.IsMap() || !root["format_version"]) {
      findings_.error("R120", {problem_.file.string()}, "no `format_version`: this is no PEtab problem");
      return std::move(problem_);
    }
    const std::string version = root["format_version"].as<std::string>();
    if (version.rfind('1', 0) == 0) {
      read_version_1(root);
    } else if (version.rfind('2', 0) == 0) {
      problem_.version = 2;
      read_version_2(root);
    } else {
      findings_.error("R122", {problem_.file.string()}, "PEtab version " + version + " is not known",
                      "versions 1 and 2 are");
    }
    for (const auto& file : {problem_.file, problem_.model_file})
      if (fs::is_regular_file(file)) problem_.files.push_back(file);
    return std::move(problem_);
  }

 private:
  fs::path beside(const std::string& name) const { return problem_.file.parent_path() / name; }

  std::vector<base::Table> tables(const YAML::Node& names) {
    std::vector<base::Table> found;
    if (!names) return found;
    const auto open = [&](const std::string& name) {
      const auto file = beside(name);
      if (!fs::is_regular_file(file)) {
        findings_.error("R086", {file.string()}, "file not found",
                        "correct its name in " + problem_.file.string());
        return;
      }
      problem_.files.push_back(file);
      found.push_back(base::Table::parse(regular(base::read_file(file)), file.string(), findings_));
    };
    if (names.IsSequence())
      for (const auto& name : names) open(name.as<std::string>());
    else
      open(names.as<std::string>());
    return found;
  }

  void read_version_1(const YAML::Node& root) {
    const YAML::Node parts = root["problems"];
    if (!parts || !parts.IsSequence() || parts.size() != 1) {
      findings_.error("R122", {problem_.file.string()}, "a problem has one entry under `problems`");
      return;
    }
    const YAML::Node part = parts[0];
    if (!part["sbml_files"] || part["sbml_files"].size() != 1) {
      findings_.error("R122", {problem_.file.string()}, "exactly one SBML model is read");
      return;
    }
    problem_.model_file = beside(part["sbml_files"][0].as<std::string>());
    for (const auto& table : tables(root["parameter_file"])) read_parameters(table);
    for (const auto& table : tables(part["observable_files"])) read_observables(table);
    conditions_ = tables(part["condition_files"]);
    for (const auto& table : tables(part["measurement_files"])) read_measurements(table);
  }

  void read_version_2(const YAML::Node& root) {
    const YAML::Node models = root["model_files"];
    if (!models || !models.IsMap() || models.size() != 1) {
      findings_.error("R122", {problem_.file.string()}, "exactly one model is read");
      return;
    }
    const YAML::Node model = models.begin()->second;
    if (model["language"].as<std::string>() != "sbml") {
      findings_.error("R122", {problem_.file.string()}, "the model is not in SBML");
      return;
    }
    if (root["extensions"] && root["extensions"].size() > 0) {
      findings_.error("R122", {problem_.file.string()}, "extensions of PEtab are not supported");
      return;
    }
    problem_.model_file = beside(model["location"].as<std::string>());
    for (const auto& table : tables(root["parameter_files"])) read_parameters(table);
    for (const auto& table : tables(root["mapping_files"])) read_mapping(table);
    for (const auto& table : tables(root["observable_files"])) read_observables(table);
    for (const auto& table : tables(root["condition_files"])) read_long_conditions(table);
    for (const auto& table : tables(root["experiment_files"])) read_experiments(table);
    for (const auto& table : tables(root["measurement_files"])) read_measurements(table);
  }

  std::string cell(const base::Table& table, std::size_t row, const std::string& column) const {
    return table.has_column(column) ? table.cell(row, column) : "";
  }

  double number(const base::Table& table, std::size_t row, const std::string& column, double missing) {
    const std::string text = cell(table, row, column);
    if (base::trim(text).empty()) return missing;
    const auto value = number_of(text);
    if (!value) findings_.error("R082", table.place(row, column), "`" + text + "` is not a number");
    return value.value_or(missing);
  }

  PetabScale scale_of(const std::string& text, const base::SourcePlace& place) {
    if (text.empty() || text == "lin") return PetabScale::linear;
    if (text == "log") return PetabScale::logarithm;
    if (text == "log10") return PetabScale::logarithm10;
    findings_.error("R088", place, "`" + text + "` is no scale", "lin, log or log10");
    return PetabScale::linear;
  }

  std::optional<PetabPrior> prior_of(const base::Table& table, std::size_t row,
                                     const std::string& type_column, const std::string& parameter_column) {
    const std::string distribution = cell(table, row, type_column);
    if (base::trim(distribution).empty()) return std::nullopt;
    PetabPrior prior;
    const std::string name = distribution_name(distribution);
    const std::string prefix = "parameter-scale-";
    prior.on_parameter_scale = name.rfind(prefix, 0) == 0;
    prior.distribution = prior.on_parameter_scale ? name.substr(prefix.size()) : name;
    prior.truncated = problem_.version == 2;
    for (const auto& part : list_of(cell(table, row, parameter_column))) {
      const auto value = number_of(part);
      if (!value)
        findings_.error("R082", table.place(row, parameter_column), "`" + part + "` is not a number");
      prior.parameters.push_back(value.value_or(0.0));
    }
    return prior;
  }

  void read_parameters(const base::Table& table) {
    if (!table.require_columns({"parameterId", "estimate"}, findings_)) return;
    table.require_unique("parameterId", findings_);
    for (std::size_t row = 0; row < table.row_count(); ++row) {
      PetabParameter one;
      one.id = table.cell(row, "parameterId");
      one.place = table.place(row, "parameterId");
      one.scale = scale_of(cell(table, row, "parameterScale"), one.place);
      one.lower = number(table, row, "lowerBound", one.lower);
      one.upper = number(table, row, "upperBound", one.upper);
      one.nominal = number(table, row, "nominalValue", one.nominal);
      const std::string estimate = base::to_lower(table.cell(row, "estimate"));
      one.estimate = estimate == "1" || estimate == "true";
      check_nominal(one, table.place(row, table.has_column("nominalValue") ? "nominalValue" : "parameterId"));
      const bool version_2 = problem_.version == 2;
      one.prior = version_2 ? prior_of(table, row, "priorDistribution", "priorParameters")
                            : prior_of(table, row, "objectivePriorType", "objectivePriorParameters");
      if (!version_2)
        one.initialization = prior_of(table, row, "initializationPriorType", "initializationPriorParameters");
      for (const auto& column : table.columns())
        if (!is_parameter_column(column)) one.extra.emplace_back(column, table.cell(row, column));
      problem_.parameters.push_back(std::move(one));
    }
  }

  void check_nominal(const PetabParameter& one, const base::SourcePlace& place) {
    if (std::isnan(one.nominal)) {
      if (!one.estimate)
        findings_.error("R082", place, "`" + one.id + "` is not estimated and has no nominal value",
                        "write its value, or estimate it");
    } else if (one.scale != PetabScale::linear && !(one.nominal > 0.0)) {
      findings_.error("R088", place, "the nominal value of `" + one.id + "` has no logarithm",
                      "write a value above 0, or the scale `lin`");
    }
  }

  void read_mapping(const base::Table& table) {
    if (!table.require_columns({"petabEntityId", "modelEntityId"}, findings_)) return;
    for (std::size_t row = 0; row < table.row_count(); ++row)
      problem_.mapping.emplace_back(table.cell(row, "petabEntityId"), table.cell(row, "modelEntityId"));
  }

  void read_observables(const base::Table& table) {
    if (!table.require_columns({"observableId", "observableFormula", "noiseFormula"}, findings_)) return;
    table.require_unique("observableId", findings_);
    for (std::size_t row = 0; row < table.row_count(); ++row) {
      PetabObservable one;
      one.id = table.cell(row, "observableId");
      one.formula = table.cell(row, "observableFormula");
      one.noise_formula = table.cell(row, "noiseFormula");
      one.place = table.place(row, "observableId");
      one.scale = scale_of(cell(table, row, "observableTransformation"), one.place);
      std::string noise = base::to_lower(cell(table, row, "noiseDistribution"));
      if (noise.rfind("log-", 0) == 0) {
        one.scale = PetabScale::logarithm;
        noise = noise.substr(4);
      }
      if (noise.empty()) noise = "normal";
      if (noise != "normal" && noise != "laplace")
        findings_.error("R122", one.place, "noise distributed as `" + noise + "` is not supported");
      one.laplace = noise == "laplace";
      one.observable_placeholders = list_of(cell(table, row, "observablePlaceholders"));
      one.noise_placeholders = list_of(cell(table, row, "noisePlaceholders"));
      problem_.observables.push_back(std::move(one));
    }
  }

  /// Version 2: one change a row.
  void read_long_conditions(const base::Table& table) {
    if (!table.require_columns({"conditionId", "targetId", "targetValue"}, findings_)) return;
    for (std::size_t row = 0; row < table.row_count(); ++row)
      changes_of_[table.cell(row, "conditionId")].push_back(
          {table.cell(row, "targetId"), table.cell(row, "targetValue"), table.place(row, "targetId")});
  }

  void read_experiments(const base::Table& table) {
    if (!table.require_columns({"experimentId", "time", "conditionId"}, findings_)) return;
    for (std::size_t row = 0; row < table.row_count(); ++row) {
      const std::string id = table.cell(row, "experimentId");
      auto known = std::ranges::find(problem_.experiments, id, &PetabExperiment::id);
      if (known == problem_.experiments.end()) {
        problem_.experiments.push_back({id, "", "", {}});
        known = problem_.experiments.end() - 1;
      }
      const double time = number(table, row, "time", 0.0);
      auto period = std::ranges::find(known->periods, time, &PetabPeriod::time);
      if (period == known->periods.end()) {
        known->periods.push_back({time, {}});
        period = known->periods.end() - 1;
      }
      const std::string condition = table.cell(row, "conditionId");
      if (condition.empty()) continue;
      const auto changes = changes_of_.find(condition);
      if (changes == changes_of_.end()) {
        findings_.error("R121", table.place(row, "conditionId"),
                        "condition `" + condition + "` is not defined", "add it to the condition table");
        continue;
      }
      period->changes.insert(period->changes.end(), changes->second.begin(), changes->second.end());
    }
    for (auto& one : problem_.experiments) std::ranges::sort(one.periods, {}, &PetabPeriod::time);
  }

  /// Version 1: one condition a row, one target a column.
  std::vector<PetabChange> wide_condition(const std::string& id, const base::SourcePlace& place) {
    std::vector<PetabChange> changes;
    for (const auto& table : conditions_)
      for (std::size_t row = 0; row < table.row_count(); ++row) {
        if (cell(table, row, "conditionId") != id) continue;
        for (const auto& column : table.columns()) {
          if (column == "conditionId" || column == "conditionName") continue;
          const std::string value(base::trim(table.cell(row, column)));
          // Nothing said: the model's value, or the one of the pre-equilibration.
          if (value.empty() || base::to_lower(value) == "nan") continue;
          changes.push_back({column, value, table.place(row, column)});
        }
        return changes;
      }
    findings_.error("R121", place, "condition `" + id + "` is not defined", "add it to the condition table");
    return changes;
  }

  std::size_t experiment_of_version_1(const base::Table& table, std::size_t row) {
    const std::string simulation = cell(table, row, "simulationConditionId");
    const std::string before = cell(table, row, "preequilibrationConditionId");
    for (std::size_t i = 0; i < problem_.experiments.size(); ++i)
      if (problem_.experiments[i].simulation_condition == simulation &&
          problem_.experiments[i].preequilibration_condition == before)
        return i;
    PetabExperiment one;
    one.id = before.empty() ? simulation : before + "_" + simulation;
    one.simulation_condition = simulation;
    one.preequilibration_condition = before;
    const auto place = table.place(row, "simulationConditionId");
    if (!before.empty())
      one.periods.push_back({-std::numeric_limits<double>::infinity(), wide_condition(before, place)});
    one.periods.push_back({0.0, wide_condition(simulation, place)});
    problem_.experiments.push_back(std::move(one));
    return problem_.experiments.size() - 1;
  }

  std::size_t experiment_of_version_2(const base::Table& table, std::size_t row) {
    const std::string id = cell(table, row, "experimentId");
    const auto known = std::ranges::find(problem_.experiments, id, &PetabExperiment::id);
    if (known != problem_.experiments.end())
      return static_cast<std::size_t>(known - problem_.experiments.begin());
    if (!id.empty())
      findings_.error("R121", table.place(row, "experimentId"), "experiment `" + id + "` is not defined",
                      "add it to the experiment table");
    // Without an experiment the model runs as it is.
    problem_.experiments.push_back({id, "", "", {{0.0, {}}}});
    return problem_.experiments.size() - 1;
  }

  void read_measurements(const base::Table& table) {
    if (!table.require_columns({"observableId", "time", "measurement"}, findings_)) return;
    if (problem_.measurement_columns.empty()) {
      problem_.measurement_columns = table.columns();
      problem_.measurement_column =
          static_cast<std::size_t>(std::ranges::find(problem_.measurement_columns, "measurement") -
                                   problem_.measurement_columns.begin());
    }
    for (std::size_t row = 0; row < table.row_count(); ++row) {
      PetabMeasurement one;
      one.place = table.place(row, "observableId");
      const std::string id = table.cell(row, "observableId");
      const auto known = std::ranges::find(problem_.observables, id, &PetabObservable::id);
      if (known == problem_.observables.end()) {
        findings_.error("R121", one.place, "observable `" + id + "` is not defined",
                        "add it to the observable table");
        continue;
      }
      one.observable = static_cast<std::size_t>(known - problem_.observables.begin());
      one.experiment =
          problem_.version == 1 ? experiment_of_version_1(table, row) : experiment_of_version_2(table, row);
      one.time = number(table, row, "time", 0.0);
      one.value = number(table, row, "measurement", std::numeric_limits<double>::quiet_NaN());
      if (std::isnan(one.value))
        findings_.error("R082", table.place(row, "measurement"), "a measurement without a number",
                        "write the measured value, or leave the row out");
      if (problem_.version == 1 && !(one.time >= 0.0))
        findings_.error("R088", table.place(row, "time"),
                        "a measurement before time 0, where simulations begin",
                        "write a time from 0 up, or inf for a steady state");
      one.observable_overrides = list_of(cell(table, row, "observableParameters"));
      one.noise_overrides = list_of(cell(table, row, "noiseParameters"));
      problem_.measurements.push_back(std::move(one));
      std::vector<std::string> cells;
      for (const auto& column : problem_.measurement_columns) cells.push_back(cell(table, row, column));
      problem_.measurement_cells.push_back(std::move(cells));
    }
  }

  PetabProblem problem_;
  base::Diagnostics& findings_;
  std::vector<base::Table> conditions_;
  std::map<std::string, std::vector<PetabChange>> changes_of_;
};

}  // namespace

const PetabParameter* PetabProblem::find_parameter(const std::string& id) const {
  const auto found = std::ranges::find(parameters, id, &PetabParameter::id);
  return found == parameters.end() ? nullptr : &*found;
}

PetabProblem read_petab(const fs::path& file, base::Diagnostics& findings) {
  if (!fs::is_regular_file(file)) {
    findings.error("R086", {file.string()}, "file not found");
    return {};
  }
  try {
    return Reader(file, findings).read();
  } catch (const YAML::Exception& error) {
    findings.error("R120", {file.string(), error.mark.line + 1, error.mark.column + 1}, error.msg);
    return {};
  }
}

}  // namespace raad::data
