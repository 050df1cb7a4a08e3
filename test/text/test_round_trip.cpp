// What is printed reads back as the same tree, and nothing a user wrote is lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "text/lexer.hpp"
#include "text/parser.hpp"
#include "text/printer.hpp"

namespace raad::text {
namespace {

namespace fs = std::filesystem;
using Kind = Expression::Kind;

bool same(const Expression& a, const Expression& b) {
  if (a.kind != b.kind || a.arguments.size() != b.arguments.size() ||
      a.unit.has_value() != b.unit.has_value())
    return false;
  const bool has_text = a.kind == Kind::call || a.kind == Kind::unary || a.kind == Kind::binary;
  if (has_text && a.text != b.text) return false;
  if (a.unit && a.unit->text != b.unit->text) return false;
  if (a.value != b.value || !(a.name == b.name)) return false;
  for (std::size_t i = 0; i < a.arguments.size(); ++i)
    if (!same(*a.arguments[i], *b.arguments[i])) return false;
  return true;
}

// Random trees of any shape the grammar can express, and random programs around them.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  template <class Choices>
  auto pick(const Choices& choices) {
    return choices[below(std::size(choices))];
  }
  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }
  bool chance(double probability) { return std::bernoulli_distribution(probability)(random_); }

  std::string name() {
    static const std::array<std::string, 8> k_names = {"x",        "koff", "A.k", "o",
                                                       "B.sub.y2", "time", "e1",  "in_vivo"};
    return pick(k_names);
  }

  ExpressionPointer leaf() {
    auto node = std::make_unique<Expression>();
    const std::size_t choice = below(10);
    if (choice < 5) {
      node->kind = Kind::name;
      std::istringstream parts(name());
      for (std::string part; std::getline(parts, part, '.');) node->name.parts.push_back(part);
    } else if (choice < 9) {
      node->kind = Kind::number;
      node->value = chance(0.5) ? static_cast<double>(below(100))
                                : std::exp(std::uniform_real_distribution<double>(-600.0, 600.0)(random_));
      if (chance(0.2)) node->unit = UnitExpression{{}, chance(0.5) ? "mg" : "h"};
    } else {
      node->kind = Kind::boolean;
      node->value = chance(0.5) ? 1.0 : 0.0;
    }
    return node;
  }

  ExpressionPointer expression(int depth) {
    if (depth == 0 || chance(0.2)) return leaf();
    static const std::array<std::string, 14> k_operators = {"||", "&&", "==", "!=", "<", "<=", ">",
                                                            ">=", "+",  "-",  "*",  "/", "%",  "^"};
    static const std::array<std::string, 4> k_functions = {"max", "exp", "piecewise", "my_function"};
    static const std::array<std::string, 3> k_signs = {"-", "+", "!"};
    auto node = std::make_unique<Expression>();
    std::size_t operands = 2;
    const std::size_t choice = below(10);
    if (choice < 6) {
      node->kind = Kind::binary;
      node->text = pick(k_operators);
    } else if (choice < 8) {
      node->kind = Kind::unary;
      node->text = pick(k_signs);
      operands = 1;
    } else {
      node->kind = Kind::call;
      node->text = pick(k_functions);
      operands = 1 + below(3);
    }
    for (std::size_t i = 0; i < operands; ++i) node->arguments.push_back(expression(depth - 1));
    return node;
  }

  std::string formula() { return print_expression(*expression(3)); }

  // Blanks and comments that may stand between any two tokens of a statement.
  std::string gap() {
    static const std::array<std::string, 7> k_gaps = {
        " ", "  ", "\t", " /* c */ ", " \\\n ", "/**/", "  /* two\n lines */ "};
    return chance(0.8) ? " " : pick(k_gaps);
  }
  // What may stand behind a comma of a list.
  std::string list_gap() {
    static const std::array<std::string, 4> k_gaps = {"", "\n", " # why\n", "\n  // own line\n  /* and */ "};
    return chance(0.7) ? gap() : pick(k_gaps);
  }

