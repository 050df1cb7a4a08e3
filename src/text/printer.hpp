// Syntax trees back to text: exactly as written, or in the one canonical layout.
#pragma once

#include <string>

#include "text/syntax_tree.hpp"

namespace raad::text {

/// The file as it was written, byte for byte, comments and blanks included.
std::string print_exact(const SyntaxTree& tree);

/// The canonical layout (`raad fmt`): one statement a line, two blanks of indentation, comments kept in
/// place. Formatting its own result changes nothing; parsing it gives the same tree.
std::string print_canonical(const SyntaxTree& tree);

/// A formula with the fewest parentheses that read back as the same tree; numbers in shortest round-trip
/// form.
std::string print_expression(const Expression& expression);

/// The tree as an indented list of nodes, for `raad show --stage ast`.
std::string print_tree(const SyntaxTree& tree);

}  // namespace raad::text
