#include "codegen/vector_math.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "codegen/kernel.hpp"

// Only addresses are taken here, so the functions are declared without their vector types: with them this
// file would need compiler flags for instructions that the machine may not have.
#define RAAD_DECLARE(FAMILY, FUNCTION, TYPE, TARGET) void Sleef_##FAMILY##_##FUNCTION##TYPE##_u10##TARGET();
#define RAAD_ADDRESS(FAMILY, FUNCTION, TYPE, TARGET) \
  reinterpret_cast<void*>(&Sleef_##FAMILY##_##FUNCTION##TYPE##_u10##TARGET),

// One line a function, in the order of `k_operations`.
#define RAAD_EACH_FUNCTION(DO, FAMILY, TYPE, TARGET) \
  DO(FAMILY, exp, TYPE, TARGET)                      \
  DO(FAMILY, log, TYPE, TARGET)                      \
  DO(FAMILY, log10, TYPE, TARGET)                    \
  DO(FAMILY, sin, TYPE, TARGET)                      \
  DO(FAMILY, cos, TYPE, TARGET)                      \
  DO(FAMILY, tan, TYPE, TARGET)                      \
  DO(FAMILY, asin, TYPE, TARGET)                     \
  DO(FAMILY, acos, TYPE, TARGET)                     \
  DO(FAMILY, atan, TYPE, TARGET)                     \
  DO(FAMILY, sinh, TYPE, TARGET)                     \
  DO(FAMILY, cosh, TYPE, TARGET)                     \
  DO(FAMILY, tanh, TYPE, TARGET)                     \
  DO(FAMILY, asinh, TYPE, TARGET)                    \
  DO(FAMILY, acosh, TYPE, TARGET)                    \
  DO(FAMILY, atanh, TYPE, TARGET)                    \
  DO(FAMILY, pow, TYPE, TARGET)                      \
  DO(FAMILY, atan2, TYPE, TARGET)

extern "C" {
#if defined(__x86_64__)
RAAD_EACH_FUNCTION(RAAD_DECLARE, finz, d1, purecfma)
RAAD_EACH_FUNCTION(RAAD_DECLARE, finz, d2, avx2128)
RAAD_EACH_FUNCTION(RAAD_DECLARE, finz, d4, avx2)
RAAD_EACH_FUNCTION(RAAD_DECLARE, finz, d8, avx512f)
RAAD_EACH_FUNCTION(RAAD_DECLARE, cinz, d1, purec)
RAAD_EACH_FUNCTION(RAAD_DECLARE, cinz, d2, sse2)
RAAD_EACH_FUNCTION(RAAD_DECLARE, cinz, d4, avx)
#elif defined(__aarch64__)
RAAD_EACH_FUNCTION(RAAD_DECLARE, finz, d1, purecfma)
RAAD_EACH_FUNCTION(RAAD_DECLARE, finz, d2, advsimd)
#else
#error "native code needs x86-64 or 64-bit ARM: these are the machines of the vector functions"
#endif
}

namespace raad::codegen {
namespace {

using ir::Operation;

constexpr Operation k_operations[] = {Operation::exponential, Operation::logarithm,  Operation::logarithm10,
                                      Operation::sine,        Operation::cosine,     Operation::tangent,
                                      Operation::arcsine,     Operation::arccosine,  Operation::arctangent,
                                      Operation::sinh,        Operation::cosh,       Operation::tanh,
                                      Operation::arcsinh,     Operation::arccosh,    Operation::arctanh,
                                      Operation::power,       Operation::arctangent2};
constexpr int k_function_count = std::size(k_operations);

/// The functions of one width.
struct Variant {
  int width;
  void* addresses[k_function_count];
};

struct Machine {
  bool fused = false;  ///< Fused multiply-add
  std::string family;
  std::vector<Variant> variants;
  int preferred_width;
};

#if defined(__x86_64__)
Machine detect() {
  Machine machine;
  const bool fused = __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2");
  machine.fused = fused;
  if (fused) {
    machine.family = "avx2";
    machine.preferred_width = 4;
    machine.variants.push_back({1, {RAAD_EACH_FUNCTION(RAAD_ADDRESS, finz, d1, purecfma)}});
    machine.variants.push_back({2, {RAAD_EACH_FUNCTION(RAAD_ADDRESS, finz, d2, avx2128)}});
    machine.variants.push_back({4, {RAAD_EACH_FUNCTION(RAAD_ADDRESS, finz, d4, avx2)}});
  } else {
    machine.family = "sse2";
    machine.preferred_width = 2;
    machine.variants.push_back({1, {RAAD_EACH_FUNCTION(RAAD_ADDRESS, cinz, d1, purec)}});
    machine.variants.push_back({2, {RAAD_EACH_FUNCTION(RAAD_ADDRESS, cinz, d2, sse2)}});
  }
  if (!fused && __builtin_cpu_supports("avx")) {
    machine.family = "avx";
    machine.preferred_width = 4;
    machine.variants.push_back({4, {RAAD_EACH_FUNCTION(RAAD_ADDRESS, cinz, d4, avx)}});
  }
  if (fused && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    machine.family = "avx512";
    machine.preferred_width = 8;
    machine.variants.push_back({8, {RAAD_EACH_FUNCTION(RAAD_ADDRESS, finz, d8, avx512f)}});
  }
  return machine;
}
#else
Machine detect() {
  Machine machine;
  machine.fused = true;
  machine.family = "neon";
  machine.preferred_width = 2;
  machine.variants.push_back({1, {RAAD_EACH_FUNCTION(RAAD_ADDRESS, finz, d1, purecfma)}});
  machine.variants.push_back({2, {RAAD_EACH_FUNCTION(RAAD_ADDRESS, finz, d2, advsimd)}});
  return machine;
}
#endif

const Machine& machine() {
  static const Machine detected = detect();
  return detected;
}

}  // namespace

bool is_vector_function(Operation operation) {
  return std::find(std::begin(k_operations), std::end(k_operations), operation) != std::end(k_operations);
}

std::string vector_function_name(Operation operation, int width) {
  if (!is_vector_function(operation)) throw std::logic_error("no vector function for this operation");
  return fmt::format("raad_{}_x{}", model::name_of(operation), width);
}

std::vector<VectorFunction> vector_functions() {
  std::vector<VectorFunction> functions;
  for (const auto& variant : machine().variants)
    for (int i = 0; i < k_function_count; ++i)
      functions.push_back({vector_function_name(k_operations[i], variant.width), variant.addresses[i]});
  return functions;
}

int widest_vector_function() {
  return machine().variants.back().width;
}

bool has_fused_multiply_add() {
  return machine().fused;
}

double evaluate_vector_function(Operation operation, double a, double b) {
  const auto place = std::find(std::begin(k_operations), std::end(k_operations), operation);
  if (place == std::end(k_operations)) throw std::logic_error("no vector function for this operation");
  void* address = machine().variants.front().addresses[place - std::begin(k_operations)];
  if (model::arity_of(operation) == 2) return reinterpret_cast<double (*)(double, double)>(address)(a, b);
  return reinterpret_cast<double (*)(double)>(address)(a);
}

std::string vector_family() {
  return machine().family;
}

int preferred_width() {
  return machine().preferred_width;
}

}  // namespace raad::codegen
