// Straight-line programs: what both the interpreter and the native code generator execute.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ir/system.hpp"

namespace raad::codegen {

/// The routines that a solver may call.
enum class Routine {
  hoist,            ///< parameter-only subexpressions -> hoisted block
  initial_states,   ///< states at the start
  rates,            ///< d states / d time
  jacobian,         ///< values of ir::System::jacobian, in its order
  time_derivative,  ///< explicit d rates / d time
  outputs,          ///< the chosen quantities
  event_roots,      ///< ir::Event::root of each event
  event_values,  ///< for each event: delay (0 if none), priority (-infinity if none), then its assignments'
                 ///< values
  parameter_jacobian,  ///< values of the chosen parameter Jacobian, in its order
};
inline constexpr int k_routine_count = 9;

/// One operation: result slot and operand slots of the same program.
struct Instruction {
  ir::Operation operation = ir::Operation::add;
  std::int32_t operands[3] = {-1, -1, -1};
};

/// Slots are numbered: first `inputs` (loads), then one slot for each instruction in order.
struct Program {
  struct Input {
    enum class Kind : std::uint8_t { constant, time, state, parameter, hoisted } kind = Kind::constant;
    std::int32_t index = 0;
    double value = 0.0;
  };
  std::vector<Input> inputs;
  std::vector<Instruction> instructions;
  std::vector<std::int32_t> results;  ///< Slot of each result
};

/// All routines of a system for one choice of outputs. Parameter-only subexpressions are computed once by
/// `hoist` and are inputs of the others.
struct Programs {
  std::array<Program, k_routine_count> routines;
  int state_count = 0;
  int parameter_count = 0;
  int hoisted_count = 0;
  int output_count = 0;
  int jacobian_nonzeros = 0;
  int event_count = 0;
  const Program& operator[](Routine routine) const { return routines[static_cast<std::size_t>(routine)]; }
};

/// Lowers a system. `outputs` are nodes of its graph; `parameter_columns` may be null.
Programs lower(const ir::System& system, const std::vector<ir::NodeId>& outputs,
               const ir::SparseNodes* parameter_columns = nullptr);

}  // namespace raad::codegen
