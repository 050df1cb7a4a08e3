// Weighted draws of densities that are known on paper, and the warning where they cannot be had.
#include "study/importance_sampler.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/random.hpp"
#include "study/known_density.hpp"

namespace raad::study {
namespace {

double mean_of(const WeightedSample& sample, const std::function<double(const std::vector<double>&)>& value) {
  double sum = 0.0;
  for (std::size_t i = 0; i < sample.points.size(); ++i)
    if (sample.weights[i] > 0.0) sum += sample.weights[i] * value(sample.points[i]);
  return sum;
}

TEST(ImportanceSampler, FindsANormalDensityFromAfar) {
  // Five dimensions, standard deviations from 0.1 to 0.5, ten to two of them from where the search begins.
  const auto target = density(
      [](const std::vector<double>& x) {
        double sum = 0.0;
        for (std::size_t k = 0; k < x.size(); ++k)
          sum -= 0.5 * std::pow((x[k] - 2.0) / (0.1 * static_cast<double>(k + 1)), 2);
        return sum;
      },
      std::vector<double>(5, -10.0), std::vector<double>(5, 10.0));
  ImportanceOptions options;
  const auto sample =
      importance_sample(target, std::vector<double>(5, 1.0), std::vector<double>(5, 1.0), options);
  EXPECT_TRUE(sample.converged()) << sample.effective_size << ' ' << sample.pareto_shape;
  EXPECT_NEAR(std::accumulate(sample.weights.begin(), sample.weights.end(), 0.0), 1.0, 1e-12);
  for (std::size_t k = 0; k < 5; ++k) {
    const double sd = 0.1 * static_cast<double>(k + 1);
    // Worth 400 draws at least: means to four standard errors of 1/20, variances to as many of 1/14.
    EXPECT_NEAR(mean_of(sample, [&](const auto& x) { return x[k]; }), 2.0, 0.2 * sd);
    EXPECT_NEAR(mean_of(sample, [&](const auto& x) { return std::pow(x[k] - 2.0, 2); }), sd * sd,
                0.3 * sd * sd);
  }
}

TEST(ImportanceSampler, StaysInsideBoundsThatCutTheDensity) {
  // Half a normal distribution: mean sqrt(2 / pi), known in closed form.
  const auto target = density([](const std::vector<double>& x) { return -0.5 * x[0] * x[0]; }, {0.0}, {8.0});
  ImportanceOptions options;
  options.points_per_stage = 1000;
  const auto sample = importance_sample(target, {0.5}, {2.0}, options);
  for (std::size_t i = 0; i < sample.points.size(); ++i)
    EXPECT_TRUE(sample.weights[i] == 0.0 || sample.points[i][0] >= 0.0);
  EXPECT_NEAR(mean_of(sample, [](const auto& x) { return x[0]; }), std::sqrt(2.0 / M_PI), 0.05);
  const auto drawn = resampled(sample, 500, 1);
  ASSERT_EQ(drawn.size(), 500u);
  double mean = 0.0;
  for (const auto& one : drawn) mean += one[0] / 500.0;
  EXPECT_NEAR(mean, std::sqrt(2.0 / M_PI), 0.1);
}

TEST(ImportanceSampler, WarnsWhereItCannotFollow) {
  // A ridge that a Student distribution cannot be: Rosenbrock's valley.
  const auto target = density(
      [](const std::vector<double>& x) {
        return -500.0 * std::pow(x[1] - x[0] * x[0], 2) - 0.05 * std::pow(1.0 - x[0], 2);
      },
      {-20.0, -20.0}, {20.0, 200.0});
  ImportanceOptions options;
  options.points_per_stage = 100;
  const auto sample = importance_sample(target, {0.0, 0.0}, {5.0, 30.0}, options);
  EXPECT_FALSE(sample.converged()) << sample.effective_size << ' ' << sample.pareto_shape;
}

TEST(ImportanceSampler, SameOptionsSameDraws) {
  const auto target = density([](const std::vector<double>& x) { return -x[0] * x[0]; }, {-3.0}, {3.0});
  ImportanceOptions options;
  options.points_per_stage = 50;
  const auto one = importance_sample(target, {0.0}, {1.0}, options),
             two = importance_sample(target, {0.0}, {1.0}, options);
  EXPECT_EQ(one.points, two.points);
  EXPECT_EQ(one.weights, two.weights);
}

TEST(ParetoTail, HasTheShapeThatMadeIt) {
  base::RandomStream stream({7, 0, 0, base::purpose_of("pareto")});
  for (const double shape : {0.2, 0.5, 0.9}) {
    std::vector<double> excesses;
    for (int k = 0; k < 4000; ++k)
      excesses.push_back(std::expm1(-shape * std::log(stream.uniform())) / shape);
    std::ranges::sort(excesses);
    const auto fitted = fit_pareto_tail(excesses);
    // The standard error of a shape k from n excesses is (1 + k) / sqrt(n), 0.03 here.
    EXPECT_NEAR(fitted.shape, shape, 0.1);
    EXPECT_NEAR(fitted.scale, 1.0, 0.1);
  }
}

}  // namespace
}  // namespace raad::study
