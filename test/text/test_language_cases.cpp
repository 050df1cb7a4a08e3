// Runs the cases of test/language/*.rtest through the text stage.
#include <gtest/gtest.h>

#include "language/case_reader.hpp"
#include "text/parser.hpp"
#include "text/printer.hpp"

namespace raad::text {
namespace {

using language_test::LanguageCase;

class LanguageCases : public testing::TestWithParam<LanguageCase> {};

TEST_P(LanguageCases, BehavesAsWritten) {
  const LanguageCase& language_case = GetParam();
  ASSERT_TRUE(language_case.states_findings) << "say `--- accepted` or `--- findings`";
  base::Diagnostics findings;
  const SyntaxTree tree = parse(language_case.source, "case.ant", findings);
  const std::string disagreement = language_test::disagreement(language_case, findings, "case.ant");
  EXPECT_TRUE(disagreement.empty()) << disagreement;
  EXPECT_EQ(print_exact(tree), language_case.source);
  if (language_case.tree) {
    EXPECT_EQ(print_tree(tree), *language_case.tree);
  }
  const std::string canonical = print_canonical(tree);
  if (language_case.prints) {
    EXPECT_EQ(canonical, *language_case.prints);
  }
  if (findings.has_errors()) return;

  base::Diagnostics again;
  const SyntaxTree reread = parse(canonical, "canonical.ant", again);
  EXPECT_TRUE(again.empty()) << canonical;
  EXPECT_EQ(print_tree(reread), print_tree(tree));
  EXPECT_EQ(print_canonical(reread), canonical);
}

INSTANTIATE_TEST_SUITE_P(Text, LanguageCases,
                         testing::ValuesIn(language_test::read_all_cases(std::string(RAAD_SOURCE_DIR) +
                                                                         "/test/language")),
                         [](const auto& test) { return language_test::test_name(test.param); });

}  // namespace
}  // namespace raad::text
