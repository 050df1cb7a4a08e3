// `raad screen`: compounds by their receptor profile.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>

#include "app/command.hpp"
#include "base/files.hpp"
#include "base/table.hpp"
#include "study/compound_inputs.hpp"
#include "study/screen_report.hpp"

namespace raad::app {
namespace {

struct Arguments {
  std::string compounds, out, report, write_inputs;
  std::optional<std::string> compound;
  int draws = 24;
  RunOptions run;
};

std::string cell(double value) {
  return std::isfinite(value) ? base::format_number(value) : "";
}

struct Column {
  const char* name;
  study::ScreenValue study::ScreenRow::* value;
};

constexpr Column k_columns[] = {{"htr_probability", &study::ScreenRow::htr_probability},
                                {"hallucinogenic_probability", &study::ScreenRow::hallucinogenic_probability},
                                {"plasticity_effect", &study::ScreenRow::plasticity_effect},
                                {"onset_h", &study::ScreenRow::onset_h},
                                {"durability_h", &study::ScreenRow::durability_h},
                                {"madrs_effect", &study::ScreenRow::madrs_effect},
                                {"intensity_max", &study::ScreenRow::intensity_max},
                                {"occupancy_5ht2a_max", &study::ScreenRow::occupancy_5ht2a_max},
                                {"unbound_peak_nM", &study::ScreenRow::unbound_peak_nM},
                                {"bias_factor", &study::ScreenRow::bias_factor}};

std::string to_table(const std::vector<study::ScreenRow>& rows) {
  std::string text = "compound\thypothesis";
  for (const Column& column : k_columns) text += fmt::format("\t{0}\t{0}_lower90\t{0}_upper90", column.name);
  text += "\tassumed\n";
  for (const auto& row : rows) {
    text += row.compound + "\t" + row.hypothesis;
    for (const Column& column : k_columns) {
      const auto& value = row.*column.value;
      text += "\t" + cell(value.mean) + "\t" + cell(value.lower90) + "\t" + cell(value.upper90);
    }
    text += "\t" + row.assumed + "\n";
  }
  return text;
}

void print_classification(const char* name, const study::Classification& result) {
  std::string wrong;
  for (const auto& id : result.wrong) wrong += (wrong.empty() ? "" : ", ") + id;
  fmt::print(
      "{}: {} yes, {} no; area under the curve {:.2f}; leave-one-out accuracy {:.2f}; Brier score {:.2f}; "
      "wrong under the default hypothesis: {}\n",
      name, result.positives, result.negatives, result.area_under_curve, result.leave_one_out_accuracy,
      result.brier_score, wrong.empty() ? "none" : wrong);
}

void print_report(const std::vector<study::ScreenRow>& rows, const std::vector<data::Compound>& compounds,
                  const std::string& hypothesis) {
  print_classification("Head twitches of mice", study::classify(rows, compounds, hypothesis, false));
  print_classification("Hallucinogenic in people", study::classify(rows, compounds, hypothesis, true));
  const auto potency = study::potency_error(rows, compounds, hypothesis);
  if (potency.compounds > 0)
    fmt::print(
        "Head-twitch ED50 of {} compounds, generic kinetics: error {:.2f} decades (root mean square), bias "
        "{:+.2f}\n",
        potency.compounds, potency.root_mean_square, potency.bias);
}

/// The further tables of a screen: dose-response, verdicts, calibration curve.
void write_report(const Arguments& arguments, const std::vector<study::ScreenRow>& rows,
                  const std::vector<data::Compound>& compounds, const std::string& hypothesis) {
  if (arguments.report.empty()) return;
  const std::filesystem::path folder = arguments.report;
  base::create_folder(folder);
  base::write_file_atomically(folder / "dose_response.tsv", study::print_dose_response(rows));
  base::write_file_atomically(folder / "verdicts.tsv", study::print_verdicts(study::verdicts(rows)));
  base::write_file_atomically(folder / "calibration.tsv",
                              study::print_calibration(study::classify(rows, compounds, hypothesis, false),
                                                       study::classify(rows, compounds, hypothesis, true)));
}

int write_inputs(const std::string& file, const std::vector<data::Compound>& compounds) {
  base::write_file_atomically(file, study::derived_compound_table(base::read_file(file), compounds));
  return done;
}

int screen(const Arguments& arguments, const Context& context) {
  const auto started = std::chrono::steady_clock::now();
  const auto library = open_program_library();
  base::Diagnostics findings;
  std::vector<data::Compound> compounds;
  if (arguments.compound) {
    compounds.push_back(data::parse_compound(*arguments.compound, findings));
  } else {
    const std::filesystem::path file = arguments.compounds.empty()
                                           ? library.evidence / "compounds.tsv"
                                           : std::filesystem::path(arguments.compounds);
    if (!std::filesystem::is_regular_file(file))
      throw base::InputError("R086", {file.string()}, "file not found");
    compounds = data::read_compounds(file, findings);
  }
  throw_if_errors(findings);
  if (!arguments.write_inputs.empty()) return write_inputs(arguments.write_inputs, compounds);
  study::ScreenSettings settings;
  settings.hypotheses = arguments.run.hypotheses;
  settings.settings = parse_settings(arguments.run.settings);
  settings.draws = arguments.draws;
  settings.seed = arguments.run.seed;
  settings.solver = solver_options(arguments.run);
  settings.threads = arguments.run.threads;
  const auto rows = study::screen(library, compounds, settings);
  const std::string text = to_table(rows);
  if (arguments.out.empty()) {
    fmt::print("{}", text);
  } else {
    base::write_file_atomically(arguments.out, text);
    auto record = make_run_record(context, arguments.run, library);
    record.settings["draws"] = std::to_string(arguments.draws);
    record.wall_time_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    data::write_run_record(arguments.out, record);
  }
  const std::string first = settings.hypotheses.empty() ? "default" : settings.hypotheses.front();
  write_report(arguments, rows, compounds, first);
  if (!arguments.run.quiet && !arguments.out.empty()) {
    print_report(rows, compounds, first);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    fmt::print(
        "{} compounds, {} rows, {} draws, {:.1f} s. Missing properties are wide priors, named in "
        "`assumed`.\n",
        compounds.size(), rows.size(), settings.draws, seconds);
    fmt::print(stderr, "{}\n", k_research_notice);
  }
  return done;
}

}  // namespace

void add_screen(Command& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto& command = program.add_subcommand(
      "screen", "Compounds by receptor profile: plasticity, mood, trip, head twitches");
  command.footer(
      "Example:\n  raad screen --out screen.tsv\n  raad screen --compound \"Ki_5HT2A=12 nM, Gq_Emax=0.35, "
      "barr2_Emax=0.8, logP=2.4\"");
  const Option table =
      command.add_option("--compounds", arguments->compounds,
                         "Table with the columns of evidence/compounds.tsv; default: that table");
  command.add_option("--compound", arguments->compound, "One compound by its properties").excludes(table);
  command.add_option("--out", arguments->out, "TSV file; default: standard output");
  command.add_option("--report", arguments->report,
                     "Folder for dose-response, verdicts and calibration curve (TSV)");
  command.add_option("--write-inputs", arguments->write_inputs,
                     "Renew the derived rows of this library/compounds.tsv and stop");
  command.add_option("--draws", arguments->draws, "Guesses of what is not known, for each compound")
      .in_range(2, 100000)
      .show_default();
  add_run_options(command, arguments->run);
  command.callback([arguments, &context] {
    context.selected = [arguments, &context] { return screen(*arguments, context); };
  });
}

}  // namespace raad::app
