#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "base/exact_sum.hpp"
#include "base/quantile_sketch.hpp"

namespace raad::base {
namespace {

/// Values of both signs over 60 orders of magnitude.
std::vector<double> wild_values(int count, unsigned seed) {
  std::mt19937_64 generator(seed);
  std::uniform_real_distribution<double> exponent(-30.0, 30.0), sign(-1.0, 1.0);
  std::vector<double> values;
  for (int i = 0; i < count; ++i)
    values.push_back(std::copysign(std::pow(10.0, exponent(generator)), sign(generator)));
  return values;
}

ExactSum sum_of(const std::vector<double>& values) {
  ExactSum sum;
  for (const double value : values) sum.add(value);
  return sum;
}

TEST(ExactSum, LosesNothingWhereDoublesDo) {
  ExactSum sum;
  for (const double value : {1e300, 1.0, -1e300, 1e-300}) sum.add(value);
  EXPECT_EQ(sum.value(), 1.0);
  EXPECT_EQ(sum.remainder(), 1e-300);
}

TEST(ExactSum, RoundsOnceToNearest) {
  ExactSum above;
  above.add(1.0);
  above.add(0x1p-53);  // Half a unit in the last place: a tie
  EXPECT_EQ(above.value(), 1.0);
  above.add(0x1p-200);  // and a little more
  EXPECT_EQ(above.value(), 1.0 + 0x1p-52);
  ExactSum below;
  below.add(-1.0);
  below.add(-0x1p-53);
  below.add(-0x1p-200);
  EXPECT_EQ(below.value(), -1.0 - 0x1p-52);
}

TEST(ExactSum, OrderAndPartsChangeNoBit) {
  auto values = wild_values(2000, 1);
  const double whole = sum_of(values).value();
  std::mt19937_64 generator(2);
  for (int round = 0; round < 20; ++round) {
    std::ranges::shuffle(values, generator);
    ExactSum left = sum_of({values.begin(), values.begin() + 700});
    left.add(sum_of({values.begin() + 700, values.end()}));
    EXPECT_EQ(left.value(), whole);
  }
}

TEST(ExactSum, AgreesWithLongDoubleOnKindValues) {
  std::mt19937_64 generator(3);
  std::uniform_int_distribution<int> whole(-1'000'000, 1'000'000);
  ExactSum sum;
  long double reference = 0.0L;  // Exact: multiples of 2^-10 of moderate size
  for (int i = 0; i < 100'000; ++i) {
    const double value = whole(generator) / 1024.0;
    sum.add(value);
    reference += value;
  }
  EXPECT_EQ(sum.value(), static_cast<double>(reference));
}

TEST(ExactSum, SurvivesBytes) {
  const ExactSum sum = sum_of(wild_values(300, 4));
  std::string bytes;
  sum.serialise(bytes);
  std::string_view rest = bytes;
  const ExactSum read = ExactSum::deserialise(rest);
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(read.value(), sum.value());
  EXPECT_EQ(read.remainder(), sum.remainder());
  rest = std::string_view(bytes).substr(0, bytes.size() - 1);
  EXPECT_THROW(ExactSum::deserialise(rest), std::runtime_error);
}

TEST(QuantileSketch, KeepsItsErrorBound) {
  std::mt19937_64 generator(5);
  std::lognormal_distribution<double> wide(0.0, 3.0);
  std::normal_distribution<double> signed_values(-2.0, 5.0);
  for (const bool log_normal : {true, false}) {
    std::vector<double> values;
    QuantileSketch sketch;
    for (int i = 0; i < 20'000; ++i) {
      values.push_back(log_normal ? wide(generator) : signed_values(generator));
      sketch.add(values.back());
    }
    std::ranges::sort(values);
    for (const double p : {0.0, 0.001, 0.05, 0.25, 0.5, 0.75, 0.95, 0.999, 1.0}) {
      const double rank = p * static_cast<double>(values.size() - 1);
      const auto below = static_cast<std::size_t>(rank);
      const double exact =
          values[below] + (rank - static_cast<double>(below)) *
                              (values[std::min(below + 1, values.size() - 1)] - values[below]);
      EXPECT_NEAR(sketch.quantile(p), exact, QuantileSketch::k_relative_error * std::fabs(exact) + 1e-12)
          << p;
    }
  }
}

TEST(QuantileSketch, MergesExactlyInAnyOrder) {
  const auto values = wild_values(3000, 6);
  QuantileSketch whole, left, right;
  for (std::size_t i = 0; i < values.size(); ++i) {
    whole.add(values[i]);
    (i % 3 == 0 ? left : right).add(values[i]);
  }
  right.add(left);
  std::string expected, merged;
  whole.serialise(expected);
  right.serialise(merged);
  EXPECT_EQ(merged, expected);
}

TEST(QuantileSketch, GivesASingleValueBack) {
  QuantileSketch sketch;
  EXPECT_TRUE(std::isnan(sketch.quantile(0.5)));
  for (int i = 0; i < 5; ++i) sketch.add(3.14159);
  EXPECT_EQ(sketch.quantile(0.5), 3.14159);  // Clipped to least and greatest, which are exact.
  QuantileSketch zero;
  zero.add(0.0);
  EXPECT_EQ(zero.quantile(0.9), 0.0);
}

}  // namespace
}  // namespace raad::base
