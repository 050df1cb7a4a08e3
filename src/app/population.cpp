// `raad population`: a regimen in many virtual subjects, reduced to distributions over time.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "app/command.hpp"
#include "app/population_output.hpp"
#include "app/time_courses.hpp"
#include "base/files.hpp"
#include "base/output_file.hpp"
#include "base/table.hpp"
#include "run/population.hpp"
#include "run/progress.hpp"
#include "run/trajectory_spool.hpp"

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
  std::string parameters, out, influence, journal, trajectories, figures;
  std::int64_t spaghetti = 50;
  std::string quantiles = "5,25,50,75,95";
  std::string engine = "automatic";
  std::uint64_t replicate = 0;
  std::string timing_sd = "0";
  double missed = 0.0;
  double checkpoint_every_s = 2.0;
  bool resume = false, keep_journal = false, json = false;
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

run::PopulationDesign design_of(const Arguments& arguments, const std::string& time_unit) {
  run::PopulationDesign design;
  auto given = read_regimen_argument(arguments.regimen);
  if (!given.records.empty())
    throw base::InputError("R078", {arguments.regimen},
                           "records that name compartments are for single subjects",
                           "write the regimen as text (docs/regimens.md)");
  design.scenario.regimen = std::move(given.regimen);
  design.scenario.end_h = parse_duration("--until", arguments.until, time_unit);
  design.scenario.output_times_h = arguments.every.empty()
                                       ? output_times("", design.scenario.end_h)
                                       : output_times(arguments.every, design.scenario.end_h, time_unit);
  design.scenario.hypotheses = arguments.run.hypotheses;
  design.scenario.settings = parse_settings(arguments.run.settings);
  design.seed = arguments.run.seed;
  design.replicate = arguments.replicate;
  design.subject_count = arguments.subjects;
  design.parameter_table = arguments.parameters;
  design.adherence.timing_sd_h =
      arguments.timing_sd == "0" ? 0.0 : parse_duration_h("--timing-sd", arguments.timing_sd);
  design.adherence.missed_probability = arguments.missed;
  const std::vector<std::string> files = {arguments.out, arguments.influence, arguments.trajectories};
  for (std::size_t i = 0; i < files.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (!files[i].empty() && files[i] == files[k])
        throw base::InputError("R070", {files[i]}, "two results go to one file",
                               "give each a file of its own");
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
          {"courses in figures", arguments.figures.empty() ? "none" : std::to_string(arguments.spaghetti)},
          {"time courses of all subjects", arguments.trajectories.empty() ? "no" : "yes"},
          {"solver", arguments.run.solver + " " + base::format_number(arguments.run.relative_tolerance)},
          {"subjects", subjects.content_hash()},
          {"program", k_version}};
}

void print_failures(const run::PopulationResult& result) {
  for (const auto& [status, failure] : result.failures)
    fmt::print(stderr, "failed: {} subject{}: {}; first: subject {} {}\n", failure.count,
               failure.count == 1 ? "" : "s", status, failure.first_subject, failure.example);
}

/// Where time courses of all subjects wait until all are there: in the journal, which they belong to, or
/// beside the file that they will become.
std::filesystem::path spool_of(const Arguments& arguments) {
  if (arguments.trajectories.empty()) return {};
  if (!arguments.journal.empty()) return std::filesystem::path(arguments.journal) / "trajectories.spool";
  return arguments.trajectories + ".spool";
}

/// The spool of rank 0, which removes it; one without a journal also when the run fails.
class SpoolFile {
 public:
  SpoolFile(std::filesystem::path file, bool keep_after_failure)
      : file_(std::move(file)), kept_(keep_after_failure) {}
  ~SpoolFile() {
    if (!kept_) remove();
  }
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;
  const std::filesystem::path& path() const { return file_; }
  void remove() const {
    std::error_code ignored;
    if (!file_.empty()) std::filesystem::remove(file_, ignored);
  }

 private:
  std::filesystem::path file_;
  bool kept_;
};

/// A place that cannot be written is said before the work, not after.
void require_writable(const Arguments& arguments) {
  for (const auto& file : {arguments.out, arguments.influence, arguments.trajectories})
    if (!file.empty() && (!std::filesystem::exists(file) || std::filesystem::is_regular_file(file)))
      base::OutputFile probe(file);
}

