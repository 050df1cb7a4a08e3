#include "solve/fast_vector.hpp"

#include <nvector/nvector_serial.h>

#include <array>
#include <cmath>

// Elementwise operations and sums of fixed order give the same bits at any width; contraction to fused
// multiply-add, which would not, needs an instruction set that is not named here.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define RAAD_WIDEST_REGISTERS __attribute__((target_clones("avx2", "default")))
// CVODES adds in place: vectors are the same or apart, never shifted against each other.
#define RAAD_SAME_OR_APART _Pragma("GCC ivdep")
#else
#define RAAD_WIDEST_REGISTERS
#define RAAD_SAME_OR_APART
#endif

namespace raad::solve {
namespace {

// Partial sums of the norm: two registers of four doubles hide the latency of the additions.
constexpr sunindextype k_sums = 8;

RAAD_WIDEST_REGISTERS void add(sunindextype length, double a, const double* x, double b, const double* y,
                               double* z) {
  RAAD_SAME_OR_APART
  for (sunindextype i = 0; i < length; ++i) z[i] = a * x[i] + b * y[i];
}

RAAD_WIDEST_REGISTERS double sum_of_squares(sunindextype length, const double* x, const double* weights) {
  std::array<double, k_sums> sums{};
  sunindextype i = 0;
  for (; i + k_sums <= length; i += k_sums)
    for (sunindextype k = 0; k < k_sums; ++k) {
      const double product = x[i + k] * weights[i + k];
      sums[static_cast<std::size_t>(k)] += product * product;
    }
  double total = 0.0;
  for (; i < length; ++i) total += x[i] * weights[i] * (x[i] * weights[i]);
  for (const double one : sums) total += one;
  return total;
}

void linear_sum(realtype a, N_Vector x, realtype b, N_Vector y, N_Vector z) {
  add(NV_LENGTH_S(z), a, NV_DATA_S(x), b, NV_DATA_S(y), NV_DATA_S(z));
}

realtype weighted_norm(N_Vector x, N_Vector weights) {
  const sunindextype length = NV_LENGTH_S(x);
  return std::sqrt(sum_of_squares(length, NV_DATA_S(x), NV_DATA_S(weights)) / static_cast<double>(length));
}

}  // namespace

N_Vector make_fast_vector(std::int64_t length, SUNContext context) {
  N_Vector made = N_VNew_Serial(length, context);
  if (made == nullptr) return nullptr;
  made->ops->nvlinearsum = &linear_sum;
  made->ops->nvwrmsnorm = &weighted_norm;
  return made;
}

}  // namespace raad::solve
