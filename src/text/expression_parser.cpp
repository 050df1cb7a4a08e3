#include "text/expression_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/table.hpp"
#include "text/vocabulary.hpp"

namespace raad::text {
namespace {

// Each level of parentheses, calls, signs and powers costs the parser three stack frames. People write up to
// about ten; generated files were seen with some dozens.
constexpr int k_deepest_nesting = 256;
// `a + b + ...` of n terms is a tree of depth n. Every later stage walks trees recursively; 2,000 levels need
// well below the 8 MB of a usual stack, also with sanitizers.
constexpr int k_deepest_tree = 2000;

// A finished part of a formula with the depth of its tree.
struct Part {
  ExpressionPointer node;
  int depth = 1;
};

class FormulaParser {
 public:
  explicit FormulaParser(Cursor& cursor) : cursor_(cursor) {}

  ExpressionPointer parse() { return parse_binary(Strength::logic).node; }

 private:
  // Counts one level of nesting while it lives.
  class Nesting {
   public:
    Nesting(FormulaParser& parser, const SourcePlace& place) : parser_(parser) {
      if (++parser_.nesting_ > k_deepest_nesting)
        parser_.cursor_.fail("R003", place,
                             fmt::format("this formula is nested deeper than {} levels", k_deepest_nesting),
                             "split it into several rules");
    }
    ~Nesting() { --parser_.nesting_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    FormulaParser& parser_;
  };

  Part finish(ExpressionPointer node, std::initializer_list<Part*> operands) {
    Part part;
    for (Part* operand : operands) {
      part.depth = std::max(part.depth, operand->depth + 1);
      node->arguments.push_back(std::move(operand->node));
    }
    if (part.depth > k_deepest_tree)
      cursor_.fail("R003", node->place,
                   fmt::format("this formula is a chain of more than {} terms", k_deepest_tree),
                   "split it into several rules");
    part.node = std::move(node);
    return part;
  }

  static ExpressionPointer make(Expression::Kind kind, const SourcePlace& place, std::string text) {
    auto node = std::make_unique<Expression>();
    node->kind = kind;
    node->place = place;
    node->text = std::move(text);
    return node;
  }

  // Precedence climbing: operators of at least `weakest`, left to right.
  Part parse_binary(Strength weakest) {
    Part left = parse_signed();
    // The operator that joined `left` in this loop, so without parentheses around it.
    std::string_view joined_by;
    while (true) {
      const Token& token = cursor_.peek();
      if (token.kind != Token::Kind::symbol) return left;
      const auto strength = binary_strength(token.text);
      // parse_power has read every `^` that can be read.
      if (!strength || *strength < weakest || *strength == Strength::power) return left;
      check_chain(*strength, joined_by, token);
      cursor_.take();
      Part right = parse_binary(static_cast<Strength>(static_cast<int>(*strength) + 1));
      left = finish(make(Expression::Kind::binary, token.place, token.text), {&left, &right});
      joined_by = token.text;
    }
  }

  void check_chain(Strength strength, std::string_view joined_by, const Token& token) {
    if (joined_by.empty() || binary_strength(joined_by) != strength) return;
    if (strength == Strength::relation)
      cursor_.report("R024", token.place, fmt::format("`a {} b {} c` compares twice", joined_by, token.text),
                     fmt::format("write `a {} b && b {} c`", joined_by, token.text));
    if (strength == Strength::logic && joined_by != token.text)
      cursor_.report(
          "R022", token.place, "`&&` and `||` are mixed without parentheses",
          "the language reads them left to right; put parentheses around the part that belongs together");
  }

  Part parse_signed() {
    const Token& token = cursor_.peek();
    if (!cursor_.at_symbol("-") && !cursor_.at_symbol("+") && !cursor_.at_symbol("!")) return parse_power();
    const Nesting nesting(*this, token.place);
    cursor_.take();
    Part operand = parse_signed();
    return finish(make(Expression::Kind::unary, token.place, token.text), {&operand});
  }

