// `raad compare`: the mechanistic profile of two treatments side by side.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>

#include "app/command.hpp"
#include "base/table.hpp"
#include "data/evidence.hpp"
#include "report/write_comparison.hpp"
#include "study/comparison.hpp"
#include "study/profile_table.hpp"

namespace raad::app {
namespace {

struct Arguments {
  std::string first, second;
  std::string system = "human";
  std::string until = "28d";
  std::string out;
  bool no_evidence = false;
  int uncertainty_draws = 0;
  RunOptions run;
};

/// A comparison is of named drugs: published measurements are found by them.
dose::Regimen named_regimen(const std::string& text_or_file, const std::string& name) {
  auto given = read_regimen_argument(text_or_file, name);
  if (!given.records.empty())
    throw base::InputError("R078", {text_or_file}, "compare takes doses of named drugs, not of compartments",
                           "give each record a drug and a route, or use `raad simulate`");
  return std::move(given.regimen);
}

int compare(const Arguments& arguments, const Context& context) {
  const auto started = std::chrono::steady_clock::now();
  const auto library = open_program_library();
  base::Diagnostics findings;
  const auto system = run::load_system(library, arguments.system, findings);
  const auto first = named_regimen(arguments.first, "first regimen");
  const auto second = named_regimen(arguments.second, "second regimen");
  data::Evidence evidence;
  if (!arguments.no_evidence) evidence = data::read_all_evidence(library.evidence, findings);
  throw_if_errors(findings);
  print_findings(findings, arguments.run.quiet);

  study::ComparisonSettings settings;
  settings.system = system.name;
  settings.end_h = parse_duration_h("--until", arguments.until);
  settings.hypotheses = arguments.run.hypotheses;
  settings.settings = parse_settings(arguments.run.settings);
  settings.solver = solver_options(arguments.run);
  settings.threads = arguments.run.threads;
  settings.uncertainty_draws = static_cast<std::size_t>(arguments.uncertainty_draws);
  settings.seed = arguments.run.seed;
  const auto comparison = study::compare(library, system, first, second, evidence, settings);

  auto record = make_run_record(context, arguments.run, system);
  record.engine = "interpreter";
  record.settings["first"] = dose::print_regimen(first);
  record.settings["second"] = dose::print_regimen(second);
  record.settings["until_h"] = base::format_number(settings.end_h);
  record.wall_time_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (!arguments.out.empty()) report::write_comparison(comparison, arguments.out, record);
  fmt::print("{}", study::print_profile_text(comparison));
  if (arguments.run.quiet) return done;
  fmt::print("\n{}\n", k_research_notice);
  if (!arguments.out.empty())
    fmt::print("Written: {0}/report.html, {0}/profile.tsv, {0}/timecourses.csv, {0}/figures/\n",
               arguments.out);
  return done;
}

}  // namespace

void add_compare(Command& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto& command = program.add_subcommand("compare", "The mechanistic profile of two treatments side by side");
  command.footer(
      "Example:\n  raad compare \"ketamine 0.5 mg/kg iv 40 min\" \"psilocybin 25 mg oral\" --out demo");
  command.add_option("first", arguments->first, "First regimen (docs/regimens.md)").required();
  command.add_option("second", arguments->second, "Second regimen").required();
  command.add_option("--system", arguments->system, "human or mouse").show_default();
  command.add_option("--until", arguments->until, "End of both runs").show_default();
  command.add_option("--out", arguments->out, "Folder for table, time courses, report and figures");
  command.add_flag("--no-evidence", arguments->no_evidence, "Draw no published measurements");
  command
      .add_option("--uncertainty", arguments->uncertainty_draws,
                  "Bands over so many draws of what is not known about the parameters (docs/sensitivity.md)")
      .in_range(2, 100000);
  add_run_options(command, arguments->run);
  command.callback([arguments, &context] {
    context.selected = [arguments, &context] { return compare(*arguments, context); };
  });
}

}  // namespace raad::app
