// Numbers, not texts: operations, rates of reactions, start values, scales and hashes against values derived
// by hand, and every model of the library.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "model/model_files.hpp"

namespace raad::model {
namespace {

namespace fs = std::filesystem;
using model_test::formula_of;
using model_test::load_text;
using model_test::values_of;

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();
constexpr double k_infinity = std::numeric_limits<double>::infinity();

double value(Operation operation, std::vector<double> operands) {
  return evaluate(operation, operands);
}

TEST(Operations, TableIsComplete) {
  for (int i = 0; i <= static_cast<int>(Operation::select); ++i) {
    const auto operation = static_cast<Operation>(i);
    EXPECT_FALSE(name_of(operation).empty());
    const std::vector<double> ones(static_cast<std::size_t>(arity_of(operation)), 1.0);
    const double result = evaluate(operation, ones);
    if (is_truth_valued(operation)) {
      EXPECT_TRUE(result == 0.0 || result == 1.0) << name_of(operation);
    }
  }
  EXPECT_THROW(value(Operation::divide, {1.0}), std::logic_error);
  EXPECT_THROW(value(Operation::add, {}), std::logic_error);
}

TEST(Operations, FollowTheConventionsOfSbmlAndIeee) {
  EXPECT_EQ(value(Operation::power, {0.0, 0.0}), 1.0);
  EXPECT_EQ(value(Operation::power, {-2.0, 3.0}), -8.0);
  EXPECT_TRUE(std::isnan(value(Operation::power, {-2.0, 0.5})));
  EXPECT_EQ(value(Operation::divide, {1.0, 0.0}), k_infinity);
  EXPECT_EQ(value(Operation::floor, {-1.5}), -2.0);
  EXPECT_EQ(value(Operation::ceiling, {-1.5}), -1.0);
  EXPECT_EQ(value(Operation::sign, {-0.0}), 0.0);
  EXPECT_EQ(value(Operation::sign, {-3.0}), -1.0);
  EXPECT_NEAR(value(Operation::factorial, {5.0}), 120.0, 1e-12);
  EXPECT_EQ(value(Operation::add, {1.0, 2.0, 3.0, 4.0}), 10.0);
  EXPECT_EQ(value(Operation::maximum, {1.0, 7.0, 3.0}), 7.0);
}

TEST(Operations, UndefinedValuesAreNotHidden) {
  for (const auto operation : {Operation::minimum, Operation::maximum}) {
    EXPECT_TRUE(std::isnan(value(operation, {k_nan, 1.0})));
    EXPECT_TRUE(std::isnan(value(operation, {1.0, k_nan})));
  }
  EXPECT_TRUE(std::isnan(value(Operation::sign, {k_nan})));
  EXPECT_EQ(value(Operation::less, {k_nan, 1.0}), 0.0);
  EXPECT_EQ(value(Operation::not_equal, {k_nan, k_nan}), 1.0);
  EXPECT_EQ(value(Operation::select, {1.0, 2.0, k_nan}), 2.0);
  EXPECT_EQ(value(Operation::select, {0.0, k_nan, 3.0}), 3.0);
}

// Truth of x op y for the four pairs of truth values.
TEST(Operations, LogicHasItsTruthTables) {
  const std::vector<std::pair<Operation, std::array<double, 4>>> tables = {
      {Operation::logical_and, {0, 0, 0, 1}},
      {Operation::logical_or, {0, 1, 1, 1}},
      {Operation::logical_xor, {0, 1, 1, 0}},
  };
  for (const auto& [operation, table] : tables)
    for (int i = 0; i < 4; ++i)
      EXPECT_EQ(value(operation, {double(i / 2), double(i % 2)}), table[static_cast<std::size_t>(i)])
          << name_of(operation) << " " << i;
  EXPECT_EQ(value(Operation::logical_not, {0.0}), 1.0);
}

double rule_value(const std::string& formula, double x = 0.0, double y = 0.0) {
  const auto model = load_text("model m()\n  formula x = 0, y = 0, z\n  z := " + formula + "\nend\n");
  return values_of(*model, {{"x", x}, {"y", y}}).at(static_cast<std::size_t>(*model->find("z")));
}

TEST(Functions, ReciprocalAndInverseFunctionsUndoEachOther) {
  for (const std::string name :
       {"sin", "cos", "tan", "sinh", "cosh", "tanh", "sec", "csc", "cot", "sech", "csch", "coth"})
    for (const std::string prefix : {"a", "arc"})
      EXPECT_NEAR(rule_value(prefix + name + "(" + name + "(x))", 0.7), 0.7, 1e-14) << prefix << name;
  EXPECT_NEAR(rule_value("sec(x)*cos(x) + csc(x)*sin(x) + cot(x)*tan(x)", 0.7), 3.0, 1e-14);
  EXPECT_NEAR(rule_value("sech(x)*cosh(x) + csch(x)*sinh(x) + coth(x)*tanh(x)", 0.7), 3.0, 1e-14);
}

// SBML L3V2 section 3.4.6: a remainder has the sign of the dividend, a quotient is rounded towards zero.
TEST(Functions, RemaindersHaveTheSignOfTheDividend) {
  for (const double x : {7.0, -7.0})
    for (const double y : {3.0, -3.0}) {
      EXPECT_EQ(rule_value("x % y", x, y), std::fmod(x, y)) << x << " % " << y;
      EXPECT_EQ(rule_value("rem(x, y)", x, y), std::fmod(x, y));
      EXPECT_EQ(rule_value("quotient(x, y)", x, y), std::trunc(x / y));
    }
}

TEST(Functions, LogarithmsRootsAndConstants) {
  EXPECT_NEAR(rule_value("log(2, x)", 8.0), 3.0, 1e-15);
  EXPECT_EQ(rule_value("log(10, x)", 1000.0), std::log10(1000.0));
  EXPECT_NEAR(rule_value("root(3, x)", 27.0), 3.0, 1e-15);
  EXPECT_EQ(rule_value("root(2, x)", 9.0), 3.0);
  EXPECT_NEAR(rule_value("pi - 4*arctan(1)"), 0.0, 1e-15);
  EXPECT_EQ(rule_value("ln(exponentiale)"), 1.0);
  EXPECT_EQ(rule_value("avogadro"), 6.02214179e23);
  EXPECT_EQ(rule_value("piecewise(1, x > infinity, 2, x < -infinity, 3)", 5.0), 3.0);
}

// Powers bind tighter than a sign on their left; `^` associates to the right (traps 6 of the language).
TEST(Functions, PrecedenceIsThatOfTheLanguage) {
  EXPECT_EQ(rule_value("-x^2", 3.0), -9.0);
  EXPECT_EQ(rule_value("2^x^2", 3.0), 512.0);
  EXPECT_EQ(rule_value("x - y - 1", 5.0, 2.0), 2.0);
  EXPECT_EQ(rule_value("x/y/2", 12.0, 3.0), 2.0);
  EXPECT_EQ(rule_value("2^-x", 1.0), 0.5);
}

const char* const k_growing = R"(
model m()
  compartment V = 2
  V' = g
  species A in V = 3, B in V = 1, $S in V = 5
  formula g = 0.5, k = 0.7
  bind: 2 A + S -> B; k*A^2*S*V
end
)";

// With n = A V: n' = -2 k A^2 S V. By hand, A = 1.5, S = 4, V = 4 (so n = 6, amount of S 16): rate
// 0.7*2.25*4*4 = 25.2.
TEST(Reactions, AmountsReactInAGrowingCompartment) {
  const auto model = load_text(k_growing);
  const auto values =
      values_of(*model, {{"V", 4.0}, {"A__amount", 6.0}, {"B__amount", 2.0}, {"S__amount", 16.0}});
  EXPECT_EQ(values.at(static_cast<std::size_t>(*model->find("A"))), 1.5);
  EXPECT_NEAR(values.at(static_cast<std::size_t>(*model->find("bind"))), 25.2, 1e-13);
  EXPECT_NEAR(evaluate(formula_of(model->rates, *model, "A__amount"), values, 0.0), -50.4, 1e-13);
  EXPECT_NEAR(evaluate(formula_of(model->rates, *model, "B__amount"), values, 0.0), 25.2, 1e-13);
  EXPECT_EQ(evaluate(formula_of(model->rates, *model, "V"), values, 0.0), 0.5);
  EXPECT_EQ(model->symbols.at(static_cast<std::size_t>(*model->find("S__amount"))).role, Role::parameter);
  EXPECT_EQ(evaluate(formula_of(model->initial, *model, "A__amount"), {values_of(*model, {{"V", 2.0}})}, 0.0),
            6.0);
}

// The same reaction in a fixed volume of 4: dA/dt = -2 k A^2 S V / V.
TEST(Reactions, ConcentrationsReactInAFixedCompartment) {
  const auto model = load_text(R"(
model m()
  compartment V = 4
  species A in V = 1.5, B in V = 0.5, $S in V = 4
  formula k = 0.7
  bind: 2 A + S -> B; k*A^2*S*V
end
)");
  const auto values = values_of(*model, {{"A", 1.5}, {"B", 0.5}});
  EXPECT_NEAR(evaluate(formula_of(model->rates, *model, "A"), values, 0.0), -12.6, 1e-13);
  EXPECT_NEAR(evaluate(formula_of(model->rates, *model, "B"), values, 0.0), 6.3, 1e-13);
}

// Child minutes in a parent of hours: x halves in ln 2/k minutes, so dx/dh = -60 k x. `time` is 60 times
// larger.
TEST(Submodels, MinutesRunInsideHours) {
  const auto model = load_text(R"(
model part()
  unit time_unit = minute
  formula x has mg, k has 1/min, clock has min, speed has mg/min
  x = 8; k = 0.25
  x' = -k*x
  clock := time
  speed := rateOf(x)
end
model m()
  p: part(), timeconv = 0.016666666666666666
end
)");
  auto state = model->parameter_values;
  state.at(static_cast<std::size_t>(*model->find("p.x"))) = 8.0;
  EXPECT_NEAR(evaluate(formula_of(model->rates, *model, "p.x"), state, 0.0), -120.0, 1e-12);
  EXPECT_NEAR(evaluate(formula_of(model->rules, *model, "p.clock"), state, 2.0), 120.0, 1e-12);
  EXPECT_EQ(model->time_unit, "h");
}

TEST(FlatModels, FindSymbolsByEveryName) {
  const auto model = load_text(R"(
model part(x)
  formula x, y
  y := 2*x
end
model m()
  formula source = 3
  p: part(source)
end
)");
  const auto source = model->find("source");
  ASSERT_TRUE(source);
  EXPECT_EQ(model->find("p__x"), source);
  EXPECT_EQ(model->find("p.x"), source);
  EXPECT_EQ(model->find("p.y"), model->find("p__y"));
  EXPECT_FALSE(model->find("p.z"));
}

TEST(FlatModels, NominalScalesComeFromIdThenUnitThenStartValue) {
  const std::string text = R"(
model m()
  formula a has mg, b has nM, c has nM, d has 1, k has 1
  k = 20
  a = 50;  b = 0;  c = 0;  d = 2*k
  a' = 0;  b' = 0;  c' = 0;  d' = 0
end
)";
  LoadOptions options;
  options.nominal_scales = {{"nM", 7.0}, {"c", 9.0}};
  const auto model = load_text(text, options);
  const auto scale = [&](const char* id) {
    return model->symbols.at(static_cast<std::size_t>(*model->find(id))).nominal_scale;
  };
  EXPECT_EQ(scale("a"), 50.0);
  EXPECT_EQ(scale("b"), 7.0);
  EXPECT_EQ(scale("c"), 9.0);
  EXPECT_EQ(scale("d"), 40.0);
  EXPECT_EQ(load_text(text)->symbols.at(static_cast<std::size_t>(*model->find("b"))).nominal_scale, 1.0);
}