  // Right associative; the exponent may be signed.
  Part parse_power() {
    Part base = parse_primary();
    const Token& token = cursor_.peek();
    if (!cursor_.at_symbol("^")) return base;
    const Nesting nesting(*this, token.place);
    cursor_.take();
    Part exponent = parse_signed();
    return finish(make(Expression::Kind::binary, token.place, "^"), {&base, &exponent});
  }

  Part parse_primary() {
    const Token& token = cursor_.peek();
    if (token.kind == Token::Kind::number) return parse_number();
    if (token.kind == Token::Kind::identifier) return parse_word();
    if (cursor_.at_symbol("(")) {
      const Nesting nesting(*this, token.place);
      cursor_.take();
      Part inner = parse_binary(Strength::logic);
      expect_close();
      return inner;
    }
    if (cursor_.at_separator())
      cursor_.fail_unexpected("a formula",
                              "a formula ends with its line; to go on, put a backslash at the line end");
    cursor_.fail_no_name("a number, a name or `(`");
  }

  void expect_close() {
    if (cursor_.accept_symbol(")")) return;
    if (cursor_.at_separator())
      cursor_.fail_unexpected(
          "`)`",
          "a formula ends with its line; to go on, put a backslash at the line end, or break after a comma");
    if (cursor_.at_identifier() || cursor_.peek().kind == Token::Kind::number)
      cursor_.fail_unexpected("an operator or `)`", "is a `*` missing?");
    cursor_.fail_unexpected("`)`");
  }

  Part parse_number() {
    const Token& token = cursor_.take();
    auto node = make(Expression::Kind::number, token.place, token.text);
    // The lexer reported a number that does not parse.
    node->value = base::parse_number(token.text).value_or(0.0);
    if (cursor_.at_identifier() && cursor_.is_unit(cursor_.peek().text) && !cursor_.at_symbol("(", 1) &&
        !cursor_.at_symbol(".", 1)) {
      const Token& unit = cursor_.take();
      cursor_.note_unit_literal(unit);
      node->unit = UnitExpression{unit.place, unit.text};
      return Part{std::move(node)};
    }
    if (!cursor_.at_identifier() && !cursor_.at_symbol("(")) return Part{std::move(node)};
    return parse_missing_product(Part{std::move(node)});
  }

  // `2 x` and `2(x + 1)`: reported, then read as the product that was probably meant.
  Part parse_missing_product(Part number) {
    const Token& next = cursor_.peek();
    const std::string written = number.node->text;
    cursor_.report("R023", next.place,
                   next.text == "("
                       ? fmt::format("{} is followed by `(`; a `*` is missing", written)
                       : fmt::format("{} is followed by the name `{}`, which is no unit; is a `*` missing?",
                                     written, next.text),
                   next.text == "(" ? fmt::format("write `{}*(`", written)
                                    : fmt::format("write `{}*{}`, or define the unit", written, next.text));
    const Nesting nesting(*this, next.place);
    auto node = make(Expression::Kind::binary, next.place, "*");
    Part right = parse_power();
    return finish(std::move(node), {&number, &right});
  }

  Part parse_word() {
    const Token& token = cursor_.peek();
    if (cursor_.at_symbol("(", 1)) return parse_call();
    if (token.text == "true" || token.text == "false") {
      cursor_.take();
      auto node = make(Expression::Kind::boolean, token.place, token.text);
      node->value = token.text == "true" ? 1.0 : 0.0;
      return Part{std::move(node)};
    }
    const std::string lower = base::to_lower(token.text);
    if (lower == "true" || lower == "false")
      cursor_.report("R003", token.place, fmt::format("`{}` is no truth value", token.text),
                     fmt::format("write `{}`", lower));
    auto node = make(Expression::Kind::name, token.place, {});
    node->name = cursor_.parse_name("a name");
    if (node->name.parts.size() == 1 && is_builtin_function(node->name.parts[0]))
      cursor_.report("R003", token.place,
                     fmt::format("`{}` is a function; its arguments are missing", token.text),
                     fmt::format("write `{}(...)`", token.text));
    return Part{std::move(node)};
  }

