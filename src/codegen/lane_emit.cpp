// The lane functions as LLVM code, by the same formulas.
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Intrinsics.h>

#include <stdexcept>

#include "codegen/lane_formulas.hpp"
#include "codegen/lane_math.hpp"

namespace raad::codegen {
namespace {

using ir::Operation;

/// Values of the code being written; operators append instructions.
struct EmittedNumber {
  llvm::IRBuilderBase* builder;
  llvm::Value* value;
};
struct EmittedBits {
  llvm::IRBuilderBase* builder;
  llvm::Value* value;
};
struct EmittedTruth {
  llvm::IRBuilderBase* builder;
  llvm::Value* value;
};

EmittedNumber operator+(EmittedNumber a, EmittedNumber b) {
  return {a.builder, a.builder->CreateFAdd(a.value, b.value)};
}
EmittedNumber operator-(EmittedNumber a, EmittedNumber b) {
  return {a.builder, a.builder->CreateFSub(a.value, b.value)};
}
EmittedNumber operator-(EmittedNumber a) {
  return {a.builder, a.builder->CreateFNeg(a.value)};
}
EmittedNumber operator*(EmittedNumber a, EmittedNumber b) {
  return {a.builder, a.builder->CreateFMul(a.value, b.value)};
}
EmittedNumber operator/(EmittedNumber a, EmittedNumber b) {
  return {a.builder, a.builder->CreateFDiv(a.value, b.value)};
}
EmittedTruth operator<(EmittedNumber a, EmittedNumber b) {
  return {a.builder, a.builder->CreateFCmpOLT(a.value, b.value)};
}
EmittedTruth operator==(EmittedNumber a, EmittedNumber b) {
  return {a.builder, a.builder->CreateFCmpOEQ(a.value, b.value)};
}
EmittedTruth operator!=(EmittedNumber a, EmittedNumber b) {
  return {a.builder, a.builder->CreateFCmpUNE(a.value, b.value)};
}
EmittedBits operator+(EmittedBits a, EmittedBits b) {
  return {a.builder, a.builder->CreateAdd(a.value, b.value)};
}
EmittedBits operator-(EmittedBits a, EmittedBits b) {
  return {a.builder, a.builder->CreateSub(a.value, b.value)};
}
EmittedBits operator&(EmittedBits a, EmittedBits b) {
  return {a.builder, a.builder->CreateAnd(a.value, b.value)};
}
EmittedBits operator|(EmittedBits a, EmittedBits b) {
  return {a.builder, a.builder->CreateOr(a.value, b.value)};
}
EmittedBits operator<<(EmittedBits a, std::uint64_t places) {
  return {a.builder, a.builder->CreateShl(a.value, places)};
}
EmittedBits operator>>(EmittedBits a, std::uint64_t places) {
  return {a.builder, a.builder->CreateLShr(a.value, places)};
}

class EmittingArithmetic {
 public:
  using Number = EmittedNumber;
  using Bits = EmittedBits;
  using Truth = EmittedTruth;

  /// `numbers` is double or a vector of doubles.
  EmittingArithmetic(llvm::IRBuilderBase& builder, llvm::Type* numbers, bool fused)
      : builder_(&builder),
        numbers_(numbers),
        bits_(numbers->getWithNewType(builder.getInt64Ty())),
        fused_(fused) {}

  bool fused() const { return fused_; }
  Number number(double value) const { return wrapped(llvm::ConstantFP::get(numbers_, value)); }
  Bits bits(std::uint64_t value) const { return {builder_, llvm::ConstantInt::get(bits_, value)}; }
  Bits bits_of(Number a) const { return {builder_, builder_->CreateBitCast(a.value, bits_)}; }
  Number number_of(Bits a) const { return wrapped(builder_->CreateBitCast(a.value, numbers_)); }
  Number multiply_add(Number a, Number b, Number c) const {
    if (!fused_) return a * b + c;
    return wrapped(builder_->CreateIntrinsic(llvm::Intrinsic::fma, {numbers_}, {a.value, b.value, c.value}));
  }
  Truth both(Truth a, Truth b) const { return {builder_, builder_->CreateAnd(a.value, b.value)}; }
  Number select(Truth condition, Number a, Number b) const {
    return wrapped(builder_->CreateSelect(condition.value, a.value, b.value));
  }
  Number floor(Number a) const {
    return wrapped(builder_->CreateUnaryIntrinsic(llvm::Intrinsic::floor, a.value));
  }
  Number wrapped(llvm::Value* value) const { return {builder_, value}; }

 private:
  llvm::IRBuilderBase* builder_;
  llvm::Type* numbers_;
  llvm::Type* bits_;
  bool fused_;
};

}  // namespace

llvm::Value* emit_lane_function(llvm::IRBuilderBase& builder, Operation operation,
                                std::span<llvm::Value* const> operands, bool fused) {
  const EmittingArithmetic arithmetic(builder, operands[0]->getType(), fused);
  const LaneFormulas formulas{arithmetic};
  const auto x = arithmetic.wrapped(operands[0]);
  switch (operation) {
    case Operation::divide:
      return builder.CreateFDiv(operands[0], operands[1]);
    case Operation::exponential:
      return formulas.exponential(x).value;
    case Operation::logarithm:
      return formulas.logarithm(x).value;
    case Operation::logarithm10:
      return formulas.logarithm10(x).value;
    case Operation::tanh:
      return formulas.tanh(x).value;
    case Operation::power:
      return formulas.power(x, arithmetic.wrapped(operands[1])).value;
    default:
      throw std::logic_error("not a lane function");
  }
}

}  // namespace raad::codegen