  std::string statement() {
    const std::string f = formula();
    const std::string g = gap();
    switch (below(16)) {
      case 0:
        return "x" + g + "=" + gap() + f;
      case 1:
        return "A.k" + g + ":=" + gap() + f;
      case 2:
        return "y'" + g + "=" + f;
      case 3:
        return "J1:" + g + "2 A + $B" + g + "->" + gap() + "C" + ";" + gap() + f;
      case 4:
        return "A =>" + g + ";" + f + " in cell";
      case 5:
        return "J2 in cell: A -o" + g + "J1;";
      case 6:
        return "E" + g + ": at" + g + f + " after " + formula() + ", persistent=true," + list_gap() +
               "priority =" + formula() + ":" + list_gap() + "x = " + formula() + "," + list_gap() + "y = 2";
      case 7:
        return "const species a," + list_gap() + "$b in c, d " + g + " has mg/L";
      case 8:
        return "S: model_b(x," + list_gap() + "3" + g + "), timeconv = 60";
      case 9:
        return "A.x" + g + "is" + gap() + "B.y/f";
      case 10:
        return "x is" + gap() + "\"a # text\"";
      case 11:
        return "unit u" + g + "= 2 mg^-1" + g + "/ h";
      case 12:
        return "delete A.x," + list_gap() + "B.y";
      case 13:
        return "x description \"a\"," + list_gap() + "\"b\"";
      case 14:
        return "constraint c:" + g + f;
      default:
        return "A -|" + g + "J1; " + f;
    }
  }

  std::string separator() {
    static const std::array<std::string, 6> k_separators = {
        "\n", "\n\n\n", ";", " # behind\n", "; // behind\n\n", "\n  /* own */\n"};
    return chance(0.5) ? "\n" : pick(k_separators);
  }

  std::string program() {
    std::string text = "# random\nfunction f(a," + list_gap() + "b)\n" + formula() + "\nend\n";
    text += "model *m(x," + list_gap() + "y)" + separator();
    for (std::size_t i = below(12); i > 0; --i) text += statement() + separator();
    return text + "end" + separator();
  }

 private:
  std::mt19937_64 random_;
};

TEST(RoundTrip, RandomFormulasReadBackAsTheSameTree) {
  Generator generator(7);
  for (int i = 0; i < 20000; ++i) {
    const auto expression = generator.expression(5);
    const std::string printed = print_expression(*expression);
    base::Diagnostics findings;
    const auto reread = parse_expression(printed, "formula", findings);
    ASSERT_TRUE(reread) << printed << "\n" << to_text(findings.all().at(0));
    ASSERT_TRUE(same(*expression, *reread)) << printed << " became " << print_expression(*reread);
  }
}

// Removing any matching pair of parentheses that is no call's must change the tree, or not parse.
TEST(RoundTrip, NoParenthesesCanBeLeftOut) {
  Generator generator(11);
  int pairs = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto expression = generator.expression(4);
    const std::string printed = print_expression(*expression);
    for (std::size_t open = 0; open < printed.size(); ++open) {
      if (printed[open] != '(' || (open > 0 && std::isalnum(static_cast<unsigned char>(printed[open - 1]))))
        continue;
      std::size_t close = open;
      for (int depth = 0; close < printed.size(); ++close) {
        depth += printed[close] == '(' ? 1 : printed[close] == ')' ? -1 : 0;
        if (depth == 0) break;
      }
      std::string bare = printed;
      bare[open] = bare[close] = ' ';
      ++pairs;
      base::Diagnostics findings;
      const auto reread = parse_expression(bare, "formula", findings);
      ASSERT_FALSE(reread && same(*expression, *reread)) << printed << " needs no parentheses at " << open;
    }
  }
  EXPECT_GT(pairs, 1000);
}

