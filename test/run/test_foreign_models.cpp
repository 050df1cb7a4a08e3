// Models written for other programs, read back by strict means: the C++ of mrgsolve by a compiler, the text
// of rxode2 and the files of the model language by raad's own parser. Rates of change must be the same.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "base/files.hpp"
#include "data/foreign_code.hpp"
#include "model/antimony_text.hpp"
#include "run/moved_rates.hpp"
#include "run/simulation.hpp"

namespace raad::run {
namespace {

namespace fs = std::filesystem;

// Sums are written in the order of the formulas, so a few roundings differ.
constexpr double k_rounding = 1e-11;

data::Library library() {
  base::Diagnostics findings;
  return data::open_library(fs::path(RAAD_SOURCE_DIR), findings);
}

fs::path workplace(const std::string& name) {
  const fs::path folder =
      fs::temp_directory_path() / ("raad_foreign_" + name + "_" + std::to_string(getpid()));
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

std::map<std::string, std::string> as_map(const std::vector<std::pair<std::string, std::string>>& renamed) {
  return {renamed.begin(), renamed.end()};
}

/// Rates of the original against those of the copy, whose states have other names.
void expect_same_rates(const std::map<std::string, double>& before,
                       const std::map<std::string, double>& after,
                       const std::map<std::string, std::string>& renamed) {
  ASSERT_EQ(before.size(), after.size());
  double moved = 0.0;
  for (const auto& [id, rate] : before) {
    const auto name = renamed.find(id);
    const auto found = after.find(name == renamed.end() ? id : name->second);
    ASSERT_NE(found, after.end()) << id;
    EXPECT_NEAR(found->second, rate, k_rounding * std::max(1.0, std::abs(rate))) << id;
    moved += std::abs(rate);
  }
  EXPECT_GT(moved, 0.0);
}

/// States of a copy are moved as those of the original.
MovedState by_original_name(const std::map<std::string, std::string>& renamed) {
  std::map<std::string, std::string> original;
  for (const auto& [from, to] : renamed) original[to] = from;
  return [original](const std::string& id, double start) {
    const auto found = original.find(id);
    return moved_state(found == original.end() ? id : found->second, start);
  };
}

/// Variability of one parameter on each scale; its effects are 0 in what follows.
std::vector<data::ForeignVariability> some_variability(const LoadedSystem& system) {
  using Scale = data::ForeignVariability::Scale;
  std::vector<data::ForeignVariability> made;
  for (const auto& parameter : system.equations.parameters) {
    if (parameter.initial || !(parameter.value > 0.0 && parameter.value < 1.0) || made.size() == 3) continue;
    made.push_back({parameter.id,
                    made.empty()       ? Scale::logarithmic
                    : made.size() == 1 ? Scale::logit
                                       : Scale::linear,
                    0.04,
                    {}});
  }
  made.at(1).covariances[made[0].parameter] = 0.01;
  return made;
}

class ForeignModels : public testing::TestWithParam<const char*> {
 protected:
  ForeignModels() : tables_(library()), original_(load_system(tables_, GetParam(), findings_)) {}
  base::Diagnostics findings_;
  data::Library tables_;
  LoadedSystem original_;
};

TEST_P(ForeignModels, TheModelLanguageKeepsThem) {
  const auto written = model::antimony_text(*original_.model, "copy", findings_);
  ASSERT_FALSE(findings_.has_errors());
  const fs::path folder = workplace("antimony");
  std::ofstream(folder / "copy.ant") << written.model;
  std::ofstream(folder / "copy.params.tsv") << written.table;
  const auto copy = load_system(tables_, (folder / "copy.ant").string(), findings_);
  const auto renamed = as_map(written.renamed);
  expect_same_rates(moved_rates(original_.equations), moved_rates(copy.equations, by_original_name(renamed)),
                    renamed);
  fs::remove_all(folder);
}

/// The text of rxode2 as a model of raad's language: every name must be declared once, before anything knows
/// it.
std::string as_antimony(const std::string& text) {
  static const std::regex fixed(R"(^\s*(\w+) <- fix\(([^)]*)\).*)"), effects(R"(^\s*([\w +]+) ~ .*)"),
      start(R"(^\s*(\w+)\(0\) = (.*))"), rate(R"(^\s*d/dt\((\w+)\) = (.*?)(  #.*)?$)"),
      condition(R"(^\s*if \((.*)\) \{$)"), assignment(R"(^\s*(\w+) = (.*))");
  const auto translated = [](std::string expression) {
    // The natural logarithm has another name; all else is common to both.
    return std::regex_replace(std::move(expression), std::regex(R"(\blog\()"), "ln(");
  };
  std::string made = "model copy()\n";
  std::istringstream lines(text);
  std::smatch found;
  std::string choice, yes, variable;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, found, fixed)) {
      made += "const formula " + found[1].str() + " = " + found[2].str() + "\n";
    } else if (std::regex_match(line, found, effects)) {
      std::string names = found[1];
      for (auto at = names.find(" + "); at != std::string::npos; at = names.find(" + "))
        names.replace(at, 3, " = 0; const formula ");
      made += "const formula " + names + " = 0\n";
    } else if (std::regex_match(line, found, rate)) {
      made += found[1].str() + "' = " + translated(found[2]) + "\n";
    } else if (std::regex_match(line, found, start)) {
      made += "formula " + found[1].str() + " = " + found[2].str() + "\n";
    } else if (std::regex_match(line, found, condition)) {
      choice = translated(found[1]);
      yes.clear();
    } else if (std::regex_match(line, found, assignment)) {
      variable = found[1];
      if (choice.empty())
        made += "formula " + variable + "; " + variable + " := " + translated(found[2]) + "\n";
      else if (yes.empty())
        yes = translated(found[2]);
      else
        made += "formula " + variable + "; " + variable + " := piecewise(" + yes + ", " + choice + ", " +
                translated(found[2]) + "); ",
            made += "\n", choice.clear();
    } else {
      // What is left is the frame; anything else would be a statement that the reader does not know.
      EXPECT_TRUE(
          std::regex_match(line, std::regex(R"(^#.*|^\w+ <- function\(\) \{|\s*(ini|model)\(\{|\s*\}.*)")))
          << line;
    }
  }
  return made + "end\n";
}

