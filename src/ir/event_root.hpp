// Continuous functions whose sign follows a truth value, so that a solver can locate events by root finding.
#pragma once

#include "ir/graph.hpp"

namespace raad::ir {

/// A function that is > 0 where `trigger` is true, < 0 where it is false, and continuous wherever its
/// relations compare continuous quantities: a > b and a >= b give a-b, a < b and a <= b give b-a, `and` the
/// minimum, `or` the maximum, `not` the negative. Whether the trigger holds exactly at a root is for the
/// trigger itself to say. Without a useful sign change: a == b gives -|a-b|, which touches 0 from below;
/// other truth values (constants, numbers used as truth values) jump between 1 and -1.
NodeId event_root(Graph& graph, NodeId trigger);

}  // namespace raad::ir
