// Measures over whole courses and two arms, from participants whose scores are known.
#include "study/follow_up_measures.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "study/trial_layer.hpp"

namespace raad::study {
namespace {

const DepressionScale k_madrs = {"MADRS", 1.0, 10.0};

/// Ratings at days 1, 2, 3, 7 of participants with a baseline of 30.
ArmScores participants(const std::vector<std::vector<double>>& courses) {
  ArmScores scores;
  scores.time_h = {0.0, 24.0, 48.0, 72.0, 168.0};
  scores.mean.assign(scores.time_h.size(), 0.0);
  scores.change = scores.mean;
  scores.belief.assign(scores.time_h.size(), 0.8);
  const auto count = static_cast<double>(courses.size());
  for (const auto& course : courses) {
    std::vector<double> observed = {30.0, 30.0};
    observed.insert(observed.end(), course.begin(), course.end());
    for (std::size_t t = 0; t < scores.time_h.size(); ++t) {
      scores.mean[t] += observed[t + 1] / count;
      scores.change[t] += (observed[t + 1] - 30.0) / count;
    }
    scores.observed.push_back(std::move(observed));
  }
  return scores;
}

/// Kept, lost on day 3, late, never.
ArmScores active() {
  return participants({{10, 10, 10, 10}, {10, 10, 20, 10}, {25, 25, 20, 12}, {28, 28, 29, 27}});
}
ArmScores control() {
  return participants({{29, 28, 27, 12}, {28, 28, 28, 26}, {30, 29, 30, 29}, {29, 29, 28, 31}});
}

data::EvidenceRow row_at(std::optional<double> time_h, const std::string& note = "") {
  data::EvidenceRow made;
  made.time_h = time_h;
  made.note = note;
  made.unit = "percent";
  return made;
}

double number(const data::EvidenceRow& row, const std::string& measure) {
  std::string reason;
  const double value =
      follow_up_number({row, k_madrs, active(), control(), std::nullopt, 1}, measure, reason);
  EXPECT_TRUE(reason.empty()) << reason;
  return value;
}

TEST(FollowUpMeasures, ResponsesThatAreKeptEarlyOrLate) {
  EXPECT_DOUBLE_EQ(number(row_at(168.0), "maintained"), 25.0);
  EXPECT_DOUBLE_EQ(number(row_at(168.0, "responders that keep response"), "maintained"), 50.0);
  EXPECT_DOUBLE_EQ(number(row_at(168.0), "ever"), 75.0);
  EXPECT_DOUBLE_EQ(number(row_at(168.0), "response_of_early_nonresponders"), 50.0);
  EXPECT_DOUBLE_EQ(number(row_at(168.0), "early_sensitivity"), 200.0 / 3.0);
  EXPECT_DOUBLE_EQ(number(row_at(168.0), "early_specificity"), 100.0);
}

TEST(FollowUpMeasures, RatiosOfArms) {
  // 3 of 4 and 1 of 4, with half a participant more on either side.
  EXPECT_DOUBLE_EQ(number(row_at(168.0), "risk_ratio_response"), 3.5 / 1.5);
  EXPECT_DOUBLE_EQ(number(row_at(168.0), "odds_ratio_response"), (3.5 / 1.5) * (3.5 / 1.5));
  EXPECT_DOUBLE_EQ(number(row_at(168.0), "variability_ratio"),
                   sd_of_change(active(), 168.0) / sd_of_change(control(), 168.0));
  EXPECT_LT(number(row_at(168.0), "variation_ratio"), 1.0);
  // From 30 to a mean of 14.75.
  EXPECT_NEAR(number(row_at(168.0), "percent_decrease"), 100.0 * 15.25 / 30.0, 1e-9);
  // Both arms believe in the active treatment with 0.8: half of 0.8 and of 0.2.
  EXPECT_DOUBLE_EQ(number(row_at(168.0), "belief_correct"), 50.0);
}

TEST(FollowUpMeasures, SuperiorityHangsOnTheNumberOfParticipants) {
  auto row = row_at(24.0);
  std::string reason;
  follow_up_number({row, k_madrs, active(), control(), std::nullopt, 1}, "superior", reason);
  EXPECT_NE(reason.find("number of participants"), std::string::npos);
  // Day 1: changes of -20, -20, -5, -2 against about -1, so 10.75 points at a pooled SD of 7.
  row.n = 4.0;
  EXPECT_DOUBLE_EQ(number(row, "superior"), 0.0);
  row.n = 40.0;
  EXPECT_DOUBLE_EQ(number(row, "superior"), 1.0);
}

TEST(FollowUpMeasures, PooledArmsWeighByTheirParticipants) {
  const auto first = active(), second = participants({{20, 20, 20, 20}});
  const auto all = pooled({&first, &second});
  ASSERT_EQ(all.observed.size(), 5u);
  EXPECT_DOUBLE_EQ(all.mean[4], (10.0 + 10.0 + 12.0 + 27.0 + 20.0) / 5.0);
}

TEST(FollowUpMeasures, RelationsBetweenParticipants) {
  auto scores = active();
  // The largest state within the day: 4, 3, 2, 1.
  for (const double state : {4.0, 3.0, 2.0, 1.0})
    scores.courses["state"].push_back({0.0, state, 0.0, 0.0, 0.0});
  ParticipantRelation relation;
  relation.quantity = "state";
  relation.at_h = 24.0;
  const auto pairs = related_pairs(relation, scores, 168.0, 1);
  EXPECT_EQ(pairs.outcome, (std::vector<double>{-20.0, -20.0, -18.0, -3.0}));
  // By hand: sums of squares 5 and 202.75, of products -26.5.
  EXPECT_NEAR(pairs.slope(), -26.5 / 5.0, 1e-12);
  EXPECT_NEAR(pairs.correlation(), -26.5 / std::sqrt(5.0 * 202.75), 1e-12);
  relation.up_to = 2.5;
  EXPECT_EQ(related_pairs(relation, scores, 168.0, 1).state, (std::vector<double>{2.0, 1.0}));
}

class TrialLayer : public testing::Test {
 protected:
  TrialLayer() { library_ = data::open_library(RAAD_SOURCE_DIR, findings_); }
  double number(const std::string& regimen, std::optional<double> time_h, const std::string& measure,
                const std::string& arms = "") {
    data::EvidenceRow row;
    row.time_h = time_h;
    row.regimen = dose::parse_regimen(regimen, "test", findings_);
    reason_.clear();
    return trial_layer_number(library_, row, measure, arms, reason_).value_or(std::nan(""));
  }
  base::Diagnostics findings_;
  data::Library library_;
  std::string reason_;
};

TEST_F(TrialLayer, RelapseIsSlowerOnTreatment) {
  // 0.0025 a day without treatment, 0.49 of that on it.
  EXPECT_NEAR(number("psilocybin 25 mg oral @ 0 h", 2016.0, "relapse"), 100.0 * (1.0 - std::exp(-0.21)),
              1e-9);
  const std::string year = " nasal @ 0 h every 168 h x 52";
  EXPECT_NEAR(number("placebo" + year, std::nullopt, "relapse_free"), 100.0 * std::exp(-0.91), 1e-9);
  EXPECT_NEAR(number("esketamine 84 mg" + year, std::nullopt, "relapse_free"), 100.0 * std::exp(-0.49 * 0.91),
              1e-9);
  EXPECT_NEAR(number("placebo" + year, std::nullopt, "relapse_median"), std::log(2.0) / 0.0025, 1e-9);
  EXPECT_NEAR(number("esketamine 84 mg" + year, std::nullopt, "relapse_hazard_ratio"), 0.49, 1e-12);
  EXPECT_TRUE(std::isnan(number("psilocybin 25 mg oral @ 0 h", std::nullopt, "relapse")));
  EXPECT_FALSE(reason_.empty());
}

TEST_F(TrialLayer, AttritionGoesByTheDrugOfTheTrial) {
  EXPECT_DOUBLE_EQ(number("placebo @ 0 h", std::nullopt, "dropout", "esketamine placebo"), 8.0);
  EXPECT_DOUBLE_EQ(number("esketamine @ 0 h", std::nullopt, "dropout", "esketamine placebo"), 12.0);
  EXPECT_TRUE(std::isnan(number("placebo @ 0 h", std::nullopt, "dropout", "zuranolone")));
}

}  // namespace
}  // namespace raad::study