TEST(FlatModels, HashIsOfTheContentAndNotOfThePlace) {
  const auto load_in = [](const model_test::TemporaryFolder& folder, const std::string& sub,
                          const std::string& part) {
    folder.write(sub + "/parts/part.ant", part);
    base::Diagnostics findings;
    const auto model = load(folder.write(sub + "/systems/main.ant",
                                         "import \"../parts/part.ant\"\nmodel m()\n  p: part()\nend\n"),
                            {}, findings);
    base::throw_if_errors(findings);
    EXPECT_EQ(model->files.size(), 2u);
    return model->content_hash;
  };
  const model_test::TemporaryFolder folder;
  const std::string part = "model part()\n  formula k = 1\nend\n";
  const auto hash = load_in(folder, "a", part);
  EXPECT_EQ(load_in(folder, "deeper/b", part), hash);
  EXPECT_NE(load_in(folder, "c", "model part()\n  formula k = 2\nend\n"), hash);
  const auto working_folder = fs::current_path();
  fs::current_path(folder.path() / "a" / "systems");
  base::Diagnostics findings;
  EXPECT_EQ(load("main.ant", {}, findings)->content_hash, hash);
  EXPECT_EQ(load("./main.ant", {}, findings)->content_hash, hash);
  fs::current_path(working_folder);
}

