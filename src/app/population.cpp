// `raad population`: a regimen in many virtual subjects, reduced to distributions over time.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/time_courses.hpp"
#include "base/files.hpp"
#include "base/table.hpp"
#include "run/population.hpp"

namespace raad::app {
namespace {

// Gives a median error near 6e-5 over observables and states of the human system (docs/performance.md).
constexpr double k_default_tolerance = 6e-6;

// Compiling takes about 0.15 s; after that a subject costs about a twentieth of what it costs the
// interpreter, which is about 1.5 ms for 28 days of the human system. Up to so many subjects the interpreter
// is done sooner. Both give the same bits.
constexpr std::int64_t k_interpreted_subjects = 100;

struct Arguments {
  std::string system = "human";
  std::string regimen = "none";
  std::string until = "28d", every;
  std::vector<std::string> observables, exceedances;
  std::int64_t subjects = 0;
  std::string parameters, out, influence, journal;
  std::string quantiles = "5,25,50,75,95";
  std::string engine = "automatic";
  std::uint64_t replicate = 0;
  std::string timing_sd = "0";
  double missed = 0.0;
  double checkpoint_every_s = 2.0;
  bool resume = false, json = false;
  RunOptions run;
};

std::vector<double> parse_quantiles(const std::string& text) {
  std::vector<double> percents;
  for (const auto& part : base::split(text, ',')) {
    const auto percent = base::parse_number(base::trim(part));
    if (!percent || *percent < 0.0 || *percent > 100.0)
      throw base::InputError("R070", {"--quantiles"}, "`" + part + "` is no percentage",
                             "numbers from 0 to 100, separated by commas");
    percents.push_back(*percent);
  }
  return percents;
}

/// `madrs<10` or `madrs > 10`.
run::Exceedance parse_exceedance(const std::string& text, const std::vector<run::Series>& observables) {
  const std::size_t at = text.find_first_of("<>");
  const auto threshold = at == std::string::npos
                             ? std::nullopt
                             : base::parse_number(base::trim(std::string_view(text).substr(at + 1)));
  if (!threshold)
    throw base::InputError("R070", {"--exceed"}, "`" + text + "` is no condition",
                           "for example \"madrs<10\"");
  const std::string name(base::trim(std::string_view(text).substr(0, at)));
  const auto found = std::ranges::find(observables, name, &run::Series::observable);
  if (found == observables.end())
    throw base::InputError("R074", {"--exceed"}, "`" + name + "` is not among the observables",
                           "name it with --observe as well");
  return {static_cast<int>(found - observables.begin()),
          text[at] == '<' ? run::Exceedance::Relation::below : run::Exceedance::Relation::above, *threshold};
}

std::string exceedance_name(const run::Exceedance& one, const std::vector<run::Series>& observables) {
  return fmt::format("{}_{}_{}", observables[static_cast<std::size_t>(one.observable)].observable,
                     one.relation == run::Exceedance::Relation::below ? "below" : "above",
                     base::format_number(one.threshold));
}

data::SeriesTable to_table(const run::PopulationSummary& summary, const std::vector<double>& times,
                           const std::vector<run::Series>& observables, const std::vector<double>& percents) {
  data::SeriesTable table;
  table.time = times;
  const auto column = [&](const std::string& name, const std::string& unit, auto value_at) {
    std::vector<double> values;
    for (int t = 0; t < static_cast<int>(times.size()); ++t) values.push_back(value_at(t));
    table.columns.push_back({name, unit, std::move(values)});
  };
  for (int k = 0; k < static_cast<int>(observables.size()); ++k) {
    const auto& [id, display, unit, unused] = observables[static_cast<std::size_t>(k)];
    column(id + "_mean", unit, [&](int t) { return summary.mean(t, k); });
    column(id + "_sd", unit, [&](int t) { return summary.standard_deviation(t, k); });
    for (const double percent : percents)
      column(fmt::format("{}_q{:0>2}", id, base::format_number(percent)), unit,
             [&](int t) { return summary.quantile(t, k, 0.01 * percent); });
  }
  const auto& exceedances = summary.shape().exceedances;
  for (int e = 0; e < static_cast<int>(exceedances.size()); ++e)
    column(exceedance_name(exceedances[static_cast<std::size_t>(e)], observables), "1",
           [&](int t) { return summary.exceedance(t, e); });
  return table;
}

/// Correlations of what describes subjects with measures of each read-out: a row a pair.
std::string influence_table(const run::PopulationSummary& summary,
                            const std::vector<run::Descriptor>& descriptors,
                            const std::vector<run::Series>& observables) {
  constexpr std::pair<run::Measure, const char*> measures[] = {{run::Measure::mean_over_time, "mean"},
                                                               {run::Measure::greatest, "greatest"},
                                                               {run::Measure::least, "least"},
                                                               {run::Measure::last, "last"}};
  std::string text = "observable\tmeasure\tdescriptor\tkind\tcorrelation\tsubjects\n";
  for (int k = 0; k < static_cast<int>(observables.size()); ++k)
    for (const auto& [measure, name] : measures)
      for (int d = 0; d < static_cast<int>(descriptors.size()); ++d) {
        const auto& descriptor = descriptors[static_cast<std::size_t>(d)];
        const double correlation = summary.correlation(d, k, measure);
        if (std::isnan(correlation)) continue;
        text += fmt::format("{}\t{}\t{}\t{}\t{:.4f}\t{}\n",
                            observables[static_cast<std::size_t>(k)].observable, name, descriptor.id,
                            descriptor.kind == run::Descriptor::Kind::parameter ? "parameter" : "covariate",
                            correlation, summary.correlated_subject_count());
      }
  return text;
}

std::string to_json(const run::PopulationResult& result, const data::SeriesTable& table) {
  nlohmann::ordered_json json;
  json["notice"] = k_research_notice;
  json["subjects"] = result.summary.subject_count();
  json["failed"] = result.failed_count();
  json["time_h"] = table.time;
  for (const auto& column : table.columns)
    json["columns"].push_back({{"name", column.name}, {"unit", column.unit}, {"values", column.values}});
  return json.dump(1) + "\n";
}

/// Rewrites one line of a terminal; silent elsewhere.
class ProgressLine {
 public:
  explicit ProgressLine(bool quiet) : shown_(!quiet && isatty(STDERR_FILENO) == 1) {}
  ~ProgressLine() {
    if (written_) fmt::print(stderr, "\n");
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  std::function<void(const run::PopulationProgress&)> function() {
    if (!shown_) return {};
    return [this](const run::PopulationProgress& now) {
      written_ = true;
      fmt::print(stderr, "\r{} of {} subjects, {} failed, {:.0f} per second, {:.0f} s left ", now.done,
                 now.total, now.failed, now.subjects_per_second, now.seconds_left);
      std::fflush(stderr);
    };
  }

 private:
  bool shown_, written_ = false;
};

run::PopulationDesign design_of(const Arguments& arguments) {
  run::PopulationDesign design;
  auto given = read_regimen_argument(arguments.regimen);
  if (!given.records.empty())
    throw base::InputError("R078", {arguments.regimen},
                           "records that name compartments are for single subjects",
                           "write the regimen as text (docs/regimens.md)");
  design.scenario.regimen = std::move(given.regimen);
  design.scenario.end_h = parse_duration_h("--until", arguments.until);
  design.scenario.output_times_h = output_times(arguments.every, design.scenario.end_h);
  design.scenario.hypotheses = arguments.run.hypotheses;
  design.scenario.settings = parse_settings(arguments.run.settings);
  design.seed = arguments.run.seed;
  design.replicate = arguments.replicate;
  design.subject_count = arguments.subjects;
  design.parameter_table = arguments.parameters;
  design.adherence.timing_sd_h =
      arguments.timing_sd == "0" ? 0.0 : parse_duration_h("--timing-sd", arguments.timing_sd);
  design.adherence.missed_probability = arguments.missed;
  if (arguments.resume && arguments.journal.empty())
    throw base::InputError("R070", {"--resume"}, "there is no journal to resume from",
                           "name it with --journal");
  return design;
}

solve::EnsembleSolver make_solver(const Arguments& arguments, const run::LoadedSystem& system,
                                  const run::VirtualSubjects& subjects, const run::Simulator& simulator,
                                  const run::Scenario& scenario) {
  solve::Ensemble ensemble;
  ensemble.system = &system.equations;
  ensemble.outputs = simulator.observable_nodes();
  ensemble.output_times = scenario.output_times_h;
  ensemble.end_h = scenario.end_h;
  ensemble.parameters = subjects.typical_parameters();
  ensemble.varying_parameters = subjects.varying_parameters();
  ensemble.acted_states = subjects.acted_states();
  solve::EnsembleOptions options;
  options.solver = solver_options(arguments.run);
  const bool native = arguments.engine == "native" ||
                      (arguments.engine == "automatic" && arguments.subjects > k_interpreted_subjects);
  options.engine = native ? solve::EnsembleEngine::native : solve::EnsembleEngine::interpreter;
  return solve::EnsembleSolver(std::move(ensemble), options);
}

run::RunIdentity identity_of(const Arguments& arguments, const run::LoadedSystem& system,
                             const run::VirtualSubjects& subjects,
                             const std::vector<run::Series>& observables) {
  std::string names, conditions;
  for (const auto& one : observables) names += one.observable + " ";
  for (const auto& one : arguments.exceedances) conditions += one + " ";
  return {{"seed", std::to_string(arguments.run.seed)},
          {"replicate", std::to_string(arguments.replicate)},
          {"number of subjects", std::to_string(arguments.subjects)},
          {"model", system.name + " " + system.model->content_hash},
          {"regimen", arguments.regimen},
          {"observables", names},
          {"conditions", conditions},
          {"output times", arguments.until + " " + arguments.every},
          {"solver", arguments.run.solver + " " + base::format_number(arguments.run.relative_tolerance)},
          {"subjects", subjects.content_hash()},
          {"program", k_version}};
}

void print_failures(const run::PopulationResult& result) {
  for (const auto& [status, failure] : result.failures)
    fmt::print(stderr, "failed: {} subject{}: {}; first: subject {} {}\n", failure.count,
               failure.count == 1 ? "" : "s", status, failure.first_subject, failure.example);
}

int population(const Arguments& arguments, const Context& context, run::Ranks& ranks) {
  const auto started = std::chrono::steady_clock::now();
  const bool talks = ranks.rank() == 0 && !arguments.run.quiet;
  const auto library = open_program_library();
  base::Diagnostics findings;
  const auto system = run::load_system(library, arguments.system, findings);
  print_findings(findings, !talks);
  auto record = make_run_record(context, arguments.run, system);
  const auto percents = parse_quantiles(arguments.quantiles);
  const auto design = design_of(arguments);
  const run::Simulator simulator(library, system, chosen_observables(arguments.observables, library, system));
  const auto& observables = simulator.observables();
  const run::VirtualSubjects subjects(library, system, design);
  const auto solver = make_solver(arguments, system, subjects, simulator, design.scenario);

  run::SummaryShape shape;
  shape.time_count = static_cast<int>(design.scenario.output_times_h.size());
  shape.observable_count = static_cast<int>(observables.size());
  shape.descriptor_count = static_cast<int>(subjects.descriptors().size());
  for (const auto& text : arguments.exceedances)
    shape.exceedances.push_back(parse_exceedance(text, observables));
  ProgressLine line(!talks);
  run::PopulationOptions options;
  options.threads = arguments.run.threads;
  options.journal = arguments.journal;
  options.resume = arguments.resume;
  options.journal_interval_s = arguments.checkpoint_every_s;
  options.identity = identity_of(arguments, system, subjects, observables);
  options.progress = line.function();
  const auto result = run::run_population(subjects, solver, shape, ranks, options);
  if (ranks.rank() != 0) return done;

  if (talks) {
    for (const auto& note : subjects.notes()) fmt::print(stderr, "note: {}\n", note);
    if (arguments.run.verbose)
      fmt::print(stderr, "engine: {}; {} ranks x {} threads; steps {} ({} rejected)\n", solver.description(),
                 ranks.count(), arguments.run.threads, result.steps, result.rejected_steps);
  }
  print_failures(result);
  const auto table = to_table(result.summary, design.scenario.output_times_h, observables, percents);
  const std::string text = arguments.json ? to_json(result, table) : data::print_series(table);
  if (arguments.out.empty())
    fmt::print("{}", text);
  else
    base::write_file_atomically(arguments.out, text);
  if (!arguments.influence.empty())
    base::write_file_atomically(arguments.influence,
                                influence_table(result.summary, subjects.descriptors(), observables));
  if (!arguments.out.empty()) {
    record.engine = solver.description();
    record.settings["regimen"] = dose::print_regimen(design.scenario.regimen);
    record.settings["until_h"] = base::format_number(design.scenario.end_h);
    record.settings["subjects"] = std::to_string(arguments.subjects);
    record.settings["replicate"] = std::to_string(arguments.replicate);
    for (const auto& [status, failure] : result.failures) record.failure_counts[status] = failure.count;
    record.notes = subjects.notes();
    record.wall_time_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    data::write_run_record(arguments.out, record);
  }
  if (!arguments.journal.empty()) run::Journal::remove(arguments.journal);
  if (talks) fmt::print(stderr, "{}\n", k_research_notice);
  return result.summary.subject_count() > 0 ? done : run_failed;
}

}  // namespace

void add_population(CLI::App& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  arguments->run.relative_tolerance = k_default_tolerance;
  auto& command =
      *program.add_subcommand("population", "Distributions over virtual subjects under one regimen");
  command.footer(
      "Example:\n  raad population human --subjects 1000 --regimen \"psilocybin 25 mg oral\" --until 28d "
      "--every 1d "
      "--observe plasma_psilocin,madrs --exceed \"madrs<10\" --out population.csv");
  command.add_option("system", arguments->system, "human, mouse, or a model file (.ant)")
      ->capture_default_str();
  command.add_option("--subjects", arguments->subjects, "Number of virtual subjects")->required();
  command
      .add_option("--regimen", arguments->regimen,
                  "Doses (docs/regimens.md), a file that holds them, or `none`")
      ->capture_default_str();
  command.add_option("--parameters", arguments->parameters,
                     "CSV table of parameters and covariates, one row a subject, in place of random draws");
  command.add_option("--until", arguments->until, "End of the run, for example 28d")->capture_default_str();
  command.add_option("--every", arguments->every, "Output step, for example 1d; default: 200 points");
  command.add_option("--observe", arguments->observables, "Observables, separated by commas, or flat ids")
      ->allow_extra_args(false);
  command.add_option("--quantiles", arguments->quantiles, "Percentages of the quantiles")
      ->capture_default_str();
  command
      .add_option("--exceed", arguments->exceedances,
                  "Share of subjects for whom a condition holds: \"madrs<10\"")
      ->allow_extra_args(false);
  command
      .add_option("--replicate", arguments->replicate, "Number of the replicate: other subjects, same seed")
      ->capture_default_str();
  command
      .add_option("--timing-sd", arguments->timing_sd, "Standard deviation of dosing times, for example 2h")
      ->capture_default_str();
  command.add_option("--missed", arguments->missed, "Probability that a dose after the first is missed")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--out", arguments->out, "CSV file; default: standard output");
  command.add_option("--influence", arguments->influence,
                     "Table of correlations between subjects' parameters and read-outs (TSV)");
  command.add_option("--journal", arguments->journal, "Folder that lets a killed run go on with --resume");
  command
      .add_option("--checkpoint-every", arguments->checkpoint_every_s,
                  "Seconds between checkpoints of the journal")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  command.add_flag("--resume", arguments->resume, "Go on with the run of the journal");
  command
      .add_option("--engine", arguments->engine,
                  "automatic, interpreter or native; results do not depend on it")
      ->check(CLI::IsMember({"automatic", "interpreter", "native"}))
      ->capture_default_str();
  command.add_flag("--json", arguments->json, "JSON in place of CSV");
  add_run_options(command, arguments->run);
  command.callback([arguments, &context] {
    context.selected = [arguments, &context] {
      const auto ranks = run::join_ranks();
      if (ranks->count() == 1) return population(*arguments, context, *ranks);
      // A rank that stops would leave the others waiting for it for ever.
      const int status = report_errors([&] { return population(*arguments, context, *ranks); });
      if (status != done) ranks->abort(status);
      return status;
    };
  });
}

}  // namespace raad::app
