// `raad sensitivity`: which parameters a read-out rests on.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <numeric>

#include "app/command.hpp"
#include "base/files.hpp"
#include "base/table.hpp"
#include "report/bar_chart.hpp"
#include "run/progress.hpp"
#include "study/sensitivity.hpp"

namespace raad::app {
namespace {

// Derivatives are differences of runs, so the runs' error must be far below the steps.
constexpr double k_finest_tolerance = 1e-9;
constexpr std::size_t k_most_bars = 20, k_most_printed = 12;
// The quantity before the first dose is what areas and times refer to.
constexpr int k_course_points = 961;

struct Arguments {
  std::string system = "human", regimen = "none", observable, at, until = "7d", measure = "at";
  std::string parameters = "top:12";
  std::vector<std::string> ranges;
  std::string out = "sensitivity";
  bool local = false, global = false;
  std::size_t samples = 512;
  int bootstraps = 500;
  RunOptions run;
};

std::string cell(double value) {
  return std::isfinite(value) ? fmt::format("{:.10g}", value) : "";
}

struct Study {
  run::LoadedSystem system;
  run::Scenario scenario;
  std::string observable;
  study::CourseNumber number = study::CourseNumber::at;
  std::string unit;
  std::vector<study::UncertainParameter> candidates;
};

Study study_of(const Arguments& arguments, const data::Library& library) {
  base::Diagnostics findings;
  Study study;
  study.system = run::load_system(library, arguments.system, findings);
  print_findings(findings, arguments.run.quiet);
  const auto number = study::course_number_named(arguments.measure);
  if (!number)
    throw base::InputError("R070", {"--measure"}, "unknown measure `" + arguments.measure + "`",
                           "use one of " + study::course_number_names());
  study.number = *number;
  study.observable = arguments.observable;
  auto given = read_regimen_argument(arguments.regimen);
  study.scenario.regimen = std::move(given.regimen);
  study.scenario.hypotheses = arguments.run.hypotheses;
  study.scenario.settings = parse_settings(arguments.run.settings);
  study.scenario.solver = solver_options(arguments.run);
  auto& tolerance = study.scenario.solver.relative_tolerance;
  tolerance = std::min(tolerance, k_finest_tolerance);
  study.scenario.solver.absolute_tolerance_per_scale = 1e-3 * tolerance;
  const bool one_time = study.number == study::CourseNumber::at;
  study.scenario.end_h = one_time && !arguments.at.empty()
                             ? parse_duration("--at", arguments.at, study.system.model->time_unit)
                             : parse_duration("--until", arguments.until, study.system.model->time_unit);
  double start = 0.0;
  for (const auto& event : study.scenario.regimen.events) start = std::min(start, event.time_h);
  const int points = one_time ? 2 : k_course_points;
  for (int i = 0; i < points; ++i)
    study.scenario.output_times_h.push_back(start + (study.scenario.end_h - start) * i / (points - 1));

  for (const auto& text : arguments.ranges) study.candidates.push_back(study::range_from(text, study.system));
  if (arguments.ranges.empty()) {
    std::vector<std::string> fixed;
    for (const auto& [id, value] : study.scenario.settings) fixed.push_back(id);
    study.candidates = study::uncertain_parameters(library, study.system, fixed);
  }
  if (study.candidates.empty())
    throw base::InputError("R079", {arguments.system}, "no parameter of the model has an uncertainty",
                           "give ranges with --range id=low..high, or bounds in the parameter table");
  return study;
}

/// Those named, all, or those that the top so many are taken from.
std::vector<study::UncertainParameter> named_parameters(const Arguments& arguments, const Study& study) {
  if (arguments.parameters == "all" || arguments.parameters.rfind("top:", 0) == 0) return study.candidates;
  std::vector<study::UncertainParameter> chosen;
  base::Diagnostics findings;
  for (const auto& part : base::split(arguments.parameters, ',')) {
    const std::string id(base::trim(part));
    const auto found = std::ranges::find(study.candidates, id, &study::UncertainParameter::id);
    if (found != study.candidates.end()) {
      chosen.push_back(*found);
      continue;
    }
    std::vector<std::string> known;
    for (const auto& one : study.candidates) known.push_back(one.id);
    const std::string nearest = base::nearest_name(id, known);
    findings.error("R079", {"--parameters"},
                   study.system.equations.find_parameter(id) ? "`" + id + "` has no uncertainty in the tables"
                                                             : "unknown parameter `" + id + "`",
                   nearest.empty() || nearest == id ? "give it with --range id=low..high"
                                                    : "did you mean `" + nearest + "`?");
  }
  base::throw_if_errors(findings);
  return chosen;
}

std::size_t top_count(const Arguments& arguments) {
  if (arguments.parameters.rfind("top:", 0) != 0) return std::string::npos;
  const auto count = base::parse_number(arguments.parameters.substr(4));
  if (!count || *count < 1.0 || *count != std::floor(*count))
    throw base::InputError("R070", {"--parameters"}, "`" + arguments.parameters + "` is no choice",
                           "write top:12, all, or ids separated by commas");
  return static_cast<std::size_t>(*count);
}

/// Places of parameters, greatest swing first; failed and unmoved ones last.
std::vector<std::size_t> by_swing(const study::LocalResult& local) {
  std::vector<std::size_t> order(local.parameters.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t k) {
    const double swing = local.parameters[k].swing();
    return std::isfinite(swing) ? swing : -1.0;
  });
  return order;
}

std::string local_table(const std::vector<study::UncertainParameter>& parameters,
                        const study::LocalResult& local) {
  std::string text =
      "parameter\tkind\tunit\tnominal\tderivative\tderivative_error\telasticity\tlow\thigh\t"
      "result_low\tresult_high\n";
  for (const std::size_t k : by_swing(local)) {
    const auto& parameter = parameters[k];
    const auto& one = local.parameters[k];
    text += parameter.id + "\t" + parameter.kind + "\t" + parameter.unit;
    for (const double value : {parameter.nominal, one.derivative}) text += "\t" + cell(value);
    text += "\t" + (std::isfinite(one.derivative_error) ? fmt::format("{:.1e}", one.derivative_error) : "");
    for (const double value : {one.elasticity, one.low, one.high, one.number_low, one.number_high})
      text += "\t" + cell(value);
    text += "\n";
  }
  return text;
}

std::string title_of(const Arguments& arguments) {
  return arguments.observable +
         (arguments.measure == "at" ? " at " + (arguments.at.empty() ? arguments.until : arguments.at)
                                    : " (" + arguments.measure + " until " + arguments.until + ")") +
         ", " + arguments.regimen;
}

report::BarChart tornado(const Arguments& arguments, const Study& study,
                         const std::vector<study::UncertainParameter>& parameters,
                         const study::LocalResult& local) {
  report::BarChart chart;
  chart.id = "tornado";
  chart.title = "What one parameter at a time changes";
  chart.caption = fmt::format(
      "{}: {:.5g} {} at the nominal values. Bars: the parameter at 5 and at 95 % of its distribution, all "
      "others nominal.",
      title_of(arguments), local.nominal, study.unit);
  chart.x_label = fmt::format("{} [{}]", arguments.observable, study.unit);
  chart.value_name = "at 5 %";
  chart.second_name = "at 95 %";
  chart.origin = local.nominal;
  chart.overlaid = true;
  for (const std::size_t k : by_swing(local)) {
    const auto& one = local.parameters[k];
    if (chart.bars.size() == k_most_bars || !(one.swing() > 0.0)) break;
    report::Bar bar;
    bar.label = parameters[k].id;
    bar.value = one.number_low;
    bar.second = one.number_high;
    chart.bars.push_back(std::move(bar));
  }
  return chart;
}

std::vector<std::size_t> by_total(const study::GlobalResult& global) {
  std::vector<std::size_t> order(global.parameters.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>(),
                           [&](std::size_t k) { return global.parameters[k].total; });
  return order;
}

std::string global_table(const std::vector<study::UncertainParameter>& parameters,
                         const study::GlobalResult& global) {
  std::string text =
      "parameter\tkind\tfirst\tfirst_lower95\tfirst_upper95\ttotal\ttotal_lower95\ttotal_upper95\n";
  for (const std::size_t k : by_total(global)) {
    const auto& one = global.parameters[k];
    text += parameters[k].id + "\t" + parameters[k].kind;
    for (const double value :
         {one.first, one.first_lower, one.first_upper, one.total, one.total_lower, one.total_upper})
      text += "\t" + cell(value);
    text += "\n";
  }
  return text;
}

report::BarChart sobol_chart(const Arguments& arguments, const Study& study,
                             const std::vector<study::UncertainParameter>& parameters,
                             const study::GlobalResult& global) {
  report::BarChart chart;
  chart.id = "sobol";
  chart.title = "Shares of the variance (Sobol indices)";
  chart.caption = fmt::format(
      "{}: mean {:.5g}, standard deviation {:.5g} {} over {} samples of {} parameters. Lines: 95 % of "
      "bootstraps.",
      title_of(arguments), global.mean, std::sqrt(global.variance), study.unit, global.samples,
      parameters.size());
  chart.x_label = "share of the variance";
  chart.value_name = "alone (first index)";
  chart.second_name = "with interactions (total index)";
  for (const std::size_t k : by_total(global)) {
    if (chart.bars.size() == k_most_bars) break;
    const auto& one = global.parameters[k];
    chart.bars.push_back({parameters[k].id, one.first, one.total, one.first_lower, one.first_upper,
                          one.total_lower, one.total_upper});
  }
  return chart;
}

/// A model whose runs show their progress.
class Model {
 public:
  Model(const data::Library& library, const Study& study,
        const std::vector<study::UncertainParameter>& parameters, const Arguments& arguments)
      : line_(!arguments.run.quiet),
        runs_(library, study.system, study.scenario, {study.observable}, ids_of(parameters)) {
    run::ParameterRunOptions options;
    options.threads = arguments.run.threads;
    if (line_.is_shown()) options.progress = [this](std::size_t done) { show(done); };
    inner_ = study::model_function(runs_, study.number, options);
  }
  std::vector<double> operator()(const std::vector<std::vector<double>>& sets) {
    total_ = sets.size();
    started_ = std::chrono::steady_clock::now();
    return inner_(sets);
  }
  const run::ParameterRuns& runs() const { return runs_; }

