// `raad calibrate`: parameters of the library fitted to its calibration evidence.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "base/files.hpp"
#include "base/table.hpp"
#include "data/write_petab.hpp"
#include "study/evidence_objective.hpp"
#include "study/evidence_petab.hpp"
#include "study/fit_journal.hpp"
#include "study/local_fit.hpp"
#include "study/posterior_ensemble.hpp"

namespace raad::app {
namespace {

struct Arguments {
  std::vector<std::string> parameters, families, without;
  std::string out = "calibration";
  int subjects = 100;
  long evaluations = 200;
  int ensemble_draws = 0;
  int ensemble_evaluations = 2000;
  std::string sampler = "importance";
  std::string spreads = "library";
  bool resume = false;
  std::string petab;
  RunOptions run;
};

/// An objective whose evaluations are kept on disk: a method that is no matter of chance then repeats an
/// interrupted fit from them, to the same bits.
class RememberedObjective final : public study::Objective {
 public:
  RememberedObjective(const study::Objective& objective, study::FitJournal& journal, bool show, long most)
      : objective_(objective), journal_(journal), show_(show), most_(most) {}
  const std::vector<study::EstimatedParameter>& parameters() const override {
    return objective_.parameters();
  }
  bool has_gradient() const override { return false; }
  std::string identity() const override { return objective_.identity(); }
  study::Evaluation evaluate(std::span<const double> position, study::Wanted wanted) const override {
    std::string key = "at";
    for (const double one : position) key += fmt::format(" {:.17g}", one);
    study::Evaluation evaluation;
    if (const auto known = journal_.find(key)) {
      evaluation.failure = known->at("failure").get<std::string>();
      if (evaluation.failure.empty()) evaluation.cost = known->at("cost").get<double>();
    } else {
      evaluation = objective_.evaluate(position, wanted);
      nlohmann::json line = {{"failure", evaluation.failure}};
      if (evaluation.failure.empty()) line["cost"] = evaluation.cost;
      journal_.append(key, line);
    }
    if (evaluation.failure.empty() && !(evaluation.cost >= best_)) best_ = evaluation.cost;
    ++count_;
    if (show_) {
      const double seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
      fmt::print(stderr, "\r{} of at most {} evaluations, best {:.4f}, {:.2f}/s ", count_, most_, best_,
                 static_cast<double>(count_) / seconds);
    }
    return evaluation;
  }

