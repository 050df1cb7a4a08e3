// The derivative of one operation by one of its operands.
#pragma once

#include "ir/graph.hpp"

namespace raad::ir {

/// d(node)/d(operand number `operand`), a node that does not know what the operand depends on. For every
/// operation but minimum, maximum and select, whose derivatives choose between those of their operands. `id`
/// is the node itself, so that a slope can share its value (exp' = exp).
NodeId local_slope(Graph& graph, NodeId id, int operand);

}  // namespace raad::ir
