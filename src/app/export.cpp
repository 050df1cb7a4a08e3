// `raad export`: a system, model file or run for other programs.
#include <fmt/format.h>

#include <memory>

#include "app/command.hpp"
#include "app/time_courses.hpp"
#include "base/files.hpp"
#include "base/table.hpp"
#include "data/covariates.hpp"
#include "data/foreign_code.hpp"
#include "model/antimony_text.hpp"
#include "report/omex_export.hpp"
#include "run/simulation.hpp"
#include "run/subject_draw.hpp"
#include "sbml/export.hpp"

namespace raad::app {
namespace {

struct Arguments {
  std::string system = "human";
  std::string format = "sbml";
  std::string regimen;
  std::optional<std::string> until;
  std::string every;
  std::vector<std::string> observables;
  std::string out;
  bool omex = false;
  RunOptions run;
};

void write(const Arguments& arguments, const std::string& text) {
  if (arguments.out.empty())
    fmt::print("{}", text);
  else
    base::write_file_atomically(arguments.out, text);
}

bool is_run(const Arguments& arguments) {
  return !arguments.regimen.empty() || !arguments.run.settings.empty() || !arguments.run.hypotheses.empty();
}

run::Scenario scenario_of(const Arguments& arguments) {
  run::Scenario scenario;
  if (!arguments.regimen.empty()) {
    auto given = read_regimen_argument(arguments.regimen);
    if (!given.records.empty())
      throw base::InputError("R078", {arguments.regimen}, "dosing records are not exported",
                             "write the regimen as text (docs/regimens.md)");
    scenario.regimen = std::move(given.regimen);
  }
  scenario.end_h = parse_duration_h("--until", arguments.until.value_or("28d"));
  scenario.output_times_h = output_times(arguments.every, scenario.end_h);
  scenario.hypotheses = arguments.run.hypotheses;
  scenario.settings = parse_settings(arguments.run.settings);
  scenario.solver = solver_options(arguments.run);
  return scenario;
}

/// A model alone has no end, no output times and no read-outs of its own.
void refuse_archive_options(const Arguments& arguments) {
  const char* given = arguments.until                  ? "--until"
                      : !arguments.every.empty()       ? "--every"
                      : !arguments.observables.empty() ? "--observe"
                                                       : nullptr;
  if (given != nullptr)
    throw base::InputError("R078", {given}, "belongs to the run in an archive, not to a model alone",
                           "add --omex, or leave it out");
}

std::string required_out(const Arguments& arguments) {
  if (arguments.out.empty())
    throw base::InputError("R070", {"--out"}, "this format needs a place to write to", "add --out");
  return arguments.out;
}

void export_omex(const Arguments& arguments, const data::Library& library, const run::LoadedSystem& system) {
  const run::Simulator simulator(library, system, chosen_observables(arguments.observables, library, system));
  report::RunDescription description{system.name, arguments.regimen.empty() ? "none" : arguments.regimen,
                                     k_version, arguments.run.hypotheses, arguments.run.settings};
  base::Diagnostics found;
  report::write_run_archive(required_out(arguments), library, simulator, scenario_of(arguments), description,
                            found);
  throw_if_errors(found);
}

/// The system's model, or that of the run: its values, and its doses as events.
model::FlatModel chosen_model(const Arguments& arguments, const data::Library& library,
                              const run::LoadedSystem& system) {
  if (!is_run(arguments)) return *system.model;
  const run::Simulator simulator(library, system, {});
  return report::run_as_model(simulator, scenario_of(arguments));
}

std::string as_sbml(const data::Library& library, const model::FlatModel& model) {
  base::Diagnostics found;
  sbml::ExportOptions options;
  for (const auto& source : library.sources) options.sources[source.id] = {source.pmid, source.doi};
  const std::string text = sbml::export_model(model, options, found);
  throw_if_errors(found);
  return text;
}

/// DIR/NAME.ant and the table of its numbers beside it.
void export_antimony(const Arguments& arguments, const run::LoadedSystem& system,
                     const model::FlatModel& model) {
  const std::filesystem::path folder = required_out(arguments);
  base::Diagnostics found;
  const auto text = model::antimony_text(model, system.name, found);
  throw_if_errors(found);
  base::create_folder(folder);
  base::write_file_atomically(folder / (system.name + ".ant"), text.model);
  base::write_file_atomically(folder / (system.name + ".params.tsv"), text.table);
  if (arguments.run.quiet) return;
  for (const auto& [from, to] : text.renamed) fmt::print(stderr, "note: `{}` is called `{}`\n", from, to);
}

/// Covariances from the standard deviations and the correlations of the library.
std::vector<data::ForeignVariability> variabilities(const data::Library& library,
                                                    const run::LoadedSystem& system) {
  base::Diagnostics found;
  const auto correlations = data::read_correlations(library.file("correlations.tsv"), found);
  std::vector<data::ForeignVariability> made;
  std::map<std::string, double> spreads;
  for (const auto& one : run::varying_parameters(system, correlations, found)) {
    // What varies between trials is the same for all subjects of a run.
    if (one.by_trial) continue;
    using Scale = run::VaryingParameter::Scale;
    data::ForeignVariability varying;
    varying.parameter = system.equations.parameters[one.index].id;
    varying.scale = one.scale == Scale::logarithmic ? data::ForeignVariability::Scale::logarithmic
                    : one.scale == Scale::logit     ? data::ForeignVariability::Scale::logit
                                                    : data::ForeignVariability::Scale::linear;
    varying.variance = one.spread * one.spread;
    for (const auto& pair : correlations) {
      const bool is_first = pair.parameter_1 == varying.parameter;
      if (!is_first && pair.parameter_2 != varying.parameter) continue;
      const auto other = spreads.find(is_first ? pair.parameter_2 : pair.parameter_1);
      if (other != spreads.end()) varying.covariances[other->first] = pair.rho * one.spread * other->second;
    }
    spreads[varying.parameter] = one.spread;
    made.push_back(std::move(varying));
  }
  throw_if_errors(found);
  return made;
}

void export_foreign(const Arguments& arguments, const data::Library& library, const run::LoadedSystem& system,
                    const model::FlatModel& model) {
  if (!arguments.regimen.empty() && arguments.regimen != "none")
    throw base::InputError(
        "R078", {"--regimen"}, "doses are no part of a model of " + arguments.format,
        "give them there as its own dosing records; the states they go to are in the text");
  base::Diagnostics found;
  const auto varying = variabilities(library, system);
  const auto made = arguments.format == "mrgsolve" ? data::mrgsolve_text(model, varying, found)
                                                   : data::rxode2_text(model, system.name, varying, found);
  throw_if_errors(found);
  write(arguments, made.text);
  if (arguments.run.quiet) return;
  for (const auto& [from, to] : made.renamed) fmt::print(stderr, "note: `{}` is called `{}`\n", from, to);
}

int export_system(const Arguments& arguments) {
  const auto library = open_program_library();
  base::Diagnostics findings;
  const auto system = run::load_system(library, arguments.system, findings);
  if (arguments.omex || arguments.format == "omex") {
    export_omex(arguments, library, system);
    return done;
  }
  refuse_archive_options(arguments);
  const auto model = chosen_model(arguments, library, system);
  if (arguments.format == "antimony")
    export_antimony(arguments, system, model);
  else if (arguments.format == "mrgsolve" || arguments.format == "rxode2")
    export_foreign(arguments, library, system, model);
  else
    write(arguments, as_sbml(library, model));
  return done;
}

}  // namespace

void add_export(Command& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto& command =
      program.add_subcommand("export", "A system, model file or run in the formats of other programs");
  command.footer(
      "Examples:\n  raad export human --out human.xml\n"
      "  raad export human --omex --regimen \"psilocybin 25 mg oral\" --until 7d --out run.omex");
  command.add_option("system", arguments->system, "human, mouse, or a model file (.ant, SBML .xml)")
      .show_default();
  command.add_option("--format", arguments->format, "sbml, antimony (a folder), mrgsolve, rxode2 or omex")
      .one_of({"sbml", "antimony", "mrgsolve", "rxode2", "omex"})
      .show_default();
  command.add_flag("--omex", arguments->omex,
                   "A COMBINE archive: model, experiment, data and figures of a run");
  command.add_option("--regimen", arguments->regimen,
                     "Doses (docs/regimens.md), written into the model as events");
  command.add_option("--until", arguments->until, "End of the run in the archive; default: 28d");
  command.add_option("--every", arguments->every, "Output step of the archive; default: 200 points");
  command.add_option("--observe", arguments->observables, "Observables of the archive, separated by commas")
      .one_at_a_time();
  command.add_option("--out", arguments->out,
                     "File, or folder of --format antimony; default: standard output");
  add_run_options(command, arguments->run);
  command.callback(
      [arguments, &context] { context.selected = [arguments] { return export_system(*arguments); }; });
}

}  // namespace raad::app
