// Writes straight-line programs as LLVM functions over vectors of lanes.
#pragma once

#include <string>

#include "codegen/partition.hpp"
#include "codegen/sweep.hpp"

namespace llvm {
class Module;
}

namespace raad::codegen {

/// How a program's operations are meant: see Programs.
struct Meaning {
  Arithmetic arithmetic = Arithmetic::reference;
  bool fused = false;
};

/// Adds a function of the name given, `void(const double* time, states, parameters, hoisted, double* results,
/// double* workspace)`, all arrays laid out as codegen::Inputs says, and the functions it is split into.
/// Operations carry no fast-math flags, so each rounds as IEEE 754 says.
void emit_routine(const Program& program, const Partition& cut, const std::string& name, int width,
                  const Meaning& meaning, llvm::Module& module);

/// Adds a loop, `void(double* const* arrays, const double* lanes, const double* const* tables, double*
/// reductions, int64_t count)`, as codegen::SweepInputs says.
void emit_sweep(const Sweep& sweep, const std::string& name, int width, const Meaning& meaning,
                llvm::Module& module);

/// Name under which generated code calls model::evaluate for factorials.
inline constexpr const char* k_factorial_name = "raad_factorial";

}  // namespace raad::codegen
