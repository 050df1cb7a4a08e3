// Straight-line programs: what both the interpreter and the native code generator execute.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ir/system.hpp"

namespace raad::codegen {

/// The routines that a solver may call. The first group is made from a system by `lower`; the second is made
/// by the lane solver, whose linear algebra runs as programs too.
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
  linearisation,       ///< rates, then the Jacobian's values, sharing what both need
  factor,              ///< Jacobian values (as states), shift (as parameter 0) -> factors of shift x I - J
  substitute,  ///< right side (as states), its second part (as parameters), factors (as hoisted) -> solution
};
inline constexpr int k_routine_count = 12;

/// Which bits the operations give.
enum class Arithmetic {
  reference,  ///< As model::evaluate says; native code within a few ULP of it
  /// For many lanes: products and sums fused to one rounding where the machine can, exp, ln, pow and tanh of
  /// lane_math.hpp, all else as in native code. The interpreter gives the same bits as native code.
  lanes,
};

/// Forms that only programs have: a*b+c, a*b-c, c-a*b, each with one rounding if Programs::fused says so.
enum class Fused : std::uint8_t { none, multiply_add, multiply_subtract, negative_multiply_add };

/// One operation: result slot and operand slots of the same program.
struct Instruction {
  ir::Operation operation = ir::Operation::add;  ///< Of a fused form: add
  std::int32_t operands[3] = {-1, -1, -1};
  Fused fused = Fused::none;
  int operand_count() const { return fused != Fused::none ? 3 : model::arity_of(operation); }
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
  Arithmetic arithmetic = Arithmetic::reference;
  bool fused = false;  ///< Fused forms round once; false: twice, for machines without the instruction
  int state_count = 0;
  int parameter_count = 0;
  int hoisted_count = 0;
  int output_count = 0;
  int jacobian_nonzeros = 0;
  int event_count = 0;
  const Program& operator[](Routine routine) const { return routines[static_cast<std::size_t>(routine)]; }
};

/// Replaces products that are used in one sum only by fused forms, in every routine. Changes bits, so only
/// programs in lane arithmetic are treated.
void fuse_products(Programs& programs);

/// Lowers a system. `outputs` are nodes of its graph; `parameter_columns` may be null.
Programs lower(const ir::System& system, const std::vector<ir::NodeId>& outputs,
               const ir::SparseNodes* parameter_columns = nullptr);

/// The same in lane arithmetic for this machine, with Routine::linearisation and products fused.
Programs lower_for_lanes(const ir::System& system, const std::vector<ir::NodeId>& outputs);

}  // namespace raad::codegen
