#include "app/command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <map>
#include <system_error>
#include <thread>

#include "base/files.hpp"
#include "base/table.hpp"
#include "base/units.hpp"
#include "dose/records.hpp"

namespace raad::app {

int default_threads() {
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void add_run_options(Command& command, RunOptions& options) {
  command
      .add_option("--hypothesis", options.hypotheses,
                  "Rival hypothesis by name (library/hypotheses.tsv); join several with +")
      .one_at_a_time();
  add_setting_options(command, options);
}

void add_setting_options(Command& command, RunOptions& options) {
  command.add_option("--set", options.settings, "Set a parameter: id=value, in the unit of its table row")
      .one_at_a_time();
  add_solver_options(command, options);
}

void add_solver_options(Command& command, RunOptions& options) {
  command
      .add_option("--solver", options.solver,
                  "rosenbrock (Rodas5P), rosenbrock_conservative (Rodas4P) or cvodes (the reference)")
      .one_of({"rosenbrock", "rosenbrock_conservative", "cvodes"})
      .show_default();
  command.add_option("--rtol", options.relative_tolerance, "Relative tolerance of the solver")
      .in_range(1e-13, 1e-2)
      .show_default();
  command.add_option("--seed", options.seed, "Seed of random draws (single runs draw nothing)")
      .show_default();
  command.add_option("--threads", options.threads, "Number of threads; results do not depend on it")
      .in_range(1, 4096)
      .show_default();
  command.add_flag("-q,--quiet", options.quiet, "Print results and errors only");
  command.add_flag("-v,--verbose", options.verbose, "Say which engine and solver ran, and what it cost");
}

solve::Options solver_options(const RunOptions& options) {
  solve::Options solver;
  if (options.solver == "cvodes") solver.method = solve::Method::cvodes;
  if (options.solver == "rosenbrock_conservative") solver.method = solve::Method::rosenbrock_conservative;
  solver.relative_tolerance = options.relative_tolerance;
  // A thousandth of the relative tolerance: states far below their nominal scale still keep three digits.
  solver.absolute_tolerance_per_scale = options.relative_tolerance * 1e-3;
  return solver;
}

std::vector<std::pair<std::string, double>> parse_settings(const std::vector<std::string>& settings) {
  std::vector<std::pair<std::string, double>> parsed;
  for (const auto& setting : settings) {
    const auto equals = setting.find('=');
    const auto value = equals == std::string::npos
                           ? std::nullopt
                           : base::parse_number(base::trim(std::string_view(setting).substr(equals + 1)));
    if (equals == 0 || !value || !std::isfinite(*value))
      throw base::InputError("R070", {"--set"}, "`" + setting + "` is not id=value with a number",
                             "for example --set psilocin__clearance=250");
    const std::string id(base::trim(std::string_view(setting).substr(0, equals)));
    if (std::ranges::any_of(parsed, [&](const auto& one) { return one.first == id; }))
      throw base::InputError("R070", {"--set"}, "`" + id + "` is set twice", "keep one of the two");
    parsed.emplace_back(id, *value);
  }
  return parsed;
}

double parse_duration_h(const std::string& option, const std::string& text) {
  const auto unit_start = text.find_first_not_of("0123456789.+-eE");
  const std::string unit =
      unit_start == std::string::npos ? "h" : std::string(base::trim(text.substr(unit_start)));
  const auto value = base::parse_number(base::trim(text.substr(0, unit_start)));
  static const std::map<std::string, double> hours = {
      {"s", 1.0 / 3600.0}, {"min", 1.0 / 60.0}, {"h", 1.0}, {"d", 24.0}, {"w", 168.0}};
  const auto factor = hours.find(unit);
  const double hours_given = value && factor != hours.end() ? *value * factor->second : 0.0;
  if (!(hours_given > 0.0) || !std::isfinite(hours_given))
    throw base::InputError(
        "R070", {option}, "`" + text + "` is not a positive duration",
        "write a number with s, min, h, d or w, for example 28d; without a unit it is hours");
  return hours_given;
}

double parse_duration(const std::string& option, const std::string& text,
                      const std::string& model_time_unit) {
  const double hours = parse_duration_h(option, text);
  if (model_time_unit == "h" || base::parse_number(text)) return hours;
  const base::UnitTable units;
  const auto own = units.parse(model_time_unit), hour = units.parse("h");
  if (!own || !own->same_dimension(*hour))
    throw base::InputError("R070", {option}, "the model's unit of time is not known: " + model_time_unit,
                           "write a number without a unit, in the model's own");
  return hours * (hour->factor / own->factor);
}

namespace {

/// No drug's name holds a slash or ends like a file, and a regimen other than `none` has blanks.
bool looks_like_a_file(const std::string& text) {
  const std::string ending = std::filesystem::path(text).extension().string();
  return text.find(' ') == std::string::npos &&
         (text.find('/') != std::string::npos || ending == ".txt" || ending == ".tsv" || ending == ".csv");
}

}  // namespace

dose::RegimenFile read_regimen_argument(const std::string& text_or_file, const std::string& name) {
  base::Diagnostics findings;
  std::error_code ignored;  // A text too long for a file name is simply no file.
  dose::RegimenFile given;
  if (std::filesystem::is_regular_file(text_or_file, ignored))
    given = dose::read_regimen_file(text_or_file, findings);
  else if (looks_like_a_file(text_or_file))
    throw base::InputError("R086", {text_or_file}, "file not found or not readable",
                           "correct the path, or write the regimen itself (docs/regimens.md)");
  else
    given.regimen = dose::parse_regimen(text_or_file, name, findings);
  throw_if_errors(findings);
  return given;
}

data::Library open_program_library() {
  base::Diagnostics findings;
  auto library = data::open_library(data::find_home(), findings);
  throw_if_errors(findings);
  return library;
}

void check_hypotheses(const data::Library& library, const RunOptions& options) {
  base::Diagnostics findings;
  (void)data::resolve_hypotheses(library, options.hypotheses, findings);
  throw_if_errors(findings);
}

data::RunRecord make_run_record(const Context& context, const RunOptions& options,
                                const run::LoadedSystem& system) {
  data::RunRecord record;
  record.command = context.command_line;
  record.system = system.name;
  record.model_hash = system.model->content_hash;
  record.program_version = k_version;
  record.seed = options.seed;
  record.thread_count = options.threads;
  const auto solver = solver_options(options);
  record.relative_tolerance = solver.relative_tolerance;
  record.absolute_tolerance_per_scale = solver.absolute_tolerance_per_scale;
  record.settings["solver"] = options.solver;
  for (const auto& [id, value] : parse_settings(options.settings))
    record.settings["set " + id] = base::format_number(value);
  std::string hypotheses;
  for (const auto& name : options.hypotheses) hypotheses += (hypotheses.empty() ? "" : "+") + name;
  record.settings["hypothesis"] = hypotheses.empty() ? "default" : hypotheses;
  record.started = data::current_time_utc();
  record.host = data::host_name();
  record.notes.push_back(k_research_notice);
  return record;
}

data::RunRecord make_run_record(const Context& context, const RunOptions& options,
                                const data::Library& library) {
  base::Diagnostics findings;
  auto record = make_run_record(context, options, run::load_system(library, "human", findings));
  const auto mouse = run::load_system(library, "mouse", findings);
  record.system += ", " + mouse.name;
  record.model_hash += ", " + mouse.model->content_hash;
  return record;
}

void print_findings(const base::Diagnostics& findings, bool quiet) {
  const auto text = base::to_text(findings, quiet ? base::Severity::error : base::Severity::warning);
  if (!text.empty()) fmt::print(stderr, "{}\n", text);
}

int report_errors(const std::function<int()>& command) {
  try {
    return command();
  } catch (const base::InputError& error) {
    print_findings(error.findings(), false);
    return bad_input;
  } catch (const base::NumericalError& error) {
    fmt::print(stderr, "error R090: {}\n", error.what());
    return run_failed;
  } catch (const std::system_error& error) {  // Includes errors of the file system and of printing.
    const bool disk_full = error.code() == std::errc::no_space_on_device;
    fmt::print(stderr, "error {}: {}\n", disk_full ? "R085" : "R084", error.what());
    return bad_input;
  } catch (const std::exception& error) {
    // Not the user's fault: say so, and leave the status of a failed run.
    fmt::print(stderr, "internal error: {}\nPlease report this with the command line.\n", error.what());
    return run_failed;
  }
}

}  // namespace raad::app