TEST(FlatModels, AMissingFileIsReported) {
  base::Diagnostics findings;
  EXPECT_EQ(load("no-such-file.ant", {}, findings), nullptr);
  ASSERT_EQ(findings.all().size(), 1u);
  EXPECT_EQ(findings.all()[0].code, "R086");
}

TEST(FlatModels, RatesOfChangeHaveNoValueWithoutASystem) {
  const auto model = load_text("model m()\n  formula x = 1, r\n  r := rateOf(x)\n  x' = 2\nend\n");
  EXPECT_THROW(values_of(*model, {{"x", 1.0}}), std::logic_error);
}

// A chain as long as any generated model could have must not exhaust the stack or take quadratic time.
TEST(FlatModels, LongChainsOfRulesAreOrdered) {
  std::string text = "model m()\n  formula x0 = 1\n";
  constexpr int k_length = 5000;
  for (int i = k_length; i > 0; --i)
    text += "  formula x" + std::to_string(i) + "; x" + std::to_string(i) + " := x" + std::to_string(i - 1) +
            " + 1\n";
  const auto model = load_text(text + "end\n");
  EXPECT_EQ(values_of(*model, {}).at(static_cast<std::size_t>(*model->find("x" + std::to_string(k_length)))),
            k_length + 1.0);
}

