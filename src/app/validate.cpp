// `raad validate`: predictions of published measurements, scored.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "base/files.hpp"
#include "base/table.hpp"
#include "report/validation_figures.hpp"
#include "study/validation.hpp"

namespace raad::app {
namespace {

struct Arguments {
  std::string evidence;
  std::string out = "validation";
  std::string write_spreads;
  int subjects = 400;
  int uncertainty_draws = 0;
  bool strict = false;
  bool json = false;
  RunOptions run;
};

std::string cell(double value) {
  return std::isfinite(value) ? base::format_number(value) : "";
}

std::string_view name_of(study::ScoreScale scale) {
  return scale == study::ScoreScale::logarithmic ? "log"
         : scale == study::ScoreScale::sign      ? "sign"
                                                 : "linear";
}

/// Tabs and line ends would break the table.
std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
  return text;
}

std::string scores_table(const study::ValidationResult& result) {
  std::string text =
      "evidenceId\tobservable\tobserved\tspread\tpredicted\tlower50\tupper50\tlower90\tupper90\tz\tinside\t"
      "reason_skipped\tfile\tfamily\tscale\tunit\tnote\tparameter_spread\n";
  for (const auto& score : result.scores) {
    const auto& row = *score.row;
    text += row.id + "\t" + row.observable + "\t" + cell(row.value) + "\t";
    if (score.scored())
      text += (score.scale == study::ScoreScale::sign ? "" : cell(score.total_spread)) + "\t" +
              cell(score.predicted) + "\t" + cell(score.lower50) + "\t" + cell(score.upper50) + "\t" +
              cell(score.lower90) + "\t" + cell(score.upper90) + "\t" + cell(score.z) + "\t" +
              (score.inside ? "1" : "0") + "\t";
    else
      text += "\t\t\t\t\t\t\t\t" + one_line(score.skipped);
    text += "\t" + score.file + "\t" + score.family + "\t" +
            (score.scored() ? std::string(name_of(score.scale)) : "") + "\t" + row.unit + "\t" +
            one_line(score.note) + "\t" + (score.parameter_spread > 0.0 ? cell(score.parameter_spread) : "") +
            "\n";
  }
  return text;
}

std::string summary_table(const study::ValidationResult& result) {
  std::string text =
      "file\tfamily\tscored\tskipped\tsigns\tsigns_right\tbias\troot_mean_square\tinside50\tinside90\n";
  for (const auto& one : result.summaries)
    text += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", one.file, one.family, one.scored,
                        one.skipped, one.signs, one.signs_right, cell(one.bias), cell(one.root_mean_square),
                        cell(one.inside50), cell(one.inside90));
  return text;
}

/// The page: what was scored, how well, and the worst misses of each table.
std::string report_page(const study::ValidationResult& result, int subjects) {
  const std::string options = fmt::format(" --subjects {}", subjects) +
                              (result.draws > 0 ? fmt::format(" --uncertainty {}", result.draws) : "");
  std::string text =
      "# Predictions against published measurements\n\nMade by `raad validate" + options +
      "`. Calibration rows were used to fit the library, validation rows never; the two are never mixed. z "
      "is the distance in units of the spread that the interval rests on: the datum's sampling error and the "
      "prediction spread of its family (`library/prediction_spread.tsv`, from calibration residuals only)" +
      (result.draws > 0
           ? fmt::format(", or the spread over {} draws of the uncertain parameters where that is greater "
                         "({} draws had a run that failed{})",
                         result.draws, result.failed_draws,
                         result.first_failure.empty() ? "" : ", the first " + result.first_failure)
           : "") +
      ". Clinical arms are " + std::to_string(subjects) +
      " virtual participants. Yes/no findings and directions are right or wrong; `library/findings.tsv` says "
      "what they mean in the model, `manipulations.tsv` what a knock-out sets, `relations.tsv` what a "
      "correlation between participants is made of, and `stand_ins.tsv` what is simulated where a report "
      "leaves the dose of a direction out; scores.tsv notes each such case.\n\n| table | family | scored | "
      "skipped | signs right | mean z | RMS z | in 50 % | in 90 % |\n|---|---|---|---|---|---|---|---|---|\n";
  const auto number = [](double value, const char* format) {
    return std::isfinite(value) ? fmt::format(fmt::runtime(format), value) : std::string();
  };
  for (const auto& one : result.summaries)
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", one.file, one.family, one.scored,
                        one.skipped, one.signs > 0 ? fmt::format("{} of {}", one.signs_right, one.signs) : "",
                        number(one.bias, "{:.2f}"), number(one.root_mean_square, "{:.2f}"),
                        number(100.0 * one.inside50, "{:.0f} %"), number(100.0 * one.inside90, "{:.0f} %"));
  text +=
      "\n## Misses\n\nRows outside their 90 % interval and directions that are wrong.\n\n| table | row | "
      "observed | predicted | unit | z |\n|---|---|---|---|---|---|\n";
  for (const auto& score : result.scores)
    if (score.scored() && !score.inside)
      text += fmt::format("| {} | {} | {} | {:.3g} | {} | {} |\n", score.file, score.row->id,
                          base::format_number(score.row->value), score.predicted, score.row->unit,
                          number(score.z, "{:.1f}"));
  std::map<std::string, int> reasons;
  for (const auto& score : result.scores)
    if (!score.scored()) ++reasons[score.skipped];
  text += "\n## Not scored\n\n| rows | reason |\n|---|---|\n";
  for (const auto& [reason, count] : reasons) text += fmt::format("| {} | {} |\n", count, one_line(reason));
  return text + "\n" + std::string(k_research_notice) + "\n";
}

