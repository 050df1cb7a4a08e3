// Writes a straight-line program as LLVM functions over vectors of lanes.
#pragma once

#include <memory>
#include <string>

#include "codegen/kernel.hpp"
#include "codegen/partition.hpp"

namespace llvm {
class LLVMContext;
class Module;
}  // namespace llvm

namespace raad::codegen {

/// A module with one function of the name given, `void(const double* time, states, parameters, hoisted,
/// double* results, double* workspace)`, all arrays laid out as codegen::Inputs says, and the functions it is
/// split into. Operations carry no fast-math flags, so each rounds as IEEE 754 says.
std::unique_ptr<llvm::Module> emit_routine(const Program& program, const Partition& cut,
                                           const std::string& name, int width, llvm::LLVMContext& context);

/// Name under which generated code calls model::evaluate for factorials.
inline constexpr const char* k_factorial_name = "raad_factorial";

}  // namespace raad::codegen
