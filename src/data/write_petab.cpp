#include "data/write_petab.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

#include "base/files.hpp"
#include "base/table.hpp"

namespace raad::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* k_ln10 = "2.302585092994046";

std::string number_text(double value) {
  if (std::isnan(value)) return "";
  if (std::isinf(value)) return value > 0.0 ? "inf" : "-inf";
  return base::format_number(value);
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) text += (i > 0 ? ";" : "") + parts[i];
  return text;
}

/// A table in the making; columns appear when a row first has them.
class TableText {
 public:
  explicit TableText(std::vector<std::string> columns) : columns_(std::move(columns)) {}
  void add(const std::vector<std::pair<std::string, std::string>>& cells) {
    auto& row = rows_.emplace_back();
    for (const auto& [column, value] : cells) {
      if (std::ranges::find(columns_, column) == columns_.end()) columns_.push_back(column);
      row[column] = value;
    }
  }
  bool empty() const { return rows_.empty(); }
  std::string text() const {
    std::string made = line([](const std::string& column) { return column; });
    for (const auto& row : rows_)
      made += line([&](const std::string& column) {
        const auto found = row.find(column);
        return found == row.end() ? std::string() : found->second;
      });
    return made;
  }

 private:
  template <typename CellOf>
  std::string line(const CellOf& cell) const {
    std::string made;
    for (std::size_t i = 0; i < columns_.size(); ++i) made += (i > 0 ? "\t" : "") + cell(columns_[i]);
    return made + "\n";
  }
  std::vector<std::string> columns_;
  std::vector<std::map<std::string, std::string>> rows_;
};

/// `formula` with whole identifiers replaced.
std::string renamed(const std::string& formula, const std::map<std::string, std::string>& names) {
  std::string made;
  for (std::size_t at = 0; at < formula.size();) {
    const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    std::size_t end = at;
    while (end < formula.size() && is_word(formula[end])) ++end;
    if (end == at) {
      made += formula[at++];
      continue;
    }
    const std::string word = formula.substr(at, end - at);
    const auto found = names.find(word);
    made += found == names.end() ? word : found->second;
    at = end;
  }
  return made;
}

class Writer {
 public:
  Writer(const PetabProblem& problem, int version, fs::path folder)
      : problem_(problem), version_(version), folder_(std::move(folder)) {}

  fs::path write();

 private:
  [[noreturn]] void refuse(const base::SourcePlace& place, const std::string& what) const {
    throw base::InputError("R122", place,
                           fmt::format("{} cannot be written in PEtab version {}", what, version_),
                           fmt::format("write version {}", version_ == 1 ? 2 : 1));
  }
  void write(const char* name, const std::string& text) const {
    base::write_file_atomically(folder_ / name, text);
  }
  std::string prior_name(const PetabParameter& parameter, const PetabPrior& prior) const;
  std::string parameters() const;
  std::string observables() const;
  std::string measurements() const;
  std::pair<std::string, std::string> conditions_of(const PetabExperiment& experiment) const;
  std::string wide_conditions() const;
  std::string long_conditions() const;
  std::string experiments() const;
  std::string yaml() const;
  std::vector<std::string> placeholders(const PetabObservable& observable, const std::string& kind) const;

  const PetabProblem& problem_;
  int version_;
  fs::path folder_;
};

std::string Writer::prior_name(const PetabParameter& parameter, const PetabPrior& prior) const {
  if (version_ == 2) {
    if (prior.on_parameter_scale)
      refuse(parameter.place, "the prior of `" + parameter.id + "` on the parameter's scale");
    return prior.distribution;
  }
  static const std::map<std::string, std::string> names = {{"uniform", "uniform"},
                                                           {"normal", "normal"},
                                                           {"laplace", "laplace"},
                                                           {"log-normal", "logNormal"},
                                                           {"log-laplace", "logLaplace"}};
  const auto found = names.find(prior.distribution);
  if (found == names.end()) refuse(parameter.place, "the prior distribution `" + prior.distribution + "`");
  if (!prior.on_parameter_scale) return found->second;
  std::string name = found->second;
  name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  return "parameterScale" + name;
}

