#include "run/population_summary.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace raad::run {
namespace {

struct People {
  std::vector<std::vector<double>> outputs, descriptors;
};

/// Two read-outs at three times; the first follows the only descriptor, the second is large with a small
/// spread.
People people(int count) {
  std::mt19937_64 generator(1);
  std::normal_distribution<double> normal;
  People all;
  for (int i = 0; i < count; ++i) {
    const double own = normal(generator);
    std::vector<double> outputs;
    for (int t = 0; t < 3; ++t) {
      outputs.push_back(10.0 + (t + 1) * own);
      outputs.push_back(1e8 + normal(generator));
    }
    all.outputs.push_back(outputs);
    all.descriptors.push_back({own});
  }
  return all;
}

SummaryShape shape() {
  SummaryShape shape;
  shape.time_count = 3;
  shape.observable_count = 2;
  shape.exceedances = {{0, Exceedance::Relation::below, 10.0}};
  shape.descriptor_count = 1;
  return shape;
}

TEST(PopulationSummary, MatchesPlainFormulas) {
  const auto all = people(1000);
  PopulationSummary summary(shape());
  for (std::size_t i = 0; i < 1000; ++i)
    summary.add(static_cast<std::int64_t>(i), all.outputs[i].data(), all.descriptors[i].data());
  for (std::size_t cell : {0u, 3u, 5u}) {
    long double sum = 0.0L, squares = 0.0L;
    int below = 0;
    for (const auto& one : all.outputs) sum += one[cell];
    const long double mean = sum / 1000.0L;
    for (const auto& one : all.outputs) {
      squares += (one[cell] - mean) * (one[cell] - mean);
      below += one[cell] < 10.0 ? 1 : 0;
    }
    const int time = static_cast<int>(cell / 2), observable = static_cast<int>(cell % 2);
    EXPECT_NEAR(summary.mean(time, observable), static_cast<double>(mean), 1e-15 * static_cast<double>(mean));
    // With a mean of 1e8 and a spread of 1, sums of squares in doubles would have no digit left.
    EXPECT_NEAR(summary.standard_deviation(time, observable),
                static_cast<double>(std::sqrt(squares / 999.0L)), 1e-9);
    if (observable == 0) {
      EXPECT_EQ(summary.exceedance(time, 0), below / 1000.0);
    }
  }
  for (const Measure measure : {Measure::mean_over_time, Measure::greatest, Measure::least, Measure::last})
    EXPECT_GT(summary.correlation(0, 0, measure), 0.9);  // Greatest and least kink at the mean
  EXPECT_NEAR(summary.correlation(0, 0, Measure::last), 1.0, 1e-12);
  EXPECT_NEAR(summary.correlation(0, 1, Measure::last), 0.0, 0.1);  // Three standard errors of 1000 subjects
}

TEST(PopulationSummary, OrderAndPartsChangeNoByte) {
  const auto all = people(500);
  PopulationSummary forwards(shape()), backwards(shape()), part(shape());
  for (std::size_t i = 0; i < 500; ++i) {
    forwards.add(static_cast<std::int64_t>(i), all.outputs[i].data(), all.descriptors[i].data(), 1.5);
    const std::size_t k = 499 - i;
    (k % 3 == 0 ? part : backwards)
        .add(static_cast<std::int64_t>(k), all.outputs[k].data(), all.descriptors[k].data(), 1.5);
  }
  backwards.merge(PopulationSummary::deserialise(part.serialise()));
  EXPECT_EQ(backwards.serialise(), forwards.serialise());
  EXPECT_EQ(forwards.weight_sum(), 750.0);
}

TEST(PopulationSummary, EqualValuesHaveNoSpread) {
  PopulationSummary summary(shape());
  const std::vector<double> outputs = {0.1, 0.3, 1e-5, 7.7, 12345.678, 1e8};
  const double descriptor = 0.7;
  for (int i = 0; i < 77; ++i) summary.add(i, outputs.data(), &descriptor);
  for (int t = 0; t < 3; ++t)
    for (int k = 0; k < 2; ++k) EXPECT_EQ(summary.standard_deviation(t, k), 0.0);
  EXPECT_TRUE(std::isnan(summary.correlation(0, 0, Measure::last)));
}

TEST(PopulationSummary, RefusesDamageAndNonsense) {
  PopulationSummary summary(shape());
  std::string bytes = summary.serialise();
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  EXPECT_THROW(PopulationSummary::deserialise(bytes), std::runtime_error);
  const std::vector<double> outputs = {1, 2, 3, 4, 5, std::nan("")};
  const double descriptor = 1.0;
  EXPECT_THROW(summary.add(0, outputs.data(), &descriptor), std::logic_error);
  EXPECT_TRUE(std::isnan(summary.mean(0, 0)));
}

}  // namespace
}  // namespace raad::run