 private:
  const study::Objective& objective_;
  study::FitJournal& journal_;
  bool show_;
  long most_;
  mutable long count_ = 0;
  mutable double best_ = std::numeric_limits<double>::quiet_NaN();
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

/// Draws about the optimum that fit the evidence together, and what they are worth.
nlohmann::ordered_json write_ensemble(const Arguments& arguments, const study::Objective& objective,
                                      const std::vector<double>& optimum,
                                      const std::filesystem::path& folder) {
  study::PosteriorOptions options;
  options.sampler =
      arguments.sampler == "chains" ? study::PosteriorSampler::chains : study::PosteriorSampler::importance;
  options.draws = static_cast<std::size_t>(arguments.ensemble_draws);
  options.evaluations = arguments.ensemble_evaluations;
  options.seed = arguments.run.seed;
  const auto ensemble = study::posterior_ensemble(objective, optimum, options);
  base::write_file_atomically(folder / "ensemble.tsv", study::ensemble_table(ensemble));
  const auto summary = study::ensemble_summary(ensemble);
  base::write_file_atomically(folder / "ensemble_summary.tsv", summary);
  if (!arguments.run.quiet)
    fmt::print("\n{}{} draws; {}\n", summary, ensemble.draws.size(), ensemble.diagnosis);
  return {{"sampler", arguments.sampler},
          {"draws", ensemble.draws.size()},
          {"converged", ensemble.converged},
          {"diagnosis", ensemble.diagnosis}};
}

/// DIR/human and DIR/mouse, version 2, with the list of rows that PEtab cannot say.
int write_petab(const std::string& folder, const data::Library& library, const data::EvidenceTable& table,
                const study::EvidenceObjective& objective, const study::CalibrationSettings& settings) {
  for (const std::string system : {"human", "mouse"}) {
    base::Diagnostics findings;
    auto made = study::evidence_problem(library, table, objective, settings, system, findings);
    throw_if_errors(findings);
    const auto place = std::filesystem::path(folder) / system;
    std::filesystem::create_directories(place);
    made.problem.model_file = place / (system + ".xml");
    base::write_file_atomically(made.problem.model_file, made.sbml);
    const auto file = data::write_petab(made.problem, 2, place);
    std::string left_out = "evidenceId\treason\n";
    for (const auto& [row, reason] : made.left_out) left_out += row + "\t" + reason + "\n";
    base::write_file_atomically(place / "left_out.tsv", left_out);
    fmt::print("{}: {} measurements in {} experiments; {} rows of evidence left out\n", file.string(),
               made.problem.measurements.size(), made.problem.experiments.size(), made.left_out.size());
  }
  return done;
}

std::string studies_table(const study::EvidenceCost& before, const study::EvidenceCost& after) {
  std::string text = "sourceId\tbefore\tafter\n";
  for (std::size_t i = 0; i < before.by_study.size(); ++i)
    text += fmt::format("{}\t{:.4f}\t{:.4f}\n", before.by_study[i].first, before.by_study[i].second,
                        after.by_study[i].second);
  return text;
}

/// Likeliest spreads at the library's values and at the optimum, beside the library's.
std::string spreads_table(const study::EvidenceCost& before, const study::EvidenceCost& after) {
  std::string text = "family\tmeasure\tscale\trows\tlibrary\tbefore\tafter\n";
  for (std::size_t i = 0; i < after.spreads.size(); ++i) {
    const auto& one = after.spreads[i];
    text += fmt::format("{}\t{}\t{}\t{}\t{:.4g}\t{:.4g}\t{:.4g}\n", one.family, one.measure,
                        one.scale == study::ScoreScale::logarithmic ? "log" : "linear", one.rows, one.library,
                        before.spreads[i].fitted, one.fitted);
  }
  return text;
}

int calibrate(const Arguments& arguments, const Context& context) {
  const auto started = std::chrono::steady_clock::now();
  const auto library = open_program_library();
  base::Diagnostics findings;
  const auto evidence = data::read_all_evidence(library.evidence, findings);
  throw_if_errors(findings);
  study::CalibrationSettings settings;
  settings.parameters = arguments.parameters;
  settings.families = arguments.families;
  settings.sources = arguments.without;
  settings.spreads = arguments.spreads == "fitted" ? study::SpreadRule::fitted : study::SpreadRule::library;
  settings.validation.hypotheses = arguments.run.hypotheses;
  settings.validation.settings = parse_settings(arguments.run.settings);
  settings.validation.solver = solver_options(arguments.run);
  settings.validation.subjects = arguments.subjects;
  settings.validation.seed = arguments.run.seed;
  settings.validation.threads = arguments.run.threads;
  const study::EvidenceObjective objective(library, evidence.calibration, settings);

  if (!arguments.petab.empty())
    return write_petab(arguments.petab, library, evidence.calibration, objective, settings);

  const std::filesystem::path folder(arguments.out);
  std::filesystem::create_directories(folder);
  study::FitJournal journal(
      folder, objective.identity(),
      arguments.resume ? study::FitJournal::Begin::resume : study::FitJournal::Begin::anew);
  const bool show = !arguments.run.quiet && isatty(STDERR_FILENO) != 0;
  const long sampled = arguments.ensemble_draws > 0 ? arguments.ensemble_evaluations : 0;
  const RememberedObjective remembered(objective, journal, show, arguments.evaluations + sampled);
  const auto start = objective.nominal_position();
  study::FitOptions options;
  options.method = study::FitMethod::bobyqa;
  options.max_evaluations = arguments.evaluations;
  // The cost has the noise of a finite number of virtual participants: finer differences mean nothing.
  options.cost_tolerance = 1e-4;
  const auto fit = study::fit_from(remembered, start, options, arguments.run.seed);
  if (!std::isfinite(fit.cost)) throw base::NumericalError("no evaluation succeeded: " + fit.first_failure);
  if (show) fmt::print(stderr, "\n");

  std::string table = "parameterId\tbefore\tafter\tunit\tlower\tupper\tscale\tatBound\ttable\tline\n";
  for (std::size_t i = 0; i < start.size(); ++i) {
    const auto& parameter = objective.parameters()[i];
    const auto& row = objective.rows()[i];
    const double after = study::from_scale(parameter.scale, fit.position[i]);
    const double range = parameter.upper - parameter.lower;
    const bool at_bound =
        std::min(fit.position[i] - parameter.lower, parameter.upper - fit.position[i]) < 1e-3 * range;
    table += fmt::format("{}\t{}\t{:.5g}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", parameter.id,
                         base::format_number(row.value), after, row.unit,
                         base::format_number(study::from_scale(parameter.scale, parameter.lower)),
                         base::format_number(study::from_scale(parameter.scale, parameter.upper)),
                         study::name_of(parameter.scale), at_bound ? 1 : 0,
                         std::filesystem::path(row.place.file).filename().string(), row.place.line);
  }
  const auto before = objective.cost_of(objective.scores(start));
  const auto after = objective.cost_of(objective.scores(fit.position));
  base::write_file_atomically(folder / "parameters.tsv", table);
  base::write_file_atomically(folder / "studies.tsv", studies_table(before, after));
  if (!after.spreads.empty())
    base::write_file_atomically(folder / "spreads.tsv", spreads_table(before, after));
  nlohmann::ordered_json json = {{"notice", k_research_notice},    {"cost_before", fit.start_cost},
                                 {"cost_after", fit.cost},         {"evaluations", fit.evaluations},
                                 {"failures", fit.failures},       {"first_failure", fit.first_failure},
                                 {"ending", fit.ending},           {"seed", arguments.run.seed},
                                 {"subjects", arguments.subjects}, {"objective", objective.identity()}};
  if (arguments.ensemble_draws > 0)
    json["ensemble"] = write_ensemble(arguments, remembered, fit.position, folder);
  base::write_file_atomically(folder / "calibration.json", json.dump(1) + "\n");
  auto record = make_run_record(context, arguments.run, library);
  record.settings["subjects"] = std::to_string(arguments.subjects);
  record.settings["spreads"] = arguments.spreads;
  if (fit.failures > 0) record.failure_counts[fit.first_failure] = fit.failures;
  record.wall_time_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  data::write_run_record(folder / "calibration.json", record);
  journal.remove();
  if (!arguments.run.quiet) {
    fmt::print("{}cost {:.4f} -> {:.4f} after {} evaluations, {} of them failed; {}\n", table, fit.start_cost,
               fit.cost, fit.evaluations, fit.failures, fit.ending);
    fmt::print(stderr, "{}\n", k_research_notice);
  }
  return done;
}

}  // namespace

void add_calibrate(Command& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto& command = program.add_subcommand(
      "calibrate", "Parameters of the library fitted to calibration.tsv; never to validation evidence");
  command.footer(
      "Example:\n  raad calibrate --parameters mood__ampar_relief,mood__spine_relief --families \"clinical "
      "score\" --out calibration");
  command
      .add_option(
          "--parameters", arguments->parameters,
          "Flat ids, separated by commas; human:ID or mouse:ID where the species have values of their own")
      .separated_by(',')
      .required();
  command
      .add_option("--families", arguments->families,
                  "Families of evidence rows, separated by commas (see raad validate); default: all")
      .separated_by(',');
  command.add_option("--without", arguments->without, "Studies to leave out, by source, separated by commas")
      .separated_by(',');
  command
      .add_option(
          "--spreads", arguments->spreads,
          "Spread of predictions about data: library (prediction_spread.tsv) or fitted with the parameters")
      .one_of({"library", "fitted"})
      .show_default();
  command.add_option("--out", arguments->out, "Folder for parameters.tsv, studies.tsv, calibration.json")
      .show_default();
  command.add_option("--subjects", arguments->subjects, "Virtual participants of a clinical arm")
      .in_range(10, 100000)
      .show_default();
  command.add_option("--evaluations", arguments->evaluations, "Evaluations of the cost at most")
      .in_range(10L, 1000000L)
      .show_default();
  const Option ensemble =
      command
          .add_option(
              "--ensemble", arguments->ensemble_draws,
              "Also draw so many parameter sets from the posterior: ensemble.tsv, ensemble_summary.tsv")
          .in_range(2, 1000000);
  command
      .add_option("--ensemble-evaluations", arguments->ensemble_evaluations,
                  "Evaluations of the cost for --ensemble, about")
      .in_range(100, 10000000)
      .needs(ensemble)
      .show_default();
  command
      .add_option("--sampler", arguments->sampler,
                  "How to draw: importance (adaptive, for one mode) or chains (DE-MC(Z), any shape, dearer)")
      .one_of({"importance", "chains"})
      .needs(ensemble)
      .show_default();
  command.add_option(
      "--write-petab", arguments->petab,
      "Write the problem in PEtab into DIR/human and DIR/mouse, as far as PEtab can say it, and stop");
  command.add_flag("--resume", arguments->resume, "Go on with an interrupted calibration of the same folder");
  add_run_options(command, arguments->run);
  command.callback([arguments, &context] {
    context.selected = [arguments, &context] { return calibrate(*arguments, context); };
  });
}

}  // namespace raad::app
