#include "codegen/emit.hpp"

#include <fmt/format.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <unordered_map>

#include "codegen/vector_math.hpp"

namespace raad::codegen {
namespace {

using ir::Operation;
using llvm::Value;

/// Position of each array among a function's arguments.
enum Argument : unsigned { time, states, parameters, hoisted, results, workspace, argument_count };

/// One value in both of its forms; a truth value becomes a number only where arithmetic asks for it.
struct Held {
  Value* number = nullptr;
  Value* truth = nullptr;
};

class RoutineEmitter {
 public:
  RoutineEmitter(const Program& program, const Partition& cut, const std::string& name, int width,
                 llvm::LLVMContext& context);
  std::unique_ptr<llvm::Module> emit();

 private:
  llvm::Function* declare(const std::string& name, llvm::GlobalValue::LinkageTypes linkage);
  void emit_part(llvm::Function* function, int part);
  void store_results(std::int32_t first_slot, std::int32_t end_slot);

  // Slots
  Value* number(std::int32_t slot);
  Value* truth(std::int32_t slot);
  Value* load_input(const Program::Input& input);
  Value* lane_address(Argument array, std::int32_t index);
  Value* load_lanes(Argument array, std::int32_t index);
  void store_lanes(Value* value, Argument array, std::int32_t index);

  // Operations
  Held operation(const Instruction& one);
  Held arithmetic(const Instruction& one);
  Held unary(const Instruction& one);
  Value* truth_operation(const Instruction& one);
  Value* extremum(Operation operation, Value* a, Value* b);
  Value* sign(Value* a);
  Value* call(Operation operation, const std::vector<Value*>& operands);
  Value* call_by_parts(Operation operation, const std::vector<Value*>& operands, int part_width);
  Value* factorial(Value* a);
  llvm::FunctionCallee pure_function(const std::string& name, llvm::Type* type, std::size_t operand_count);

  llvm::Type* lane_vector(llvm::Type* element, int width) const {
    return width == 1 ? element : llvm::FixedVectorType::get(element, static_cast<unsigned>(width));
  }
  Value* constant(double value) { return llvm::ConstantFP::get(numbers_, value); }

