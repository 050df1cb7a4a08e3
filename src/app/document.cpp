// `raad document`: the theory pages of the library, made from the library.
#include <fmt/format.h>

#include <memory>

#include "app/command.hpp"
#include "base/files.hpp"
#include "report/theory_page.hpp"

namespace raad::app {
namespace {

struct Arguments {
  std::string folder;
  bool check_only = false;
};

int document(const Arguments& arguments) {
  const auto library = open_program_library();
  const std::filesystem::path folder(arguments.folder);
  if (!arguments.check_only) base::create_folder(folder);
  bool current = true;
  for (const auto& page : report::theory_pages(library)) {
    const auto file = folder / page.file_name;
    if (std::filesystem::exists(file) && base::read_file(file) == page.markdown) continue;
    current = false;
    if (arguments.check_only)
      fmt::print("{}: out of date; run `raad document --out {}`\n", file.string(), arguments.folder);
    else
      base::write_file_atomically(file, page.markdown);
  }
  return arguments.check_only && !current ? check_failed : done;
}

}  // namespace

void add_document(Command& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto& command =
      program.add_subcommand("document", "Write the library's equations, parameters and sources as pages");
  command.footer("Example:\n  raad document --out docs/theory/library");
  command.add_option("--out", arguments->folder, "Folder of the pages").required();
  command.add_flag("--check", arguments->check_only,
                   "Only say which pages are out of date; exit status 1 if any");
  command.callback(
      [arguments, &context] { context.selected = [arguments] { return document(*arguments); }; });
}

}  // namespace raad::app
