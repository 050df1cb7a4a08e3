// `raad show`: every stage between a model's text and its machine code, printed.
#include <fmt/format.h>

#include <memory>

#include "app/command.hpp"
#include "base/files.hpp"
#include "codegen/kernel.hpp"
#include "model/load.hpp"
#include "run/simulation.hpp"
#include "text/parser.hpp"
#include "text/printer.hpp"

namespace raad::app {
namespace {

struct Arguments {
  std::string system = "human";
  std::string stage = "model";
  int width = 1;
};

std::string show_tree(const std::filesystem::path& file) {
  base::Diagnostics findings;
  const auto tree = text::parse(base::read_file(file), file.string(), findings);
  print_findings(findings, false);
  throw_if_errors(findings);
  return text::print_tree(tree);
}

std::string show_llvm(const data::Library& library, const run::LoadedSystem& system, int width) {
  std::vector<ir::NodeId> outputs;
  for (const auto& name : run::default_observables(library, system)) {
    const auto* observable = library.find_observable(name);
    outputs.push_back(system.equations.quantities.at(observable ? observable->symbol : name).node);
  }
  codegen::NativeOptions options;
  options.width = width;
  return codegen::print_llvm(codegen::lower(system.equations, outputs), options);
}

int show(const Arguments& arguments) {
  const auto library = open_program_library();
  base::Diagnostics findings;
  const auto system = run::load_system(library, arguments.system, findings);
  print_findings(findings, true);
  std::string text;
  if (arguments.stage == "ast") text = show_tree(system.file);
  if (arguments.stage == "model") text = model::print_flat_model(*system.model);
  if (arguments.stage == "equations") text = ir::print_equations(system.equations);
  if (arguments.stage == "jacobian") text = ir::print_jacobian(system.equations);
  if (arguments.stage == "llvm") text = show_llvm(library, system, arguments.width);
  fmt::print("{}", text);
  return done;
}

}  // namespace

void add_show(Command& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto& command = program.add_subcommand("show", "Print a stage between model text and machine code");
  command.footer("Example:\n  raad show human --stage equations");
  command.add_option("system", arguments->system, "human, mouse, or a model file (.ant)").show_default();
  command.add_option("--stage", arguments->stage, "ast, model, equations, jacobian or llvm")
      .one_of({"ast", "model", "equations", "jacobian", "llvm"})
      .show_default();
  command.add_option("--width", arguments->width, "Vector width of the LLVM code")
      .one_of({1, 2, 4, 8})
      .show_default();
  command.callback([arguments, &context] { context.selected = [arguments] { return show(*arguments); }; });
}

}  // namespace raad::app