  const Program& program_;
  const Partition& cut_;
  std::string name_;
  int width_;
  llvm::LLVMContext& context_;
  std::unique_ptr<llvm::Module> module_;
  llvm::IRBuilder<> builder_;
  llvm::Type* numbers_;  ///< double, or a vector of doubles
  llvm::Function* function_ = nullptr;
  std::int32_t input_count_;
  std::vector<std::vector<std::int32_t>> results_of_slot_;
  std::unordered_map<std::int32_t, Held> held_;  ///< Slots that the current function has at hand
};

RoutineEmitter::RoutineEmitter(const Program& program, const Partition& cut, const std::string& name,
                               int width, llvm::LLVMContext& context)
    : program_(program),
      cut_(cut),
      name_(name),
      width_(width),
      context_(context),
      module_(std::make_unique<llvm::Module>(name, context)),
      builder_(context),
      numbers_(lane_vector(llvm::Type::getDoubleTy(context), width)),
      input_count_(static_cast<std::int32_t>(program.inputs.size())),
      results_of_slot_(program.inputs.size() + program.instructions.size()) {
  for (std::size_t i = 0; i < program.results.size(); ++i)
    results_of_slot_[static_cast<std::size_t>(program.results[i])].push_back(static_cast<std::int32_t>(i));
}

std::unique_ptr<llvm::Module> RoutineEmitter::emit() {
  llvm::Function* entry = declare(name_, llvm::GlobalValue::ExternalLinkage);
  std::vector<llvm::Function*> parts = {entry};
  if (cut_.function_count() > 1) {
    parts.clear();
    builder_.SetInsertPoint(llvm::BasicBlock::Create(context_, "", entry));
    std::vector<Value*> arguments;
    for (auto& argument : entry->args()) arguments.push_back(&argument);
    for (int part = 0; part < cut_.function_count(); ++part) {
      parts.push_back(declare(fmt::format("{}_part{}", name_, part), llvm::GlobalValue::InternalLinkage));
      builder_.CreateCall(parts.back(), arguments);
    }
    builder_.CreateRetVoid();
  }
  for (int part = 0; part < cut_.function_count(); ++part)
    emit_part(parts[static_cast<std::size_t>(part)], part);
  std::string complaint;
  llvm::raw_string_ostream stream(complaint);
  if (llvm::verifyModule(*module_, &stream)) throw std::logic_error("invalid LLVM code: " + complaint);
  return std::move(module_);
}

llvm::Function* RoutineEmitter::declare(const std::string& name, llvm::GlobalValue::LinkageTypes linkage) {
  const std::vector<llvm::Type*> types(argument_count, llvm::PointerType::getUnqual(context_));
  auto* type = llvm::FunctionType::get(llvm::Type::getVoidTy(context_), types, false);
  auto* function = llvm::Function::Create(type, linkage, name, *module_);
  static constexpr std::array<const char*, argument_count> names = {"time",    "states",  "parameters",
                                                                    "hoisted", "results", "workspace"};
  for (unsigned i = 0; i < argument_count; ++i) {
    function->getArg(i)->setName(names[i]);
    // Arrays never overlap (Kernel::run), which frees loads to move past stores.
    function->addParamAttr(i, llvm::Attribute::NoAlias);
    if (i < results) function->addParamAttr(i, llvm::Attribute::ReadOnly);
  }
  function->addFnAttr(llvm::Attribute::NoUnwind);
  // Without these, LLVM would halve 512-bit vectors on processors that it believes to clock down under them.
  function->addFnAttr("prefer-vector-width", std::to_string(width_ * 64));
  function->addFnAttr("min-legal-vector-width", std::to_string(width_ * 64));
  return function;
}

void RoutineEmitter::emit_part(llvm::Function* function, int part) {
  function_ = function;
  held_.clear();
  builder_.SetInsertPoint(llvm::BasicBlock::Create(context_, "", function));
  const auto at = static_cast<std::size_t>(part);
  for (std::int32_t i = cut_.starts[at]; i < cut_.starts[at + 1]; ++i) {
    held_[input_count_ + i] = operation(program_.instructions[static_cast<std::size_t>(i)]);
    const std::int32_t place = cut_.workspace_places[static_cast<std::size_t>(i)];
    if (place >= 0) store_lanes(number(input_count_ + i), workspace, place);
  }
  store_results(input_count_ + cut_.starts[at], input_count_ + cut_.starts[at + 1]);
  if (part == 0) store_results(0, input_count_);  // Results that are plain inputs.
  builder_.CreateRetVoid();
}

void RoutineEmitter::store_results(std::int32_t first_slot, std::int32_t end_slot) {
  for (std::int32_t slot = first_slot; slot < end_slot; ++slot)
    for (const std::int32_t result : results_of_slot_[static_cast<std::size_t>(slot)])
      store_lanes(number(slot), results, result);
}

Value* RoutineEmitter::number(std::int32_t slot) {
  Held& held = held_[slot];
  if (held.number != nullptr) return held.number;
  if (held.truth != nullptr)
    held.number = builder_.CreateSelect(held.truth, constant(1.0), constant(0.0));
  else if (slot < input_count_)
    held.number = load_input(program_.inputs[static_cast<std::size_t>(slot)]);
  else
    held.number = load_lanes(workspace, cut_.workspace_places[static_cast<std::size_t>(slot - input_count_)]);
  return held.number;
}

Value* RoutineEmitter::truth(std::int32_t slot) {
  Value* as_number = held_[slot].truth == nullptr ? number(slot) : nullptr;
  Held& held = held_[slot];
  // As in C: whatever is not equal to zero is true, NaN included.
  if (held.truth == nullptr) held.truth = builder_.CreateFCmpUNE(as_number, constant(0.0));
  return held.truth;
}

Value* RoutineEmitter::load_input(const Program::Input& input) {
  switch (input.kind) {
    case Program::Input::Kind::constant:
      return constant(input.value);
    case Program::Input::Kind::time:
      return load_lanes(time, 0);
    case Program::Input::Kind::state:
      return load_lanes(states, input.index);
    case Program::Input::Kind::parameter:
      return load_lanes(parameters, input.index);
    case Program::Input::Kind::hoisted:
      return load_lanes(hoisted, input.index);
  }
  throw std::logic_error("unknown kind of input");
}

Value* RoutineEmitter::lane_address(Argument array, std::int32_t index) {
  return builder_.CreateConstInBoundsGEP1_64(
      builder_.getDoubleTy(), function_->getArg(array),
      static_cast<std::uint64_t>(index) * static_cast<std::uint64_t>(width_));
}

// Callers' arrays are aligned as doubles only; on aligned data unaligned moves cost nothing extra.
Value* RoutineEmitter::load_lanes(Argument array, std::int32_t index) {
  return builder_.CreateAlignedLoad(numbers_, lane_address(array, index), llvm::Align(8));
}

void RoutineEmitter::store_lanes(Value* value, Argument array, std::int32_t index) {
  builder_.CreateAlignedStore(value, lane_address(array, index), llvm::Align(8));
}

Held RoutineEmitter::operation(const Instruction& one) {
  if (model::is_truth_valued(one.operation)) return {nullptr, truth_operation(one)};
  if (one.operation == Operation::select)
    return {builder_.CreateSelect(truth(one.operands[0]), number(one.operands[1]), number(one.operands[2])),
            nullptr};
  return model::arity_of(one.operation) == 2 ? arithmetic(one) : unary(one);
}

Held RoutineEmitter::arithmetic(const Instruction& one) {
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

Held RoutineEmitter::unary(const Instruction& one) {
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

Value* RoutineEmitter::truth_operation(const Instruction& one) {
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
Value* RoutineEmitter::extremum(Operation operation, Value* a, Value* b) {
  Value* second_wins =
      operation == Operation::minimum ? builder_.CreateFCmpOLT(b, a) : builder_.CreateFCmpOGT(b, a);
  Value* second_is_nan = builder_.CreateFCmpUNO(b, b);
  return builder_.CreateSelect(builder_.CreateOr(second_wins, second_is_nan), b, a);
}

// Of NaN it is NaN, of either zero +0, as in model::evaluate.
Value* RoutineEmitter::sign(Value* a) {
  Value* zero = constant(0.0);
  Value* zero_or_nan = builder_.CreateSelect(builder_.CreateFCmpOEQ(a, zero), zero, a);
  Value* not_positive = builder_.CreateSelect(builder_.CreateFCmpOLT(a, zero), constant(-1.0), zero_or_nan);
  return builder_.CreateSelect(builder_.CreateFCmpOGT(a, zero), constant(1.0), not_positive);
}

llvm::FunctionCallee RoutineEmitter::pure_function(const std::string& name, llvm::Type* type,
                                                   std::size_t operand_count) {
  const std::vector<llvm::Type*> operand_types(operand_count, type);
  auto callee = module_->getOrInsertFunction(name, llvm::FunctionType::get(type, operand_types, false));
  auto* function = llvm::cast<llvm::Function>(callee.getCallee());
  function->setDoesNotAccessMemory();
  function->setDoesNotThrow();
  function->setWillReturn();
  return callee;
}

Value* RoutineEmitter::call(Operation operation, const std::vector<Value*>& operands) {
  const int part_width = std::min(width_, widest_vector_function());
  if (part_width < width_) return call_by_parts(operation, operands, part_width);
  return builder_.CreateCall(
      pure_function(vector_function_name(operation, width_), numbers_, operands.size()), operands);
}

Value* RoutineEmitter::call_by_parts(Operation operation, const std::vector<Value*>& operands,
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

Value* RoutineEmitter::factorial(Value* a) {
  const auto callee = pure_function(k_factorial_name, builder_.getDoubleTy(), 1);
  if (width_ == 1) return builder_.CreateCall(callee, {a});
  Value* whole = llvm::PoisonValue::get(numbers_);
  for (std::uint64_t lane = 0; lane < static_cast<std::uint64_t>(width_); ++lane)
    whole = builder_.CreateInsertElement(
        whole, builder_.CreateCall(callee, {builder_.CreateExtractElement(a, lane)}), lane);
  return whole;
}

}  // namespace

std::unique_ptr<llvm::Module> emit_routine(const Program& program, const Partition& cut,
                                           const std::string& name, int width, llvm::LLVMContext& context) {
  return RoutineEmitter(program, cut, name, width, context).emit();
}

}  // namespace raad::codegen
