// `raad fmt`: model files in the one canonical layout, comments kept.
#include <fmt/format.h>

#include <memory>

#include "app/command.hpp"
#include "base/files.hpp"
#include "text/parser.hpp"
#include "text/printer.hpp"

namespace raad::app {
namespace {

struct Arguments {
  std::vector<std::string> files;
  bool check_only = false;
};

int format(const Arguments& arguments) {
  bool all_canonical = true;
  for (const auto& file : arguments.files) {
    const std::string source = base::read_file(file);
    base::Diagnostics findings;
    const auto tree = text::parse(source, file, findings);
    throw_if_errors(findings);
    const std::string canonical = text::print_canonical(tree);
    if (canonical == source) continue;
    all_canonical = false;
    if (arguments.check_only)
      fmt::print("{}: not in canonical layout\n", file);
    else
      base::write_file_atomically(file, canonical);
  }
  return arguments.check_only && !all_canonical ? check_failed : done;
}

}  // namespace

void add_format(Command& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto& command = program.add_subcommand("fmt", "Put model files into the canonical layout");
  command.footer("Example:\n  raad fmt my_module.ant");
  command.add_option("files", arguments->files, "Model files (.ant), rewritten in place").required();
  command.add_flag("--check", arguments->check_only,
                   "Only say which files would change; exit status 1 if any");
  command.callback([arguments, &context] { context.selected = [arguments] { return format(*arguments); }; });
}

}  // namespace raad::app
