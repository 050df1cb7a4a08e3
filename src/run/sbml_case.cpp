#include "run/sbml_case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/files.hpp"
#include "base/table.hpp"
#include "codegen/kernel.hpp"
#include "ir/system.hpp"
#include "run/flux_balance.hpp"
#include "sbml/import.hpp"

namespace raad::run {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_in(const std::string& text) {
  std::vector<std::string> names;
  for (const auto& part : base::split(text, ','))
    if (const std::string name(base::trim(part)); !name.empty()) names.push_back(name);
  return names;
}

double number_in(const std::string& text, const base::SourcePlace& place, base::Diagnostics& findings) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    findings.error("R088", place, "`" + text + "` is not a number");
  return value;
}

std::string cell(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0.0 ? "INF" : "-INF";
  return fmt::format("{:.17g}", value);
}

/// The quantity behind a column.
std::string quantity_of(const sbml::ImportedModel& imported, const SbmlSettings& settings,
                        const std::string& variable) {
  const auto listed = [&](const std::vector<std::string>& names) {
    return std::ranges::find(names, variable) != names.end();
  };
  const auto species = imported.species.find(variable);
  if (species == imported.species.end()) return variable;
  const auto name = [&](model::SymbolId id) {
    return imported.model->symbols[static_cast<std::size_t>(id)].id;
  };
  if (listed(settings.amounts)) return name(species->second.amount);
  if (listed(settings.concentrations) && species->second.concentration >= 0)
    return name(species->second.concentration);
  return variable;
}

}  // namespace

SbmlSettings read_sbml_settings(const fs::path& file, base::Diagnostics& findings) {
  SbmlSettings settings;
  if (!fs::is_regular_file(file)) {
    findings.error("R086", {file.string()}, "settings file not found");
    return settings;
  }
  int line = 0;
  for (const auto& text : base::split(base::read_file(file), '\n')) {
    ++line;
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string key(base::trim(text.substr(0, colon)));
    const std::string value(base::trim(text.substr(colon + 1)));
    const base::SourcePlace place{file.string(), line, 0};
    // Flux balances have no course.
    if (value.empty()) continue;
    if (key == "start") settings.start = number_in(value, place, findings);
    if (key == "duration") settings.duration = number_in(value, place, findings);
    if (key == "steps") settings.steps = static_cast<int>(number_in(value, place, findings));
    if (key == "absolute") settings.absolute = number_in(value, place, findings);
    if (key == "relative") settings.relative = number_in(value, place, findings);
    if (key == "variables") settings.variables = names_in(value);
    if (key == "amount") settings.amounts = names_in(value);
    if (key == "concentration") settings.concentrations = names_in(value);
  }
  if (settings.steps < 0 || !(settings.duration >= 0.0) || (settings.steps == 0 && settings.duration > 0.0))
    findings.error("R088", {file.string()},
                   "the settings ask for no course: steps and duration must be above 0");
  return settings;
}

namespace {

SbmlCaseResult run_flux_balance(const fs::path& file, const SbmlSettings& settings) {
  base::Diagnostics findings;
  const auto problem = sbml::read_flux_problem(file, findings);
  base::throw_if_errors(findings);
  const auto balance = balance_fluxes(problem);
  SbmlCaseResult result;
  std::string values;
  for (const auto& variable : settings.variables) {
    const auto flux = balance.fluxes.find(variable);
    if (flux == balance.fluxes.end() && variable != problem.objective_id)
      throw base::InputError("R079", {file.string()}, "the model has no flux `" + variable + "`");
    const std::string separator = result.csv.empty() ? "" : ",";
    result.csv += separator + variable;
    values += separator + cell(flux != balance.fluxes.end() ? flux->second : balance.objective);
  }
  result.csv += "\n" + values + "\n";
  return result;
}

}  // namespace

SbmlCaseResult run_sbml_case(const fs::path& file, const SbmlSettings& settings,
                             const solve::Options& options) {
  if (settings.steps == 0) return run_flux_balance(file, settings);
  base::Diagnostics findings;
  const auto imported = sbml::import_model(file, {}, findings);
  base::throw_if_errors(findings);
  const ir::System system = ir::build_system(*imported.model);

  std::vector<ir::NodeId> outputs;
  for (const auto& variable : settings.variables) {
    const auto found = system.quantities.find(quantity_of(imported, settings, variable));
    if (found == system.quantities.end())
      throw base::InputError("R079", {file.string()}, "the model has no `" + variable + "`");
    outputs.push_back(found->second.node);
  }
  const auto kernel = codegen::make_interpreter(codegen::lower(system, outputs));
  solve::Problem problem;
  problem.system = &system;
  problem.kernel = kernel.get();
  problem.parameters = solve::initial_parameters(system);
  problem.end_h = settings.start + settings.duration;
  for (int i = 0; i <= settings.steps; ++i)
    problem.output_times.push_back(
        i == settings.steps ? problem.end_h : settings.start + settings.duration * i / settings.steps);
  const auto solution = solve::solve(problem, options);
  if (solution.status != solve::Status::success)
    throw base::NumericalError(file.string() + ": " + solution.message);

  SbmlCaseResult result;
  result.statistics = solution.statistics;
  result.csv = "time";
  for (const auto& variable : settings.variables) result.csv += "," + variable;
  result.csv += "\n";
  for (std::size_t row = 0; row < solution.times.size(); ++row) {
    result.csv += cell(solution.times[row]);
    for (std::size_t k = 0; k < outputs.size(); ++k)
      result.csv += "," + cell(solution.outputs[row * outputs.size() + k]);
    result.csv += "\n";
  }
  return result;
}

}  // namespace raad::run