std::string Writer::parameters() const {
  TableText table({"parameterId"});
  for (const auto& one : problem_.parameters) {
    std::vector<std::pair<std::string, std::string>> cells = {{"parameterId", one.id}};
    if (version_ == 1)
      cells.emplace_back("parameterScale", one.scale == PetabScale::linear      ? "lin"
                                           : one.scale == PetabScale::logarithm ? "log"
                                                                                : "log10");
    cells.emplace_back("lowerBound", number_text(one.lower));
    cells.emplace_back("upperBound", number_text(one.upper));
    cells.emplace_back("nominalValue", number_text(one.nominal));
    cells.emplace_back("estimate",
                       version_ == 1 ? (one.estimate ? "1" : "0") : (one.estimate ? "true" : "false"));
    const auto add = [&](const std::optional<PetabPrior>& prior, const std::string& type,
                         const std::string& parameters) {
      if (!prior) return;
      std::vector<std::string> values;
      for (const double value : prior->parameters) values.push_back(number_text(value));
      cells.emplace_back(type, prior_name(one, *prior));
      cells.emplace_back(parameters, joined(values));
    };
    if (version_ == 1) {
      add(one.prior, "objectivePriorType", "objectivePriorParameters");
      add(one.initialization, "initializationPriorType", "initializationPriorParameters");
    } else {
      add(one.prior, "priorDistribution", "priorParameters");
    }
    cells.insert(cells.end(), one.extra.begin(), one.extra.end());
    table.add(cells);
  }
  return table.text();
}

/// Names of an observable's placeholders: those it declares, or those that version 1 implies.
std::vector<std::string> Writer::placeholders(const PetabObservable& observable,
                                              const std::string& kind) const {
  const bool noise = kind == "noise";
  const auto& declared = noise ? observable.noise_placeholders : observable.observable_placeholders;
  if (!declared.empty()) return declared;
  std::size_t count = 0;
  for (const auto& one : problem_.measurements)
    if (problem_.observables[one.observable].id == observable.id)
      count = std::max(count, (noise ? one.noise_overrides : one.observable_overrides).size());
  std::vector<std::string> implied;
  for (std::size_t i = 1; i <= count; ++i)
    implied.push_back(fmt::format("{}Parameter{}_{}", kind, i, observable.id));
  return implied;
}

std::string Writer::observables() const {
  TableText table({"observableId", "observableFormula", "noiseFormula"});
  for (const auto& one : problem_.observables) {
    const auto of_observable = placeholders(one, "observable"), of_noise = placeholders(one, "noise");
    if (version_ == 1) {
      std::map<std::string, std::string> names;
      for (std::size_t i = 0; i < of_observable.size(); ++i)
        names[of_observable[i]] = fmt::format("observableParameter{}_{}", i + 1, one.id);
      for (std::size_t i = 0; i < of_noise.size(); ++i)
        names[of_noise[i]] = fmt::format("noiseParameter{}_{}", i + 1, one.id);
      table.add({{"observableId", one.id},
                 {"observableFormula", renamed(one.formula, names)},
                 {"noiseFormula", renamed(one.noise_formula, names)},
                 {"observableTransformation", one.scale == PetabScale::linear      ? "lin"
                                              : one.scale == PetabScale::logarithm ? "log"
                                                                                   : "log10"},
                 {"noiseDistribution", one.laplace ? "laplace" : "normal"}});
      continue;
    }
    const bool decimal = one.scale == PetabScale::logarithm10;
    std::string distribution = one.laplace ? "laplace" : "normal";
    if (one.scale != PetabScale::linear) distribution = "log-" + distribution;
    table.add(
        {{"observableId", one.id},
         {"observableFormula", one.formula},
         {"noiseFormula", decimal ? fmt::format("{} * ({})", k_ln10, one.noise_formula) : one.noise_formula},
         {"noiseDistribution", distribution},
         {"observablePlaceholders", joined(of_observable)},
         {"noisePlaceholders", joined(of_noise)}});
  }
  return table.text();
}

/// Ids of the pre-equilibration (or empty) and of the simulation in version 1.
std::pair<std::string, std::string> Writer::conditions_of(const PetabExperiment& experiment) const {
  if (!experiment.simulation_condition.empty())
    return {experiment.preequilibration_condition, experiment.simulation_condition};
  const std::string id = experiment.id.empty() ? "as_the_model_is" : experiment.id;
  const bool before = !experiment.periods.empty() && std::isinf(experiment.periods.front().time);
  return {before ? id + "_before" : "", id};
}

std::string Writer::measurements() const {
  static const std::vector<std::string> known = {
      "observableId", "experimentId", "preequilibrationConditionId", "simulationConditionId",
      "time",         "measurement",  "observableParameters",        "noiseParameters"};
  TableText table({"observableId"});
  for (std::size_t i = 0; i < problem_.measurements.size(); ++i) {
    const auto& one = problem_.measurements[i];
    const auto& experiment = problem_.experiments[one.experiment];
    std::vector<std::pair<std::string, std::string>> cells = {
        {"observableId", problem_.observables[one.observable].id}};
    if (version_ == 1) {
      const auto [before, condition] = conditions_of(experiment);
      cells.emplace_back("preequilibrationConditionId", before);
      cells.emplace_back("simulationConditionId", condition);
    } else {
      cells.emplace_back("experimentId", experiment.id);
    }
    cells.emplace_back("time", number_text(one.time));
    cells.emplace_back("measurement", number_text(one.value));
    cells.emplace_back("observableParameters", joined(one.observable_overrides));
    cells.emplace_back("noiseParameters", joined(one.noise_overrides));
    for (std::size_t k = 0; i < problem_.measurement_cells.size() && k < problem_.measurement_columns.size();
         ++k)
      if (std::ranges::find(known, problem_.measurement_columns[k]) == known.end())
        cells.emplace_back(problem_.measurement_columns[k], problem_.measurement_cells[i][k]);
    table.add(cells);
  }
  return table.text();
}

