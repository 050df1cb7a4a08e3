// `raad design`: the search for better compounds and regimens.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "app/command.hpp"
#include "app/time_courses.hpp"
#include "base/files.hpp"
#include "base/table.hpp"
#include "report/design_figures.hpp"
#include "run/progress.hpp"
#include "study/design.hpp"
#include "study/design_tables.hpp"
#include "study/explain.hpp"

namespace raad::app {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string goal = study::k_default_goal, regimen = study::k_design_regimen;
  std::string combine = "mean", until = "90d", out, compounds, explain;
  std::int64_t evaluations = 4000;
  int population = 100, front = 24, draws = 12, at = 0;
  double least_effect = study::DesignSettings().least_effect_points;
  study::DesignLimits limits;
  bool resume = false;
  RunOptions run;
};

study::DesignSettings settings_of(const Arguments& arguments, const data::Library& library) {
  study::DesignSettings settings;
  settings.regimen = arguments.regimen;
  settings.goal = arguments.goal;
  if (!arguments.run.hypotheses.empty()) settings.hypotheses = arguments.run.hypotheses;
  if (settings.hypotheses == std::vector<std::string>{"all"}) {
    settings.hypotheses = {"default"};
    for (const auto& id : library.hypothesis_ids())
      if (id != "default") settings.hypotheses.push_back(id);
  }
  settings.settings = parse_settings(arguments.run.settings);
  settings.combination = arguments.combine == "worst" ? study::Combination::worst : study::Combination::mean;
  settings.least_effect_points = arguments.least_effect;
  settings.limits = arguments.limits;
  settings.end_h = parse_duration_h("--until", arguments.until);
  settings.population = arguments.population;
  settings.evaluations = arguments.evaluations;
  settings.front_size = static_cast<std::size_t>(arguments.front);
  settings.draws = arguments.draws;
  settings.seed = arguments.run.seed;
  settings.solver = solver_options(arguments.run);
  settings.threads = arguments.run.threads;
  return settings;
}

run::RunIdentity identity_of(const study::DesignSettings& settings, const run::LoadedSystem& system) {
  std::string hypotheses;
  for (const auto& one : settings.hypotheses) hypotheses += one + " ";
  const auto& limits = settings.limits;
  std::string given;
  for (const auto& [id, value] : settings.settings) given += id + "=" + base::format_number(value) + " ";
  std::string numbers;
  for (const double value :
       {settings.least_effect_points, settings.end_h, limits.least_margin_5ht2b, limits.least_margin_5ht2c,
        limits.least_brain_entry, limits.greatest_dose_mg, settings.solver.relative_tolerance})
    numbers += base::format_number(value) + " ";
  return {{"seed", std::to_string(settings.seed)},
          {"model", system.name + " " + system.model->content_hash},
          {"regimen", settings.regimen},
          {"goal", settings.goal},
          {"hypotheses", hypotheses},
          {"set", given},
          {"combination", settings.combination == study::Combination::worst ? "worst" : "mean"},
          {"population", std::to_string(settings.population)},
          {"evaluations", std::to_string(settings.evaluations)},
          {"limits", numbers},
          {"program", k_version}};
}

void write_tables(const fs::path& folder, const study::DesignResult& result) {
  base::write_file_atomically(folder / "hypotheses.tsv", study::print_hypotheses(result));
  base::write_file_atomically(folder / "axes.tsv", study::print_axes(result));
  base::write_file_atomically(folder / "tradeoffs.tsv", study::print_trade_offs(result));
  base::write_file_atomically(folder / "front.tsv", study::print_front(result));
}

void write_figures(const fs::path& folder, const study::DesignResult& result) {
  if (result.front.empty()) return;
  auto figures = report::pareto_figures(result);
  figures.push_back(report::parallel_figure(result));
  if (result.plane) figures.push_back(report::bias_figure(*result.plane, result.plane_row));
  base::create_folder(folder);
  for (const auto& figure : figures) {
    base::write_file_atomically(folder / (figure.id + ".svg"), report::to_svg(figure));
    base::write_file_atomically(folder / (figure.id + ".json"), report::to_json(figure));
  }
}

