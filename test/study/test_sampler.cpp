// The sampler on densities whose moments are known, and the diagnostics on chains that do and do not agree.
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.hpp"
#include "study/known_density.hpp"
#include "study/sampler.hpp"

namespace raad::study {
namespace {

struct Moments {
  std::vector<double> mean, sd;
};

Moments moments(const Sample& sample) {
  const std::size_t dimensions = sample.chains[0][0].size();
  Moments result;
  for (std::size_t k = 0; k < dimensions; ++k) {
    double sum = 0.0, squares = 0.0, count = 0.0;
    for (const auto& chain : sample.chains)
      for (const auto& point : chain) sum += point[k], squares += point[k] * point[k], count += 1.0;
    result.mean.push_back(sum / count);
    result.sd.push_back(std::sqrt(squares / count - sum / count * sum / count));
  }
  return result;
}

TEST(Sampler, FindsMeansAndSpreadsOfACorrelatedNormal) {
  // Standard deviations 1 and 0.01 with correlation 0.9, and an independent one: no scale is told.
  const auto target = density(
      [](const std::vector<double>& x) {
        const double u = x[0] - 2.0, v = (x[1] + 1.0) / 0.01, w = x[2] / 5.0;
        return -0.5 * (u * u - 1.8 * u * v + v * v) / (1.0 - 0.81) - 0.5 * w * w;
      },
      {-20, -20, -50}, {20, 20, 50});
  const auto result = sample(target, {6, 12000, 0.4, 3, {}});
  const auto found = moments(result);
  // Standard errors are sd/sqrt(effective size), about 0.03 sd; four of them.
  EXPECT_TRUE(result.converged());
  EXPECT_NEAR(found.mean[0], 2.0, 0.12);
  EXPECT_NEAR(found.mean[1], -1.0, 0.0012);
  EXPECT_NEAR(found.mean[2], 0.0, 0.6);
  EXPECT_NEAR(found.sd[0], 1.0, 0.12);
  EXPECT_NEAR(found.sd[1], 0.01, 0.0012);
  EXPECT_NEAR(found.sd[2], 5.0, 0.6);
  EXPECT_GT(result.acceptance, 0.1);
}

TEST(Sampler, FollowsABanana) {
  // x normal with sd 1, y = x^2 + normal with sd 0.5: mean 1, variance 2 + 0.25.
  const auto target = density(
      [](const std::vector<double>& x) {
        const double bend = (x[1] - x[0] * x[0]) / 0.5;
        return -0.5 * x[0] * x[0] - 0.5 * bend * bend;
      },
      {-8, -5}, {8, 40});
  const auto found = moments(sample(target, {6, 16000, 0.4, 5, {}}));
  EXPECT_NEAR(found.mean[0], 0.0, 0.15);
  EXPECT_NEAR(found.sd[0], 1.0, 0.12);
  EXPECT_NEAR(found.mean[1], 1.0, 0.2);
  EXPECT_NEAR(found.sd[1], 1.5, 0.25);
}

TEST(Sampler, StaysWithinBoundsAndFillsThemEvenly) {
  const auto flat = density([](const std::vector<double>&) { return 0.0; }, {0.0}, {1.0});
  const auto result = sample(flat, {4, 6000, 0.2, 7, {}});
  const auto found = moments(result);
  EXPECT_NEAR(found.mean[0], 0.5, 0.03);
  EXPECT_NEAR(found.sd[0], std::sqrt(1.0 / 12.0), 0.02);
  for (const auto& chain : result.chains)
    for (const auto& point : chain) EXPECT_TRUE(point[0] >= 0.0 && point[0] <= 1.0);
}

TEST(Sampler, RepeatsWithItsSeedAndNeverAcceptsWhereTheDensityIsNone) {
  const auto half =
      density([](const std::vector<double>& x) { return x[0] > 0.5 ? std::nan("") : -x[0]; }, {0.0}, {1.0});
  const auto one = sample(half, {4, 400, 0.5, 9, {}}), two = sample(half, {4, 400, 0.5, 9, {}});
  EXPECT_EQ(one.chains, two.chains);
  EXPECT_NE(one.chains, sample(half, {4, 400, 0.5, 10, {}}).chains);
  for (const auto& chain : one.chains)
    for (const auto& point : chain) EXPECT_LE(point[0], 0.5);
}

TEST(Diagnostics, TellChainsThatAgreeFromThoseThatDoNot) {
  std::vector<std::vector<double>> good(4), apart(4), slow(4);
  for (std::size_t c = 0; c < 4; ++c) {
    base::RandomStream draw({1, 0, static_cast<std::int64_t>(c), base::purpose_of("diagnostics")});
    double state = 0.0;
    for (int i = 0; i < 1000; ++i) {
      good[c].push_back(draw.normal());
      apart[c].push_back(draw.normal() + (c == 0 ? 3.0 : 0.0));
      state = 0.9 * state + std::sqrt(1.0 - 0.81) * draw.normal();
      slow[c].push_back(state);
    }
  }
  EXPECT_LT(split_r_hat(good), 1.01);
  EXPECT_GT(split_r_hat(apart), 1.2);
  EXPECT_NEAR(effective_sample_size(good), 4000.0, 600.0);
  // Autocorrelation 0.9: worth (1 - 0.9)/(1 + 0.9) of the draws.
  EXPECT_NEAR(effective_sample_size(slow), 4000.0 * 0.1 / 1.9, 70.0);
}

}  // namespace
}  // namespace raad::study
