// `raad simulate`: time courses of one subject under one regimen.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/time_courses.hpp"
#include "base/files.hpp"
#include "base/table.hpp"
#include "dose/records.hpp"
#include "run/progress.hpp"
#include "run/sbml_case.hpp"
#include "run/simulation.hpp"
#include "study/uncertainty_bands.hpp"

namespace raad::app {
namespace {

// Four weeks, the length of most trials' first phase [h].
constexpr double k_default_end = 672.0;

struct Arguments {
  std::string system = "human";
  std::string regimen = "none";
  std::string records;
  std::optional<std::string> subject;
  std::optional<std::string> until, every;
  std::vector<std::string> observables;
  std::string out;
  std::string engine = "automatic";
  std::string sbml_settings;
  bool json = false;
  std::size_t uncertainty_draws = 0;  // 0: nominal parameters only
  RunOptions run;
};

/// What is given: events of named drugs, and actions on compartments named by records.
struct Dosing {
  dose::Regimen regimen;
  std::vector<solve::Action> actions;
};

std::string chosen_subject(const Arguments& arguments, const std::vector<dose::Record>& records) {
  const auto ids = dose::subjects_of(records);
  if (!arguments.subject && ids.size() > 1)
    throw base::InputError("R070", {arguments.records},
                           "the records hold " + std::to_string(ids.size()) + " subjects",
                           "choose one with --subject ID");
  const std::string subject = arguments.subject.value_or(ids.empty() ? "" : ids.front());
  if (std::find(ids.begin(), ids.end(), subject) == ids.end())
    throw base::InputError("R079", {arguments.records}, "no subject `" + subject + "` in the records");
  return subject;
}

Dosing dosing_of(const Arguments& arguments, const run::LoadedSystem& system) {
  base::Diagnostics findings;
  Dosing dosing;
  auto given = read_regimen_argument(arguments.regimen);
  dosing.regimen = std::move(given.regimen);
  if (!given.records.empty())
    dosing.actions =
        dose::expand_records(given.records, given.records.front().id, system.equations, findings);
  if (!arguments.records.empty()) {
    const auto records = dose::read_records(base::read_file(arguments.records), arguments.records, findings);
    throw_if_errors(findings);
    const std::string subject = chosen_subject(arguments, records);
    const auto named = dose::regimen_of(records, subject, findings);
    dosing.regimen.events.insert(dosing.regimen.events.end(), named.events.begin(), named.events.end());
    const auto actions = dose::expand_records(records, subject, system.equations, findings);
    dosing.actions.insert(dosing.actions.end(), actions.begin(), actions.end());
  }
  throw_if_errors(findings);
  return dosing;
}

data::SeriesTable to_table(const run::TimeCourses& courses, const run::LoadedSystem& system) {
  data::SeriesTable table;
  table.time_name = run::time_column(system);
  table.time_unit = system.model->time_unit;
  table.time = courses.time_h;
  for (const auto& series : courses.series)
    table.columns.push_back({series.observable, series.unit, series.values});
  return table;
}

/// Quantiles over the uncertainty of the parameters, as further series: `madrs_q05` and so on.
std::string add_uncertainty(run::TimeCourses& courses, const data::Library& library,
                            const run::LoadedSystem& system, const run::Scenario& scenario,
                            const Arguments& arguments) {
  std::vector<std::string> names;
  for (const auto& series : courses.series) names.push_back(series.observable);
  run::ParameterRunOptions options;
  options.threads = arguments.run.threads;
  run::ProgressLine line(!arguments.run.quiet);
  const auto total = static_cast<std::int64_t>(arguments.uncertainty_draws);
  if (line.is_shown())
    options.progress = [&](std::size_t finished) {
      line.show({static_cast<std::int64_t>(finished), 0, total, 0.0, 0.0, "draws"});
    };
  const auto bands = study::uncertainty_bands(library, system, scenario, names, arguments.uncertainty_draws,
                                              arguments.run.seed, options);
  std::vector<run::Series> all;
  for (std::size_t k = 0; k < courses.series.size(); ++k) {
    all.push_back(courses.series[k]);
    for (std::size_t q = 0; q < std::size(study::k_band_quantiles); ++q) {
      run::Series band = courses.series[k];
      const auto percent = static_cast<int>(std::lround(100.0 * study::k_band_quantiles[q]));
      band.observable += fmt::format("_q{:02}", percent);
      band.display_name += fmt::format(", {} % quantile of the uncertainty", percent);
      band.values = bands.quantiles[k][q];
      all.push_back(std::move(band));
    }
  }
  courses.series = std::move(all);
  return bands.basis;
}

std::string to_json(const run::TimeCourses& courses, const run::LoadedSystem& system) {
  nlohmann::ordered_json json;
  json["system"] = system.name;
  json["model_hash"] = system.model->content_hash;
  json["notice"] = k_research_notice;
  json[run::time_column(system)] = courses.time_h;
  for (const auto& series : courses.series)
    json["observables"].push_back({{"id", series.observable},
                                   {"name", series.display_name},
                                   {"unit", series.unit},
                                   {"values", series.values}});
  json["notes"] = courses.schedule.notes;
  return json.dump(1) + "\n";
}

void report_cost(const run::Simulator& simulator, const run::TimeCourses& courses,
                 const Arguments& arguments) {
  const auto& work = courses.statistics;
  fmt::print(stderr,
             "engine: {}; solver: {}; steps {} ({} rejected), rates {}, Jacobians {}, factorisations {}\n",
             simulator.engine_description(), arguments.run.solver, work.steps, work.rejected_steps,
             work.rate_evaluations, work.jacobian_evaluations, work.factorisations);
}

/// A case of the SBML Test Suite: its settings say what to do.
int simulate_sbml_case(const Arguments& arguments) {
  base::Diagnostics findings;
  const auto settings = run::read_sbml_settings(arguments.sbml_settings, findings);
  throw_if_errors(findings);
  auto options = solver_options(arguments.run);
  // Far below what the case is scored with, so that the solver's error is no part of the answer; the absolute
  // part for species that start at nothing in models of vanishing amounts.
  options.relative_tolerance = std::clamp(1e-5 * settings.relative, 1e-11, 1e-8);
  options.absolute_tolerance_per_scale = 1e-4 * options.relative_tolerance;
  options.event_order_seed = arguments.run.seed;
  const auto result = run::run_sbml_case(arguments.system, settings, options);
  if (arguments.run.verbose) fmt::print(stderr, "steps {}\n", result.statistics.steps);
  if (arguments.out.empty())
    fmt::print("{}", result.csv);
  else
    base::write_file_atomically(arguments.out, result.csv);
  return done;
}

int simulate(const Arguments& arguments, const Context& context) {
  if (arguments.subject && arguments.records.empty())
    throw base::InputError("R070", {"--subject"}, "there are no records to choose a subject from",
                           "name them with --records");
  if (std::filesystem::path(arguments.out).extension() == ".nc")
    throw base::InputError("R070", {"--out"}, "simulate writes CSV, not netCDF",
                           "name a .csv file; `raad population --trajectories` writes netCDF");
  if (!arguments.sbml_settings.empty()) return simulate_sbml_case(arguments);
  const auto started = std::chrono::steady_clock::now();
  const auto library = open_program_library();
  base::Diagnostics findings;
  const auto system = run::load_system(library, arguments.system, findings);
  print_findings(findings, arguments.run.quiet);
  auto record = make_run_record(context, arguments.run, system);

  run::Scenario scenario;
  const auto dosing = dosing_of(arguments, system);
  scenario.regimen = dosing.regimen;
  scenario.extra_actions = dosing.actions;
  const auto& time_unit = system.model->time_unit;
  scenario.end_h = arguments.until ? parse_duration("--until", *arguments.until, time_unit) : k_default_end;
  scenario.output_times_h = arguments.every ? output_times(*arguments.every, scenario.end_h, time_unit)
                                            : output_times("", scenario.end_h);
  scenario.hypotheses = arguments.run.hypotheses;
  scenario.settings = parse_settings(arguments.run.settings);
  scenario.solver = solver_options(arguments.run);

  const auto engine = arguments.engine == "native"        ? run::Engine::native
                      : arguments.engine == "interpreter" ? run::Engine::interpreter
                                                          : run::Engine::automatic;
  const run::Simulator simulator(library, system, chosen_observables(arguments.observables, library, system),
                                 engine);
  auto courses = simulator.run(scenario);
  if (arguments.uncertainty_draws > 0)
    courses.schedule.notes.push_back(add_uncertainty(courses, library, system, scenario, arguments));

  if (!arguments.run.quiet)
    for (const auto& note : courses.schedule.notes) fmt::print(stderr, "note: {}\n", note);
  if (arguments.run.verbose) report_cost(simulator, courses, arguments);
  const std::string text =
      arguments.json ? to_json(courses, system) : data::print_series(to_table(courses, system));
  if (arguments.out.empty()) {
    fmt::print("{}", text);
    if (!arguments.run.quiet) fmt::print(stderr, "{}\n", k_research_notice);
    return done;
  }
  base::write_file_atomically(arguments.out, text);
  record.engine = simulator.engine_description();
  record.settings["regimen"] = dose::print_regimen(scenario.regimen);
  record.settings["until_h"] = base::format_number(scenario.end_h);
  record.notes.insert(record.notes.end(), courses.schedule.notes.begin(), courses.schedule.notes.end());
  record.wall_time_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  data::write_run_record(arguments.out, record);
  if (!arguments.run.quiet) fmt::print(stderr, "{}\n", k_research_notice);
  return done;
}

}  // namespace

void add_simulate(Command& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto& command = program.add_subcommand("simulate", "Time courses of one subject under one regimen");
  command.footer(
      "Example:\n  raad simulate human --regimen \"psilocybin 25 mg oral @ 0 h\" --until 7d --every 1h "
      "--observe plasma_psilocin,madrs --out psilocybin.csv");
  command.add_option("system", arguments->system, "human, mouse, or a model file (.ant, SBML .xml)")
      .show_default();
  command
      .add_option("--regimen", arguments->regimen,
                  "Doses (docs/regimens.md), a file that holds them, or `none`")
      .show_default();
  command.add_option("--records", arguments->records, "NONMEM-style dosing records, added to the regimen");
  command.add_option("--subject", arguments->subject, "Subject (ID) of the records");
  command.add_option("--until", arguments->until,
                     "End of the run, for example 28d, which is the default; a bare number is in the model's "
                     "own unit of time (hours)");
  command.add_option("--every", arguments->every, "Output step, for example 1h; default: 200 points");
  command
      .add_option("--observe", arguments->observables,
                  "Observables, separated by commas (library/observables.tsv), or flat ids")
      .one_at_a_time();
  command.add_option("--out", arguments->out, "CSV file; default: standard output");
  command.add_option("--engine", arguments->engine, "automatic, interpreter or native")
      .one_of({"automatic", "interpreter", "native"})
      .show_default();
  command.add_option("--sbml-settings", arguments->sbml_settings,
                     "Settings file of an SBML Test Suite case: course, columns, accuracy");
  command
      .add_option("--uncertainty", arguments->uncertainty_draws,
                  "Bands from so many draws of the uncertain parameters: columns NAME_q05 to NAME_q95")
      .in_range(2, 1000000);
  command.add_flag("--json", arguments->json, "JSON in place of CSV");
  add_run_options(command, arguments->run);
  command.callback([arguments, &context] {
    context.selected = [arguments, &context] { return simulate(*arguments, context); };
  });
}

}  // namespace raad::app