std::vector<data::Compound> known_compounds(const Arguments& arguments, const data::Library& library) {
  base::Diagnostics findings;
  auto compounds = data::read_compounds(
      arguments.compounds.empty() ? library.evidence / "compounds.tsv" : fs::path(arguments.compounds),
      findings);
  base::throw_if_errors(findings);
  return compounds;
}

/// A compound of the table by its name, else a profile as text.
data::Compound profile_of(const Arguments& arguments, const data::Library& library) {
  const auto compounds = known_compounds(arguments, library);
  std::vector<std::string> names;
  for (const auto& one : compounds) {
    if (base::to_lower(one.id) == base::to_lower(arguments.explain)) return one;
    names.push_back(one.id);
  }
  if (arguments.explain.find('=') == std::string::npos) {
    const std::string nearest = base::nearest_name(arguments.explain, names);
    throw base::InputError("R144", {"--explain"}, "unknown compound `" + arguments.explain + "`",
                           nearest.empty()
                               ? "give its properties: Ki_5HT2A=12 nM, Gq_Emax=0.35, barr2_Emax=0.8"
                               : "did you mean `" + nearest + "`?");
  }
  base::Diagnostics findings;
  auto compound = data::parse_compound(arguments.explain, findings);
  base::throw_if_errors(findings);
  return compound;
}

int explain(const Arguments& arguments) {
  const auto library = open_program_library();
  study::ScreenSettings settings;
  settings.hypotheses = arguments.run.hypotheses;
  settings.settings = parse_settings(arguments.run.settings);
  settings.draws = arguments.draws;
  settings.seed = arguments.run.seed;
  settings.solver = solver_options(arguments.run);
  settings.threads = arguments.run.threads;
  const auto explanation =
      study::explain(library, profile_of(arguments, library), arguments.least_effect, settings);
  const std::string text = study::print_explanation(explanation);
  if (!arguments.out.empty()) {
    base::create_folder(arguments.out);
    base::write_file_atomically(fs::path(arguments.out) / "explanation.txt", text);
  }
  fmt::print("{}", text);
  if (!arguments.run.quiet) fmt::print(stderr, "{}\n", k_research_notice);
  return done;
}

int search(const Arguments& arguments, const Context& context, run::Ranks& ranks) {
  const auto started = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  };
  const bool talks = ranks.rank() == 0 && !arguments.run.quiet;
  const auto library = open_program_library();
  base::Diagnostics findings;
  const auto system = run::load_system(library, "human", findings);
  base::throw_if_errors(findings);
  const auto compounds = known_compounds(arguments, library);
  const auto settings = settings_of(arguments, library);
  const fs::path folder = arguments.out;
  if (ranks.rank() == 0) base::create_folder(folder);
  study::DesignOptions options;
  options.journal = folder / "journal";
  options.identity = identity_of(settings, system);
  options.resume = arguments.resume;
  run::ProgressLine line(talks);
  if (line.is_shown())
    options.progress = [&](const study::DesignProgress& progress) {
      const double rate = static_cast<double>(progress.evaluations) / elapsed();
      line.show(fmt::format(
          "{} of {} evaluations, {} on the front, {} left", progress.evaluations, progress.wanted,
          progress.front,
          run::duration_text(static_cast<double>(progress.wanted - progress.evaluations) / rate)));
    };
  const auto result = study::design(library, system, compounds, settings, options, ranks);
  if (ranks.rank() != 0) return done;
  write_tables(folder, result);
  write_figures(folder / "figures", result);
  auto record = make_run_record(context, arguments.run, system);
  record.settings["regimen"] = settings.regimen;
  record.settings["goal"] = settings.goal;
  record.settings["evaluations"] = std::to_string(result.evaluations);
  record.settings["model_runs"] = std::to_string(result.model_runs);
  record.settings["ranks"] = std::to_string(ranks.count());
  record.wall_time_s = elapsed();
  data::write_run_record(folder / "front.tsv", record);
  run::Journal::remove(options.journal);
  fmt::print("{}", study::print_design_text(result));
  if (talks)
    fmt::print(stderr, "{} evaluations ({} outside the constraints), {} model runs, {:.1f} s.\n{}\n",
               result.evaluations, result.infeasible, result.model_runs, elapsed(), k_research_notice);
  return result.front.empty() ? check_failed : done;
}

