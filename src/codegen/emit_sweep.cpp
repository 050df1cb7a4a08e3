#include <array>
#include <limits>
#include <stdexcept>
#include <unordered_map>

#include "codegen/emit.hpp"
#include "codegen/emit_operation.hpp"

namespace raad::codegen {
namespace {

using llvm::Value;

enum Argument : unsigned { arrays, lanes, tables, reductions, count, argument_count };

class SweepEmitter final : private OperationEmitter {
 public:
  SweepEmitter(const Sweep& sweep, const std::string& name, int width, const Meaning& meaning,
               llvm::Module& module)
      : OperationEmitter(module, width, meaning), sweep_(sweep), name_(name) {}
  void emit();

 private:
  using Kind = Program::Input::Kind;

  Value* load(std::int32_t slot) override;
  void load_before_loop();
  Value* pointer(Argument table, std::int32_t index);
  Value* array_element(std::int32_t array);
  Value* load_input(const Program::Input& input);
  void emit_body(const std::vector<llvm::PHINode*>& sums);
  Value* reduced(Sweep::Reduction kind, Value* so_far, Value* value);

  const Sweep& sweep_;
  std::string name_;
  llvm::Function* function_ = nullptr;
  Value* index_ = nullptr;
  std::unordered_map<std::int32_t, Value*> array_pointers_, table_pointers_, lane_values_;
  std::vector<Value*> next_sums_;
};

Value* SweepEmitter::pointer(Argument table, std::int32_t index) {
  auto* type = llvm::PointerType::getUnqual(context_);
  return builder_.CreateLoad(type, builder_.CreateConstInBoundsGEP1_64(type, function_->getArg(table),
                                                                       static_cast<std::uint64_t>(index)));
}

/// Pointers and what is the same for every element.
void SweepEmitter::load_before_loop() {
  for (const auto& input : sweep_.body.inputs) {
    if (input.kind == Kind::state && array_pointers_.count(input.index) == 0)
      array_pointers_[input.index] = pointer(arrays, input.index);
    if (input.kind == Kind::hoisted && table_pointers_.count(input.index) == 0)
      table_pointers_[input.index] = pointer(tables, input.index);
    if (input.kind == Kind::parameter && lane_values_.count(input.index) == 0)
      lane_values_[input.index] = load_lanes(builder_.CreateConstInBoundsGEP1_64(
          builder_.getDoubleTy(), function_->getArg(lanes),
          static_cast<std::uint64_t>(input.index) * static_cast<std::uint64_t>(width_)));
  }
  for (const int array : sweep_.stores)
    if (array_pointers_.count(array) == 0) array_pointers_[array] = pointer(arrays, array);
}

Value* SweepEmitter::array_element(std::int32_t array) {
  Value* offset = builder_.CreateMul(index_, builder_.getInt64(static_cast<std::uint64_t>(width_)));
  return builder_.CreateInBoundsGEP(builder_.getDoubleTy(), array_pointers_.at(array), offset);
}

Value* SweepEmitter::load_input(const Program::Input& input) {
  switch (input.kind) {
    case Kind::constant:
      return constant(input.value);
    case Kind::state:
      return load_lanes(array_element(input.index));
    case Kind::parameter:
      return lane_values_.at(input.index);
    case Kind::hoisted: {
      Value* one = builder_.CreateLoad(
          builder_.getDoubleTy(),
          builder_.CreateInBoundsGEP(builder_.getDoubleTy(), table_pointers_.at(input.index), index_));
      return width_ == 1 ? one : builder_.CreateVectorSplat(static_cast<unsigned>(width_), one);
    }
    case Kind::time:
      break;
  }
  throw std::logic_error("a sweep knows no time");
}

Value* SweepEmitter::load(std::int32_t slot) {
  return load_input(sweep_.body.inputs[static_cast<std::size_t>(slot)]);
}

Value* SweepEmitter::reduced(Sweep::Reduction kind, Value* so_far, Value* value) {
  return kind == Sweep::Reduction::sum ? builder_.CreateFAdd(so_far, value)
                                       : extremum(ir::Operation::minimum, so_far, value);
}

void SweepEmitter::emit_body(const std::vector<llvm::PHINode*>& sums) {
  const auto& body = sweep_.body;
  const auto input_count = static_cast<std::int32_t>(body.inputs.size());
  for (std::int32_t slot = 0; slot < input_count; ++slot) number(slot);
  for (std::size_t i = 0; i < body.instructions.size(); ++i)
    held_[input_count + static_cast<std::int32_t>(i)] = operation(body.instructions[i]);
  for (std::size_t i = 0; i < sweep_.stores.size(); ++i)
    store_lanes(number(body.results[i]), array_element(sweep_.stores[i]));
  for (std::size_t i = 0; i < sums.size(); ++i)
    next_sums_.push_back(
        reduced(sweep_.reductions[i], sums[i], number(body.results[sweep_.stores.size() + i])));
}

void SweepEmitter::emit() {
  auto* pointer_type = llvm::PointerType::getUnqual(context_);
  std::vector<llvm::Type*> types(argument_count, pointer_type);
  types[count] = builder_.getInt64Ty();
  function_ = declare(name_, llvm::GlobalValue::ExternalLinkage, types);
  auto* entry = llvm::BasicBlock::Create(context_, "", function_);
  auto* loop = llvm::BasicBlock::Create(context_, "loop", function_);
  auto* end = llvm::BasicBlock::Create(context_, "end", function_);
  builder_.SetInsertPoint(entry);
  load_before_loop();
  Value* none = builder_.CreateICmpSLE(function_->getArg(count), builder_.getInt64(0));
  builder_.CreateCondBr(none, end, loop);

  builder_.SetInsertPoint(loop);
  auto* index = builder_.CreatePHI(builder_.getInt64Ty(), 2);
  index_ = index;
  std::vector<Value*> starts;
  std::vector<llvm::PHINode*> sums;
  for (const auto kind : sweep_.reductions) {
    starts.push_back(constant(kind == Sweep::Reduction::sum ? 0.0 : std::numeric_limits<double>::infinity()));
    sums.push_back(builder_.CreatePHI(numbers_, 2));
    sums.back()->addIncoming(starts.back(), entry);
  }
  emit_body(sums);
  Value* next = builder_.CreateAdd(index, builder_.getInt64(1));
  index->addIncoming(builder_.getInt64(0), entry);
  index->addIncoming(next, loop);
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i]->addIncoming(next_sums_[i], loop);
  builder_.CreateCondBr(builder_.CreateICmpSLT(next, function_->getArg(count)), loop, end);

  builder_.SetInsertPoint(end);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    auto* sum = builder_.CreatePHI(numbers_, 2);
    sum->addIncoming(starts[i], entry);
    sum->addIncoming(next_sums_[i], loop);
    next_sums_[i] = sum;
  }
  for (std::size_t i = 0; i < sums.size(); ++i)
    store_lanes(next_sums_[i], builder_.CreateConstInBoundsGEP1_64(
                                   builder_.getDoubleTy(), function_->getArg(reductions),
                                   static_cast<std::uint64_t>(i) * static_cast<std::uint64_t>(width_)));
  builder_.CreateRetVoid();
}

}  // namespace

void emit_sweep(const Sweep& sweep, const std::string& name, int width, const Meaning& meaning,
                llvm::Module& module) {
  SweepEmitter(sweep, name, width, meaning, module).emit();
}

}  // namespace raad::codegen