std::vector<std::string> comments_of(const SyntaxTree& tree) {
  std::vector<std::string> comments;
  for (const auto& token : tree.tokens)
    for (const auto& piece : split_trivia(token.leading))
      if (piece.kind == Trivia::Kind::line_comment || piece.kind == Trivia::Kind::block_comment)
        comments.emplace_back(piece.text.substr(0, piece.text.find_last_not_of(" \t\r") + 1));
  return comments;
}

void expect_canonical_keeps_everything(const std::string& source) {
  base::Diagnostics findings;
  const auto tree = parse(source, "source", findings);
  ASSERT_TRUE(findings.empty()) << to_text(findings.all()[0]) << "\n" << source;
  ASSERT_EQ(print_exact(tree), source);
  const std::string canonical = print_canonical(tree);
  const auto reread = parse(canonical, "canonical", findings);
  ASSERT_TRUE(findings.empty()) << to_text(findings.all()[0]) << "\n" << canonical;
  ASSERT_EQ(print_tree(reread), print_tree(tree)) << source;
  ASSERT_EQ(comments_of(reread), comments_of(tree)) << source;
  ASSERT_EQ(print_canonical(reread), canonical) << source;
}

TEST(RoundTrip, RandomProgramsKeepTreeAndComments) {
  Generator generator(13);
  for (int i = 0; i < 3000; ++i)
    ASSERT_NO_FATAL_FAILURE(expect_canonical_keeps_everything(generator.program()));
}

TEST(RoundTrip, WindowsLineEndsAreRead) {
  const std::string unix_text = "model m()\n  x = 1 # why\n  y = \\\n 2\n  species a,\n b\nend\n";
  std::string windows_text;
  for (const char c : unix_text) windows_text += c == '\n' ? "\r\n" : std::string(1, c);
  base::Diagnostics findings;
  const auto tree = parse(windows_text, "windows", findings);
  EXPECT_TRUE(findings.empty());
  EXPECT_EQ(print_exact(tree), windows_text);
  EXPECT_EQ(print_canonical(tree), print_canonical(parse(unix_text, "unix", findings)));
}

TEST(RoundTrip, EveryFileOfTheLibraryIsSound) {
  const fs::path library = fs::path(RAAD_SOURCE_DIR) / "library";
  if (!fs::exists(library)) GTEST_SKIP() << "there is no library beside the sources";
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(library)) {
    if (entry.path().extension() != ".ant") continue;
    ++files;
    std::ifstream stream(entry.path());
    std::stringstream content;
    content << stream.rdbuf();
    SCOPED_TRACE(entry.path().string());
    ASSERT_NO_FATAL_FAILURE(expect_canonical_keeps_everything(content.str()));
    base::Diagnostics findings;
    EXPECT_EQ(print_canonical(parse(content.str(), "library", findings)), content.str()) << "run `raad fmt`";
  }
  EXPECT_GT(files, 0);
}

// The models of docs/language.md stand between "```ant" and "```".
TEST(RoundTrip, EveryModelOfTheDocumentationIsSound) {
  std::ifstream stream(fs::path(RAAD_SOURCE_DIR) / "docs" / "language.md");
  ASSERT_TRUE(stream) << "docs/language.md is missing";
  int models = 0;
  std::string model;
  bool in_model = false;
  for (std::string line; std::getline(stream, line);) {
    if (in_model && line == "```") {
      ++models;
      ASSERT_NO_FATAL_FAILURE(expect_canonical_keeps_everything(model));
      model.clear();
    } else if (in_model) {
      model += line + "\n";
    }
    if (line.rfind("```", 0) == 0) in_model = line == "```ant";
  }
  EXPECT_GE(models, 5);
}

