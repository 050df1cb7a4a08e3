// Text of the model language (docs/language.md, grammar RA-1) to a syntax tree.
#pragma once

#include <string_view>

#include "text/syntax_tree.hpp"

namespace raad::text {

/// Parses a whole file. Every finding of the file is added to `findings` (R002, R003, R004, R005, R007, R021
/// to R024, R026, R027); the parser resumes at the next statement after one. The tree holds all that could be
/// read.
SyntaxTree parse(std::string_view source, std::string file, base::Diagnostics& findings);

/// Parses a single formula such as a regimen table's factor. Null after an error.
ExpressionPointer parse_expression(std::string_view source, const std::string& file,
                                   base::Diagnostics& findings);

}  // namespace raad::text