TEST_P(ForeignModels, Rxode2KeepsThem) {
  const auto written =
      data::rxode2_text(*original_.model, GetParam(), some_variability(original_), findings_);
  ASSERT_FALSE(findings_.has_errors());
  const fs::path folder = workplace("rxode2");
  std::ofstream(folder / "copy.ant") << as_antimony(written.text);
  const auto copy = load_system(tables_, (folder / "copy.ant").string(), findings_);
  const auto renamed = as_map(written.renamed);
  expect_same_rates(moved_rates(original_.equations), moved_rates(copy.equations, by_original_name(renamed)),
                    renamed);
  EXPECT_NE(written.text.find(" ~ c(0.04, 0.01, 0.04)"), std::string::npos);
  fs::remove_all(folder);
}

/// The blocks of an mrgsolve model as a C++ file of their own.
std::string as_cpp(const std::string& text, std::vector<std::string>& states) {
  static const std::regex annotated(R"(^(\w+) :(.*))"), declared(R"(^  (double|capture) (\w+) = (.*))");
  std::string globals, main, rates, block;
  std::istringstream lines(text);
  std::smatch found;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.front() == '$') {
      block = line.substr(1, line.find(' ') == std::string::npos ? std::string::npos : line.find(' ') - 1);
      continue;
    }
    if (block == "PARAM" && std::regex_match(line, found, annotated)) {
      const std::string rest = found[2];
      globals += "double " + found[1].str() + " = " + rest.substr(0, rest.find(" :")) + ";\n";
    } else if (block == "CMT" && std::regex_match(line, found, annotated)) {
      states.push_back(found[1]);
      globals += "double " + states.back() + ", " + states.back() + "_0, dxdt_" + states.back() + ";\n";
    } else if (block == "OMEGA" && std::regex_match(line, found, annotated)) {
      globals += "double " + found[1].str() + " = 0;\n";
    } else if ((block == "MAIN" || block == "ODE" || block == "TABLE") && !line.empty()) {
      // Variables that a block declares are known to those after it.
      if (std::regex_match(line, found, declared)) {
        globals += "double " + found[2].str() + ";\n";
        line = "  " + found[2].str() + " = " + found[3].str();
      }
      (block == "MAIN" ? main : rates) += line + "\n";
    }
  }
  std::string made =
      "#include <algorithm>\n#include <cmath>\nnamespace {\nusing namespace std;\ndouble SOLVERTIME = 0, "
      "TIME = 0;\n" +
      globals +
      "}\nextern \"C\" void run(double time, double (*move)(int, double), double* result) {\n  SOLVERTIME = "
      "TIME = "
      "time;\n" +
      main;
  for (std::size_t i = 0; i < states.size(); ++i)
    made += "  " + states[i] + " = move(" + std::to_string(i) + ", " + states[i] + "_0);\n";
  made += rates;
  for (std::size_t i = 0; i < states.size(); ++i)
    made += "  result[" + std::to_string(i) + "] = dxdt_" + states[i] + ";\n";
  return made + "}\n";
}