// Each would otherwise exhaust the stack.
TEST(FlatModels, BottomlessFunctionsAreRefused) {
  std::string calls = "function f0(x)\n  x\nend\n";
  for (int i = 1; i < 2000; ++i)
    calls += "function f" + std::to_string(i) + "(x)\n  f" + std::to_string(i - 1) + "(x) + 1\nend\n";
  std::string sum = "x";
  for (int i = 1; i < 1500; ++i) sum += " + x";
  const std::string long_sums = "function g(x)\n  " + sum + "\nend\nfunction h(x)\n  g(g(g(x)))\nend\n";
  for (const auto& [functions, call] : {std::pair(calls, "f1999(x)"), std::pair(long_sums, "h(x)")}) {
    try {
      load_text(functions + "model m()\n  formula x = 1, y\n  y := " + call + "\nend\n");
      ADD_FAILURE() << call << " was accepted";
    } catch (const base::InputError& error) {
      EXPECT_EQ(error.findings().all().front().code, "R078");
    }
  }
}

std::vector<fs::path> library_models() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(RAAD_SOURCE_DIR) / "library"))
    // Functions alone are no model; they are checked wherever they are called.
    if (entry.path().extension() == ".ant" && entry.path().stem() != "functions")
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

class LibraryModels : public testing::TestWithParam<fs::path> {};

TEST_P(LibraryModels, LoadWithoutErrors) {
  base::Diagnostics findings;
  const auto model = load(GetParam(), {}, findings);
  for (const auto& finding : findings.all()) ADD_FAILURE() << base::to_text(finding);
  ASSERT_NE(model, nullptr);
  EXPECT_FALSE(print_flat_model(*model).empty());
  for (const auto& symbol : model->symbols) {
    EXPECT_FALSE(symbol.unit_text.empty()) << symbol.id;
    EXPECT_FALSE(symbol.display_name.empty() && symbol.role != Role::assigned) << symbol.id;
    EXPECT_GT(symbol.nominal_scale, 0.0) << symbol.id;
  }
}

INSTANTIATE_TEST_SUITE_P(Library, LibraryModels, testing::ValuesIn(library_models()),
                         [](const auto& test) { return test.param.stem().string(); });

TEST(LibrarySystems, AreOneSystemEach) {
  for (const std::string name : {"human", "mouse"}) {
    base::Diagnostics findings;
    const auto model =
        load(fs::path(RAAD_SOURCE_DIR) / "library" / "systems" / (name + ".ant"), {}, findings);
    ASSERT_NE(model, nullptr) << name;
    EXPECT_EQ(model->system, name);
    const auto weight = model->find("body_weight");
    ASSERT_TRUE(weight) << name;
    EXPECT_EQ(model->parameter_values.at(static_cast<std::size_t>(*weight)), name == "human" ? 70.0 : 0.025);
  }
}

}  // namespace
}  // namespace raad::model
