// A short program applied to every state in turn: the vector arithmetic between evaluations of a system.
#pragma once

#include <vector>

#include "codegen/program.hpp"

namespace raad::codegen {

/// For s = 0, 1, ..., count-1 the body reads
///   Input::Kind::state      element s of array `index` (one value a lane),
///   Input::Kind::parameter  value `index` of each lane, the same for every s,
///   Input::Kind::hoisted    element s of table `index`, the same for every lane,
/// and its results are, in this order, the new elements s of the arrays `stores`, then what the reductions
/// take. Within one s all reads come before the writes, so an array may be changed in place.
struct Sweep {
  enum class Reduction { sum, minimum };
  Program body;
  std::vector<int> stores;
  std::vector<Reduction> reductions;  ///< Start from 0 and from +infinity; taken in the order of s
};

/// Arrays of one call, lane innermost.
struct SweepInputs {
  double* const* arrays = nullptr;        ///< [array] -> [count][width]
  const double* lanes = nullptr;          ///< [value][width]
  const double* const* tables = nullptr;  ///< [table] -> [count]
  double* reductions = nullptr;           ///< [reduction][width]
  int count = 0;
};

}  // namespace raad::codegen
