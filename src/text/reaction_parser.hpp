// Reactions and interactions of the model language to trees.
#pragma once

#include <optional>

#include "text/cursor.hpp"
#include "text/syntax_tree.hpp"

namespace raad::text {

/// `[side] ARROW [side] ";" [expr] ["in" name]`; the label was read before. Findings: R003, R007, R026.
Reaction parse_reaction(Cursor& cursor, std::optional<Place> label);

}  // namespace raad::text
