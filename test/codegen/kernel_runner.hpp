// Calls kernels with lanes that all differ, and compares native code with the reference operation by
// operation.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "codegen/kernel.hpp"
#include "codegen/vector_math.hpp"
#include "ir/graph_evaluation.hpp"

namespace raad::test {

using codegen::k_routine_count;
using codegen::Programs;
using codegen::Routine;

/// Distance in units in the last place; 0 also for two NaNs; huge for a NaN against a number.
inline double ulp_distance(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) == std::isnan(b) ? 0.0 : 1e300;
  if (a == b) return 0.0;
  if (std::isinf(a) || std::isinf(b)) return 1e300;
  const double larger = std::max(std::abs(a), std::abs(b));
  const double ulp = std::max(std::nextafter(larger, std::numeric_limits<double>::infinity()) - larger,
                              std::numeric_limits<double>::denorm_min());
  return std::abs(a - b) / ulp;
}

inline bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

/// Input arrays of `width` lanes around one point; the relative spread makes all lanes different.
struct Lanes {
  Lanes(const codegen::Kernel& kernel, const Point<double>& point, double spread, unsigned seed)
      : width(static_cast<std::size_t>(kernel.width())) {
    std::mt19937_64 generator(seed);
    const auto moved = [&](double value) {
      return value * (1.0 + spread * (static_cast<double>(generator() >> 11) * 0x1p-52 - 1.0));
    };
    for (std::size_t lane = 0; lane < width; ++lane) time.push_back(moved(point.time));
    for (const double value : point.states)
      for (std::size_t lane = 0; lane < width; ++lane) states.push_back(moved(value));
    for (const double value : point.parameters)
      for (std::size_t lane = 0; lane < width; ++lane) parameters.push_back(moved(value));
    hoisted = run(kernel, Routine::hoist);
  }

  codegen::Inputs inputs() const { return {time.data(), states.data(), parameters.data(), hoisted.data()}; }

  std::vector<double> run(const codegen::Kernel& kernel, Routine routine) const {
    std::vector<double> results(kernel.programs()[routine].results.size() * width);
    kernel.run(routine, inputs(), results.data());
    return results;
  }

  std::size_t width;
  std::vector<double> time, states, parameters, hoisted;
};

/// Bound on native against the C library, per operation with equal operands [ULP]: SLEEF promises 1.0, the
/// GNU C library's documented errors for these functions stay below 2 on x86-64 (most below 1); rounding of
/// the bound itself adds a half. Arithmetic, roots, comparisons and choices are exact: no difference at all.
inline constexpr double k_function_difference_ulp = 3.5;

/// Where SLEEF gives up earlier than a double must (codegen/vector_math.hpp).
inline bool outside_documented_range(ir::Operation operation, double x, double result) {
  using O = ir::Operation;
  if (operation == O::power) return std::abs(result) == std::numeric_limits<double>::max();
  if (operation == O::sinh || operation == O::cosh) return std::abs(x) > 709.0;
  return (operation == O::arcsinh || operation == O::arccosh) && std::abs(x) > 1.3e154;
}

/// Programs whose results are all slots, so that every intermediate value can be seen.
inline Programs with_all_slots_as_results(Programs programs) {
  for (auto& program : programs.routines) {
    program.results.clear();
    const std::size_t slots = program.inputs.size() + program.instructions.size();
    for (std::size_t slot = 0; slot < slots; ++slot)
      program.results.push_back(static_cast<std::int32_t>(slot));
  }
  return programs;
}

struct Agreement {
  long operations = 0;
  long function_calls = 0;
  double worst_ulp = 0.0;  ///< Of function calls
};

/// Every operation of one routine, evaluated by model::evaluate at native code's own operands.
inline void check_operations(const codegen::Kernel& all_slots, const Lanes& lanes, Routine routine,
                             Agreement& agreement) {
  const auto& program = all_slots.programs()[routine];
  const auto values = lanes.run(all_slots, routine);
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    const auto& one = program.instructions[i];
    const auto arity = static_cast<std::size_t>(model::arity_of(one.operation));
    for (std::size_t lane = 0; lane < lanes.width; ++lane) {
      std::array<double, 3> operands{};
      for (std::size_t k = 0; k < arity; ++k)
        operands[k] = values[static_cast<std::size_t>(one.operands[k]) * lanes.width + lane];
      const double expected = model::evaluate(one.operation, std::span<const double>(operands).first(arity));
      const double found = values[(program.inputs.size() + i) * lanes.width + lane];
      ++agreement.operations;
      if (!codegen::is_vector_function(one.operation)) {
        ASSERT_TRUE(same_bits(expected, found))
            << model::name_of(one.operation) << "(" << operands[0] << ", " << operands[1] << ", "
            << operands[2] << ") = " << expected << ", native " << found;
      } else if (!outside_documented_range(one.operation, operands[0], expected)) {
        ++agreement.function_calls;
        const double distance = ulp_distance(expected, found);
        agreement.worst_ulp = std::max(agreement.worst_ulp, distance);
        ASSERT_LE(distance, k_function_difference_ulp)
            << model::name_of(one.operation) << "(" << operands[0] << ", " << operands[1]
            << ") = " << expected << ", native " << found;
      }
    }
  }
}

}  // namespace raad::test