 private:
  static std::vector<std::string> ids_of(const std::vector<study::UncertainParameter>& parameters) {
    std::vector<std::string> ids;
    for (const auto& one : parameters) ids.push_back(one.id);
    return ids;
  }
  void show(std::size_t done) {
    if (done % 256 != 0 && done != total_) return;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    const double rate = static_cast<double>(done) / std::max(seconds, 1e-9);
    line_.show({static_cast<std::int64_t>(done), 0, static_cast<std::int64_t>(total_), rate,
                static_cast<double>(total_ - done) / rate, "runs"});
  }

  run::ProgressLine line_;
  run::ParameterRuns runs_;
  study::ModelFunction inner_;
  std::size_t total_ = 0;
  std::chrono::steady_clock::time_point started_;
};

void print_local(const Arguments& arguments, const Study& study,
                 const std::vector<study::UncertainParameter>& parameters, const study::LocalResult& local) {
  fmt::print("{}: {:.6g} {}\n\n{:<46} {:>9} {:>11} {:>12} {:>12}\n", title_of(arguments), local.nominal,
             study.unit, "one at a time", "kind", "elasticity", "at 5 %", "at 95 %");
  const auto order = by_swing(local);
  for (std::size_t i = 0; i < std::min(order.size(), k_most_printed); ++i) {
    const auto& one = local.parameters[order[i]];
    if (!(one.swing() > 0.0)) break;
    fmt::print("{:<46} {:>9} {:>11.3f} {:>12.5g} {:>12.5g}\n", parameters[order[i]].id,
               parameters[order[i]].kind, one.elasticity, one.number_low, one.number_high);
  }
}

void print_global(const Study& study, const std::vector<study::UncertainParameter>& parameters,
                  const study::GlobalResult& global) {
  fmt::print("\n{} runs; mean {:.5g}, standard deviation {:.5g} {}{}\n{:<46} {:>24} {:>24}\n", global.runs,
             global.mean, std::sqrt(global.variance), study.unit,
             global.failed > 0 ? fmt::format("; {} samples left out: a run failed", global.failed) : "",
             "shares of the variance", "alone", "with interactions");
  for (const std::size_t k : by_total(global)) {
    const auto& one = global.parameters[k];
    fmt::print("{:<46} {:>24} {:>24}\n", parameters[k].id,
               fmt::format("{:.3f} ({:.3f} to {:.3f})", one.first, one.first_lower, one.first_upper),
               fmt::format("{:.3f} ({:.3f} to {:.3f})", one.total, one.total_lower, one.total_upper));
  }
}

/// Sets the parameters' nominal values to those of the scenario, and the study's unit.
study::LocalResult local_part(const Arguments& arguments, const data::Library& library, Study& study,
                              std::vector<study::UncertainParameter>& parameters) {
  Model model(library, study, parameters, arguments);
  study.unit = study::unit_of(study.number, model.runs().observables().front().unit);
  const auto values = model.runs().nominal();
  for (std::size_t k = 0; k < parameters.size(); ++k) parameters[k].nominal = values[k];
  auto local = study::local_sensitivity(std::ref(model), parameters);
  if (!std::isfinite(local.nominal))
    throw base::NumericalError("the run with the nominal parameters has no such number: " +
                               arguments.observable + " (" + arguments.measure + ")");
  return local;
}

void global_part(const Arguments& arguments, const data::Library& library, Study& study,
                 const std::vector<study::UncertainParameter>& parameters) {
  if (parameters.empty())
    throw base::InputError("R079", {"--parameters"}, "no parameter moves " + arguments.observable,
                           "name another read-out or regimen");
  Model model(library, study, parameters, arguments);
  study.unit = study::unit_of(study.number, model.runs().observables().front().unit);
  const auto global = study::global_sensitivity(std::ref(model), parameters, arguments.samples,
                                                arguments.bootstraps, arguments.run.seed);
  if (global.samples == 0) throw base::NumericalError("every sample had a run that failed");
  const std::filesystem::path folder(arguments.out);
  base::write_file_atomically(folder / "global.tsv", global_table(parameters, global));
  base::write_file_atomically(folder / "sobol.svg",
                              report::to_svg(sobol_chart(arguments, study, parameters, global)));
  if (!arguments.run.quiet) print_global(study, parameters, global);
}

int sensitivity(const Arguments& arguments, const Context& context) {
  const auto started = std::chrono::steady_clock::now();
  const auto library = open_program_library();
  auto study = study_of(arguments, library);
  auto parameters = named_parameters(arguments, study);
  const std::size_t most = top_count(arguments);
  const std::filesystem::path folder(arguments.out);
  base::create_folder(folder);
  const bool wants_local = arguments.local || !arguments.global,
             wants_global = arguments.global || !arguments.local;
  study::LocalResult local;
  if (wants_local || most < parameters.size()) local = local_part(arguments, library, study, parameters);
  if (wants_local) {
    base::write_file_atomically(folder / "local.tsv", local_table(parameters, local));
    base::write_file_atomically(folder / "tornado.svg",
                                report::to_svg(tornado(arguments, study, parameters, local)));
    if (!arguments.run.quiet) print_local(arguments, study, parameters, local);
  }
  if (wants_global) {
    auto chosen = parameters;
    if (most < parameters.size()) {
      chosen.clear();
      for (const std::size_t k : by_swing(local))
        if (chosen.size() < most && local.parameters[k].swing() > 0.0) chosen.push_back(parameters[k]);
    }
    global_part(arguments, library, study, chosen);
  }
  auto record = make_run_record(context, arguments.run, study.system);
  record.settings["regimen"] = dose::print_regimen(study.scenario.regimen);
  record.settings["samples"] = std::to_string(arguments.samples);
  record.wall_time_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  data::write_run_record(folder / (wants_local ? "local.tsv" : "global.tsv"), record);
  if (!arguments.run.quiet) fmt::print(stderr, "{}\n", k_research_notice);
  return done;
}

}  // namespace

