// Cuts a long straight-line program into functions of bounded length that hand values on through a workspace.
#pragma once

#include <cstdint>
#include <vector>

#include "codegen/program.hpp"

namespace raad::codegen {

/// LLVM's time grows faster than the length of a function (measured: 10,000 operations in one function 2.5 s,
/// in functions of 400 operations 0.6 s), so a routine is a chain of functions.
struct Partition {
  /// First instruction of each function, and one past the last instruction of all.
  std::vector<std::int32_t> starts;
  /// By instruction: its place in the workspace if a later function reads it, else -1. Places are reused.
  std::vector<std::int32_t> workspace_places;
  int workspace_size = 0;  ///< Places; each holds one value a lane
  int function_count() const { return static_cast<int>(starts.size()) - 1; }
};

Partition partition(const Program& program, int operations_per_function);

}  // namespace raad::codegen
