#include "codegen/emit_operation.hpp"

#include <llvm/IR/Intrinsics.h>

#include <algorithm>
#include <stdexcept>

#include "codegen/emit.hpp"
#include "codegen/lane_math.hpp"
#include "codegen/vector_math.hpp"

namespace raad::codegen {

using ir::Operation;
using llvm::Value;

OperationEmitter::OperationEmitter(llvm::Module& module, int width, const Meaning& meaning)
    : module_(module),
      context_(module.getContext()),
      width_(width),
      meaning_(meaning),
      builder_(context_),
      numbers_(lane_vector(llvm::Type::getDoubleTy(context_), width)) {}

llvm::Function* OperationEmitter::declare(const std::string& name, llvm::GlobalValue::LinkageTypes linkage,
                                          const std::vector<llvm::Type*>& types) {
  auto* type = llvm::FunctionType::get(llvm::Type::getVoidTy(context_), types, false);
  auto* function = llvm::Function::Create(type, linkage, name, module_);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  // Without these, LLVM would halve 512-bit vectors on processors that it believes to clock down under them.
  function->addFnAttr("prefer-vector-width", std::to_string(width_ * 64));
  function->addFnAttr("min-legal-vector-width", std::to_string(width_ * 64));
  return function;
}

Value* OperationEmitter::number(std::int32_t slot) {
  Held& held = held_[slot];
  if (held.number == nullptr)
    held.number =
        held.truth != nullptr ? builder_.CreateSelect(held.truth, constant(1.0), constant(0.0)) : load(slot);
  return held.number;
}

Value* OperationEmitter::truth(std::int32_t slot) {
  Value* value = held_[slot].truth == nullptr ? number(slot) : nullptr;
  Held& held = held_[slot];
  // As in C: whatever is not equal to zero is true, NaN included.
  if (held.truth == nullptr) held.truth = builder_.CreateFCmpUNE(value, constant(0.0));
  return held.truth;
}

Held OperationEmitter::operation(const Instruction& one) {
  if (one.fused != Fused::none) return {fused(one), nullptr};
  if (model::is_truth_valued(one.operation)) return {nullptr, truth_operation(one)};
  if (one.operation == Operation::select)
    return {builder_.CreateSelect(truth(one.operands[0]), number(one.operands[1]), number(one.operands[2])),
            nullptr};
  return model::arity_of(one.operation) == 2 ? arithmetic(one) : unary(one);
}

Value* OperationEmitter::fused(const Instruction& one) {
  Value* a = number(one.operands[0]);
  Value* b = number(one.operands[1]);
  Value* c = number(one.operands[2]);
  if (!meaning_.fused) {
    Value* product = builder_.CreateFMul(a, b);
    if (one.fused == Fused::multiply_add) return builder_.CreateFAdd(product, c);
    if (one.fused == Fused::multiply_subtract) return builder_.CreateFSub(product, c);
    return builder_.CreateFSub(c, product);
  }
  if (one.fused == Fused::multiply_subtract) c = builder_.CreateFNeg(c);
  if (one.fused == Fused::negative_multiply_add) a = builder_.CreateFNeg(a);
  return builder_.CreateIntrinsic(llvm::Intrinsic::fma, {numbers_}, {a, b, c});
}

Held OperationEmitter::arithmetic(const Instruction& one) {
  Value* a = number(one.operands[0]);
  Value* b = number(one.operands[1]);
  switch (one.operation) {
    case Operation::add:
      return {builder_.CreateFAdd(a, b), nullptr};
    case Operation::subtract:
      return {builder_.CreateFSub(a, b), nullptr};
    case Operation::multiply:
      return {builder_.CreateFMul(a, b), nullptr};
    case Operation::divide:
      return {builder_.CreateFDiv(a, b), nullptr};
    case Operation::minimum:
    case Operation::maximum:
      return {extremum(one.operation, a, b), nullptr};
    default:
      return {call(one.operation, {a, b}), nullptr};
  }
}

Held OperationEmitter::unary(const Instruction& one) {
  Value* a = number(one.operands[0]);
  switch (one.operation) {
    case Operation::negate:
      return {builder_.CreateFNeg(a), nullptr};
    case Operation::square_root:
      return {builder_.CreateUnaryIntrinsic(llvm::Intrinsic::sqrt, a), nullptr};
    case Operation::absolute:
      return {builder_.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, a), nullptr};
    case Operation::floor:
      return {builder_.CreateUnaryIntrinsic(llvm::Intrinsic::floor, a), nullptr};
    case Operation::ceiling:
      return {builder_.CreateUnaryIntrinsic(llvm::Intrinsic::ceil, a), nullptr};
    case Operation::sign:
      return {sign(a), nullptr};
    case Operation::factorial:
      return {factorial(a), nullptr};
    default:
      return {call(one.operation, {a}), nullptr};
  }
}