void add_sensitivity(Command& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto& command = program.add_subcommand("sensitivity", "Which parameters a read-out rests on");
  command.footer(
      "Example:\n  raad sensitivity human --regimen \"psilocybin 25 mg oral\" --observe madrs_change --at 7d "
      "--out sensitivity");
  command.add_option("system", arguments->system, "human, mouse, or a model file (.ant)").show_default();
  command
      .add_option("--regimen", arguments->regimen,
                  "Doses (docs/regimens.md), a file that holds them, or `none`")
      .show_default();
  command
      .add_option("--observe", arguments->observable, "One observable (library/observables.tsv) or flat id")
      .required();
  command
      .add_option("--measure", arguments->measure, "Number of the course: at, max, min, auc, tmax or thalf")
      .show_default();
  command.add_option("--at", arguments->at, "Time of the measure `at`; default: the end");
  command.add_option("--until", arguments->until, "End of the course").show_default();
  command
      .add_option("--parameters", arguments->parameters,
                  "Ids separated by commas, `all`, or top:N: the N with the largest swing")
      .show_default();
  command
      .add_option("--range", arguments->ranges,
                  "Uniform range in place of the tables' uncertainty: id=low..high")
      .one_at_a_time();
  command.add_flag("--local", arguments->local, "Derivatives and the tornado only");
  command.add_flag("--global", arguments->global, "Sobol indices only");
  command.add_option("--samples", arguments->samples, "Rows of the Sobol sample, best a power of 2")
      .in_range(8, 10000000)
      .show_default();
  command.add_option("--bootstraps", arguments->bootstraps, "Bootstraps behind the intervals")
      .in_range(10, 100000)
      .show_default();
  command.add_option("--out", arguments->out, "Folder for tables and figures").show_default();
  add_run_options(command, arguments->run);
  command.callback([arguments, &context] {
    context.selected = [arguments, &context] { return sensitivity(*arguments, context); };
  });
}

}  // namespace raad::app
