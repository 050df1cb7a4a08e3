#include "base/random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace raad::base {
namespace {

TEST(NormalQuantile, InvertsTheDistribution) {
  // erfc is good to about 1 ULP; the quantile's error is multiplied by the density's slope, about its square.
  for (const double p : {1e-300, 1e-20, 1e-6, 0.001, 0.07, 0.3, 0.5, 0.8, 0.93, 0.999})
    EXPECT_NEAR(normal_probability(normal_quantile(p)) / p, 1.0, 1e-12) << p;
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-15);  // Any table
  EXPECT_EQ(normal_quantile(0.5), 0.0);
}

TEST(RandomStream, HasTheMomentsOfItsDistribution) {
  // Beyond 2^20 draws of one stream. Standard errors: 1/sqrt(n) = 0.001 of the mean, sqrt(2/n) of the
  // variance, 5 of each.
  constexpr int n = 1'200'000;
  RandomStream stream({7, 0, 1, purpose_of("test")});
  double sum = 0.0, squares = 0.0, uniform = 0.0, successive = 0.0, last = 0.0;
  for (int i = 0; i < n; ++i) {
    const double value = stream.normal();
    sum += value;
    squares += value * value;
    successive += value * last;
    last = value;
    uniform += normal_probability(value);
  }
  EXPECT_NEAR(sum / n, 0.0, 5.0 / std::sqrt(n));
  EXPECT_NEAR(squares / n, 1.0, 5.0 * std::sqrt(2.0 / n));
  EXPECT_NEAR(successive / n, 0.0, 5.0 / std::sqrt(n));
  EXPECT_NEAR(uniform / n, 0.5, 5.0 / std::sqrt(12.0 * n));
}

TEST(RandomStream, DependsOnItsKeyOnly) {
  const auto first = [](const StreamKey& key) { return RandomStream(key).uniform(); };
  const StreamKey key{1, 0, 5, purpose_of("clearance")};
  const double value = first(key);
  RandomStream other({1, 0, 6, purpose_of("clearance")});
  other.uniform();
  EXPECT_EQ(first(key), value);
  for (const StreamKey& changed : {StreamKey{2, 0, 5, key.purpose}, StreamKey{1, 1, 5, key.purpose},
                                   StreamKey{1, 0, 6, key.purpose}, StreamKey{1, 0, 5, purpose_of("volume")}})
    EXPECT_NE(first(changed), value);
}

TEST(RandomStream, StreamsOfSubjectsAreUncorrelated) {
  constexpr int n = 200'000;
  double product = 0.0;
  for (int i = 0; i < n; ++i)
    product +=
        RandomStream({1, 0, i, purpose_of("a")}).normal() *
            RandomStream({1, 0, i + 1, purpose_of("a")}).normal() +
        RandomStream({1, 0, i, purpose_of("a")}).normal() * RandomStream({1, 0, i, purpose_of("b")}).normal();
  EXPECT_NEAR(product / n, 0.0, 5.0 * std::sqrt(2.0 / n));  // Five standard errors
}

TEST(RandomStream, StaysWithinTheOpenInterval) {
  RandomStream stream({3, 0, 0, 0});
  for (int i = 0; i < 100'000; ++i) {
    const double value = stream.uniform();
    ASSERT_GT(value, 0.0);
    ASSERT_LT(value, 1.0);
  }
}

}  // namespace
}  // namespace raad::base
