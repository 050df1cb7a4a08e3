// Infix mathematics, against the cases of the PEtab test suite and some of our own.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "model/load.hpp"
#include "sbml/formula.hpp"

namespace raad::sbml {
namespace {

double value_of(const std::string& text) {
  const auto formula = parse_formula(text, "R120", [](const std::string& id) -> model::FormulaPointer {
    throw base::InputError("R121", {}, "unknown `" + id + "`");
  });
  return model::evaluate(*formula, {}, 0.0);
}

TEST(Formula, MeansWhatPetabSays) {
  EXPECT_DOUBLE_EQ(value_of("log(8, 2)"), 3.0);
  EXPECT_DOUBLE_EQ(value_of("log10(1000)"), 3.0);
  EXPECT_DOUBLE_EQ(value_of("log(exp(2))"), 2.0);
  EXPECT_DOUBLE_EQ(value_of("-2^4"), -16.0);
  EXPECT_DOUBLE_EQ(value_of("2^3^2"), 512.0);
  EXPECT_DOUBLE_EQ(value_of("piecewise(1, 2 < 1, 3)"), 3.0);
  EXPECT_THROW(value_of("a + 1"), base::InputError);
  EXPECT_THROW(value_of("1 +"), base::InputError);
  EXPECT_THROW(value_of("nonsense(1)"), base::InputError);
}

std::filesystem::path corpora() {
  if (const char* given = std::getenv("RAAD_CORPORA")) return given;
  return std::filesystem::path(RAAD_SOURCE_DIR) / "../shared/corpora";
}

TEST(Formula, PassesTheCasesOfThePetabTestSuite) {
  std::ifstream stream(corpora() / "petab-test-suite/v2-math.yaml");
  if (!stream) GTEST_SKIP() << "the PEtab test suite is not here";
  int cases = 0;
  std::string line, expression;
  const auto unquoted = [](std::string text) {
    while (!text.empty() && text.front() == ' ') text.erase(0, 1);
    if (text.size() > 1 && (text.front() == '"' || text.front() == '\''))
      text = text.substr(1, text.size() - 2);
    return text;
  };
  while (std::getline(stream, line)) {
    if (const auto at = line.find("expression:"); at != std::string::npos)
      expression = unquoted(line.substr(at + 11));
    const auto at = line.find("expected:");
    if (at == std::string::npos) continue;
    std::string text = unquoted(line.substr(at + 9));
    const double expected = text == "inf"     ? std::numeric_limits<double>::infinity()
                            : text == "-inf"  ? -std::numeric_limits<double>::infinity()
                            : text == "true"  ? 1.0
                            : text == "false" ? 0.0
                                              : std::strtod(text.c_str(), nullptr);
    ++cases;
    double found = 0.0;
    ASSERT_NO_THROW(found = value_of(expression)) << expression;
    if (std::isinf(expected))
      EXPECT_EQ(found, expected) << expression;
    else
      EXPECT_NEAR(found, expected, 1e-12 * std::max(1.0, std::abs(expected))) << expression;
  }
  EXPECT_GE(cases, 40);
}

}  // namespace
}  // namespace raad::sbml
