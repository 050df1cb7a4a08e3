// Products that feed one sum become fused forms: one instruction and one rounding instead of two.
#include <vector>

#include "codegen/program.hpp"

namespace raad::codegen {
namespace {

using ir::Operation;

struct Fusion {
  const Program& program;
  std::vector<int> uses;        ///< By slot
  std::vector<char> swallowed;  ///< By instruction: has become part of a later one

  explicit Fusion(const Program& source)
      : program(source),
        uses(source.inputs.size() + source.instructions.size(), 0),
        swallowed(source.instructions.size(), 0) {
    for (const Instruction& one : source.instructions)
      for (int i = 0; i < one.operand_count(); ++i) ++uses[static_cast<std::size_t>(one.operands[i])];
    for (const std::int32_t result : source.results) ++uses[static_cast<std::size_t>(result)];
  }

  /// Whether the slot is a product that nothing else needs. A product with other readers would have to be
  /// made all the same.
  bool is_lone_product(std::int32_t slot) const {
    const auto index = static_cast<std::size_t>(slot) - program.inputs.size();
    if (static_cast<std::size_t>(slot) < program.inputs.size()) return false;
    const Instruction& one = program.instructions[index];
    return one.fused == Fused::none && one.operation == Operation::multiply &&
           uses[static_cast<std::size_t>(slot)] == 1;
  }

  Instruction with_product(Fused form, std::int32_t product, std::int32_t other) {
    const auto index = static_cast<std::size_t>(product) - program.inputs.size();
    swallowed[index] = 1;
    const Instruction& one = program.instructions[index];
    return {Operation::add, {one.operands[0], one.operands[1], other}, form};
  }

  /// Of two lone products the later operand is taken: the other one is ready earlier.
  Instruction fused(const Instruction& one) {
    if (one.fused != Fused::none) return one;
    const std::int32_t a = one.operands[0], b = one.operands[1];
    if (one.operation == Operation::add) {
      if (a != b && is_lone_product(b)) return with_product(Fused::multiply_add, b, a);
      if (a != b && is_lone_product(a)) return with_product(Fused::multiply_add, a, b);
    }
    if (one.operation == Operation::subtract) {
      if (a != b && is_lone_product(b)) return with_product(Fused::negative_multiply_add, b, a);
      if (a != b && is_lone_product(a)) return with_product(Fused::multiply_subtract, a, b);
    }
    return one;
  }
};

Program fused(const Program& program) {
  Fusion fusion(program);
  std::vector<Instruction> made;
  made.reserve(program.instructions.size());
  for (const Instruction& one : program.instructions) made.push_back(fusion.fused(one));
  // Renumber without what was swallowed.
  Program result;
  result.inputs = program.inputs;
  std::vector<std::int32_t> slots(fusion.uses.size());
  for (std::size_t i = 0; i < program.inputs.size(); ++i) slots[i] = static_cast<std::int32_t>(i);
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (fusion.swallowed[i]) continue;
    for (int k = 0; k < made[i].operand_count(); ++k)
      made[i].operands[k] = slots[static_cast<std::size_t>(made[i].operands[k])];
    slots[program.inputs.size() + i] =
        static_cast<std::int32_t>(result.inputs.size() + result.instructions.size());
    result.instructions.push_back(made[i]);
  }
  for (const std::int32_t slot : program.results)
    result.results.push_back(slots[static_cast<std::size_t>(slot)]);
  return result;
}

}  // namespace

void fuse_products(Programs& programs) {
  for (Program& program : programs.routines) program = fused(program);
}

}  // namespace raad::codegen
