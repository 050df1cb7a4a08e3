// What evidence costs, with the library's spreads and with fitted ones, on residuals made for the purpose.
#include <gtest/gtest.h>

#include <cmath>
#include <deque>

#include "base/random.hpp"
#include "study/evidence_cost.hpp"

namespace raad::study {
namespace {

/// Rows of one family on the logarithmic scale with the residuals given.
class EvidenceCosts : public testing::Test {
 protected:
  void add(const std::string& source, double residual, double sampling = 0.0) {
    auto& row = rows_.emplace_back();
    row.source_id = source;
    row.value = 10.0;
    ValidationScore score;
    score.row = &row;
    score.family = "exposure";
    score.measure = "cmax";
    score.scale = ScoreScale::logarithmic;
    score.sampling_spread = sampling;
    score.family_spread = k_library_spread;
    score.total_spread = std::hypot(sampling, k_library_spread);
    score.z = residual / score.total_spread;
    result_.scores.push_back(score);
  }
  /// Twenty studies of one row, with residuals of this standard deviation.
  void add_studies(double spread) {
    base::RandomStream random({7, 0, 0, base::purpose_of("residuals")});
    for (int i = 0; i < 20; ++i) add("study" + std::to_string(i), spread * random.normal());
  }

  static constexpr double k_library_spread = 0.8;
  std::deque<data::EvidenceRow> rows_;  ///< Scores point to them
  ValidationResult result_;
};

TEST_F(EvidenceCosts, RowsOfAStudyShareItsWeight) {
  add("one", 0.4);
  add("one", 0.4);
  add("one", 0.4);
  add("one", 0.4);
  add("other", 0.4);
  const auto cost = evidence_cost(result_, SpreadRule::library);
  const double z = 0.4 / k_library_spread;
  const double row = 2.5 * std::log(1.0 + z * z / 4.0);
  ASSERT_EQ(cost.by_study.size(), 2u);
  EXPECT_NEAR(cost.by_study[0].second, 2.0 * row, 1e-12);  // sqrt(4) rows
  EXPECT_NEAR(cost.by_study[1].second, row, 1e-12);
  EXPECT_NEAR(cost.total(), 3.0 * row, 1e-12);
  EXPECT_TRUE(cost.spreads.empty());
}

TEST_F(EvidenceCosts, ASpreadIsFittedToTheResiduals) {
  add_studies(0.25);
  const auto fitted = evidence_cost(result_, SpreadRule::fitted);
  ASSERT_EQ(fitted.spreads.size(), 1u);
  EXPECT_EQ(fitted.spreads[0].rows, 20);
  EXPECT_DOUBLE_EQ(fitted.spreads[0].library, k_library_spread);
  // Student's t of 4 degrees of freedom is wider than the normal of equal scale, so its scale is less than
  // the standard deviation; the prior draws towards 0.8.
  EXPECT_GT(fitted.spreads[0].fitted, 0.15);
  EXPECT_LT(fitted.spreads[0].fitted, 0.35);
  EXPECT_LT(fitted.total(), evidence_cost(result_, SpreadRule::library).total());
}

TEST_F(EvidenceCosts, TheFittedSpreadIsTheLikeliest) {
  add_studies(0.25);
  add("sampled", 0.3, 0.2);
  const auto fitted = evidence_cost(result_, SpreadRule::fitted);
  // The same cost by hand, on a fine grid of spreads.
  const auto cost_at = [&](double spread) {
    double sum = 0.5 * std::pow(std::log(spread / k_library_spread) / std::log(4.0), 2);
    for (const auto& score : result_.scores) {
      const double total = std::hypot(score.sampling_spread, spread);
      const double z = score.z * score.total_spread / total;
      sum += 2.5 * std::log(1.0 + z * z / 4.0) + std::log(total / score.total_spread);
    }
    return sum;
  };
  double least = 1e300;
  for (double spread = 0.05; spread < 2.0; spread *= 1.001) least = std::min(least, cost_at(spread));
  EXPECT_NEAR(fitted.total(), least, 1e-5);
  EXPECT_NEAR(cost_at(fitted.spreads[0].fitted), least, 1e-5);
}

TEST_F(EvidenceCosts, ValuesThatAreAlikeLeaveATenth) {
  for (int i = 0; i < 20; ++i) add("study" + std::to_string(i), 1e-6);
  const auto fitted = evidence_cost(result_, SpreadRule::fitted);
  ASSERT_EQ(fitted.spreads.size(), 1u);
  EXPECT_NEAR(fitted.spreads[0].fitted, k_least_share, 1e-12);
}

TEST_F(EvidenceCosts, RowsThatWereNotScoredCostNothing) {
  add("one", 0.4);
  const double before = evidence_cost(result_, SpreadRule::fitted).total();
  add("two", 3.0);
  result_.scores.back().skipped = "no such observable";
  EXPECT_DOUBLE_EQ(evidence_cost(result_, SpreadRule::fitted).total(), before);
}

}  // namespace
}  // namespace raad::study
