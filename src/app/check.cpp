// `raad check`: static checks of models, tables, sources and evidence.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "run/check.hpp"

namespace raad::app {
namespace {

struct Arguments {
  std::vector<std::string> paths;
  bool json = false;
  bool quiet = false;
};

std::string to_json(const base::Diagnostics& findings) {
  auto json = nlohmann::ordered_json::array();
  for (const auto& finding : findings.all())
    json.push_back({{"code", finding.code},
                    {"severity", finding.severity == base::Severity::error ? "error" : "warning"},
                    {"file", finding.place.file},
                    {"line", finding.place.line},
                    {"column", finding.place.column},
                    {"message", finding.message},
                    {"hint", finding.hint}});
  return json.dump(1) + "\n";
}

std::filesystem::path resolve(const std::string& name, const std::filesystem::path& home) {
  // `library` and `evidence` work from anywhere: they mean the program's own where no such folder is at hand.
  if (!std::filesystem::exists(name) && (name == "library" || name == "evidence")) return home / name;
  return name;
}

int check(const Arguments& arguments) {
  const auto home = data::find_home();
  base::Diagnostics library_findings;  // Reported again, in order, when the library itself is checked.
  const auto library = data::open_library(home, library_findings);
  std::vector<std::filesystem::path> paths;
  for (const auto& name : arguments.paths) paths.push_back(resolve(name, home));
  if (paths.empty()) paths = {library.folder, library.evidence};
  base::Diagnostics findings;
  const auto counts = run::check_paths(library, paths, findings);
  if (arguments.json) {
    fmt::print("{}", to_json(findings));
  } else {
    long errors = 0;
    for (const auto& finding : findings.all()) {
      errors += finding.severity == base::Severity::error;
      fmt::print("{}\n", base::to_text(finding));
    }
    if (!arguments.quiet)
      fmt::print("{} models, {} tables, {} evidence rows: {} errors, {} warnings\n", counts.models,
                 counts.tables, counts.evidence_rows, errors,
                 static_cast<long>(findings.all().size()) - errors);
  }
  return findings.has_errors() ? check_failed : done;
}

}  // namespace

void add_check(Command& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto& command = program.add_subcommand("check", "Check models, tables, sources and evidence");
  command.footer("Example:\n  raad check library evidence\nExit status 1 when there is an error.");
  command.add_option("paths", arguments->paths, "Folders, .ant or .tsv files; default: library and evidence");
  command.add_flag("--json", arguments->json, "Findings as JSON");
  command.add_flag("-q,--quiet", arguments->quiet, "Findings only");
  command.callback([arguments, &context] { context.selected = [arguments] { return check(*arguments); }; });
}

}  // namespace raad::app