void write_figures(const study::ValidationResult& result, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  auto figures = report::observed_predicted_figures(result);
  for (auto& figure : report::course_figures(result)) figures.push_back(std::move(figure));
  figures.push_back(report::coverage_figure(result));
  for (const auto& figure : figures) {
    base::write_file_atomically(folder / (figure.id + ".svg"), report::to_svg(figure));
    base::write_file_atomically(folder / (figure.id + ".json"), report::to_json(figure));
  }
}

void print_summary(const study::ValidationResult& result) {
  fmt::print("{:<12} {:<22} {:>6} {:>7} {:>11} {:>6} {:>6} {:>9} {:>9}\n", "file", "family", "scored",
             "skipped", "signs right", "bias", "RMS z", "in 50 %", "in 90 %");
  const auto number = [](double value, const char* format) {
    return std::isfinite(value) ? fmt::format(fmt::runtime(format), value) : std::string("-");
  };
  for (const auto& one : result.summaries)
    fmt::print("{:<12} {:<22} {:>6} {:>7} {:>11} {:>6} {:>6} {:>9} {:>9}\n", one.file, one.family, one.scored,
               one.skipped, one.signs > 0 ? fmt::format("{} of {}", one.signs_right, one.signs) : "-",
               number(one.bias, "{:.2f}"), number(one.root_mean_square, "{:.2f}"),
               number(100.0 * one.inside50, "{:.0f} %"), number(100.0 * one.inside90, "{:.0f} %"));
}

std::string spreads_table(const std::vector<study::PredictionSpread>& spreads) {
  std::string text = "family\tscale\tunit\tmeasure\tspread\trows\tsourceKind\tsourceId\tnote\n";
  for (const auto& one : spreads)
    text += fmt::format(
        "{}\t{}\t{}\t{}\t{}\t{}\tfitted\tinternal:fit\tresiduals of calibration.tsv; raad validate "
        "--write-spreads\n",
        one.family, name_of(one.scale), one.unit, one.measure, base::format_number(one.spread), one.rows);
  return text;
}

void write_record(const study::ValidationResult& result, const Arguments& arguments, const Context& context,
                  const data::Library& library, std::chrono::steady_clock::time_point started) {
  auto record = make_run_record(context, arguments.run, library);
  record.settings["evidence"] = arguments.evidence.empty() ? library.evidence.string() : arguments.evidence;
  record.settings["subjects"] = std::to_string(arguments.subjects);
  record.settings["uncertainty draws"] = std::to_string(arguments.uncertainty_draws);
  if (result.failed_runs > 0) record.failure_counts[result.first_failure] = result.failed_runs;
  record.wall_time_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  data::write_run_record(std::filesystem::path(arguments.out) / "scores.tsv", record);
}

