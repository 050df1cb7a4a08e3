// Draws of a posterior that is known on paper.
#include "study/posterior_ensemble.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace raad::study {
namespace {

/// Normal in two positions with standard deviations 0.3 and 0.1 and correlation 0.6; the second parameter is
/// on the logarithm.
class CorrelatedNormal final : public Objective {
 public:
  const std::vector<EstimatedParameter>& parameters() const override { return parameters_; }
  bool has_gradient() const override { return false; }
  std::string identity() const override { return "a correlated normal"; }
  Evaluation evaluate(std::span<const double> position, Wanted) const override {
    const double x = (position[0] - 1.0) / 0.3, y = (position[1] + 2.0) / 0.1;
    Evaluation result;
    result.cost = 0.5 * (x * x - 2.0 * 0.6 * x * y + y * y) / (1.0 - 0.36);
    if (position[0] > 2.4) result.failure = "beyond what can be run";
    return result;
  }

 private:
  std::vector<EstimatedParameter> parameters_ = {{"a", EstimationScale::linear, -4.0, 6.0, 1.0},
                                                 {"b", EstimationScale::logarithm, -4.0, 0.0, -2.0}};
};

class PosteriorEnsembleBy : public testing::TestWithParam<PosteriorSampler> {};

TEST_P(PosteriorEnsembleBy, HasTheMomentsOfTheDensity) {
  const CorrelatedNormal objective;
  PosteriorOptions options;
  options.sampler = GetParam();
  options.draws = 2000;
  // Chains take several times as many for as good a result.
  options.evaluations = GetParam() == PosteriorSampler::chains ? 24000 : 4000;
  const std::vector<double> optimum = {1.0, -2.0};
  const auto ensemble = posterior_ensemble(objective, optimum, options);
  EXPECT_TRUE(ensemble.converged) << ensemble.diagnosis;
  ASSERT_EQ(ensemble.draws.size(), 2000u);
  double mean_a = 0.0, mean_b = 0.0, square_a = 0.0, square_b = 0.0, both = 0.0;
  for (const auto& draw : ensemble.draws) {
    EXPECT_LE(draw[0], 2.4);  // A failed evaluation is no draw.
    const double a = draw[0] - 1.0, b = std::log(draw[1]) + 2.0;
    mean_a += a / 2000.0;
    mean_b += b / 2000.0;
    square_a += a * a / 2000.0;
    square_b += b * b / 2000.0;
    both += a * b / 2000.0;
  }
  // About 1000 independent draws: means to a tenth of an SD, moments to a tenth of themselves.
  EXPECT_NEAR(mean_a, 0.0, 0.03);
  EXPECT_NEAR(mean_b, 0.0, 0.01);
  EXPECT_NEAR(std::sqrt(square_a), 0.3, 0.03);
  EXPECT_NEAR(std::sqrt(square_b), 0.1, 0.01);
  EXPECT_NEAR(both / std::sqrt(square_a * square_b), 0.6, 0.08);
}

INSTANTIATE_TEST_SUITE_P(Samplers, PosteriorEnsembleBy,
                         testing::Values(PosteriorSampler::importance, PosteriorSampler::chains),
                         [](const auto& instance) {
                           return instance.param == PosteriorSampler::chains ? "Chains" : "Importance";
                         });

TEST(PosteriorEnsemble, FewEvaluationsAreSaidToBeTooFew) {
  const CorrelatedNormal objective;
  PosteriorOptions options;
  options.evaluations = 200;
  const std::vector<double> optimum = {1.0, -2.0};
  const auto ensemble = posterior_ensemble(objective, optimum, options);
  EXPECT_FALSE(ensemble.converged);
  EXPECT_NE(ensemble.diagnosis.find("not converged"), std::string::npos);
}

TEST(PosteriorEnsemble, TableAndSummaryHoldEveryParameter) {
  const CorrelatedNormal objective;
  PosteriorOptions options;
  options.draws = 10;
  options.evaluations = 1200;
  const std::vector<double> optimum = {1.0, -2.0};
  const auto ensemble = posterior_ensemble(objective, optimum, options);
  const auto table = ensemble_table(ensemble);
  EXPECT_EQ(table.substr(0, 4), "a\tb\n");
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 11);
  EXPECT_NE(ensemble_summary(ensemble).find("correlation_b"), std::string::npos);
  // The same options, the same draws.
  EXPECT_EQ(ensemble_table(posterior_ensemble(objective, optimum, options)), table);
}

}  // namespace
}  // namespace raad::study
