// The sparse elimination of a Rosenbrock step as straight-line programs.
#pragma once

#include "codegen/program.hpp"
#include "solve/sparse_lu.hpp"

namespace raad::solve {

/// Fills Routine::factor and Routine::substitute for  shift x I - J  with the pattern given. Both follow the
/// order of elimination of LuPattern; what they hand over (results of `factor`, one for each entry of L + U
/// at its position) is -L below the diagonal, -U above it and 1/U on it: the signs that make every update a
/// sum.
void add_elimination(codegen::Programs& programs, const LuPattern& pattern);

}  // namespace raad::solve
