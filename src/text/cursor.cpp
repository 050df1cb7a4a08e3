#include "text/cursor.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.hpp"
#include "text/vocabulary.hpp"

namespace raad::text {
namespace {

// A file that is no model at all (a picture, say) would otherwise fill the screen.
constexpr std::size_t k_most_findings = 1000;

// What a token is called in messages.
std::string shown(const Token& token) {
  if (token.kind == Token::Kind::line_end) return "the end of the line";
  if (token.kind == Token::Kind::end_of_file) return "the end of the file";
  // Long strings and words would hide the message.
  constexpr std::size_t k_most_shown = 40;
  if (token.text.size() > k_most_shown && token.kind == Token::Kind::string) return "a string";
  if (token.text.size() > k_most_shown) return fmt::format("`{}...`", token.text.substr(0, k_most_shown));
  return fmt::format("`{}`", token.text);
}

}  // namespace

Cursor::Cursor(const std::vector<Token>& tokens, base::Diagnostics& findings)
    : tokens_(tokens), findings_(findings) {
  // What the lexer refused is not reported again as unexpected.
  for (const auto& finding : findings.all())
    reported_places_.emplace(finding.place.line, finding.place.column);
  find_unit_definitions();
}

void Cursor::find_unit_definitions() {
  for (std::size_t i = 0; i + 2 < tokens_.size(); ++i)
    if (at_keyword("unit", i) && at_identifier(i + 1) && at_symbol("=", i + 2))
      defined_units_.insert(tokens_[i + 1].text);
}

bool Cursor::is_unit(std::string_view name) const {
  static const base::UnitTable standard;
  return defined_units_.find(name) != defined_units_.end() || standard.find(name).has_value();
}

const Token& Cursor::peek(std::size_t ahead) const {
  return tokens_[std::min(index_ + ahead, tokens_.size() - 1)];
}

const Token& Cursor::take() {
  const Token& token = peek();
  if (index_ + 1 < tokens_.size()) ++index_;
  return token;
}

bool Cursor::at_symbol(std::string_view symbol, std::size_t ahead) const {
  const auto& token = peek(ahead);
  return token.kind == Token::Kind::symbol && token.text == symbol;
}

bool Cursor::at_keyword(std::string_view keyword, std::size_t ahead) const {
  const auto& token = peek(ahead);
  return token.kind == Token::Kind::keyword && token.text == keyword;
}

bool Cursor::at_word(std::string_view word, std::size_t ahead) const {
  return at_identifier(ahead) && peek(ahead).text == word;
}

bool Cursor::at_identifier(std::size_t ahead) const {
  return peek(ahead).kind == Token::Kind::identifier;
}

bool Cursor::at_separator(std::size_t ahead) const {
  const auto kind = peek(ahead).kind;
  return kind == Token::Kind::line_end || kind == Token::Kind::end_of_file || at_symbol(";", ahead);
}

bool Cursor::at_arrow(std::size_t ahead) const {
  if (at_symbol("->", ahead) || at_symbol("=>", ahead) || at_symbol("<==>", ahead)) return true;
  if (!at_symbol("-", ahead) || !peek(ahead + 1).leading.empty()) return false;
  return at_word("o", ahead + 1) || at_symbol("|", ahead + 1) || at_symbol("(", ahead + 1);
}

bool Cursor::accept_symbol(std::string_view symbol) {
  if (!at_symbol(symbol)) return false;
  take();
  return true;
}

bool Cursor::accept_keyword(std::string_view keyword) {
  if (!at_keyword(keyword)) return false;
  take();
  return true;
}

void Cursor::expect_symbol(std::string_view symbol, std::string_view purpose) {
  if (!accept_symbol(symbol)) fail_unexpected(fmt::format("`{}` {}", symbol, purpose));
}

void Cursor::expect_keyword(std::string_view keyword, std::string_view purpose) {
  if (!accept_keyword(keyword)) fail_unexpected(fmt::format("`{}` {}", keyword, purpose));
}

bool Cursor::accept_comma() {
  if (!accept_symbol(",")) return false;
  skip_line_ends();
  return true;
}

void Cursor::skip_line_ends() {
  while (peek().kind == Token::Kind::line_end) take();
}

Name Cursor::parse_name(std::string_view purpose) {
  Name name;
  name.place = peek().place;
  do {
    if (!at_identifier()) fail_no_name(purpose);
    name.parts.push_back(take().text);
  } while (accept_symbol("."));
  scope_names_.insert(name.parts.front());
  return name;
}

const Token& Cursor::parse_new_identifier(std::string_view purpose) {
  if (!at_identifier()) fail_no_name(purpose);
  const Token& token = take();
  check_definable(Name{token.place, {token.text}});
  scope_names_.insert(token.text);
  return token;
}

void Cursor::check_definable(const Name& name) {
  for (const auto& part : name.parts)
    if (is_builtin_function(part) || is_builtin_constant(part))
      report(
          "R007", name.place,
          fmt::format("`{}` is a {} of formulas", part, is_builtin_function(part) ? "function" : "constant"),
          "choose another name");
}

std::string Cursor::parse_string(std::string_view purpose) {
  if (peek().kind != Token::Kind::string) fail_unexpected(purpose);
  const std::string& text = take().text;
  const std::size_t quote = text.front() == '"' ? 1 : 3;
  // A string that the lexer found unclosed has no second quote.
  if (text.size() < 2 * quote) return {};
  return text.substr(quote, text.size() - 2 * quote);
}

bool Cursor::is_reported(const Token& token) const {
  return reported_places_.count({token.place.line, token.place.column}) != 0;
}

void Cursor::report(std::string code, const SourcePlace& place, std::string message, std::string hint) {
  reported_places_.emplace(place.line, place.column);
  if (++reported_ > k_most_findings) return;
  findings_.error(std::move(code), place, std::move(message), std::move(hint));
  if (reported_ == k_most_findings)
    findings_.error("R003", place,
                    fmt::format("more than {} findings; the rest is not listed", k_most_findings),
                    "correct the first ones; is this a model file?");
}

void Cursor::fail(std::string code, const SourcePlace& place, std::string message, std::string hint) {
  report(std::move(code), place, std::move(message), std::move(hint));
  throw StatementAbandoned{};
}

void Cursor::fail_no_name(std::string_view wanted) {
  const Token& token = peek();
  if (token.kind == Token::Kind::keyword)
    fail("R007", token.place, fmt::format("expected {}, found the reserved word `{}`", wanted, token.text),
         "choose another name");
  if (token.kind == Token::Kind::number && at_identifier(1) && peek(1).leading.empty())
    fail("R005", token.place, fmt::format("the name `{}{}` starts with a digit", token.text, peek(1).text),
         "start it with a letter");
  fail_unexpected(wanted);
}

void Cursor::fail_unexpected(std::string_view wanted, std::string_view hint) {
  const Token& token = peek();
  if (is_reported(token)) throw StatementAbandoned{};
  if (token.kind == Token::Kind::symbol || token.kind == Token::Kind::keyword)
    if (const auto feature = refused_feature(token.text))
      fail("R004", token.place, fmt::format("{} are not supported", feature->name),
           std::string(feature->hint));
  fail("R003", token.place, fmt::format("expected {}, found {}", wanted, shown(token)), std::string(hint));
}

void Cursor::begin_scope() {
  scope_names_.clear();
  unit_literals_.clear();
}

void Cursor::end_scope() {
  for (const Token* unit : unit_literals_)
    if (scope_names_.count(unit->text) != 0)
      report("R023", unit->place,
             fmt::format("`{}` after a number is read as a unit, but is also a name here", unit->text),
             "write `*` between them, or rename one");
  begin_scope();
}

}  // namespace raad::text
