// `raad fit`: estimates the parameters of a PEtab problem.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <set>

#include "app/command.hpp"
#include "base/table.hpp"
#include "report/write_fit.hpp"
#include "run/progress.hpp"
#include "study/petab_objective.hpp"

namespace raad::app {
namespace {

// Steps of one run. Between wide bounds lie values whose runs never end in practice; ordinary ones take some
// hundreds. One that is given up here only shortens the step of the fit.
constexpr long k_most_steps = 10'000;

struct Arguments {
  std::string problem;
  std::string out = "fit";
  std::string method = "trust-region";
  std::size_t starts = 20;
  int candidates = 1;
  long max_evaluations = 1000;
  bool nominal_first = false;
  std::string profiles;
  double confidence = 0.95;
  bool resume = false;
  RunOptions run;
};

std::vector<std::size_t> chosen_profiles(const Arguments& arguments, const study::Objective& objective) {
  std::vector<std::size_t> chosen;
  const auto& parameters = objective.parameters();
  if (arguments.profiles == "all") {
    for (std::size_t k = 0; k < parameters.size(); ++k) chosen.push_back(k);
    return chosen;
  }
  if (arguments.profiles.empty()) return chosen;
  std::set<std::size_t> seen;
  for (const auto& id : base::split(arguments.profiles, ',')) {
    const auto found = std::ranges::find(parameters, id, &study::EstimatedParameter::id);
    if (found == parameters.end())
      throw base::InputError("R079", {"--profiles"}, "`" + id + "` is no estimated parameter",
                             "`all`, or ids separated by commas");
    const auto index = static_cast<std::size_t>(found - parameters.begin());
    if (seen.insert(index).second) chosen.push_back(index);
  }
  return chosen;
}

double nominal_cost(const study::Objective& objective) {
  std::vector<double> position;
  for (const auto& parameter : objective.parameters()) position.push_back(parameter.nominal);
  return objective.evaluate(position, study::Wanted::cost).cost;
}

/// Everything that a journal must share with the fit that goes on with it.
std::string identity_of(const Arguments& arguments, const study::Objective& objective) {
  return fmt::format(
      "{}; method {}; starts {} of {}; seed {}; evaluations {}; nominal {}; profiles {}; confidence {}",
      objective.identity(), arguments.method, arguments.starts, arguments.candidates, arguments.run.seed,
      arguments.max_evaluations, arguments.nominal_first, arguments.profiles, arguments.confidence);
}

void print_summary(const study::FitResult& fit, const report::FitDescription& description) {
  fmt::print("cost {:.8g}", fit.cost);
  if (std::isfinite(description.nominal_cost)) fmt::print(" (nominal {:.8g})", description.nominal_cost);
  fmt::print(", reached by {} of {} starts; {} evaluations, {} failed\n", fit.reached, fit.starts.size(),
             fit.evaluations(), fit.failures());
  for (const auto& one : fit.parameters)
    fmt::print(
        "{}\t{:.6g}\t{}{:.4g} +- {:.2g}{}\n", one.parameter.id,
        study::from_scale(one.parameter.scale, one.position),
        one.parameter.scale == study::EstimationScale::linear ? "" : name_of(one.parameter.scale) + " ",
        one.position, one.standard_error,
        one.at_bound == study::AtBound::no ? "" : "\tat its " + name_of(one.at_bound) + " bound");
  for (const auto& one : fit.profiles) {
    const auto& parameter = fit.parameters[one.parameter].parameter;
    const auto end = [&](const std::optional<double>& position) {
      return position ? fmt::format("{:.4g}", study::from_scale(parameter.scale, *position)) : "open";
    };
    fmt::print("{}\t[{}, {}]\t{}\n", parameter.id, end(one.lower), end(one.upper), name_of(one.verdict));
  }
}

void write_record(const Context& context, const Arguments& arguments, const study::FitResult& fit,
                  const study::Objective& objective, double seconds) {
  data::RunRecord record;
  record.command = context.command_line;
  record.model_hash = objective.identity();
  record.program_version = k_version;
  record.seed = arguments.run.seed;
  record.thread_count = arguments.run.threads;
  record.relative_tolerance = solver_options(arguments.run).relative_tolerance;
  record.absolute_tolerance_per_scale = solver_options(arguments.run).absolute_tolerance_per_scale;
  record.settings["method"] = arguments.method;
  record.started = data::current_time_utc();
  record.host = data::host_name();
  record.wall_time_s = seconds;
  for (const auto& start : fit.starts)
    if (start.failures > 0) record.failure_counts[start.first_failure] += start.failures;
  data::write_run_record(std::filesystem::path(arguments.out) / "fit.json", record);
}

/// What is worth a line though the fit went well.
void print_warnings(const study::FitResult& fit) {
  if (fit.failures() > 0)
    fmt::print(stderr, "{} of {} evaluations failed; starts.tsv says why\n", fit.failures(),
               fit.evaluations());
  for (const auto& one : fit.profiles)
    if (one.least_cost < fit.cost - study::k_same_optimum)
      fmt::print(stderr,
                 "the profile of `{}` found a cost of {:.8g}, below the optimum's: more starts are needed\n",
                 fit.parameters[one.parameter].parameter.id, one.least_cost);
}

int fit(const Arguments& arguments, const Context& context) {
  const auto began = std::chrono::steady_clock::now();
  base::Diagnostics findings;
  auto problem = data::read_petab(arguments.problem, findings);
  print_findings(findings, arguments.run.quiet);
  throw_if_errors(findings);
  auto solver = solver_options(arguments.run);
  solver.max_steps = k_most_steps;
  const study::PetabObjective objective(std::move(problem), solver);
  study::MultiStartOptions options;
  options.starts = arguments.starts;
  options.candidates = arguments.candidates;
  options.seed = arguments.run.seed;
  options.threads = arguments.run.threads;
  options.fit.method = *study::fit_method(arguments.method);
  options.fit.max_evaluations = arguments.max_evaluations;
  options.nominal_first = arguments.nominal_first;
  const auto chosen = chosen_profiles(arguments, objective);

  study::FitJournal journal(
      std::filesystem::path(arguments.out) / "journal", identity_of(arguments, objective),
      arguments.resume ? study::FitJournal::Begin::resume : study::FitJournal::Begin::anew);
  study::FitResult result;
  {
    run::ProgressLine line(!arguments.run.quiet);
    auto starts = fit_from_many(objective, options, &journal,
                                [&](const auto& progress) { line.show(progress_text(progress, "starts")); });
    result = summarise(objective, std::move(starts), arguments.run.threads);
  }
  if (!std::isfinite(result.cost))
    throw base::NumericalError(
        fmt::format("every start failed; the first: {}", result.starts.front().first_failure));
  if (!chosen.empty()) {
    run::ProgressLine line(!arguments.run.quiet);
    study::ProfileOptions how;
    how.confidence = result.confidence = arguments.confidence;
    how.threads = arguments.run.threads;
    how.fit = options.fit;
    // Each step begins beside its optimum: a global search there is work for nothing.
    if (how.fit.method == study::FitMethod::cmaes) how.fit.method = study::FitMethod::trust_region;
    std::vector<double> optimum;
    for (const auto& one : result.parameters) optimum.push_back(one.position);
    result.profiles =
        profile(objective, optimum, result.cost, result.information, chosen, how, &journal,
                [&](const auto& progress) { line.show(progress_text(progress, "profile sides")); });
  }
  report::FitDescription description;
  description.problem = std::filesystem::path(arguments.problem).filename().string();
  description.method = arguments.method;
  description.seed = arguments.run.seed;
  description.relative_tolerance = arguments.run.relative_tolerance;
  description.nominal_cost = nominal_cost(objective);
  report::write_fit(arguments.out, result, description);
  write_record(context, arguments, result, objective,
               std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  journal.remove();
  print_warnings(result);
  if (!arguments.run.quiet) print_summary(result, description);
  return done;
}

}  // namespace

void add_fit(Command& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  // Gradients to about five digits, which is what the last steps of an optimiser need.
  arguments->run.relative_tolerance = 1e-8;
  auto& command = program.add_subcommand("fit", "Estimate the parameters of a PEtab problem");
  command.footer(
      "Examples:\n  raad fit problem.yaml --starts 50 --out fitted\n"
      "  raad fit problem.yaml --starts 50 --out fitted --resume\n"
      "  raad fit problem.yaml --profiles all --out fitted");
  command.add_option("problem", arguments->problem, "PEtab problem (.yaml), version 1 or 2").required();
  command.add_option("--out", arguments->out, "Folder for the results").show_default();
  command
      .add_option("--method", arguments->method,
                  "trust-region (Gauss-Newton), lbfgs, slsqp, bobyqa (without gradients), cmaes (global)")
      .one_of({"trust-region", "lbfgs", "slsqp", "bobyqa", "cmaes"})
      .show_default();
  command.add_option("--starts", arguments->starts, "Number of starts, drawn by Latin hypercube")
      .in_range(1, 1'000'000)
      .show_default();
  command
      .add_option("--candidates", arguments->candidates,
                  "Draws for each start, of which the one of least cost is fitted")
      .in_range(1, 1'000'000)
      .show_default();
  command.add_flag("--nominal", arguments->nominal_first, "The first start is at the nominal values");
  command.add_option("--max-evaluations", arguments->max_evaluations, "Evaluations of the cost a start")
      .in_range(1, 100'000'000)
      .show_default();
  const Option profiles = command.add_option("--profiles", arguments->profiles,
                                             "Profile likelihoods: all, or ids separated by commas");
  command.add_option("--confidence", arguments->confidence, "Of the profiles' intervals")
      .in_range(0.5, 0.9999)
      .needs(profiles)
      .show_default();
  command.add_flag("--resume", arguments->resume, "Go on with the fit that --out holds the journal of");
  add_solver_options(command, arguments->run);
  command.callback([arguments, &context] {
    context.selected = [arguments, &context] { return fit(*arguments, context); };
  });
}

}  // namespace raad::app