void write_results(const Arguments& arguments, const PopulationOutput& output,
                   const run::VirtualSubjects& subjects, const std::filesystem::path& spool_file) {
  if (std::filesystem::path(arguments.out).extension() == ".nc" && !arguments.json) {
    write_population_netcdf(arguments.out, output);
  } else {
    const std::string text = arguments.json ? population_json(output) : population_csv(output);
    if (arguments.out.empty())
      fmt::print("{}", text);
    else
      base::write_file_atomically(arguments.out, text);
  }
  if (!arguments.influence.empty())
    base::write_file_atomically(
        arguments.influence,
        influence_table(output.result.summary, subjects.descriptors(), output.observables));
  if (!arguments.figures.empty()) write_population_figures(arguments.figures, output, subjects.descriptors());
  if (!arguments.trajectories.empty()) {
    const run::TrajectorySpool spool(spool_file, output.times.size() * output.observables.size());
    write_trajectories(arguments.trajectories, spool, output, subjects.count());
  }
}

run::SummaryShape shape_of(const Arguments& arguments, const run::Scenario& scenario,
                           const run::VirtualSubjects& subjects,
                           const std::vector<run::Series>& observables) {
  run::SummaryShape shape;
  shape.time_count = static_cast<int>(scenario.output_times_h.size());
  shape.observable_count = static_cast<int>(observables.size());
  shape.descriptor_count = static_cast<int>(subjects.descriptors().size());
  for (const auto& text : arguments.exceedances)
    shape.exceedances.push_back(parse_exceedance(text, observables));
  return shape;
}

run::PopulationResult run_all(const Arguments& arguments, run::PopulationOptions options,
                              const run::VirtualSubjects& subjects, const solve::EnsembleSolver& solver,
                              const run::SummaryShape& shape, run::Ranks& ranks) {
  options.threads = arguments.run.threads;
  options.journal = arguments.journal;
  options.resume = arguments.resume;
  options.journal_interval_s = arguments.checkpoint_every_s;
  options.trajectory_spool = spool_of(arguments);
  options.kept_subjects = arguments.figures.empty() ? 0 : arguments.spaghetti;
  run::ProgressLine line(ranks.rank() == 0 && !arguments.run.quiet);
  if (line.is_shown())
    options.progress = [&](const run::PopulationProgress& progress) { line.show(progress); };
  return run::run_population(subjects, solver, shape, ranks, options);
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
  const auto design = design_of(arguments, system.model->time_unit);
  const run::Simulator simulator(library, system, chosen_observables(arguments.observables, library, system));
  const auto& observables = simulator.observables();
  const run::VirtualSubjects subjects(library, system, design);
  const auto shape = shape_of(arguments, design.scenario, subjects, observables);
  if (ranks.rank() == 0) require_writable(arguments);
  const auto solver = make_solver(arguments, system, subjects, simulator, design.scenario);
  const SpoolFile spool(ranks.rank() == 0 ? spool_of(arguments) : "", !arguments.journal.empty());
  run::PopulationOptions options;
  options.identity = identity_of(arguments, system, subjects, observables);
  const auto result = run_all(arguments, std::move(options), subjects, solver, shape, ranks);
  if (ranks.rank() != 0) return done;

  if (talks) {
    for (const auto& note : subjects.notes()) fmt::print(stderr, "note: {}\n", note);
    if (arguments.run.verbose)
      fmt::print(stderr, "engine: {}; {} ranks x {} threads; steps {} ({} rejected)\n", solver.description(),
                 ranks.count(), arguments.run.threads, result.steps, result.rejected_steps);
  }
  print_failures(result);
  write_results(arguments,
                {result, design.scenario.output_times_h, observables, percents, run::time_column(system),
                 system.model->time_unit},
                subjects, spool.path());
  if (!arguments.out.empty()) {
    record.engine = solver.description();
    record.settings["regimen"] = dose::print_regimen(design.scenario.regimen);
    record.settings["until_h"] = base::format_number(design.scenario.end_h);
    record.settings["subjects"] = std::to_string(arguments.subjects);
    record.settings["replicate"] = std::to_string(arguments.replicate);
    record.settings["ranks"] = std::to_string(ranks.count());
    for (const auto& [status, failure] : result.failures) record.failure_counts[status] = failure.count;
    record.notes.insert(record.notes.end(), subjects.notes().begin(), subjects.notes().end());
    record.wall_time_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    data::write_run_record(arguments.out, record);
  }
  // Only now: until the results are written, the journal can give them again.
  if (!arguments.keep_journal) {
    spool.remove();
    if (!arguments.journal.empty()) run::Journal::remove(arguments.journal);
  }
  if (talks) fmt::print(stderr, "{}\n", k_research_notice);
  return result.summary.subject_count() > 0 ? done : run_failed;
}

}  // namespace

