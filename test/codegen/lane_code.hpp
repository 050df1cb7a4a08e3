// Machine code of single lane functions, for tests.
#pragma once

#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/TargetSelect.h>

#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "codegen/lane_math.hpp"

namespace raad::test {

/// results[i] = operation(first[i], second[i]) for all i < count, `width` lanes at a time.
class LaneCode {
 public:
  LaneCode(ir::Operation operation, unsigned width, bool fused) : width_(width) {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    auto host = llvm::cantFail(llvm::orc::JITTargetMachineBuilder::detectHost());
    host.getOptions().AllowFPOpFusion = llvm::FPOpFusion::Strict;
    jit_ = llvm::cantFail(llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(std::move(host)).create());
    // For processors without an instruction for it.
    llvm::cantFail(jit_->getMainJITDylib().define(llvm::orc::absoluteSymbols(
        {{jit_->mangleAndIntern("floor"),
          {llvm::orc::ExecutorAddr::fromPtr(static_cast<double (*)(double)>(&std::floor)),
           llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable}}})));
    auto context = std::make_unique<llvm::LLVMContext>();
    auto module = std::make_unique<llvm::Module>("lanes", *context);
    module->setDataLayout(jit_->getDataLayout());
    emit_loop(*module, operation, width, fused);
    valid_ = !llvm::verifyModule(*module);
    llvm::cantFail(jit_->addIRModule(llvm::orc::ThreadSafeModule(std::move(module), std::move(context))));
    loop_ = llvm::cantFail(jit_->lookup("loop")).toPtr<Loop>();
  }

  bool valid() const { return valid_; }

  /// The arrays have equal sizes, a multiple of the width.
  void run(const std::vector<double>& first, const std::vector<double>& second,
           std::vector<double>& results) const {
    loop_(first.data(), second.data(), results.data(), first.size());
  }

 private:
  using Loop = void (*)(const double*, const double*, double*, std::uint64_t);

  static void emit_loop(llvm::Module& module, ir::Operation operation, unsigned width, bool fused) {
    auto& context = module.getContext();
    llvm::IRBuilder<> builder(context);
    auto* pointer = llvm::PointerType::getUnqual(context);
    auto* type = llvm::FunctionType::get(builder.getVoidTy(),
                                         {pointer, pointer, pointer, builder.getInt64Ty()}, false);
    auto* function = llvm::Function::Create(type, llvm::Function::ExternalLinkage, "loop", module);
    // Keep LLVM from halving 512-bit vectors.
    function->addFnAttr("prefer-vector-width", std::to_string(width * 64));
    function->addFnAttr("min-legal-vector-width", std::to_string(width * 64));
    auto* entry = llvm::BasicBlock::Create(context, "", function);
    auto* body = llvm::BasicBlock::Create(context, "", function);
    auto* end = llvm::BasicBlock::Create(context, "", function);
    builder.SetInsertPoint(entry);
    builder.CreateBr(body);
    builder.SetInsertPoint(body);
    auto* index = builder.CreatePHI(builder.getInt64Ty(), 2);
    llvm::Type* numbers = builder.getDoubleTy();
    if (width > 1) numbers = llvm::FixedVectorType::get(numbers, width);
    std::array<llvm::Value*, 3> places{};
    for (unsigned i = 0; i < 3; ++i)
      places[i] = builder.CreateInBoundsGEP(builder.getDoubleTy(), function->getArg(i), index);
    std::vector<llvm::Value*> operands;
    for (unsigned i = 0; i < static_cast<unsigned>(model::arity_of(operation)); ++i)
      operands.push_back(builder.CreateAlignedLoad(numbers, places[i], llvm::Align(8)));
    builder.CreateAlignedStore(codegen::emit_lane_function(builder, operation, operands, fused), places[2],
                               llvm::Align(8));
    auto* next = builder.CreateAdd(index, builder.getInt64(width));
    builder.CreateCondBr(builder.CreateICmpULT(next, function->getArg(3)), body, end);
    index->addIncoming(builder.getInt64(0), entry);
    index->addIncoming(next, body);
    builder.SetInsertPoint(end);
    builder.CreateRetVoid();
  }

  unsigned width_;
  bool valid_ = false;
  std::unique_ptr<llvm::orc::LLJIT> jit_;
  Loop loop_ = nullptr;
};

}  // namespace raad::test
