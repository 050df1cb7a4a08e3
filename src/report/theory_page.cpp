#include "report/theory_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/table.hpp"
#include "model/load.hpp"

namespace raad::report {
namespace {

namespace fs = std::filesystem;

constexpr const char* k_generated_notice =
    "<!-- Made by `raad document` from the library; change the module or its table, not this page. -->\n";

struct Module {
  std::string folder, name;
  fs::path file;
};

std::vector<Module> modules_of(const data::Library& library) {
  std::vector<Module> modules;
  for (const auto& entry : fs::recursive_directory_iterator(library.folder)) {
    if (entry.path().extension() != ".ant") continue;
    const std::string folder = entry.path().parent_path().filename().string();
    // Systems only wire modules; a file in the top folder holds functions, which the equations show inlined.
    if (folder == "systems" || entry.path().parent_path() == library.folder) continue;
    modules.push_back({folder, entry.path().stem().string(), entry.path()});
  }
  std::sort(modules.begin(), modules.end(), [](const auto& a, const auto& b) {
    return std::tie(a.folder, a.name) < std::tie(b.folder, b.name);
  });
  return modules;
}

/// Cells of a Markdown table may not hold a bar or a line end.
std::string cell(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.replace(at, 1, "\\|");
  return text;
}

std::string name_of(const model::Symbol& symbol) {
  return symbol.display_name.empty() ? symbol.id : symbol.display_name;
}

std::string equations_section(const model::FlatModel& model, const std::string& module) {
  std::string text = "## Equations\n\nTime in hours. Functions are written out.\n\n";
  int number = 0;
  const auto list = [&](const std::vector<model::Equation>& equations, const char* pattern) {
    for (const auto& equation : equations) {
      const auto& symbol = model.symbols[static_cast<std::size_t>(equation.symbol)];
      text += fmt::format("({}.{}) {} [{}]\n\n    {} = {}\n\n", module, ++number, name_of(symbol),
                          symbol.unit_text, fmt::format(fmt::runtime(pattern), symbol.id),
                          model::print_formula(*equation.formula, model));
    }
  };
  if (!model.rules.empty()) text += "### At all times\n\n";
  list(model.rules, "{}");
  if (!model.rates.empty()) text += "### Rates of change\n\n";
  list(model.rates, "d {}/dt");
  if (!model.initial.empty()) text += "### Initial values\n\n";
  list(model.initial, "{}(0)");
  return text;
}

std::string citation(const data::Library& library, const std::string& id) {
  const auto* source = library.find_source(id);
  if (!source) return id;
  std::string text = fmt::format("`{}`: {}", id, source->citation);
  if (!source->pmid.empty()) text += ", PMID " + source->pmid;
  if (!source->doi.empty()) text += ", doi:" + source->doi;
  return text;
}

/// Parameters of a module's table, one line a parameter, the systems' values side by side.
std::string parameters_section(const data::Library& library, const base::Table& table,
                               std::set<std::string>& sources) {
  std::string text =
      "## Parameters\n\n| parameter | meaning | value | unit | between-subject CV | kind | source | "
      "specification |\n"
      "|---|---|---|---|---|---|---|---|\n";
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    const auto& applies = table.cell(row, "appliesTo");
    std::string value = table.cell(row, "nominalValue");
    if (applies == "human" || applies == "mouse") value = applies + ": " + value;
    if (applies == "alone") value += " (input; only when run alone)";
    for (const auto& id : base::split(table.cell(row, "sourceId"), ';'))
      if (!base::trim(id).empty()) sources.insert(std::string(base::trim(id)));
    text += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} | {} |\n", table.cell(row, "parameterId"),
                        cell(table.cell(row, "parameterName")), cell(value), table.cell(row, "unit"),
                        table.cell(row, "bsvCv"), table.cell(row, "sourceKind"),
                        cell(table.cell(row, "sourceId")), cell(table.cell(row, "specId")));
  }
  text += "\n## Sources\n\n";
  for (const auto& id : sources) text += "- " + cell(citation(library, id)) + "\n";
  return text;
}

TheoryPage module_page(const data::Library& library, const Module& module) {
  base::Diagnostics findings;
  model::LoadOptions options;
  options.nominal_scales = library.nominal_scales;
  const auto model = model::load(module.file, options, findings);
  throw_if_errors(findings);
  fs::path table_file = module.file;
  table_file.replace_extension(".params.tsv");
  const auto table = base::Table::read(table_file, findings);
  throw_if_errors(findings);
  std::set<std::string> sources;
  std::string text = k_generated_notice;
  text += fmt::format(
      "# {}\n\nModule `library/{}/{}.ant`; its card, with purpose and limits, stands beside it "
      "([card](../../../library/{}/{}.md)).\n\n",
      module.name, module.folder, module.name, module.folder, module.name);
  text += equations_section(*model, module.name);
  text += parameters_section(library, table, sources);
  return {module.name + ".md", std::move(text)};
}

TheoryPage known_failures_page(const data::Library& library) {
  base::Diagnostics findings;
  const auto table = base::Table::read(library.file("known_failures.tsv"), findings);
  table.require_columns({"failureId", "statement", "where"}, findings);
  throw_if_errors(findings);
  std::string text = std::string(k_generated_notice) +
                     "# Known failures\n\nWhat the library gets wrong or leaves open. Read this before "
                     "believing a result.\n\n"
                     "| | statement | card |\n|---|---|---|\n";
  for (std::size_t row = 0; row < table.row_count(); ++row)
    text += fmt::format("| {} | {} | {} |\n", table.cell(row, "failureId"),
                        cell(table.cell(row, "statement")), cell(table.cell(row, "where")));
  return {"known_failures.md", std::move(text)};
}

}  // namespace

std::vector<TheoryPage> theory_pages(const data::Library& library) {
  std::vector<TheoryPage> pages;
  std::string index =
      std::string(k_generated_notice) +
      "# The library's equations, parameters and sources\n\nOne page a module, made from the module "
      "itself.\n";
  std::string folder;
  for (const auto& module : modules_of(library)) {
    if (module.folder != folder) index += fmt::format("\n## {}\n\n", folder = module.folder);
    index += fmt::format("- [{}]({}.md)\n", module.name, module.name);
    pages.push_back(module_page(library, module));
  }
  index += "\n[Known failures](known_failures.md)\n";
  pages.push_back(known_failures_page(library));
  pages.push_back({"README.md", std::move(index)});
  return pages;
}

}  // namespace raad::report
