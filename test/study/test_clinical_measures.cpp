// Numbers of clinical papers from four participants whose scores are known.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "study/clinical_measures.hpp"

namespace raad::study {
namespace {

/// Baselines 40, 30, 20, 20; ratings at 168 h and 336 h.
ArmScores four_participants() {
  ArmScores scores;
  scores.time_h = {0.0, 168.0, 336.0};
  scores.mean = {27.5, 17.5, 15.0};
  scores.change = {0.0, -10.0, -12.5};
  scores.belief = {0.5, 0.6, 0.7};
  // The baseline, then the scores at the three times.
  scores.observed = {{40, 40, 20, 10}, {30, 30, 22, 22}, {20, 20, 8, 18}, {20, 20, 20, 10}};
  return scores;
}

data::EvidenceRow row(const std::string& observable, double time_h, const std::string& note = "") {
  data::EvidenceRow made;
  made.observable = observable;
  made.time_h = time_h;
  made.note = note;
  made.transform = data::Transform::rate;
  return made;
}

const DepressionScale k_madrs = {"MADRS", 1.0, 10.0};

double number(const data::EvidenceRow& asked, const std::string& measure,
              const DepressionScale& scale = k_madrs) {
  return clinical_number(asked, measure, scale, four_participants()).value_or(std::nan(""));
}

TEST(ClinicalMeasures, SharesOfParticipants) {
  EXPECT_DOUBLE_EQ(number(row("response_rate", 168.0), "response"), 50.0);
  EXPECT_DOUBLE_EQ(number(row("response_rate", 336.0), "response"), 50.0);
  EXPECT_DOUBLE_EQ(number(row("response25_rate", 168.0), "response25"), 75.0);
  EXPECT_DOUBLE_EQ(number(row("response30_rate", 168.0), "response30"), 50.0);
  EXPECT_DOUBLE_EQ(number(row("remission_rate", 168.0), "remission"), 25.0);
  // Only the first has improved by half at both weeks.
  EXPECT_DOUBLE_EQ(number(row("sustained_response_rate", 336.0, "day 7 to 14"), "sustained_response"), 25.0);
}

TEST(ClinicalMeasures, SustainedOutcomesAreRatedWeekly) {
  const auto asked = row("sustained_response_rate", 1008.0, "day 8 to 43");
  EXPECT_EQ(rated_times_h(asked, "sustained_response"),
            (std::vector<double>{192.0, 360.0, 528.0, 696.0, 864.0, 1008.0}));
  EXPECT_EQ(rated_times_h(asked, "response"), std::vector<double>{1008.0});
  EXPECT_EQ(rated_times_h(row("sustained_response_rate", 2016.0), "sustained_response").front(), 504.0);
}

TEST(ClinicalMeasures, OtherScales) {
  auto change = row("qids_change", 168.0);
  change.transform = data::Transform::change_from_baseline;
  EXPECT_DOUBLE_EQ(number(change, "course", {"QIDS", 2.0, 7.5}), -5.0);
  EXPECT_TRUE(std::isnan(number(change, "course", {"PHQ-9", std::nullopt, 7.5})));
}

TEST(ClinicalMeasures, StandardisedChange) {
  auto asked = row("effect_size_prepost", 336.0);
  // Variances by hand: before 91.67, after (mean 15) 36.
  EXPECT_NEAR(number(asked, "effect_size_prepost"), -12.5 / std::sqrt(0.5 * (275.0 / 3.0 + 36.0)), 1e-12);
  // Changes -30, -8, -2, -10 about their mean of -12.5.
  EXPECT_NEAR(sd_of_change(four_participants(), 336.0),
              std::sqrt((17.5 * 17.5 + 4.5 * 4.5 + 10.5 * 10.5 + 2.5 * 2.5) / 3.0), 1e-12);
}

TEST(ClinicalMeasures, TheScaleIsThatOfTheReadOutThenOfTheNote) {
  base::Diagnostics findings;
  const auto library = data::open_library(std::filesystem::path(RAAD_SOURCE_DIR), findings);
  EXPECT_EQ(scale_of_row(library, row("qids_change", 0.0, "MADRS too")).name, "QIDS");
  EXPECT_EQ(scale_of_row(library, row("remission_rate", 0.0, "GRID-HAMD")).name, "HAM-D");
  EXPECT_EQ(scale_of_row(library, row("remission_rate", 0.0)).name, "MADRS");
  EXPECT_DOUBLE_EQ(scale_of_row(library, row("remission_rate", 0.0, "MADRS 12 or below")).remission_madrs,
                   12.0);
}

}  // namespace
}  // namespace raad::study