Value* OperationEmitter::truth_operation(const Instruction& one) {
  const auto compare = [&](llvm::CmpInst::Predicate predicate) {
    return builder_.CreateFCmp(predicate, number(one.operands[0]), number(one.operands[1]));
  };
  switch (one.operation) {
    case Operation::less:
      return compare(llvm::CmpInst::FCMP_OLT);
    case Operation::less_equal:
      return compare(llvm::CmpInst::FCMP_OLE);
    case Operation::greater:
      return compare(llvm::CmpInst::FCMP_OGT);
    case Operation::greater_equal:
      return compare(llvm::CmpInst::FCMP_OGE);
    case Operation::equal:
      return compare(llvm::CmpInst::FCMP_OEQ);
    case Operation::not_equal:
      return compare(llvm::CmpInst::FCMP_UNE);
    case Operation::logical_and:
      return builder_.CreateAnd(truth(one.operands[0]), truth(one.operands[1]));
    case Operation::logical_or:
      return builder_.CreateOr(truth(one.operands[0]), truth(one.operands[1]));
    case Operation::logical_xor:
      return builder_.CreateXor(truth(one.operands[0]), truth(one.operands[1]));
    case Operation::logical_not:
      return builder_.CreateNot(truth(one.operands[0]));
    default:
      throw std::logic_error("not a truth-valued operation");
  }
}

// NaN in either operand gives NaN and a tie gives the first operand, as in model::evaluate: a failed value
// must not vanish in a minimum.
Value* OperationEmitter::extremum(Operation operation, Value* a, Value* b) {
  Value* second_wins =
      operation == Operation::minimum ? builder_.CreateFCmpOLT(b, a) : builder_.CreateFCmpOGT(b, a);
  Value* second_is_nan = builder_.CreateFCmpUNO(b, b);
  return builder_.CreateSelect(builder_.CreateOr(second_wins, second_is_nan), b, a);
}

// Of NaN it is NaN, of either zero +0, as in model::evaluate.
Value* OperationEmitter::sign(Value* a) {
  Value* zero = constant(0.0);
  Value* zero_or_nan = builder_.CreateSelect(builder_.CreateFCmpOEQ(a, zero), zero, a);
  Value* not_positive = builder_.CreateSelect(builder_.CreateFCmpOLT(a, zero), constant(-1.0), zero_or_nan);
  return builder_.CreateSelect(builder_.CreateFCmpOGT(a, zero), constant(1.0), not_positive);
}

llvm::FunctionCallee OperationEmitter::pure_function(const std::string& name, llvm::Type* type,
                                                     std::size_t operand_count) {
  const std::vector<llvm::Type*> operand_types(operand_count, type);
  auto callee = module_.getOrInsertFunction(name, llvm::FunctionType::get(type, operand_types, false));
  auto* function = llvm::cast<llvm::Function>(callee.getCallee());
  function->setDoesNotAccessMemory();
  function->setDoesNotThrow();
  function->setWillReturn();
  return callee;
}

Value* OperationEmitter::call(Operation operation, const std::vector<Value*>& operands) {
  if (meaning_.arithmetic == Arithmetic::lanes && is_lane_function(operation))
    return emit_lane_function(builder_, operation, operands, meaning_.fused);
  const int part_width = std::min(width_, widest_vector_function());
  if (part_width < width_) return call_by_parts(operation, operands, part_width);
  return builder_.CreateCall(
      pure_function(vector_function_name(operation, width_), numbers_, operands.size()), operands);
}

Value* OperationEmitter::call_by_parts(Operation operation, const std::vector<Value*>& operands,
                                       int part_width) {
  llvm::Type* part_type = lane_vector(builder_.getDoubleTy(), part_width);
  const auto callee = pure_function(vector_function_name(operation, part_width), part_type, operands.size());
  Value* whole = llvm::PoisonValue::get(numbers_);
  for (int first = 0; first < width_; first += part_width) {
    std::vector<Value*> parts;
    for (Value* operand : operands) {
      std::vector<int> lanes;
      for (int lane = first; lane < first + part_width; ++lane) lanes.push_back(lane);
      parts.push_back(builder_.CreateShuffleVector(operand, lanes));
    }
    Value* part = builder_.CreateCall(callee, parts);
    const auto lanes = static_cast<std::uint64_t>(part_width);
    const auto offset = static_cast<std::uint64_t>(first);
    for (std::uint64_t lane = 0; lane < lanes; ++lane)
      whole = builder_.CreateInsertElement(whole, builder_.CreateExtractElement(part, lane), offset + lane);
  }
  return whole;
}

Value* OperationEmitter::factorial(Value* a) {
  const auto callee = pure_function(k_factorial_name, builder_.getDoubleTy(), 1);
  if (width_ == 1) return builder_.CreateCall(callee, {a});
  Value* whole = llvm::PoisonValue::get(numbers_);
  for (std::uint64_t lane = 0; lane < static_cast<std::uint64_t>(width_); ++lane)
    whole = builder_.CreateInsertElement(
        whole, builder_.CreateCall(callee, {builder_.CreateExtractElement(a, lane)}), lane);
  return whole;
}

}  // namespace raad::codegen