int design(const Arguments& arguments, const Context& context, run::Ranks& ranks) {
  if (!arguments.explain.empty()) return ranks.rank() == 0 ? explain(arguments) : done;
  if (arguments.out.empty())
    throw base::InputError("R070", {"--out"}, "a search needs a folder", "name it with --out");
  const fs::path trade_offs = fs::path(arguments.out) / "tradeoffs.tsv";
  if (arguments.at > 0) {
    if (ranks.rank() == 0) fmt::print("{}", study::trade_off_text(trade_offs, arguments.at));
    return done;
  }
  return search(arguments, context, ranks);
}

void add_options(Command& command, Arguments& arguments) {
  command.add_option("--goal", arguments.goal, "Objectives, separated by commas").show_default();
  command
      .add_option(
          "--regimen", arguments.regimen,
          "Regimen with ranges {NAME: LOW..HIGH [log|integer]}; compound_x searches a profile as well")
      .show_default();
  command.add_option("--combine", arguments.combine, "Several hypotheses: their mean or the worst")
      .one_of({"mean", "worst"})
      .show_default();
  command.add_option("--evaluations", arguments.evaluations, "Candidates to evaluate")
      .in_range(4, 100'000'000)
      .show_default();
  command.add_option("--population", arguments.population, "Candidates of a generation, a multiple of 4")
      .in_range(8, 100'000)
      .show_default();
  command.add_option("--front", arguments.front, "Most designs to report").in_range(1, 10'000).show_default();
  command.add_option("--draws", arguments.draws, "Draws of what is not known, for the intervals")
      .in_range(2, 10'000)
      .show_default();
  command.add_option("--until", arguments.until, "End of the runs").show_default();
  command.add_option("--least-effect", arguments.least_effect, "Constraint: fall of the score [points]")
      .show_default();
  command
      .add_option("--margin-5ht2b", arguments.limits.least_margin_5ht2b,
                  "Constraint: 5-HT2B constant over the unbound peak")
      .show_default();
  command
      .add_option("--margin-5ht2c", arguments.limits.least_margin_5ht2c,
                  "Constraint: 5-HT2C constant over the unbound peak")
      .show_default();
  command
      .add_option("--brain-entry", arguments.limits.least_brain_entry,
                  "Constraint: share that enters the brain")
      .show_default();
  command
      .add_option("--largest-dose", arguments.limits.greatest_dose_mg, "Constraint: dose of a compound [mg]")
      .show_default();
  command.add_option("--compounds", arguments.compounds, "Known compounds; default: evidence/compounds.tsv");
  command.add_option("--at", arguments.at, "Print the trade-offs of a row of the finished front in --out")
      .in_range(1, 10'000);
  command.add_option("--out", arguments.out, "Folder for tables and figures");
  command.add_option(
      "--explain", arguments.explain,
      "A compound or a profile: under which hypotheses would it fail, which experiment would tell?");
  command.add_flag("--resume", arguments.resume, "Go on with the search of the folder's journal");
  add_run_options(command, arguments.run);
}

}  // namespace

void add_design(Command& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto& command = program.add_subcommand("design", "Search for better compounds and regimens");
  command.footer(
      "Example:\n  raad design --evaluations 2000 --out design\n  raad design --at 3 --out design\n  raad "
      "design --explain LSD\n"
      "  raad design --regimen \"psilocybin {dose_mg: 5..30} mg oral @ 0 h; ketanserin 40 mg oral @ "
      "{delay_h: 0.5..8} h\" --goal effect,trip --out block");
  add_options(command, *arguments);
  command.callback([arguments, &context] {
    context.selected = [arguments, &context] {
      if (arguments->population % 4 != 0)
        throw base::InputError("R070", {"--population"}, "NSGA-II needs a multiple of 4");
      const auto ranks = run::join_ranks();
      if (ranks->count() == 1) return design(*arguments, context, *ranks);
      const int status = report_errors([&] { return design(*arguments, context, *ranks); });
      if (status != done) ranks->abort(status);
      return status;
    };
  });
}

}  // namespace raad::app
