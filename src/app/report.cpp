// `raad report card`: the credibility document of the model.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "app/command.hpp"
#include "base/files.hpp"
#include "report/model_card.hpp"

namespace raad::app {
namespace {

struct Arguments {
  std::string out = "card.html";
  int subjects = 400;
  RunOptions run;
};

int card(const Arguments& arguments) {
  const std::string extension = std::filesystem::path(arguments.out).extension().string();
  if (extension != ".html" && extension != ".md")
    throw base::InputError("R070", {"--out"}, "`" + arguments.out + "` is neither .html nor .md",
                           "name a file that ends in .html or .md");
  const auto library = open_program_library();
  base::Diagnostics findings;
  report::CardInputs inputs;
  inputs.version = k_version;
  inputs.statements = report::read_credibility(library, findings);
  inputs.known_failures = report::read_known_failures(library, findings);
  inputs.spreads = study::read_prediction_spreads(library, findings);
  const auto evidence = data::read_all_evidence(library.evidence, findings);
  for (const auto& name : library.system_names()) {
    const auto system = run::load_system(library, name, findings);
    inputs.coverage.push_back(study::provenance_coverage(system));
    inputs.model_hashes.emplace_back(name, system.model->content_hash);
  }
  throw_if_errors(findings);
  study::ValidationSettings settings;
  settings.hypotheses = arguments.run.hypotheses;
  settings.settings = parse_settings(arguments.run.settings);
  settings.solver = solver_options(arguments.run);
  settings.subjects = inputs.subjects = arguments.subjects;
  settings.seed = arguments.run.seed;
  settings.threads = arguments.run.threads;
  const auto validation =
      study::validate(library, {&evidence.calibration, &evidence.validation}, inputs.spreads, settings);
  inputs.validation = &validation;
  const auto document = report::model_card(library, inputs);
  base::write_file_atomically(arguments.out,
                              extension == ".md" ? report::to_markdown(document) : report::to_html(document));
  if (!arguments.run.quiet) {
    for (const auto& one : inputs.coverage)
      fmt::print("{}: {} parameters, {} assumed, {} traced to a document\n", one.system, one.parameters,
                 one.assumed.size(), one.with_source);
    fmt::print("{}\n", arguments.out);
  }
  return done;
}

}  // namespace

void add_report(Command& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto& command = program.add_subcommand("report", "Documents about the model");
  command.require_subcommand();
  auto& made = command.add_subcommand(
      "card",
      "The credibility document: context of use, verification, validation, uncertainty, sources, failures");
  command.footer("Example:\n  raad report card --out card.html");
  made.footer("Example:\n  raad report card --out card.html");
  made.add_option("--out", arguments->out, "HTML (.html) or Markdown (.md) file").show_default();
  made.add_option("--subjects", arguments->subjects, "Virtual participants of a clinical arm")
      .in_range(10, 1000000)
      .show_default();
  add_run_options(made, arguments->run);
  made.callback([arguments, &context] { context.selected = [arguments] { return card(*arguments); }; });
}

}  // namespace raad::app
