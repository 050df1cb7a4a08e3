// Cuts model text into tokens without losing a byte: blanks and comments travel with the token that follows
// them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/syntax_tree.hpp"

namespace raad::text {

struct LexerOptions {
  /// Whether names may hold `__`, as the flat names of a model without submodels do.
  bool flat_names = false;
};

/// All tokens of `source`; the last is end_of_file. Concatenating `leading` and `text` of all gives `source`
/// again, whatever it holds. Findings: R083 (not UTF-8, byte-order mark, stray carriage return), R005, R003.
std::vector<Token> tokenize(std::string_view source, const std::string& file, const LexerOptions& options,
                            base::Diagnostics& findings);

/// One piece of what stands before a token.
struct Trivia {
  enum class Kind { blank, line_comment, block_comment, join };
  Kind kind = Kind::blank;
  std::string_view text;
};

/// Splits `Token::leading` into its pieces.
std::vector<Trivia> split_trivia(std::string_view leading);

}  // namespace raad::text
