// `raad adjudicate`: which mechanism the evidence favours, and what to measure next.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/adjudication_output.hpp"
#include "app/command.hpp"
#include "base/files.hpp"
#include "base/table.hpp"
#include "run/progress.hpp"
#include "study/adjudication.hpp"
#include "study/experiments.hpp"

namespace raad::app {
namespace {

struct Arguments {
  std::vector<std::string> hypotheses;
  std::string evidence, experiments;
  std::string out = "adjudication";
  int subjects = 100, bootstraps = 1000;
  double study_correlation = -1.0;  // Below 0: estimated
  double survival_weight = 0.05;
  bool resume = false, json = false;
  RunOptions run;
};

/// Calibration and validation, or one table of the user's own that stands for the former.
data::Evidence evidence_of(const Arguments& arguments, const data::Library& library) {
  base::Diagnostics findings;
  data::Evidence evidence;
  if (arguments.evidence.empty()) {
    evidence = data::read_all_evidence(library.evidence, findings);
  } else {
    if (!std::filesystem::is_regular_file(arguments.evidence))
      throw base::InputError("R086", {arguments.evidence}, "evidence table not found");
    evidence.calibration = data::read_evidence(arguments.evidence, findings);
  }
  throw_if_errors(findings);
  return evidence;
}

study::AdjudicationSettings settings_of(const Arguments& arguments) {
  study::AdjudicationSettings settings;
  settings.solver = solver_options(arguments.run);
  settings.settings = parse_settings(arguments.run.settings);
  settings.subjects = arguments.subjects;
  settings.seed = arguments.run.seed;
  settings.threads = arguments.run.threads;
  settings.resume = arguments.resume;
  return settings;
}

/// With a line of progress on a terminal.
study::HypothesisPredictions predictions_of(const data::Library& library, const study::HypothesisSpace& space,
                                            const data::EvidenceTable& table,
                                            const std::vector<study::PredictionSpread>& spreads,
                                            const Arguments& arguments,
                                            study::AdjudicationSettings settings) {
  run::ProgressLine line(!arguments.run.quiet);
  const auto started = std::chrono::steady_clock::now();
  settings.journal = std::filesystem::path(arguments.out) / (table.name + ".journal");
  settings.progress = [&](std::size_t done, std::size_t total) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    const double rate = static_cast<double>(done) / std::max(seconds, 1e-9);
    line.show({static_cast<std::int64_t>(done), 0, static_cast<std::int64_t>(total), rate,
               static_cast<double>(total - done) / rate, "evaluations"});
  };
  return study::predict_under(library, space, table, spreads, settings);
}

int adjudicate(const Arguments& arguments, const Context& context) {
  const auto started = std::chrono::steady_clock::now();
  const auto library = open_program_library();
  base::Diagnostics findings;
  const auto spreads = study::read_prediction_spreads(library, findings);
  const auto experiments_file = arguments.experiments.empty() ? library.file("experiments.tsv")
                                                              : std::filesystem::path(arguments.experiments);
  const auto experiments = study::read_experiments(experiments_file, library, findings);
  throw_if_errors(findings);
  const auto evidence = evidence_of(arguments, library);
  const auto human = run::load_system(library, "human", findings);
  auto space = study::hypothesis_space(library, human);
  if (!arguments.hypotheses.empty()) {
    std::vector<std::string> names;
    for (const auto& text : arguments.hypotheses)
      for (const auto& part : base::split(text, ','))
        if (!base::trim(part).empty()) names.emplace_back(base::trim(part));
    if (names.empty())
      throw base::InputError("R070", {"--hypotheses"}, "no hypothesis named",
                             "leave the option out to compare all admissible combinations");
    space = study::restrict_to(space, names);
  }
  base::create_folder(arguments.out);
  const auto settings = settings_of(arguments);

  Adjudication result;
  result.space = space;
  result.calibration = predictions_of(library, space, evidence.calibration, spreads, arguments, settings);
  if (result.calibration.rows.empty())
    throw base::InputError("R088", {evidence.calibration.file.string()},
                           "no row of the table can be predicted", "raad validate says why for each");
  const double correlation = arguments.study_correlation >= 0.0
                                 ? arguments.study_correlation
                                 : study::residual_correlation(result.calibration, 0);
  result.clusters = study::clusters_of(result.calibration, correlation);
  std::vector<int> departures;
  for (const auto& combination : space.combinations) departures.push_back(space.departures(combination));
  result.scores = study::weigh(study::log_likelihoods(result.calibration), departures, result.clusters,
                               arguments.bootstraps, arguments.run.seed);
  result.options = study::option_weights(space, result.scores);
  result.deciding = study::deciding_rows(space, result.calibration, result.scores, result.clusters, 10);
  if (!evidence.validation.rows.empty()) {
    result.validation = predictions_of(library, space, evidence.validation, spreads, arguments, settings);
    const auto clusters = study::clusters_of(result.validation, correlation);
    result.validation_scores =
        study::weigh(study::log_likelihoods(result.validation), departures, clusters, 0, arguments.run.seed);
  }
  result.experiments = experiments;
  result.predictions = study::predict_experiments(library, space, experiments, settings);
  std::vector<double> weights;
  for (const auto& score : result.scores) weights.push_back(score.bootstrap_weight);
  result.ranks =
      study::rank_experiments(space, experiments, result.predictions, weights, arguments.survival_weight);
  result.next = study::next_measurement(space, experiments, result.ranks);

  write_adjudication(result, library, arguments.out);
  auto record = make_run_record(context, arguments.run, library);
  record.settings["subjects"] = std::to_string(arguments.subjects);
  record.settings["evaluations"] =
      std::to_string(result.calibration.evaluations + result.validation.evaluations);
  record.wall_time_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  data::write_run_record(std::filesystem::path(arguments.out) / "hypotheses.tsv", record);
  if (arguments.json) {
    fmt::print("{}\n", adjudication_json(result));
  } else if (!arguments.run.quiet) {
    print_adjudication(result);
    fmt::print("{} combinations, {} distinct evaluations, {:.0f} s; {}/hypotheses.tsv\n",
               space.combinations.size(), result.calibration.evaluations + result.validation.evaluations,
               record.wall_time_s, arguments.out);
    fmt::print(stderr, "{}\n", k_research_notice);
  }
  return done;
}

}  // namespace

