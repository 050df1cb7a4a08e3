// The lane functions on single doubles, and their contract.
#include "codegen/lane_math.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

#include "codegen/lane_formulas.hpp"

// Code for processors with fused multiply-add, chosen when it runs: elsewhere std::fma would be a slow call.
#if defined(__x86_64__)
#define RAAD_FUSED_CODE [[gnu::target("fma,avx2"), gnu::flatten]]
#else
#define RAAD_FUSED_CODE [[gnu::flatten]]
#endif

namespace raad::codegen {
namespace {

using ir::Operation;

template <bool Fused>
struct ScalarArithmetic {
  using Number = double;
  using Bits = std::uint64_t;
  using Truth = bool;

  static constexpr bool fused() { return Fused; }
  static double number(double value) { return value; }
  static std::uint64_t bits(std::uint64_t value) { return value; }
  static std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }
  static double number_of(std::uint64_t value) { return std::bit_cast<double>(value); }
  static double multiply_add(double a, double b, double c) {
    if constexpr (Fused) return std::fma(a, b, c);
    return a * b + c;  // Two roundings: -ffp-contract=off
  }
  static bool both(bool a, bool b) { return a && b; }
  static double select(bool condition, double a, double b) { return condition ? a : b; }
  static double floor(double value) { return std::floor(value); }
};

template <bool Fused>
double evaluate(Operation operation, std::span<const double> operands) {
  const LaneFormulas formulas{ScalarArithmetic<Fused>{}};
  switch (operation) {
    case Operation::divide:
      return operands[0] / operands[1];
    case Operation::exponential:
      return formulas.exponential(operands[0]);
    case Operation::logarithm:
      return formulas.logarithm(operands[0]);
    case Operation::logarithm10:
      return formulas.logarithm10(operands[0]);
    case Operation::tanh:
      return formulas.tanh(operands[0]);
    case Operation::power:
      return formulas.power(operands[0], operands[1]);
    default:
      throw std::logic_error("not a lane function");
  }
}

RAAD_FUSED_CODE double evaluate_fused(Operation operation, std::span<const double> operands) {
  return evaluate<true>(operation, operands);
}

// Just above what tens of millions of random arguments reached (fused 0.90, 0.89, 1.02, 2.83, 1.04; unfused
// 0.90, 0.94, 1.04, 2.82, 1.07, in this order after `divide`), measured against 113-bit arithmetic.
constexpr LaneFunction k_functions[] = {
    {Operation::divide, 0.5, 0.5, "all doubles", "as IEEE 754"},
    {Operation::exponential, 1.0, 1.0, "all doubles", "e^0 = 1; 0 below -745.14, infinity above 709.78"},
    {Operation::logarithm, 1.0, 1.0, "all doubles", "ln(1) = 0; -infinity at 0, NaN below"},
    {Operation::logarithm10, 1.1, 1.15, "all doubles", "exact at powers of ten; -infinity at 0, NaN below"},
    {Operation::tanh, 3.0, 3.0, "all doubles", "keeps the sign of 0; 1 from 19.1 on"},
    {Operation::power, 1.2, 1.25, "all doubles",
     "as C's pow; exact at powers of two; infinity also where the exact value is the largest double"},
};

}  // namespace

std::span<const LaneFunction> lane_functions() {
  return k_functions;
}

bool is_lane_function(Operation operation) {
  return std::ranges::any_of(k_functions, [&](const auto& one) { return one.operation == operation; });
}

bool has_fused_multiply_add() {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2");
  return has;
#else
  return true;  // Part of every 64-bit ARM processor
#endif
}

double lane_evaluate(Operation operation, std::span<const double> operands, bool fused) {
  if (!fused) return evaluate<false>(operation, operands);
  // std::fma is right everywhere, only slow where it is not an instruction.
  return has_fused_multiply_add() ? evaluate_fused(operation, operands) : evaluate<true>(operation, operands);
}

}  // namespace raad::codegen