void add_population(Command& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  arguments->run.relative_tolerance = k_default_tolerance;
  auto& command =
      program.add_subcommand("population", "Distributions over virtual subjects under one regimen");
  command.footer(
      "Example:\n  raad population human --subjects 1000 --regimen \"psilocybin 25 mg oral\" --until 28d "
      "--every 1d --observe plasma_psilocin,madrs --exceed \"madrs<10\" --out population.csv");
  command.add_option("system", arguments->system, "human, mouse, or a model file (.ant)").show_default();
  command.add_option("--subjects", arguments->subjects, "Number of virtual subjects").required();
  command
      .add_option("--regimen", arguments->regimen,
                  "Doses (docs/regimens.md), a file that holds them, or `none`")
      .show_default();
  command.add_option("--parameters", arguments->parameters,
                     "CSV table of parameters and covariates, one row a subject, in place of random draws");
  command.add_option("--until", arguments->until, "End of the run, for example 28d").show_default();
  command.add_option("--every", arguments->every, "Output step, for example 1d; default: 200 points");
  command.add_option("--observe", arguments->observables, "Observables, separated by commas, or flat ids")
      .one_at_a_time();
  command.add_option("--quantiles", arguments->quantiles, "Percentages of the quantiles").show_default();
  command
      .add_option("--exceed", arguments->exceedances,
                  "Share of subjects for whom a condition holds: \"madrs<10\"")
      .one_at_a_time();
  command
      .add_option("--replicate", arguments->replicate, "Number of the replicate: other subjects, same seed")
      .show_default();
  command
      .add_option("--timing-sd", arguments->timing_sd, "Standard deviation of dosing times, for example 2h")
      .show_default();
  command.add_option("--missed", arguments->missed, "Probability that a dose after the first is missed")
      .in_range(0.0, 1.0)
      .show_default();
  command.add_option("--out", arguments->out, "CSV or netCDF (.nc) file; default: standard output");
  command.add_option("--influence", arguments->influence,
                     "Table of correlations between subjects' parameters and read-outs (TSV)");
  command.add_option("--trajectories", arguments->trajectories,
                     "Time courses of every subject, CSV or netCDF (.nc)");
  const Option figures =
      command.add_option("--figures", arguments->figures,
                         "Folder of figures (SVG, JSON): bands over time, distributions, influences");
  command
      .add_option("--spaghetti", arguments->spaghetti,
                  "Single courses in the figure over time: the first so many")
      .in_range(0, 10'000)
      .needs(figures)
      .show_default();
  const Option journal = command.add_option("--journal", arguments->journal,
                                            "Folder that lets a killed run go on with --resume");
  command
      .add_option("--checkpoint-every", arguments->checkpoint_every_s,
                  "Seconds between checkpoints of the journal")
      .in_range(0.01, 3600.0)
      .needs(journal)
      .show_default();
  command.add_flag("--resume", arguments->resume,
                   "Go on with the run of the journal; starts it when there is none");
  command.add_flag("--keep-journal", arguments->keep_journal, "Leave the journal of a finished run")
      .needs(journal);
  command
      .add_option("--engine", arguments->engine,
                  "automatic, interpreter or native; results do not depend on it")
      .one_of({"automatic", "interpreter", "native"})
      .show_default();
  command.add_flag("--json", arguments->json, "JSON in place of CSV");
  add_run_options(command, arguments->run);
  command.callback([arguments, &context] {
    context.selected = [arguments, &context] {
      const auto ranks = run::join_ranks();
      if (ranks->count() == 1) return population(*arguments, context, *ranks);
      // A rank that stops would leave the others waiting for it for ever.
      const int status = report_errors([&] {
        try {
          return population(*arguments, context, *ranks);
        } catch (...) {
          // What is wrong with the input all ranks find at once: the first says it and ends the others.
          if (ranks->rank() != 0) std::this_thread::sleep_for(std::chrono::seconds(1));
          throw;
        }
      });
      if (status != done) ranks->abort(status);
      return status;
    };
  });
}

}  // namespace raad::app
