// The accuracy contract of the lane functions, their special values, and the equality of generated code with
// them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>

#include "codegen/kernel_runner.hpp"
#include "codegen/lane_code.hpp"

namespace raad {
namespace {

using codegen::lane_evaluate;
using ir::Operation;

using Point = std::array<double, 2>;

/// Random arguments, each range where one of the error's sources is largest.
class Points {
 public:
  explicit Points(std::uint64_t seed) : generator_(seed) {}

  double uniform(double low, double high) {
    return low + (high - low) * (static_cast<double>(generator_() >> 11) * 0x1p-53);
  }
  /// Positive, all exponents alike, subnormal ones included.
  double any_positive() {
    return std::bit_cast<double>(generator_() % std::bit_cast<std::uint64_t>(k_infinity));
  }
  /// 1 and a difference of any size down to the last place.
  double near_one() { return 1.0 + std::ldexp(uniform(-0.5, 0.5), -static_cast<int>(generator_() % 50)); }
  /// x^y = e^z
  static Point power_to(double x, double z) { return {x, x == 1.0 ? z : z / std::log(x)}; }

 private:
  static constexpr double k_infinity = std::numeric_limits<double>::infinity();
  std::mt19937_64 generator_;
};

struct Range {
  Operation operation;
  std::string name;
  std::function<Point(Points&)> draw;
};

const std::vector<Range>& ranges() {
  static const std::vector<Range> all = [] {
    std::vector<Range> made;
    const auto add = [&](Operation operation, const std::string& name, std::function<Point(Points&)> draw) {
      made.push_back({operation, name, std::move(draw)});
    };
    const auto uniform = [](double low, double high) {
      return [=](Points& points) { return Point{points.uniform(low, high), 0.0}; };
    };
    add(Operation::divide, "all", [](Points& p) { return Point{p.any_positive(), p.any_positive()}; });
    add(Operation::exponential, "all", uniform(-746.0, 710.0));
    add(Operation::exponential, "unreduced", uniform(-0.35, 0.35));
    add(Operation::exponential, "reduced once", uniform(-1.1, 1.1));
    add(Operation::exponential, "subnormal results", uniform(-746.0, -707.0));
    for (const auto operation : {Operation::logarithm, Operation::logarithm10}) {
      add(operation, "all", [](Points& p) { return Point{p.any_positive(), 0.0}; });
      add(operation, "around one", uniform(0.5, 2.0));
      add(operation, "near one", [](Points& p) { return Point{p.near_one(), 0.0}; });
      add(operation, "ends of the polynomial", [](Points& p) {
        return Point{p.uniform(0.0, 1.0) < 0.5 ? p.uniform(0.7071, 0.73) : p.uniform(1.35, 1.4143), 0.0};
      });
    }
    add(Operation::tanh, "all", uniform(-21.0, 21.0));
    add(Operation::tanh, "bend", uniform(-0.6, 0.6));
    add(Operation::tanh, "small", [](Points& p) { return Point{std::exp(p.uniform(-744.0, 0.0)), 0.0}; });
    add(Operation::power, "models",
        [](Points& p) { return Point{std::exp(p.uniform(-14.0, 14.0)), p.uniform(-20.0, 20.0)}; });
    add(Operation::power, "all",
        [](Points& p) { return Points::power_to(p.any_positive(), p.uniform(-745.0, 709.7)); });
    add(Operation::power, "base near one",
        [](Points& p) { return Points::power_to(p.near_one(), p.uniform(-745.0, 709.7)); });
    add(Operation::power, "near overflow",
        [](Points& p) { return Points::power_to(p.uniform(0.6, 1.6), p.uniform(708.0, 709.78)); });
    add(Operation::power, "near underflow",
        [](Points& p) { return Points::power_to(p.uniform(0.6, 1.6), p.uniform(-745.2, -706.0)); });
    // Where the logarithm's error is largest and the exponent multiplies it most.
    add(Operation::power, "lower end of the middle region",
        [](Points& p) { return Points::power_to(p.uniform(0.8889, 0.9), p.uniform(704.0, 709.7)); });
    add(Operation::power, "upper end of the middle region",
        [](Points& p) { return Points::power_to(p.uniform(1.095, 1.1034), p.uniform(-708.0, -703.0)); });
    return made;
  }();
  return all;
}

std::span<const double> operands(Operation operation, const Point& point) {
  return std::span(point).first(static_cast<std::size_t>(model::arity_of(operation)));
}

double error_ulp(Operation operation, const Point& point, double found) {
  const std::array<long double, 3> exact = {static_cast<long double>(point[0]),
                                            static_cast<long double>(point[1])};
  const long double truth = test::operation_value(
      operation, std::span<const long double>(exact).first(operands(operation, point).size()));
  const double nearest = static_cast<double>(truth);
  if (nearest == found || (std::isnan(nearest) && std::isnan(found))) {
    if (!std::isfinite(nearest)) return 0.0;
  } else if (!std::isfinite(nearest) || std::isnan(found)) {
    return std::numeric_limits<double>::infinity();
  } else if (std::isinf(found)) {
    // As C's pow may: the exact value is the largest double, or nearly so.
    const double last = std::nextafter(std::numeric_limits<double>::max(), 0.0);
    return nearest >= last ? 0.0 : std::numeric_limits<double>::infinity();
  }
  int exponent = 0;
  std::frexp(nearest, &exponent);
  const double ulp = std::ldexp(1.0, std::max(exponent - 53, -1074));
  return static_cast<double>(std::abs(static_cast<long double>(found) - truth) /
                             static_cast<long double>(ulp));
}

// ---------------------------------------------------------------------------------------------------------------------

class LaneAccuracy : public testing::TestWithParam<std::tuple<std::size_t, bool>> {};

TEST_P(LaneAccuracy, KeepsTheContractAndNeedsIt) {
  const auto& promise = codegen::lane_functions()[std::get<0>(GetParam())];
  const bool fused = std::get<1>(GetParam());
  const double promised = fused ? promise.fused_ulp : promise.unfused_ulp;
  // The long double truth has 11 more bits; its own error is below 2 of its last places, 2^-10 of ours.
  const double truth_error = 0x1p-9;
  double worst = 0.0;
  for (const auto& range : ranges()) {
    if (range.operation != promise.operation) continue;
    Points points(20'260'000 + std::get<0>(GetParam()));
    double worst_here = 0.0;
    Point worst_point{};
    for (int i = 0; i < 500'000; ++i) {
      const Point point = range.draw(points);
      const double found = lane_evaluate(promise.operation, operands(promise.operation, point), fused);
      const double error = error_ulp(promise.operation, point, found);
      if (error > worst_here) worst_point = point;
      worst_here = std::max(worst_here, error);
    }
    EXPECT_LE(worst_here, promised + truth_error)
        << range.name << std::hexfloat << " at " << worst_point[0] << ", " << worst_point[1];
    RecordProperty(range.name, std::to_string(worst_here));
    worst = std::max(worst, worst_here);
  }
  // A bound that nothing comes near would say little.
  EXPECT_GE(worst, promised / 1.5);
}

INSTANTIATE_TEST_SUITE_P(LaneMath, LaneAccuracy,
                         testing::Combine(testing::Range<std::size_t>(0, codegen::lane_functions().size()),
                                          testing::Bool()));

// ---------------------------------------------------------------------------------------------------------------------

constexpr double k_infinity = std::numeric_limits<double>::infinity();

const std::vector<double>& special_values() {
  static const std::vector<double> values = [] {
    std::vector<double> positive = {0.0,
                                    0x1p-1074,
                                    0x1.fffffffffffffp-1023,
                                    0x1p-1022,
                                    1e-17,
                                    0.1,
                                    0.5,
                                    0.8889,
                                    1.0 - 0x1p-53,
                                    1.0,
                                    1.0 + 0x1p-52,
                                    1.1034,
                                    2.0,
                                    2.5,
                                    3.0,
                                    10.0,
                                    709.7,
                                    709.79,
                                    744.0,
                                    746.0,
                                    1e10,
                                    0x1p+52 + 1.0,
                                    0x1p+53 - 1.0,
                                    0x1p+53 + 2.0,
                                    0x1p+1023,
                                    0x1.fffffffffffffp+1023,
                                    k_infinity};
    std::vector<double> both;
    for (const double value : positive) {
      both.push_back(value);
      both.push_back(-value);
    }
    both.push_back(std::numeric_limits<double>::quiet_NaN());
    // With payloads that could be taken for exponents.
    both.push_back(std::bit_cast<double>(std::uint64_t{0x7ff8000000000801}));
    both.push_back(std::bit_cast<double>(std::uint64_t{0xfff8000000000fff}));
    return both;
  }();
  return values;
}

std::vector<Point> special_points(Operation operation) {
  std::vector<Point> points;
  for (const double x : special_values()) {
    if (model::arity_of(operation) == 1)
      points.push_back({x, 0.0});
    else
      for (const double y : special_values()) points.push_back({x, y});
  }
  return points;
}

TEST(LaneMath, SpecialValuesAreThoseOfC) {
  for (const auto& promise : codegen::lane_functions())
    for (const bool fused : {true, false})
      for (const auto& point : special_points(promise.operation)) {
        const auto arguments = operands(promise.operation, point);
        const double expected = model::evaluate(promise.operation, arguments);
        const double found = lane_evaluate(promise.operation, arguments, fused);
        const bool exactly_one = std::abs(expected) == 1.0 && (std::abs(point[0]) == 1.0 || point[1] == 0.0);
        const bool special = !std::isfinite(expected) || expected == 0.0 || exactly_one;
        if (special)
          EXPECT_TRUE(test::same_bits(expected, found))
              << model::name_of(promise.operation) << "(" << point[0] << ", " << point[1]
              << ") = " << expected << ", lanes " << found << (fused ? " fused" : " unfused");
        else
          EXPECT_LE(error_ulp(promise.operation, point, found), promise.unfused_ulp + 0x1p-9)
              << model::name_of(promise.operation) << "(" << point[0] << ", " << point[1] << ")";
      }
}

TEST(LaneMath, ExactResultsAreExact) {
  for (const bool fused : {true, false}) {
    for (int k = -307; k <= 308; ++k) {
      const double power_of_ten = std::stod("1e" + std::to_string(k));
      EXPECT_EQ(lane_evaluate(Operation::logarithm10, std::array{power_of_ten}, fused), k);
    }
    for (int k = -1074; k <= 1023; ++k) {
      const std::array operands = {2.0, static_cast<double>(k)};
      EXPECT_EQ(lane_evaluate(Operation::power, operands, fused), std::ldexp(1.0, k));
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------

class LaneCodeOf : public testing::TestWithParam<std::tuple<std::size_t, unsigned, bool>> {};

TEST_P(LaneCodeOf, HasTheBitsOfTheScalarFunction) {
  const auto [number, width, fused] = GetParam();
  if (fused && !codegen::has_fused_multiply_add()) GTEST_SKIP() << "no fused multiply-add here";
  const auto operation = codegen::lane_functions()[number].operation;
  std::vector<Point> all = special_points(operation);
  Points points(number);
  for (const auto& range : ranges())
    if (range.operation == operation)
      for (int i = 0; i < 20'000; ++i) all.push_back(range.draw(points));
  all.resize(all.size() / 8 * 8);
  std::vector<double> first, second, found(all.size());
  for (const auto& point : all) {
    first.push_back(point[0]);
    second.push_back(point[1]);
  }
  const test::LaneCode code(operation, width, fused);
  ASSERT_TRUE(code.valid());
  code.run(first, second, found);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double expected = lane_evaluate(operation, operands(operation, all[i]), fused);
    ASSERT_TRUE(test::same_bits(expected, found[i]))
        << model::name_of(operation) << "(" << all[i][0] << ", " << all[i][1] << ") = " << expected
        << ", code " << found[i];
  }
}

INSTANTIATE_TEST_SUITE_P(LaneMath, LaneCodeOf,
                         testing::Combine(testing::Range<std::size_t>(0, codegen::lane_functions().size()),
                                          testing::Values(1U, 2U, 4U, 8U), testing::Bool()));

TEST(LaneMath, TheDocumentedBoundsAreTheContract) {
  std::ifstream file(RAAD_SOURCE_DIR "/docs/theory/numerics.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const auto& promise : codegen::lane_functions()) {
    const auto row = fmt::format("| `{}` | {} | {} |", model::name_of(promise.operation), promise.fused_ulp,
                                 promise.unfused_ulp);
    EXPECT_NE(text.find(row), std::string::npos) << row;
  }
}

TEST(LaneMath, OtherOperationsAreRefused) {
  EXPECT_FALSE(codegen::is_lane_function(Operation::sine));
  EXPECT_TRUE(codegen::is_lane_function(Operation::power));
  EXPECT_THROW(lane_evaluate(Operation::sine, std::array{1.0}, false), std::logic_error);
}

}  // namespace
}  // namespace raad
