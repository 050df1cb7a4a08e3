// Tokens, single formulas and printed expressions.
#include <gtest/gtest.h>

#include <limits>

#include "text/lexer.hpp"
#include "text/parser.hpp"
#include "text/printer.hpp"
#include "text/vocabulary.hpp"

namespace raad::text {
namespace {

std::string printed(const std::string& formula) {
  base::Diagnostics findings;
  const auto expression = parse_expression(formula, "formula", findings);
  return expression ? print_expression(*expression) : to_text(findings.all().at(0));
}

TEST(Lexer, PlacesCountCharacters) {
  base::Diagnostics findings;
  const auto tokens = tokenize("a /* µ */ b\n\t\"µ\" c", "file", {}, findings);
  ASSERT_EQ(tokens.size(), 6U);
  EXPECT_EQ(tokens[1].place.column, 11);
  EXPECT_EQ(tokens[2].kind, Token::Kind::line_end);
  EXPECT_EQ(tokens[3].place.line, 2);
  EXPECT_EQ(tokens[3].place.column, 2);
  EXPECT_EQ(tokens[4].place.column, 6);
  EXPECT_EQ(tokens[5].kind, Token::Kind::end_of_file);
  EXPECT_TRUE(findings.empty());
}

TEST(Lexer, ForeignEncodingsAreNamed) {
  base::Diagnostics findings;
  tokenize(
      "\xEF\xBB\xBF"
      "a\rb \xE9 c",
      "file", {}, findings);
  std::vector<std::string> found;
  for (const auto& finding : findings.all())
    found.push_back(finding.code + " " + finding.message.substr(0, 15));
  EXPECT_EQ(found, (std::vector<std::string>{"R083 the file starts", "R083 byte 0xE9 is no",
                                             "R083 a carriage retu", "R005 the name `�` "}));
}

TEST(Lexer, TriviaComesApart) {
  const auto pieces = split_trivia("  # one\t/* c */");
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[1].kind, Trivia::Kind::line_comment);
  EXPECT_EQ(pieces[1].text, "# one\t/* c */");
  EXPECT_EQ(split_trivia("/* a */ \\\n ").at(2).kind, Trivia::Kind::join);
}

TEST(Formula, FewestParentheses) {
  EXPECT_EQ(printed("((a)+(b*c))"), "a + b*c");
  EXPECT_EQ(printed("(a+b)*c"), "(a + b)*c");
  EXPECT_EQ(printed("a-(b-c)-(d+e)"), "a - (b - c) - (d + e)");
  EXPECT_EQ(printed("(a-b)-c"), "a - b - c");
  EXPECT_EQ(printed("a/(b*c)"), "a/(b*c)");
  EXPECT_EQ(printed("(a/b)*c"), "a/b*c");
  EXPECT_EQ(printed("(a^b)^c"), "(a^b)^c");
  EXPECT_EQ(printed("a^(b^c)"), "a^b^c");
  EXPECT_EQ(printed("(-a)^2"), "(-a)^2");
  EXPECT_EQ(printed("-(a^2)"), "-a^2");
  EXPECT_EQ(printed("a^(-b)"), "a^-b");
  EXPECT_EQ(printed("-(-a)"), "- -a");
  EXPECT_EQ(printed("a-(-b)"), "a - -b");
  EXPECT_EQ(printed("(-a)*b"), "-a*b");
  EXPECT_EQ(printed("-(a*b)"), "-(a*b)");
  EXPECT_EQ(printed("!(a&&b)||(c<d)"), "!(a && b) || c < d");
  EXPECT_EQ(printed("(a||b)||c"), "a || b || c");
  EXPECT_EQ(printed("(a<b)==c"), "(a < b) == c");
  EXPECT_EQ(printed("f( (a) , b )"), "f(a, b)");
}

TEST(Formula, NumbersInShortestForm) {
  EXPECT_EQ(printed("1.50*x + 1E-3"), "1.5*x + 0.001");
  EXPECT_EQ(printed("0.1 + 0.30000000000000004"), "0.1 + 0.30000000000000004");
  EXPECT_EQ(printed("25.0 mg"), "25 mg");
  EXPECT_EQ(printed("1.7976931348623157e308"), "1.7976931348623157e308");
}

TEST(Formula, BuiltTreesPrintWhatTheyMean) {
  Expression number;
  number.value = -2.0;
  EXPECT_EQ(print_expression(number), "-2");
  number.value = std::numeric_limits<double>::infinity();
  EXPECT_EQ(print_expression(number), "infinity");
  auto negative = std::make_unique<Expression>();
  negative->value = -2.0;
  Expression power;
  power.kind = Expression::Kind::binary;
  power.text = "^";
  power.arguments.push_back(std::move(negative));
  power.arguments.push_back(std::make_unique<Expression>());
  power.arguments[1]->value = 2.0;
  EXPECT_EQ(print_expression(power), "(-2)^2");
}

TEST(Formula, FlatNamesAreReadOutsideModels) {
  EXPECT_EQ(printed("1/psilocin__volume*2"), "1/psilocin__volume*2");
}

TEST(Formula, MistakesGiveNoTree) {
  EXPECT_EQ(printed("1 + "),
            "formula:1:5: error R003: expected a formula, found the end of the file\n  hint: a formula "
            "ends with its line; to go on, put a backslash at the line end");
  EXPECT_EQ(printed(""),
            "formula:1:1: error R003: expected a formula, found the end of the file\n  hint: a formula "
            "ends with its line; to go on, put a backslash at the line end");
  EXPECT_EQ(printed("a b").substr(0, 22), "formula:1:3: error R00");
  EXPECT_EQ(printed("2 x").substr(0, 24), "formula:1:3: error R023:");
  EXPECT_EQ(printed("log(x)").substr(0, 24), "formula:1:1: error R021:");
  EXPECT_EQ(printed("a; b").substr(0, 24), "formula:1:2: error R003:");
}

TEST(Vocabulary, WordsHaveOneMeaning) {
  for (const auto& name : builtin_function_names()) {
    EXPECT_FALSE(is_keyword(name)) << name;
    EXPECT_FALSE(is_builtin_constant(name)) << name;
    EXPECT_FALSE(is_distribution(name)) << name;
  }
  // 4.4 of the language: 22 plain ones and six angles with three spellings, each also hyperbolic.
  EXPECT_EQ(builtin_function_names().size(), 22U + 6U * 3U * 2U);
  EXPECT_TRUE(is_builtin_function("arcsinh"));
  EXPECT_TRUE(is_builtin_function("acot"));
  EXPECT_FALSE(is_builtin_function("hill"));
}

}  // namespace
}  // namespace raad::text
