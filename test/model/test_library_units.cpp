// The checks bite: every module of the library is planted with unit errors, and each must be found.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "base/files.hpp"
#include "base/table.hpp"
#include "model/model_files.hpp"

namespace raad::model {
namespace {

namespace fs = std::filesystem;

void collect_symbols(const Formula& formula, std::set<SymbolId>& symbols) {
  if (formula.kind == Formula::Kind::symbol) symbols.insert(formula.symbol);
  for (const auto& operand : formula.operands) collect_symbols(*operand, symbols);
}

/// Names that occur in any equation of a module.
std::set<std::string> used_names(const FlatModel& model) {
  std::set<SymbolId> symbols;
  for (const auto* equations : {&model.rules, &model.rates, &model.initial})
    for (const auto& equation : *equations) collect_symbols(*equation.formula, symbols);
  std::set<std::string> names;
  for (const SymbolId id : symbols) names.insert(model.symbols[static_cast<std::size_t>(id)].id);
  return names;
}

// A unit text starts with a name or with a 1, which takes no factor.
std::string thousandfold(const std::string& unit) {
  return unit.starts_with('1') ? "1000 dimensionless" + unit.substr(1) : "1000 " + unit;
}

/// A copy of one module and the shared functions that can be altered.
class AlteredModule {
 public:
  explicit AlteredModule(const fs::path& file) : name_(file.stem().string()) {
    text_ = base::read_file(file);
    fs::path table = file;
    table.replace_extension(".params.tsv");
    table_ = base::read_file(table);
    folder_.write("functions.ant", base::read_file(file.parent_path().parent_path() / "functions.ant"));
  }

  /// Findings when `name` is declared, in model and table, in a unit 1000 times larger.
  base::Diagnostics with_larger_unit(const std::string& name) const {
    const std::string declared = "const formula " + name + " has ";
    const std::size_t unit = text_.find(declared) + declared.size();
    const std::size_t end = text_.find(';', unit);
    const std::string text =
        text_.substr(0, unit) + thousandfold(text_.substr(unit, end - unit)) + text_.substr(end);
    std::string table;
    for (const auto& line : base::split(table_, '\n')) {
      auto cells = base::split(line, '\t');
      if (cells.size() > 3 && cells[0] == name) cells[3] = thousandfold(cells[3]);
      for (std::size_t i = 0; i < cells.size(); ++i) table += (i == 0 ? "" : "\t") + cells[i];
      table += '\n';
    }
    table.pop_back();
    return load_with(text, table);
  }

  const std::string& text() const { return text_; }

 private:
  base::Diagnostics load_with(const std::string& text, const std::string& table) const {
    base::Diagnostics findings;
    folder_.write("module/" + name_ + ".params.tsv", table);
    load(folder_.write("module/" + name_ + ".ant", text), {}, findings);
    return findings;
  }

  model_test::TemporaryFolder folder_;
  std::string name_;
  std::string text_;
  std::string table_;
};

// A constant whose unit is off by 1000 is consistent only where it is not used at all.
TEST(LibraryUnits, AFactorOfAThousandIsFoundInEveryConstant) {
  int planted = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(RAAD_SOURCE_DIR) / "library")) {
    const auto& file = entry.path();
    if (file.extension() != ".ant" || file.stem() == "functions" || file.parent_path().stem() == "systems")
      continue;
    base::Diagnostics findings;
    const auto model = load(file, {}, findings);
    ASSERT_NE(model, nullptr) << file;
    const auto used = used_names(*model);
    const AlteredModule altered(file);
    const std::regex constant("const formula ([A-Za-z0-9_]+) has");
    for (std::sregex_iterator at(altered.text().begin(), altered.text().end(), constant), end; at != end;
         ++at) {
      const std::string name = (*at)[1];
      const auto found = altered.with_larger_unit(name);
      const bool reported = std::any_of(found.all().begin(), found.all().end(), [](const auto& finding) {
        return finding.code == "R032" || finding.code == "R030";
      });
      EXPECT_EQ(reported, used.contains(name)) << file << " " << name;
      if (!reported)
        for (const auto& finding : found.all()) ADD_FAILURE() << base::to_text(finding);
      ++planted;
    }
  }
  EXPECT_GT(planted, 200);  // Guards against a pattern that matches nothing.
}

}  // namespace
}  // namespace raad::model
