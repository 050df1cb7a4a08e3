// The command line of raad: one subcommand a file; every error ends in one clear message and a fixed exit
// status.
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

#include "app/command.hpp"

namespace {

using raad::app::Context;

std::string join_command_line(int count, char** arguments) {
  std::string text = "raad";
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    const bool quote = argument.empty() || argument.find_first_of(" ;*?|<>()$\"'") != std::string::npos;
    text += quote ? " '" + argument + "'" : " " + argument;
  }
  return text;
}

int run(int count, char** arguments) {
  raad::app::Command program("raad: simulate rapid-acting antidepressants, from dose to synapse to symptom.",
                             "raad");
  program.footer("Research use; no dosing advice. Every command has --help with an example.");
  program.version(std::string("raad ") + raad::app::k_version);
  program.require_subcommand();
  Context context;
  context.command_line = join_command_line(count, arguments);
  raad::app::add_simulate(program, context);
  raad::app::add_population(program, context);
  raad::app::add_compare(program, context);
  raad::app::add_validate(program, context);
  raad::app::add_calibrate(program, context);
  raad::app::add_adjudicate(program, context);
  raad::app::add_sensitivity(program, context);
  raad::app::add_report(program, context);
  raad::app::add_petab(program, context);
  raad::app::add_fit(program, context);
  raad::app::add_run(program, context);
  raad::app::add_screen(program, context);
  raad::app::add_design(program, context);
  raad::app::add_export(program, context);
  raad::app::add_check(program, context);
  raad::app::add_show(program, context);
  raad::app::add_format(program, context);
  raad::app::add_document(program, context);
  if (!program.parse(count, arguments)) return raad::app::done;
  const int status = context.selected();
  // The last of the output leaves the buffer only here; a full disk must not pass as success.
  if (std::fflush(stdout) != 0)
    throw raad::base::InputError(errno == ENOSPC ? "R085" : "R084", {"standard output"},
                                 "the output cannot be written", "free some space, or write elsewhere");
  return status;
}

}  // namespace

int main(int count, char** arguments) {
  // A file-size limit then is an error of write(), reported like a full disk, and not a silent death.
  std::signal(SIGXFSZ, SIG_IGN);
  return raad::app::report_errors([&] { return run(count, arguments); });
}
