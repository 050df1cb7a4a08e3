// Writing straight-line programs by hand: inputs and instructions in any order, slots numbered at the end.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "codegen/program.hpp"

namespace raad::codegen {

/// A value of a program in the making. Inputs are ~0, ~1, ..., instructions 0, 1, ...: their final slots
/// depend on the number of inputs.
using Place = std::int32_t;

class ProgramWriter {
 public:
  /// Each distinct input exists once.
  Place input(const Program::Input& wanted);
  Place input(Program::Input::Kind kind, std::int32_t index) { return input({kind, index, 0.0}); }
  Place constant(double value) { return input({Program::Input::Kind::constant, 0, value}); }
  Place apply(ir::Operation operation, Place a, Place b = 0, Place c = 0);
  /// a*b+c and its kin.
  Place fused(Fused form, Place a, Place b, Place c);
  void result(Place place) { program_.results.push_back(place); }
  /// The finished program; the writer is empty afterwards.
  Program finish();

 private:
  Program program_;
  std::map<std::pair<int, std::pair<std::int32_t, std::uint64_t>>, Place> inputs_;
};

}  // namespace raad::codegen
