// The statements of a model (docs/language.md, section 4) to trees.
#pragma once

#include "text/cursor.hpp"
#include "text/syntax_tree.hpp"

namespace raad::text {

/// Reads one statement up to its separator, which is left. Throws StatementAbandoned after a syntax error.
Statement parse_statement(Cursor& cursor);

/// Whether the cursor is at `model QUALIFIER STRING`, a statement, and not at the header of a model.
bool at_model_annotation(const Cursor& cursor);

}  // namespace raad::text
