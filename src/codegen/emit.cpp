#include "codegen/emit.hpp"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "codegen/emit_operation.hpp"

namespace raad::codegen {
namespace {

using llvm::Value;

/// Position of each array among a function's arguments.
enum Argument : unsigned { time, states, parameters, hoisted, results, workspace, argument_count };

class RoutineEmitter final : private OperationEmitter {
 public:
  RoutineEmitter(const Program& program, const Partition& cut, const std::string& name, int width,
                 const Meaning& meaning, llvm::Module& module);
  void emit();

 private:
  llvm::Function* declare_part(const std::string& name, llvm::GlobalValue::LinkageTypes linkage);
  void emit_part(llvm::Function* function, int part);
  void store_results(std::int32_t first_slot, std::int32_t end_slot);
  Value* load(std::int32_t slot) override;
  Value* load_input(const Program::Input& input);
  Value* lane_address(Argument array, std::int32_t index);
  Value* load(Argument array, std::int32_t index) { return load_lanes(lane_address(array, index)); }

  const Program& program_;
  const Partition& cut_;
  std::string name_;
  llvm::Function* function_ = nullptr;
  std::int32_t input_count_;
  std::vector<std::vector<std::int32_t>> results_of_slot_;
};

RoutineEmitter::RoutineEmitter(const Program& program, const Partition& cut, const std::string& name,
                               int width, const Meaning& meaning, llvm::Module& module)
    : OperationEmitter(module, width, meaning),
      program_(program),
      cut_(cut),
      name_(name),
      input_count_(static_cast<std::int32_t>(program.inputs.size())),
      results_of_slot_(program.inputs.size() + program.instructions.size()) {
  for (std::size_t i = 0; i < program.results.size(); ++i)
    results_of_slot_[static_cast<std::size_t>(program.results[i])].push_back(static_cast<std::int32_t>(i));
}

void RoutineEmitter::emit() {
  llvm::Function* entry = declare_part(name_, llvm::GlobalValue::ExternalLinkage);
  std::vector<llvm::Function*> parts = {entry};
  if (cut_.function_count() > 1) {
    parts.clear();
    builder_.SetInsertPoint(llvm::BasicBlock::Create(context_, "", entry));
    std::vector<Value*> arguments;
    for (auto& argument : entry->args()) arguments.push_back(&argument);
    for (int part = 0; part < cut_.function_count(); ++part) {
      parts.push_back(
          declare_part(fmt::format("{}_part{}", name_, part), llvm::GlobalValue::InternalLinkage));
      builder_.CreateCall(parts.back(), arguments);
    }
    builder_.CreateRetVoid();
  }
  for (int part = 0; part < cut_.function_count(); ++part)
    emit_part(parts[static_cast<std::size_t>(part)], part);
}

llvm::Function* RoutineEmitter::declare_part(const std::string& name,
                                             llvm::GlobalValue::LinkageTypes linkage) {
  auto* function = declare(name, linkage,
                           std::vector<llvm::Type*>(argument_count, llvm::PointerType::getUnqual(context_)));
  static constexpr std::array<const char*, argument_count> names = {"time",    "states",  "parameters",
                                                                    "hoisted", "results", "workspace"};
  for (unsigned i = 0; i < argument_count; ++i) {
    function->getArg(i)->setName(names[i]);
    // Arrays never overlap (Kernel::run), which frees loads to move past stores.
    function->addParamAttr(i, llvm::Attribute::NoAlias);
    if (i < results) function->addParamAttr(i, llvm::Attribute::ReadOnly);
  }
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
    if (place >= 0) store_lanes(number(input_count_ + i), lane_address(workspace, place));
  }
  store_results(input_count_ + cut_.starts[at], input_count_ + cut_.starts[at + 1]);
  if (part == 0) store_results(0, input_count_);  // Results that are plain inputs.
  builder_.CreateRetVoid();
}

void RoutineEmitter::store_results(std::int32_t first_slot, std::int32_t end_slot) {
  for (std::int32_t slot = first_slot; slot < end_slot; ++slot)
    for (const std::int32_t result : results_of_slot_[static_cast<std::size_t>(slot)])
      store_lanes(number(slot), lane_address(results, result));
}

Value* RoutineEmitter::load(std::int32_t slot) {
  if (slot < input_count_) return load_input(program_.inputs[static_cast<std::size_t>(slot)]);
  return load(workspace, cut_.workspace_places[static_cast<std::size_t>(slot - input_count_)]);
}

Value* RoutineEmitter::load_input(const Program::Input& input) {
  switch (input.kind) {
    case Program::Input::Kind::constant:
      return constant(input.value);
    case Program::Input::Kind::time:
      return load(time, 0);
    case Program::Input::Kind::state:
      return load(states, input.index);
    case Program::Input::Kind::parameter:
      return load(parameters, input.index);
    case Program::Input::Kind::hoisted:
      return load(hoisted, input.index);
  }
  throw std::logic_error("unknown kind of input");
}

Value* RoutineEmitter::lane_address(Argument array, std::int32_t index) {
  return builder_.CreateConstInBoundsGEP1_64(
      builder_.getDoubleTy(), function_->getArg(array),
      static_cast<std::uint64_t>(index) * static_cast<std::uint64_t>(width_));
}

}  // namespace

void emit_routine(const Program& program, const Partition& cut, const std::string& name, int width,
                  const Meaning& meaning, llvm::Module& module) {
  RoutineEmitter(program, cut, name, width, meaning, module).emit();
}

}  // namespace raad::codegen
