// exp, ln, log10, x^y, tanh and quotients with one definition for interpreted and generated code.
#pragma once

#include <span>
#include <string_view>

#include "ir/graph.hpp"

namespace llvm {
class IRBuilderBase;
class Value;
}  // namespace llvm

namespace raad::codegen {

/// What is promised about one operation. lane_functions() is the contract that
/// test/codegen/test_lane_math.cpp checks and docs/theory/numerics.md quotes.
struct LaneFunction {
  ir::Operation operation;
  double fused_ulp;    ///< Largest distance from the exact value, with fused multiply-add [units in the last
                       ///< place]
  double unfused_ulp;  ///< The same where products and sums round separately
  std::string_view range;
  std::string_view special_values;
};

/// The contract, one entry an operation. Results below 2^-1022 underflow gradually, within the same bounds.
std::span<const LaneFunction> lane_functions();

bool is_lane_function(ir::Operation operation);

/// Whether this machine's lanes have fused multiply-add (and the vectors that come with it). Bits differ
/// between machines with and without.
bool has_fused_multiply_add();

/// The value of one operation on one lane: the same bits as the code of emit_lane_function. Throws
/// std::logic_error if the operation is no lane function.
double lane_evaluate(ir::Operation operation, std::span<const double> operands, bool fused);

/// Writes the operation, without calls (but of `floor` where the processor has no instruction for it), on
/// doubles or vectors of doubles. The target must not fuse products and sums on its own
/// (llvm::FPOpFusion::Strict). Throws std::logic_error if the operation is no lane function.
llvm::Value* emit_lane_function(llvm::IRBuilderBase& builder, ir::Operation operation,
                                std::span<llvm::Value* const> operands, bool fused);

}  // namespace raad::codegen