void add_adjudicate(Command& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto& command = program.add_subcommand(
      "adjudicate", "Which rival mechanism the evidence favours, and which experiment would tell most");
  command.footer(
      "Example:\n  raad adjudicate --hypotheses default,surface,intracellular,trkb_direct --out routes\n  "
      "raad adjudicate --experiments my_experiments.tsv --out all");
  command
      .add_option(
          "--hypotheses", arguments->hypotheses,
          "Combinations to compare, separated by commas, parts joined with +; default: all admissible ones")
      .one_at_a_time();
  command.add_option("--evidence", arguments->evidence,
                     "Table in the format of evidence/README.md that gives the weights; default: the "
                     "calibration evidence, with the validation evidence reported apart");
  command.add_option("--experiments", arguments->experiments,
                     "Candidate experiments; default: library/experiments.tsv");
  command.add_option("--out", arguments->out, "Folder for the tables and figures").show_default();
  command.add_option("--subjects", arguments->subjects, "Virtual participants of a clinical arm")
      .in_range(10, 100000)
      .show_default();
  command
      .add_option("--study-correlation", arguments->study_correlation,
                  "Correlation of residuals within a study; default: estimated from the residuals")
      .in_range(0.0, 1.0);
  command.add_option("--bootstraps", arguments->bootstraps, "Bayesian bootstraps of the studies")
      .in_range(10, 1000000)
      .show_default();
  command
      .add_option("--survival", arguments->survival_weight,
                  "Weight at which an option of a group survives and its pairs get experiments of their own")
      .in_range(0.0, 1.0)
      .show_default();
  command.add_flag("--resume", arguments->resume, "Go on from the journal in the folder");
  command.add_flag("--json", arguments->json, "Summary as JSON on standard output");
  add_setting_options(command, arguments->run);  // No --hypothesis: all of them are compared.
  command.callback([arguments, &context] {
    context.selected = [arguments, &context] { return adjudicate(*arguments, context); };
  });
}

}  // namespace raad::app
