// Findings about a user's input: a stable code, a place, what is wrong and what to do.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace raad::base {

/// A place in a user's file. Line and column count from 1; 0 means "not known".
struct SourcePlace {
  std::string file;
  int line = 0;
  int column = 0;
};

enum class Severity { warning, error };

/// One finding. `code` is one of `error_codes()` (R0xx) and never changes its meaning.
struct Diagnostic {
  std::string code;
  Severity severity = Severity::error;
  SourcePlace place;
  std::string message;
  std::string hint;  ///< What the user can do about it; may be empty.
};

/// `file:line:column: error R001: message` and, on a second line, the hint.
std::string to_text(const Diagnostic& diagnostic);

/// Collects all findings of a run, so that a user sees every problem at once.
class Diagnostics {
 public:
  void error(std::string code, SourcePlace place, std::string message, std::string hint = {});
  void warning(std::string code, SourcePlace place, std::string message, std::string hint = {});
  void add(Diagnostic diagnostic);
  void append(const Diagnostics& other);
  /// Orders by file, line, column, code; drops exact repeats.
  void sort();

  bool has_errors() const;
  bool empty() const { return all_.empty(); }
  const std::vector<Diagnostic>& all() const { return all_; }

 private:
  std::vector<Diagnostic> all_;
};

/// All findings that are at least as severe, a line each with its hint. What is wrong in the same way in
/// several lines of one file is said once, at the first, with the other lines.
std::string to_text(const Diagnostics& findings, Severity least = Severity::warning);

/// Bad user input: ends a command with exit status 2 after its findings are printed.
class InputError : public std::runtime_error {
 public:
  explicit InputError(Diagnostics findings);
  /// Shorthand for a single error.
  InputError(std::string code, SourcePlace place, std::string message, std::string hint = {});
  const Diagnostics& findings() const { return findings_; }

 private:
  Diagnostics findings_;
};

/// A run that failed numerically: ends a command with exit status 3.
class NumericalError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws InputError when `findings` holds an error.
void throw_if_errors(const Diagnostics& findings);

/// One documented error code; docs/error_codes.md is generated from this list.
struct ErrorCode {
  std::string_view code;
  std::string_view title;
  std::string_view advice;
};
const std::vector<ErrorCode>& error_codes();
bool is_known_code(std::string_view code);

/// Nearest of `candidates` to a misspelt `name` (edit distance at most a third of its length), or "".
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace raad::base
