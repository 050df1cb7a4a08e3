// `raad export`: a system or model file for other programs.
#include <fmt/format.h>

#include <memory>

#include "app/command.hpp"
#include "base/files.hpp"
#include "sbml/export.hpp"

namespace raad::app {
namespace {

struct Arguments {
  std::string system = "human";
  std::string out;
};

int export_system(const Arguments& arguments) {
  const auto library = open_program_library();
  base::Diagnostics findings;
  const auto system = run::load_system(library, arguments.system, findings);
  sbml::ExportOptions options;
  for (const auto& source : library.sources) options.sources[source.id] = {source.pmid, source.doi};
  base::Diagnostics found;
  const std::string text = sbml::export_model(*system.model, options, found);
  throw_if_errors(found);
  if (arguments.out.empty())
    fmt::print("{}", text);
  else
    base::write_file_atomically(arguments.out, text);
  return done;
}

}  // namespace

void add_export(CLI::App& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto& command = *program.add_subcommand("export", "A system or model file as SBML Level 3 Version 2");
  command.footer("Example:\n  raad export human --out human.xml");
  command.add_option("system", arguments->system, "human, mouse, or a model file (.ant, SBML .xml)")
      ->capture_default_str();
  command.add_option("--out", arguments->out, "SBML file; default: standard output");
  command.callback(
      [arguments, &context] { context.selected = [arguments] { return export_system(*arguments); }; });
}

}  // namespace raad::app