  Part parse_call() {
    const Token& token = cursor_.take();
    const Nesting nesting(*this, token.place);
    auto node = make(Expression::Kind::call, token.place, token.text);
    cursor_.expect_symbol("(", "after the function");
    int deepest = 0;
    if (!cursor_.at_symbol(")")) {
      do {
        Part argument = parse_binary(Strength::logic);
        deepest = std::max(deepest, argument.depth);
        node->arguments.push_back(std::move(argument.node));
      } while (cursor_.accept_comma());
    }
    expect_close();
    check_call(*node);
    Part call = finish(std::move(node), {});
    call.depth = deepest + 1;
    return call;
  }

  void check_call(const Expression& call) {
    if (call.text == "log" && call.arguments.size() == 1)
      cursor_.report("R021", call.place,
                     "`log` is the natural logarithm in some tools and the decimal one in others",
                     "write `ln` or `log10`");
    if (call.text == "delay")
      cursor_.report("R027", call.place, "`delay` is not supported: past values are not kept",
                     "approximate the delay by a chain of transit compartments");
    if (is_distribution(call.text))
      cursor_.report("R027", call.place,
                     fmt::format("random draws such as `{}` do not stand in a model", call.text),
                     "give the parameter a between-subject distribution in its table");
  }

  Cursor& cursor_;
  int nesting_ = 0;
};

// [NUM] ID ["^" ["-"] INT] | NUM ["^" ["-"] INT]
std::string parse_unit_factor(Cursor& cursor) {
  std::string text;
  if (cursor.peek().kind == Token::Kind::number) text = cursor.take().text;
  if (cursor.at_identifier()) {
    if (!text.empty()) text += ' ';
    text += cursor.take().text;
  }
  if (text.empty())
    cursor.fail_unexpected("a unit",
                           cursor.at_symbol("%") ? "write `percent`" : "for example `ng/mL`, `1/h` or `1`");
  if (!cursor.accept_symbol("^")) return text;
  text += '^';
  if (cursor.accept_symbol("-")) text += '-';
  const Token& exponent = cursor.peek();
  const bool is_integer = exponent.kind == Token::Kind::number &&
                          exponent.text.find_first_not_of("0123456789") == std::string::npos;
  if (!is_integer) cursor.fail_unexpected("an integer exponent", "units have integer powers");
  return text + cursor.take().text;
}

}  // namespace

std::optional<Strength> binary_strength(std::string_view symbol) {
  static constexpr std::array<std::pair<std::string_view, Strength>, 14> k_operators = {{
      {"||", Strength::logic},
      {"&&", Strength::logic},
      {"==", Strength::relation},
      {"!=", Strength::relation},
      {"<", Strength::relation},
      {"<=", Strength::relation},
      {">", Strength::relation},
      {">=", Strength::relation},
      {"+", Strength::sum},
      {"-", Strength::sum},
      {"*", Strength::product},
      {"/", Strength::product},
      {"%", Strength::product},
      {"^", Strength::power},
  }};
  for (const auto& [text, strength] : k_operators)
    if (text == symbol) return strength;
  return std::nullopt;
}

ExpressionPointer parse_formula(Cursor& cursor) {
  return FormulaParser(cursor).parse();
}

UnitExpression parse_unit_expression(Cursor& cursor) {
  UnitExpression unit{cursor.peek().place, parse_unit_factor(cursor)};
  while (cursor.at_symbol("*") || cursor.at_symbol("/")) {
    unit.text += cursor.take().text;
    unit.text += parse_unit_factor(cursor);
  }
  return unit;
}

}  // namespace raad::text
