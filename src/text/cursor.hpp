// Walks over the tokens of a model file; all parsing code reads tokens and reports findings through it.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/syntax_tree.hpp"

namespace raad::text {

/// Thrown after a finding from which the statement cannot be read further; the file parser resumes at the
/// next one.
struct StatementAbandoned {};

class Cursor {
 public:
  Cursor(const std::vector<Token>& tokens, base::Diagnostics& findings);

  /// The token `ahead` places on; past the end it is the end_of_file token.
  const Token& peek(std::size_t ahead = 0) const;
  /// Returns the current token and goes on; stays at the end of the file.
  const Token& take();
  std::size_t index() const { return index_; }
  void go_to(std::size_t index) { index_ = index; }
  const Token& token(std::size_t index) const { return tokens_[index]; }

  bool at_symbol(std::string_view symbol, std::size_t ahead = 0) const;
  bool at_keyword(std::string_view keyword, std::size_t ahead = 0) const;
  /// An identifier of this text: a word that means something in one place only, such as `priority`.
  bool at_word(std::string_view word, std::size_t ahead = 0) const;
  bool at_identifier(std::size_t ahead = 0) const;
  bool at_end_of_file() const { return peek().kind == Token::Kind::end_of_file; }
  /// At a line end, a `;` or the end of the file.
  bool at_separator(std::size_t ahead = 0) const;
  /// At an arrow of a reaction: the symbols `->`, `=>`, `<==>`, and `-` with `o`, `|` or `(` directly behind
  /// it.
  bool at_arrow(std::size_t ahead = 0) const;

  bool accept_symbol(std::string_view symbol);
  bool accept_keyword(std::string_view keyword);
  void expect_symbol(std::string_view symbol, std::string_view purpose);
  void expect_keyword(std::string_view keyword, std::string_view purpose);
  /// A comma and the line ends behind it, which mean nothing there.
  bool accept_comma();
  void skip_line_ends();

  /// `ID {"." ID}`
  Name parse_name(std::string_view purpose);
  /// A single identifier that defines something, so it must not be the name of a function or constant.
  const Token& parse_new_identifier(std::string_view purpose);
  /// R007 where a part of `name` is a function or constant of formulas.
  void check_definable(const Name& name);
  /// The content of a string token, without its quotes.
  std::string parse_string(std::string_view purpose);

  /// Whether a finding at the place of `token` was reported, so that it needs no second one.
  bool is_reported(const Token& token) const;
  void report(std::string code, const SourcePlace& place, std::string message, std::string hint = {});
  /// Reports the current token, which should have been a name: R007 for a reserved word, R005 for `5HT`, else
  /// as below.
  [[noreturn]] void fail_no_name(std::string_view wanted);
  /// Reports the current token as not fitting where `wanted` must stand, and abandons the statement.
  [[noreturn]] void fail_unexpected(std::string_view wanted, std::string_view hint = {});
  [[noreturn]] void fail(std::string code, const SourcePlace& place, std::string message,
                         std::string hint = {});

  /// Units that may follow a number: the standard ones and those that the file defines anywhere.
  bool is_unit(std::string_view name) const;

  /// A name after a number is read as a unit (`2 A` is two ampere), which would be silently wrong in a model
  /// that calls something else `A`. Uses of both are collected in a scope (a model or function) and compared
  /// at its end: R023.
  void begin_scope();
  void end_scope();
  void note_unit_literal(const Token& unit) { unit_literals_.push_back(&unit); }

 private:
  void find_unit_definitions();

  const std::vector<Token>& tokens_;
  base::Diagnostics& findings_;
  std::size_t index_ = 0;
  std::set<std::string, std::less<>> defined_units_;
  std::set<std::pair<int, int>> reported_places_;
  std::size_t reported_ = 0;
  std::set<std::string> scope_names_;
  std::vector<const Token*> unit_literals_;
};

}  // namespace raad::text