std::string Writer::wide_conditions() const {
  TableText table({"conditionId"});
  std::vector<std::string> written;
  const auto add = [&](const std::string& id, const std::vector<PetabChange>& changes) {
    if (std::ranges::find(written, id) != written.end()) return;
    written.push_back(id);
    std::vector<std::pair<std::string, std::string>> cells = {{"conditionId", id}};
    for (const auto& change : changes) cells.emplace_back(change.target, change.value);
    table.add(cells);
  };
  for (const auto& experiment : problem_.experiments) {
    const auto [before, condition] = conditions_of(experiment);
    const std::size_t first = before.empty() ? 0 : 1;
    const auto place = base::SourcePlace{problem_.file.string()};
    if (experiment.periods.size() > first + 1)
      refuse(place, "experiment `" + experiment.id + "`, whose conditions change during the simulation,");
    if (experiment.periods.size() > first && experiment.periods[first].time != 0.0)
      refuse(place, "experiment `" + experiment.id + "`, which does not start at 0,");
    if (!before.empty()) add(before, experiment.periods.front().changes);
    add(condition,
        experiment.periods.size() > first ? experiment.periods[first].changes : std::vector<PetabChange>());
  }
  return table.text();
}

std::string condition_id(const PetabExperiment& experiment, std::size_t period) {
  return fmt::format("{}_{}", experiment.id, period + 1);
}

std::string Writer::long_conditions() const {
  TableText table({"conditionId", "targetId", "targetValue"});
  for (const auto& experiment : problem_.experiments)
    for (std::size_t p = 0; p < experiment.periods.size(); ++p)
      for (const auto& change : experiment.periods[p].changes)
        table.add({{"conditionId", condition_id(experiment, p)},
                   {"targetId", change.target},
                   {"targetValue", change.value}});
  return table.text();
}

std::string Writer::experiments() const {
  TableText table({"experimentId", "time", "conditionId"});
  for (const auto& experiment : problem_.experiments) {
    if (experiment.id.empty()) continue;  // The model as it is
    for (std::size_t p = 0; p < experiment.periods.size(); ++p)
      table.add({{"experimentId", experiment.id},
                 {"time", number_text(experiment.periods[p].time)},
                 {"conditionId", experiment.periods[p].changes.empty() ? "" : condition_id(experiment, p)}});
  }
  return table.text();
}

std::string Writer::yaml() const {
  const std::string model = problem_.model_file.filename().string();
  if (version_ == 1)
    return fmt::format(
        "format_version: 1\nparameter_file: parameters.tsv\nproblems:\n- condition_files: [conditions.tsv]\n"
        "  measurement_files: [measurements.tsv]\n  observable_files: [observables.tsv]\n  sbml_files: "
        "[{}]\n",
        model);
  return fmt::format(
      "format_version: 2.0.0\nparameter_files: [parameters.tsv]\nmodel_files:\n  model:\n    location: {}\n"
      "    language: sbml\nmeasurement_files: [measurements.tsv]\nobservable_files: [observables.tsv]\n"
      "condition_files: [conditions.tsv]\nexperiment_files: [experiments.tsv]\n{}",
      model, problem_.mapping.empty() ? "" : "mapping_files: [mapping.tsv]\n");
}

fs::path Writer::write() {
  if (version_ == 1 && !problem_.mapping.empty())
    refuse({problem_.file.string()}, "a mapping of identifiers");
  base::create_folder(folder_);
  write("parameters.tsv", parameters());
  write("observables.tsv", observables());
  write("measurements.tsv", measurements());
  write("conditions.tsv", version_ == 1 ? wide_conditions() : long_conditions());
  if (version_ == 2) write("experiments.tsv", experiments());
  if (!problem_.mapping.empty()) {
    TableText table({"petabEntityId", "modelEntityId"});
    for (const auto& [petab, model] : problem_.mapping)
      table.add({{"petabEntityId", petab}, {"modelEntityId", model}});
    write("mapping.tsv", table.text());
  }
  write(problem_.model_file.filename().c_str(), base::read_file(problem_.model_file));
  write("problem.yaml", yaml());
  return folder_ / "problem.yaml";
}

}  // namespace

fs::path write_petab(const PetabProblem& problem, int version, const fs::path& folder) {
  return Writer(problem, version, folder).write();
}

}  // namespace raad::data