int validate(const Arguments& arguments, const Context& context) {
  const auto started = std::chrono::steady_clock::now();
  const auto library = open_program_library();
  base::Diagnostics findings;
  std::vector<data::EvidenceTable> tables;
  if (arguments.evidence.empty()) {
    auto both = data::read_all_evidence(library.evidence, findings);
    tables.push_back(std::move(both.calibration));
    tables.push_back(std::move(both.validation));
  } else {
    if (!std::filesystem::is_regular_file(arguments.evidence))
      throw base::InputError("R086", {arguments.evidence}, "evidence table not found");
    tables.push_back(data::read_evidence(arguments.evidence, findings));
  }
  throw_if_errors(findings);
  // New spreads do not rest on the old ones.
  const auto spreads = arguments.write_spreads.empty() ? study::read_prediction_spreads(library, findings)
                                                       : std::vector<study::PredictionSpread>();
  throw_if_errors(findings);

  check_hypotheses(library, arguments.run);
  study::ValidationSettings settings;
  settings.hypotheses = arguments.run.hypotheses;
  settings.settings = parse_settings(arguments.run.settings);
  settings.solver = solver_options(arguments.run);
  settings.subjects = arguments.subjects;
  settings.seed = arguments.run.seed;
  settings.threads = arguments.run.threads;
  settings.uncertainty_draws = arguments.uncertainty_draws;
  const bool show = !arguments.run.quiet && isatty(STDERR_FILENO) != 0;
  if (show)
    settings.progress = [&](int draws, int all) {
      const double seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
      fmt::print(stderr, "\r{} of {} draws, {:.0f} s left ", draws, all, seconds / draws * (all - draws));
      if (draws == all) fmt::print(stderr, "\n");
    };
  std::vector<const data::EvidenceTable*> pointers;
  for (const auto& table : tables) pointers.push_back(&table);
  const auto result = study::validate(library, pointers, spreads, settings);

  if (!arguments.write_spreads.empty()) {
    base::write_file_atomically(arguments.write_spreads, spreads_table(study::estimate_spreads(result)));
    if (!arguments.run.quiet) fmt::print("Spreads of calibration residuals: {}\n", arguments.write_spreads);
    return done;
  }
  std::filesystem::create_directories(arguments.out);
  const std::filesystem::path folder(arguments.out);
  base::write_file_atomically(folder / "scores.tsv", scores_table(result));
  base::write_file_atomically(folder / "summary.tsv", summary_table(result));
  base::write_file_atomically(folder / "validation.md", report_page(result, arguments.subjects));
  write_figures(result, folder / "figures");
  write_record(result, arguments, context, library, started);
  int skipped = 0;
  for (const auto& score : result.scores) skipped += score.scored() ? 0 : 1;
  if (arguments.json) {
    nlohmann::ordered_json json;
    json["notice"] = k_research_notice;
    for (const auto& one : result.summaries)
      json["summaries"].push_back({{"file", one.file},
                                   {"family", one.family},
                                   {"scored", one.scored},
                                   {"skipped", one.skipped},
                                   {"signs", one.signs},
                                   {"signs_right", one.signs_right},
                                   {"bias", one.bias},
                                   {"root_mean_square", one.root_mean_square},
                                   {"inside50", one.inside50},
                                   {"inside90", one.inside90}});
    fmt::print("{}\n", json.dump(1));
  } else if (!arguments.run.quiet) {
    print_summary(result);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    fmt::print("{} rows, {} skipped with a reason, {} distinct arms ({} failed), {:.1f} s; {}/scores.tsv\n",
               result.scores.size(), skipped, result.runs, result.failed_runs, seconds, arguments.out);
    fmt::print(stderr, "{}\n", k_research_notice);
  }
  return arguments.strict && skipped > 0 ? check_failed : done;
}

}  // namespace

void add_validate(Command& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto& command =
      program.add_subcommand("validate", "Predictions of published measurements, scored row by row");
  command.footer(
      "Example:\n  raad validate --out validation\n  raad validate --evidence my_measurements.tsv --out "
      "mine");
  command.add_option(
      "--evidence", arguments->evidence,
      "Table in the format of evidence/README.md; default: calibration and validation of the project");
  command.add_option("--out", arguments->out, "Folder for scores.tsv and summary.tsv").show_default();
  command.add_option("--subjects", arguments->subjects, "Virtual participants of a clinical arm")
      .in_range(10, 1000000)
      .show_default();
  command
      .add_option("--uncertainty", arguments->uncertainty_draws,
                  "Draws of the parameters (docs/sensitivity.md): what they leave open widens the intervals")
      .in_range(2, 100000);
  command.add_flag("--strict", arguments->strict, "Exit status 1 when a row is skipped");
  command.add_flag("--json", arguments->json, "Summaries as JSON on standard output");
  command.add_option("--write-spreads", arguments->write_spreads,
                     "Write the spreads of calibration residuals (library/prediction_spread.tsv) and stop");
  add_run_options(command, arguments->run);
  command.callback([arguments, &context] {
    context.selected = [arguments, &context] { return validate(*arguments, context); };
  });
}

}  // namespace raad::app
