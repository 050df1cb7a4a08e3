// Weights of hypotheses, studies as clusters, and what an experiment is expected to tell: against values on
// paper.
#include <gtest/gtest.h>

#include <cmath>

#include "study/hypothesis_weights.hpp"
#include "study/information_gain.hpp"

namespace raad::study {
namespace {

TEST(Clusters, ManyRowsOfOneStudyDoNotOutvoteOthers) {
  std::vector<std::string> sources(30, "big");
  sources.push_back("small");
  const auto tied = cluster_model(sources, 1.0), free = cluster_model(sources, 0.0),
             half = cluster_model(sources, 0.5);
  EXPECT_DOUBLE_EQ(tied.effective_rows, 2.0);
  EXPECT_DOUBLE_EQ(free.effective_rows, 31.0);
  EXPECT_DOUBLE_EQ(half.studies[0].row_weight, 1.0 / (1.0 + 29.0 * 0.5));
  // Thirty rows speak for the first hypothesis, one row of another study as strongly for the second.
  std::vector<std::vector<double>> rows(2, std::vector<double>(31, 0.0));
  for (std::size_t i = 0; i < 30; ++i) rows[0][i] = 1.0;
  rows[1][30] = 1.0;
  EXPECT_NEAR(weigh(rows, {0, 0}, tied, 10, 1)[0].weight, 0.5, 1e-12);
  EXPECT_GT(weigh(rows, {0, 0}, free, 10, 1)[0].weight, 0.999);
}

TEST(Clusters, CorrelationOfResidualsIsThatOfTheConstruction) {
  EXPECT_DOUBLE_EQ(within_study_correlation({"a", "a", "b", "b"}, {1, 1, -1, -1}), 1.0);
  EXPECT_DOUBLE_EQ(within_study_correlation({"a", "a", "b", "b"}, {1, -1, 1, -1}), 0.0);
  EXPECT_DOUBLE_EQ(within_study_correlation({"a", "b", "c"}, {1, 2, 3}), 0.0);
  // Mean squares: 9 between the means 1.5 and -1.5, 0.5 within.
  EXPECT_NEAR(within_study_correlation({"a", "a", "b", "b"}, {2, 1, -2, -1}), (9.0 - 0.5) / (9.0 + 0.5),
              1e-12);
}

TEST(Weights, FollowBayesAndTheBootstrapDoubtsASingleStudy) {
  const auto clusters = cluster_model({"a", "b", "c"}, 0.0);
  const std::vector<std::vector<double>> rows = {{0.0, 0.0, 3.0}, {0.0, 0.0, 0.0}, {0.0, 0.0, std::log(0.5)}};
  const auto scores = weigh(rows, {0, 1, 0}, clusters, 4000, 1);
  const double sum = std::exp(3.0) + 1.0 + 0.5;
  EXPECT_NEAR(scores[0].weight, std::exp(3.0) / sum, 1e-12);
  EXPECT_NEAR(scores[1].weight / scores[2].weight, 2.0, 1e-12);
  // Without the third study nothing speaks for the first hypothesis.
  EXPECT_LT(scores[0].bootstrap_weight, scores[0].weight);
  EXPECT_GT(scores[0].bootstrap_weight, scores[1].bootstrap_weight);
  EXPECT_NEAR(scores[0].bootstrap_weight + scores[1].bootstrap_weight + scores[2].bootstrap_weight, 1.0,
              1e-9);
  EXPECT_DOUBLE_EQ(scores[1].difference, -3.0);
  // Differences over studies 0, 0, -3: sd sqrt(3), times sqrt(3).
  EXPECT_NEAR(scores[1].difference_se, 3.0, 1e-12);
  EXPECT_NEAR(scores[1].aic, 2.0, 1e-12);
  EXPECT_NEAR(scores[1].bic, std::log(3.0), 1e-12);
}

TEST(Weights, DensityOfResidualsHasUnitArea) {
  double area = 0.0;
  for (double z = -400.0; z < 400.0; z += 0.01) area += 0.01 * std::exp(log_density(z, 2.0)) * 2.0;
  EXPECT_NEAR(area, 1.0, 1e-6);
  EXPECT_NEAR(std::exp(log_probability_of_sign(true)) + 2.0 * std::exp(log_probability_of_sign(false)), 1.0,
              1e-12);
}

/// By the plain integral over a fine grid, an independent path.
double gain_by_grid(const std::vector<double>& weights,
                    const std::vector<PredictiveDistribution>& predictions) {
  double bits = 0.0;
  const double step = 0.005;
  for (double y = -300.0; y < 300.0; y += step) {
    double mixture = 0.0;
    for (std::size_t i = 0; i < weights.size(); ++i)
      mixture += weights[i] * std::exp(log_density((y - predictions[i].mean) / predictions[i].spread,
                                                   predictions[i].spread));
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double own =
          std::exp(log_density((y - predictions[i].mean) / predictions[i].spread, predictions[i].spread));
      bits += step * weights[i] * own * std::log2(own / mixture);
    }
  }
  return bits;
}

TEST(InformationGain, IsNothingForEqualPredictionsAndAllForFarOnes) {
  EXPECT_DOUBLE_EQ(expected_information_gain({0.5, 0.5}, {{1.0, 1.0}, {1.0, 1.0}}).bits, 0.0);
  const auto far = expected_information_gain({0.5, 0.5}, {{0.0, 1.0}, {1e5, 1.0}});
  EXPECT_NEAR(far.bits, 1.0, 1e-6);
  EXPECT_NEAR(expected_information_gain({0.25, 0.75}, {{0.0, 1.0}, {1e5, 1.0}}).bits,
              entropy_bits({0.25, 0.75}), 1e-6);
}

TEST(InformationGain, AgreesWithAnotherQuadratureWithinItsError) {
  const std::vector<std::vector<PredictiveDistribution>> cases = {
      {{0.0, 1.0}, {1.0, 1.0}}, {{0.0, 1.0}, {0.0, 4.0}}, {{-2.0, 1.0}, {0.5, 2.0}, {3.0, 0.5}}};
  for (const auto& predictions : cases) {
    const std::vector<double> weights(predictions.size(), 1.0 / static_cast<double>(predictions.size()));
    const auto gain = expected_information_gain(weights, predictions);
    EXPECT_NEAR(gain.bits, gain_by_grid(weights, predictions), std::max(1e-3, 2.0 * gain.error));
    EXPECT_LT(gain.error, 2e-3);
  }
}

}  // namespace
}  // namespace raad::study
