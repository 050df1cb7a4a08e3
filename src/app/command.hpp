// What every subcommand of the program shares: registration, common options, exit status.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/command_line.hpp"
#include "data/library.hpp"
#include "data/series_table.hpp"
#include "dose/records.hpp"
#include "run/system.hpp"
#include "solve/problem.hpp"

namespace raad::app {

/// Exit status of the program (docs/command_line.md): fixed, outside programs rely on it.
enum ExitStatus : int { done = 0, check_failed = 1, bad_input = 2, run_failed = 3 };

inline constexpr const char* k_version = "0.1.0";
/// Said once by every command that shows simulated results.
inline constexpr const char* k_research_notice = "raad is a research tool; its results are no dosing advice.";

/// The program's state between parsing and running.
struct Context {
  std::string command_line;
  std::function<int()> selected;  ///< Set by the chosen subcommand
};

/// One for each core of the machine.
int default_threads();

/// Options of every command that runs a system.
struct RunOptions {
  std::vector<std::string> hypotheses;
  std::vector<std::string> settings;  ///< id=value
  std::string solver = "rosenbrock";
  double relative_tolerance = 1e-6;
  std::uint64_t seed = 1;
  int threads = default_threads();
  bool quiet = false;
  bool verbose = false;
};
void add_run_options(Command& command, RunOptions& options);
/// The same without --hypothesis, for commands that run them all.
void add_setting_options(Command& command, RunOptions& options);
/// Without --set too, for problems whose values stand in files of their own.
void add_solver_options(Command& command, RunOptions& options);
solve::Options solver_options(const RunOptions& options);
/// Splits `id=value`; throws InputError R070 with the offending text.
std::vector<std::pair<std::string, double>> parse_settings(const std::vector<std::string>& settings);
/// "28d", "1h", "30min", "2w", a bare number is hours; throws InputError R070. Result in [h].
double parse_duration_h(const std::string& option, const std::string& text);
/// The same in a model's own unit of time, which a bare number is in; R070 for a unit where the model's own
/// is not known.
double parse_duration(const std::string& option, const std::string& text, const std::string& model_time_unit);

/// A regimen from text, which messages call `name`, or from the file of that name if there is one; throws
/// InputError with all findings.
dose::RegimenFile read_regimen_argument(const std::string& text_or_file, const std::string& name = "regimen");

/// Opens the library that the program was started with; throws InputError with all findings.
data::Library open_program_library();
/// Throws InputError R075 for names of --hypothesis that the library does not have.
void check_hypotheses(const data::Library& library, const RunOptions& options);

/// Record of a run with everything filled in but the wall time.
data::RunRecord make_run_record(const Context& context, const RunOptions& options,
                                const run::LoadedSystem& system);
/// The same for commands that run both systems.
data::RunRecord make_run_record(const Context& context, const RunOptions& options,
                                const data::Library& library);
/// Prints warnings to the error stream unless quiet.
void print_findings(const base::Diagnostics& findings, bool quiet);

/// Runs a command; every error ends in one clear message and its exit status.
int report_errors(const std::function<int()>& command);

void add_simulate(Command& program, Context& context);
void add_population(Command& program, Context& context);
void add_compare(Command& program, Context& context);
void add_validate(Command& program, Context& context);
void add_calibrate(Command& program, Context& context);
void add_adjudicate(Command& program, Context& context);
void add_sensitivity(Command& program, Context& context);
void add_report(Command& program, Context& context);
void add_fit(Command& program, Context& context);
void add_petab(Command& program, Context& context);
void add_run(Command& program, Context& context);
void add_screen(Command& program, Context& context);
void add_design(Command& program, Context& context);
void add_export(Command& program, Context& context);
void add_check(Command& program, Context& context);
void add_show(Command& program, Context& context);
void add_format(Command& program, Context& context);
void add_document(Command& program, Context& context);

}  // namespace raad::app