std::vector<std::string> g_originals;  // The compiled code takes a plain function

double move_by_index(int index, double start) {
  return moved_state(g_originals[static_cast<std::size_t>(index)], start);
}

TEST_P(ForeignModels, MrgsolveCompilesAndKeepsThem) {
  const auto written = data::mrgsolve_text(*original_.model, some_variability(original_), findings_);
  ASSERT_FALSE(findings_.has_errors());
  const fs::path folder = workplace("mrgsolve");
  std::vector<std::string> states;
  std::ofstream(folder / "copy.cpp") << as_cpp(written.text, states);
  const std::string library = (folder / "copy.so").string();
  ASSERT_EQ(std::system(("c++ -std=c++17 -O0 -w -ffp-contract=off -shared -fPIC -o '" + library + "' '" +
                         (folder / "copy.cpp").string() + "' > '" + (folder / "errors").string() + "' 2>&1")
                            .c_str()),
            0)
      << base::read_file(folder / "errors").substr(0, 2000);
  void* handle = dlopen(library.c_str(), RTLD_NOW);
  ASSERT_NE(handle, nullptr) << dlerror();
  using Entry = void (*)(double, double (*)(int, double), double*);
  const auto run = reinterpret_cast<Entry>(dlsym(handle, "run"));
  std::map<std::string, std::string> original;
  for (const auto& [from, to] : written.renamed) original[to] = from;
  g_originals.clear();
  for (const auto& state : states) g_originals.push_back(original.count(state) > 0 ? original[state] : state);
  std::vector<double> result(states.size());
  run(k_moved_time, move_by_index, result.data());
  std::map<std::string, double> after;
  for (std::size_t i = 0; i < states.size(); ++i) after[states[i]] = result[i];
  expect_same_rates(moved_rates(original_.equations), after, as_map(written.renamed));
  dlclose(handle);
  fs::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Systems, ForeignModels, testing::Values("human", "mouse"),
                         [](const auto& one) { return std::string(one.param); });

TEST(ForeignModel, RefusesEventsAndEscapesNames) {
  const fs::path folder = workplace("names");
  std::ofstream(folder / "m.ant") << "model m()\n  formula time_ = 1, ETA = 2, x = 3\n  x' = -ETA*x\n"
                                     "  ETA' = -time_\n  time_' = -x\nend\n";
  base::Diagnostics findings;
  const auto tables = library();
  const auto system = load_system(tables, (folder / "m.ant").string(), findings);
  const auto written = data::mrgsolve_text(*system.model, {}, findings);
  EXPECT_EQ(as_map(written.renamed).at("ETA"), "ETA_");
  EXPECT_NE(written.text.find("dxdt_ETA_ = "), std::string::npos);
  std::ofstream(folder / "m.ant") << "model m()\n  formula x = 3\n  x' = -x\n  late: at x < 1: x = 3\nend\n";
  const auto with_event = load_system(tables, (folder / "m.ant").string(), findings);
  data::rxode2_text(*with_event.model, "m", {}, findings);
  ASSERT_TRUE(findings.has_errors());
  EXPECT_EQ(findings.all().back().code, "R151");
  EXPECT_NE(findings.all().back().message.find("late"), std::string::npos);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace raad::run
