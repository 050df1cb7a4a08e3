// The accuracy contract of the functions in native code, and every operation at special values.
#include <gtest/gtest.h>

#include "codegen/kernel_runner.hpp"

namespace raad {
namespace {

using codegen::Routine;
using ir::NodeId;
using ir::Operation;

/// A system whose only output is one operation on the states.
struct SingleOperation {
  ir::System system;
  NodeId node = -1;

  explicit SingleOperation(Operation operation) {
    std::vector<NodeId> operands;
    for (int i = 0; i < model::arity_of(operation); ++i) {
      system.states.push_back({std::to_string(i), "", 1.0, -1});
      operands.push_back(system.graph.state(i));
    }
    node = system.graph.apply(operation, operands);
  }
};

struct FunctionRange {
  Operation operation;
  double low, high;    ///< Of the first operand
  double low2, high2;  ///< Of the second, for functions of two
};

// Ranges in which models move, and beyond: the trigonometric ones include arguments that need a careful
// reduction.
const std::vector<FunctionRange> k_ranges = {
    {Operation::exponential, -745.0, 709.0, 0, 0},
    {Operation::exponential, -1.0, 1.0, 0, 0},
    {Operation::logarithm, 1e-300, 1e-3, 0, 0},
    {Operation::logarithm, 0.5, 2.0, 0, 0},
    {Operation::logarithm, 1.0, 1e300, 0, 0},
    {Operation::logarithm10, 1e-12, 1e12, 0, 0},
    {Operation::logarithm10, 0.5, 2.0, 0, 0},
    {Operation::sine, -10.0, 10.0, 0, 0},
    {Operation::sine, -1e15, 1e15, 0, 0},
    {Operation::cosine, -10.0, 10.0, 0, 0},
    {Operation::cosine, -1e15, 1e15, 0, 0},
    {Operation::tangent, -10.0, 10.0, 0, 0},
    {Operation::tangent, -1e15, 1e15, 0, 0},
    {Operation::arcsine, -1.0, 1.0, 0, 0},
    {Operation::arccosine, -1.0, 1.0, 0, 0},
    {Operation::arctangent, -50.0, 50.0, 0, 0},
    {Operation::sinh, -709.0, 709.0, 0, 0},
    {Operation::sinh, -2.0, 2.0, 0, 0},
    {Operation::cosh, -709.0, 709.0, 0, 0},
    {Operation::tanh, -25.0, 25.0, 0, 0},
    {Operation::tanh, -0.5, 0.5, 0, 0},
    {Operation::arcsinh, -1e6, 1e6, 0, 0},
    {Operation::arcsinh, -1.0, 1.0, 0, 0},
    {Operation::arccosh, 1.0, 1e6, 0, 0},
    {Operation::arctanh, -1.0, 1.0, 0, 0},
    {Operation::power, 1e-6, 1e6, -20.0, 20.0},
    {Operation::power, 0.9, 1.1, -300.0, 300.0},
    {Operation::arctangent2, -10.0, 10.0, -10.0, 10.0},
};

/// The contract of codegen::vector_functions().
constexpr double k_promised_ulp = 1.0;
// The long double truth has 11 more bits; its own error is below 2 of its last places, 2^-10 of ours.
constexpr double k_truth_error_ulp = 0x1p-9;

double error_in_ulp(double found, long double truth) {
  const double nearest = static_cast<double>(truth);
  int exponent = 0;
  std::frexp(nearest, &exponent);
  const double ulp = std::max(std::ldexp(1.0, exponent - 53), std::numeric_limits<double>::denorm_min());
  return static_cast<double>(std::abs(static_cast<long double>(found) - truth) /
                             static_cast<long double>(ulp));
}

class Accuracy : public testing::TestWithParam<std::size_t> {};

TEST_P(Accuracy, IsWithinOneUlpAndEqualForAllWidths) {
  const FunctionRange& range = k_ranges[GetParam()];
  const SingleOperation single(range.operation);
  const auto programs = codegen::lower(single.system, {single.node});
  const auto arity = single.system.states.size();
  constexpr std::size_t k_points = 16'000;
  std::mt19937_64 generator(GetParam());
  const auto draw = [&](double low, double high) {
    // Half of the wide positive ranges evenly on a logarithmic scale.
    const double u = static_cast<double>(generator() >> 11) * 0x1p-53;
    if (low > 0.0 && high / low > 100.0) return low * std::pow(high / low, u);
    return low + (high - low) * u;
  };
  std::vector<std::array<double, 2>> points(k_points);
  for (auto& point : points) point = {draw(range.low, range.high), draw(range.low2, range.high2)};

  std::vector<double> narrow(k_points);
  for (const int width : {1, 2, 4, 8}) {
    const auto kernel = codegen::compile_native(programs, {.width = width});
    const auto lanes = static_cast<std::size_t>(width);
    for (std::size_t first = 0; first < k_points; first += lanes) {
      std::array<double, 16> states{};
      std::array<double, 8> results{};
      for (std::size_t lane = 0; lane < lanes; ++lane)
        for (std::size_t i = 0; i < arity; ++i) states[i * lanes + lane] = points[first + lane][i];
      kernel->run(Routine::outputs, {nullptr, states.data(), nullptr, nullptr}, results.data());
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        if (width == 1) narrow[first] = results[0];
        ASSERT_TRUE(test::same_bits(results[lane], narrow[first + lane])) << "width " << width;
      }
    }
  }
  double worst = 0.0;
  for (std::size_t i = 0; i < k_points; ++i) {
    const std::array<long double, 3> operands = {static_cast<long double>(points[i][0]),
                                                 static_cast<long double>(points[i][1])};
    const auto truth =
        test::operation_value(range.operation, std::span<const long double>(operands).first(arity));
    const double error = error_in_ulp(narrow[i], truth);
    worst = std::max(worst, error);
    ASSERT_LE(error, k_promised_ulp + k_truth_error_ulp)
        << model::name_of(range.operation) << "(" << points[i][0] << ", " << points[i][1] << ")";
  }
  RecordProperty("worst_ulp", std::to_string(worst));
}

INSTANTIATE_TEST_SUITE_P(VectorMath, Accuracy, testing::Range<std::size_t>(0, k_ranges.size()));

// ---------------------------------------------------------------------------------------------------------------------

const std::vector<double> k_special = {0.0,
                                       -0.0,
                                       1.0,
                                       -1.0,
                                       0.5,
                                       -0.5,
                                       2.0,
                                       3.0,
                                       -3.0,
                                       2.5,
                                       -2.5,
                                       0x1p-1074,
                                       -0x1p-1074,
                                       0x1p-1022,
                                       0x1.fffffffffffffp+1023,
                                       -0x1.fffffffffffffp+1023,
                                       0x1p+53 + 1.0,
                                       1e-17,
                                       std::numeric_limits<double>::infinity(),
                                       -std::numeric_limits<double>::infinity(),
                                       std::numeric_limits<double>::quiet_NaN()};

TEST(VectorMath, SpecialValuesMatchTheReference) {
  for (int number = 0; number <= static_cast<int>(Operation::select); ++number) {
    const auto operation = static_cast<Operation>(number);
    const SingleOperation single(operation);
    const auto programs = codegen::lower(single.system, {single.node});
    const auto kernel = codegen::compile_native(programs, {.width = 8});
    const auto arity = single.system.states.size();
    const std::size_t count = k_special.size();
    const std::size_t combinations = arity == 1 ? count : arity == 2 ? count * count : count * count * count;
    for (std::size_t first = 0; first < combinations; first += 8) {
      std::array<double, 24> states{};
      std::array<double, 8> results{};
      const auto operand = [&](std::size_t combination, std::size_t i) {
        for (std::size_t k = 0; k < i; ++k) combination /= count;
        return k_special[combination % count];
      };
      for (std::size_t lane = 0; lane < 8; ++lane)
        for (std::size_t i = 0; i < arity; ++i) states[i * 8 + lane] = operand(first + lane, i);
      kernel->run(Routine::outputs, {nullptr, states.data(), nullptr, nullptr}, results.data());
      for (std::size_t lane = 0; lane < 8; ++lane) {
        std::array<double, 3> x{};
        for (std::size_t i = 0; i < arity; ++i) x[i] = operand(first + lane, i);
        const double expected = model::evaluate(operation, std::span<const double>(x).first(arity));
        if (test::outside_documented_range(operation, x[0], expected)) continue;
        if (codegen::is_vector_function(operation))
          EXPECT_LE(test::ulp_distance(expected, results[lane]), test::k_function_difference_ulp)
              << model::name_of(operation) << "(" << x[0] << ", " << x[1] << ") = " << expected << ", native "
              << results[lane];
        else
          EXPECT_TRUE(test::same_bits(expected, results[lane]))
              << model::name_of(operation) << "(" << x[0] << ", " << x[1] << ", " << x[2]
              << ") = " << expected << ", native " << results[lane];
      }
    }
  }
}

TEST(VectorMath, PreferredWidthIsOneThatKernelsHave) {
  const int width = codegen::preferred_width();
  EXPECT_TRUE(width == 2 || width == 4 || width == 8);
  EXPECT_LE(codegen::widest_vector_function(), width);
}

}  // namespace
}  // namespace raad