// Whatever the bytes are, nothing is lost, nothing crashes, and every finding has a place.
TEST(RoundTrip, DamagedFilesAreReportedAndKept) {
  Generator generator(17);
  std::mt19937_64 random(19);
  const std::string bytes = "()+-*/^=:;,.$'\"`#\\\n \t\r{}|&<>!%_aeo19\xC3\xB5\xFF";
  for (int i = 0; i < 4000; ++i) {
    std::string source = generator.program();
    for (int k = 0; k < 1 + i % 5; ++k) {
      const std::size_t at = random() % source.size();
      const char byte = bytes[random() % bytes.size()];
      if (random() % 3 == 0)
        source.erase(at, 1 + random() % 8);
      else if (random() % 2 == 0)
        source.insert(at, 1, byte);
      else
        source[at] = byte;
      if (source.empty()) source = "x";
    }
    base::Diagnostics findings;
    const auto tree = parse(source, "damaged", findings);
    ASSERT_EQ(print_exact(tree), source);
    for (const auto& finding : findings.all()) {
      ASSERT_GT(finding.place.line, 0) << source;
      ASSERT_GT(finding.place.column, 0) << source;
    }
    if (findings.has_errors()) continue;
    ASSERT_NO_FATAL_FAILURE(expect_canonical_keeps_everything(source));
  }
}

std::string repeated(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

// A tenfold file may take tenfold time, with room for noise; quadratic work would take a hundredfold.
TEST(Limits, LargeFilesTakeLinearTime) {
  const auto once = [](const std::string& source) {
    const auto start = std::chrono::steady_clock::now();
    base::Diagnostics findings;
    const auto tree = parse(source, "large", findings);
    EXPECT_EQ(print_exact(tree).size(), source.size());
    EXPECT_FALSE(print_canonical(tree).empty());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  // The quickest of three: other programs on the machine only ever add time.
  const auto seconds = [&](const std::string& source) {
    return std::min({once(source), once(source), once(source)});
  };
  const std::string sound = "  J: A + 2 B -> C; k*A*B # why\n  x := 2*y; y has nM\n";
  const std::string broken = "  x = = 2 z (\n  # ;\n  }\n";
  for (const auto& line :
       {sound, broken, std::string("a,\n"), std::string("- "), std::string("/* "), std::string("\"\n")}) {
    const double small = seconds("model m()\n" + repeated(line, 1000) + "end\n");
    const double large = seconds("model m()\n" + repeated(line, 10000) + "end\n");
    EXPECT_LT(large, 40.0 * std::max(small, 2e-3)) << line;
  }
}

TEST(Limits, DeepFormulasAreRefusedNotCrashed) {
  const auto code_of = [](const std::string& formula) {
    base::Diagnostics findings;
    parse("model m()\n x := " + formula + "\nend\n", "deep", findings);
    return findings.empty() ? std::string("none") : findings.all()[0].code + " " + findings.all()[0].hint;
  };
  const std::string advice = "R003 split it into several rules";
  EXPECT_EQ(code_of(repeated("(", 200) + "1" + repeated(")", 200)), "none");
  for (const char* opening : {"(", "f(", "- ", "2^", "!", "1 + (", "2("})
    EXPECT_EQ(code_of(repeated(opening, 100000) + "1"),
              opening == std::string("2(") ? "R023 write `2*(`" : advice)
        << opening;
  EXPECT_EQ(code_of("1" + repeated(" + a", 1900)), "none");
  EXPECT_EQ(code_of("1" + repeated(" + a", 100000)), advice);
  EXPECT_EQ(code_of("1" + repeated("*a - b", 100000)), advice);
  EXPECT_EQ(code_of("f(1" + repeated(", a", 100000) + ")"), "none");
}

TEST(Limits, AFileThatIsNoModelDoesNotFloodTheScreen) {
  base::Diagnostics findings;
  parse("model m()\n" + repeated("= ? \x80\n", 5000), "picture", findings);
  EXPECT_LT(findings.all().size(), 7000U);
  EXPECT_TRUE(findings.has_errors());
}

}  // namespace
}  // namespace raad::text
