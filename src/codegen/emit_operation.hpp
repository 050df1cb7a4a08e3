// One instruction of a program as LLVM code over a vector of lanes: what routines and sweeps share.
#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "codegen/emit.hpp"

namespace raad::codegen {

/// One value in both of its forms; a truth value becomes a number only where arithmetic asks for it.
struct Held {
  llvm::Value* number = nullptr;
  llvm::Value* truth = nullptr;
};

/// Emits operations; whoever derives from it says where operands come from.
class OperationEmitter {
 protected:
  OperationEmitter(llvm::Module& module, int width, const Meaning& meaning);
  ~OperationEmitter() = default;
  /// The value of a slot that is not at hand.
  virtual llvm::Value* load(std::int32_t slot) = 0;
  llvm::Value* number(std::int32_t slot);
  llvm::Value* truth(std::int32_t slot);

  Held operation(const Instruction& one);
  llvm::Value* constant(double value) { return llvm::ConstantFP::get(numbers_, value); }
  /// A function with the attributes of generated code: `names` of its pointer arguments, none of which
  /// overlap.
  llvm::Function* declare(const std::string& name, llvm::GlobalValue::LinkageTypes linkage,
                          const std::vector<llvm::Type*>& types);
  llvm::Type* lane_vector(llvm::Type* element, int width) const {
    return width == 1 ? element : llvm::FixedVectorType::get(element, static_cast<unsigned>(width));
  }
  // Callers' arrays are aligned as doubles only; on aligned data unaligned moves cost nothing extra.
  llvm::Value* load_lanes(llvm::Value* address) {
    return builder_.CreateAlignedLoad(numbers_, address, llvm::Align(8));
  }
  void store_lanes(llvm::Value* value, llvm::Value* address) {
    builder_.CreateAlignedStore(value, address, llvm::Align(8));
  }
  llvm::Value* extremum(ir::Operation operation, llvm::Value* a, llvm::Value* b);

  llvm::Module& module_;
  llvm::LLVMContext& context_;
  int width_;
  Meaning meaning_;
  llvm::IRBuilder<> builder_;
  llvm::Type* numbers_;                          ///< double, or a vector of doubles
  std::unordered_map<std::int32_t, Held> held_;  ///< Slots that the current function has at hand

 private:
  llvm::Value* fused(const Instruction& one);
  Held arithmetic(const Instruction& one);
  Held unary(const Instruction& one);
  llvm::Value* truth_operation(const Instruction& one);
  llvm::Value* sign(llvm::Value* a);
  llvm::Value* call(ir::Operation operation, const std::vector<llvm::Value*>& operands);
  llvm::Value* call_by_parts(ir::Operation operation, const std::vector<llvm::Value*>& operands,
                             int part_width);
  llvm::Value* factorial(llvm::Value* a);
  llvm::FunctionCallee pure_function(const std::string& name, llvm::Type* type, std::size_t operand_count);
};

}  // namespace raad::codegen
