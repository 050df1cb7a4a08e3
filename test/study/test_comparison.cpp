// What counts as shared, which measurements belong over which curve, and the profile as a table.
#include "study/comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/table.hpp"
#include "study/assumed_values.hpp"
#include "study/groups.hpp"
#include "study/profile_table.hpp"
#include "study/published_points.hpp"

namespace raad::study {
namespace {

using testing::HasSubstr;

dose::Regimen regimen(const std::string& text) {
  base::Diagnostics findings;
  dose::Regimen parsed = dose::parse_regimen(text, "test", findings);
  EXPECT_FALSE(findings.has_errors()) << text;
  return parsed;
}

ProfileRow row_with_effects(double first, double second) {
  ProfileRow row;
  row.first.peak_effect = first;
  row.second.peak_effect = second;
  classify(row, 1e-3);
  return row;
}

TEST(Classify, FollowsThePrintedRule) {
  EXPECT_EQ(row_with_effects(5.0, 0.6).shared, Shared::shared);
  EXPECT_EQ(row_with_effects(5.0, 0.4).reason, SharedReason::first_only);
  EXPECT_EQ(row_with_effects(-0.4, -5.0).reason, SharedReason::second_only);
  EXPECT_EQ(row_with_effects(5.0, -0.6).reason, SharedReason::opposite);
  EXPECT_EQ(row_with_effects(5.0, -0.6).shared, Shared::distinct);
  EXPECT_EQ(row_with_effects(9e-4, -9e-4).shared, Shared::unmoved);
  EXPECT_EQ(row_with_effects(0.0, 0.0).shared, Shared::unmoved);
  EXPECT_EQ(row_with_effects(std::nan(""), std::nan("")).shared, Shared::unmoved);
}

TEST(Classify, IsSymmetricInTheTreatmentsAndInTheSign) {
  for (const double a : {-3.0, -0.2, 0.0, 0.25, 2.0}) {
    for (const double b : {-2.5, -0.3, 0.0, 0.2, 3.0}) {
      EXPECT_EQ(row_with_effects(a, b).shared, row_with_effects(b, a).shared);
      EXPECT_EQ(row_with_effects(a, b).shared, row_with_effects(-a, -b).shared);
    }
  }
}

TEST(MeasuringGrid, MeetsCornersAndReadingTimesExactlyAndAscends) {
  const double end_of_infusion = 40.0 / 60.0;
  const auto grid = measuring_grid({0.0}, {0.0, end_of_infusion}, 672.0, 1.0 / 60.0, 0.5);
  for (const double t : {0.0, end_of_infusion, 2.0, 24.0, 168.0, 672.0}) {
    EXPECT_TRUE(std::binary_search(grid.begin(), grid.end(), t)) << t;
  }
  for (std::size_t i = 1; i < grid.size(); ++i) ASSERT_GT(grid[i] - grid[i - 1], 1e-5);
  EXPECT_EQ(grid.back(), 672.0);
}

TEST(MeasuringGrid, StaysWithinItsLimitForManyDoses) {
  std::vector<double> doses;
  for (int day = 0; day < 365; ++day) doses.push_back(24.0 * day);
  const auto grid = measuring_grid(doses, doses, 365 * 24.0, 1.0 / 60.0, 0.5);
  EXPECT_LE(grid.size(), 25000u);
  EXPECT_GT(grid.size(), 12000u);
  EXPECT_TRUE(std::binary_search(grid.begin(), grid.end(), 24.0 * 200));
}

TEST(MatchRegimen, TreatsEqualDosesAsEqual) {
  const auto ketamine = regimen("ketamine 0.5 mg/kg iv 40 min");
  EXPECT_EQ(match_regimen(ketamine, regimen("ketamine 35 mg iv 40 min @ 0 h")), RegimenMatch::same);
  EXPECT_EQ(match_regimen(regimen("psilocybin 25 mg oral @ 7 d"), regimen("psilocybin 25 mg oral @ 0 h")),
            RegimenMatch::same);
  EXPECT_EQ(match_regimen(regimen("ketamine 0.5 mg/kg iv 40 min every 84 h x 2"),
                          regimen("ketamine 0.5 mg/kg iv 40 min @ 0 h; ketamine 0.5 mg/kg iv 40 min @ 84 h")),
            RegimenMatch::same);
  EXPECT_EQ(
      match_regimen(regimen("psilocybin 25 mg oral"), regimen("psilocybin 25 mg oral @ 0 h; with ssri")),
      RegimenMatch::same_with_background);
}

TEST(MatchRegimen, KeepsDifferentTreatmentsApart) {
  const auto ketamine = regimen("ketamine 0.5 mg/kg iv 40 min");
  for (const char* other :
       {"ketamine 0.5 mg/kg im @ 0 h", "ketamine 0.4 mg/kg iv 40 min @ 0 h",
        "ketamine_s 0.5 mg/kg iv 40 min @ 0 h", "ketamine 0.5 mg/kg iv 2 min @ 0 h",
        "ketamine 0.3..0.6 mg/kg iv 40 min @ 0 h", "ketamine 0.5 mg/kg iv 40 min @ 0 h every 84 h x 4",
        "ketamine 0.5 mg/kg iv 40 min @ unknown", "none"}) {
    EXPECT_EQ(match_regimen(ketamine, regimen(other)), RegimenMatch::different) << other;
  }
  EXPECT_EQ(match_regimen(regimen("psilocybin 25 mg oral"), regimen("psilocybin 0.35 mg/kg oral @ 0 h")),
            RegimenMatch::different);
}

/// A library with one exposure, one change and one score, and straight-line curves.
class Measurements : public testing::Test {
 protected:
  void SetUp() override {
    add_observable("plasma_psilocin", "ng/mL", data::Observable::Kind::timecourse);
    add_observable("spine_density", "percent", data::Observable::Kind::timecourse);
    add_observable("madrs", "points", data::Observable::Kind::timecourse);
    add_observable("brain_psilocin", "ng/mL", data::Observable::Kind::not_represented);
    add_observable("effect_duration", "h", data::Observable::Kind::summary);
    comparison_.system = "human";
    for (int i = 0; i < 2; ++i) {
      for (run::TimeCourses* courses : {&comparison_.courses[i], &untreated_[i]})
        courses->time_h = {0, 2, 10, 100};
      comparison_.courses[i].series = {{"plasma_psilocin", "Plasma psilocin", "ng/mL", {0, 18, 2, 0}},
                                       {"spine_density", "Spine density", "percent", {0, 1, 5, 10}},
                                       {"madrs", "MADRS", "points", {30, 28, 20, 15}}};
      untreated_[i].series = {{"plasma_psilocin", "Plasma psilocin", "ng/mL", {0, 0, 0, 0}},
                              {"spine_density", "Spine density", "percent", {1e-14, 0, 0, 0}},
                              {"madrs", "MADRS", "points", {30, 30, 30, 29}}};
    }
    evidence_.calibration.name = "calibration";
    evidence_.validation.name = "validation";
  }

  void add_observable(const std::string& id, const std::string& unit, data::Observable::Kind kind) {
    data::Observable observable;
    observable.id = observable.symbol = id;
    observable.unit = unit;
    observable.kind = kind;
    observable.note = "note of " + id;
    observable.group = id == "madrs" ? "clinic" : "exposure";
    library_.observables.push_back(observable);
  }

  data::EvidenceRow& add(const std::string& observable, std::optional<double> time_h, double value,
                         const std::string& unit, data::Transform transform = data::Transform::absolute,
                         const std::string& text = "psilocybin 25 mg oral @ 0 h") {
    data::EvidenceRow row;
    row.id = observable + std::to_string(evidence_.validation.rows.size());
    row.observable = observable;
    row.species = "human";
    row.regimen_text = text;
    row.regimen = regimen(text);
    row.time_h = time_h;
    row.value = value;
    row.unit = unit;
    row.transform = transform;
    evidence_.validation.rows.push_back(row);
    return evidence_.validation.rows.back();
  }

  void place() {
    const dose::Regimen first = regimen("ketamine 0.5 mg/kg iv 40 min"),
                        second = regimen("psilocybin 25 mg oral");
    const dose::Regimen* const regimens[2] = {&first, &second};
    place_measurements(library_, evidence_, regimens, untreated_, comparison_);
  }

  /// The reason given for the only row that was not drawn.
  std::string only_reason() {
    place();
    EXPECT_TRUE(comparison_.points.empty());
    return comparison_.undrawn.size() == 1 ? comparison_.undrawn[0].reason : "";
  }

  data::Library library_;
  data::Evidence evidence_;
  run::TimeCourses untreated_[2];
  Comparison comparison_;
};

TEST_F(Measurements, AnAbsoluteValueLiesOverItsOwnTreatmentsCurve) {
  auto& row = add("plasma_psilocin", 6.0, 11.0, "ng/mL");
  row.spread = 4.0;
  row.spread_kind = data::SpreadKind::ci95_half;
  place();
  ASSERT_EQ(comparison_.points.size(), 1u);
  const MeasuredPoint& point = comparison_.points[0];
  EXPECT_EQ(point.treatment, 1);
  EXPECT_EQ(point.observable, "plasma_psilocin");
  EXPECT_DOUBLE_EQ(point.predicted, 10.0);
  EXPECT_DOUBLE_EQ(point.half_width.value(), 4.0);
  EXPECT_EQ(point.file, "validation");
}

TEST_F(Measurements, PercentOfBaselineBecomesAChange) {
  add("spine_density", 10.0, 112.0, "percent", data::Transform::percent_of_baseline);
  place();
  ASSERT_EQ(comparison_.points.size(), 1u);
  EXPECT_DOUBLE_EQ(comparison_.points[0].value, 12.0);
  EXPECT_DOUBLE_EQ(comparison_.points[0].predicted, 5.0);
}

TEST_F(Measurements, ChangesAndDifferencesGetCurvesOfTheirOwn) {
  add("madrs_change", 100.0, -14.0, "points", data::Transform::change_from_baseline);
  add("madrs_difference", 100.0, -9.0, "points", data::Transform::difference_vs_comparator).comparator =
      "niacin";
  place();
  ASSERT_EQ(comparison_.points.size(), 2u);
  ASSERT_EQ(comparison_.derived.size(), 2u);
  EXPECT_EQ(comparison_.points[0].observable, "madrs_change");
  EXPECT_DOUBLE_EQ(comparison_.points[0].predicted, 15.0 - 30.0);
  EXPECT_EQ(comparison_.points[1].observable, "madrs_difference");
  EXPECT_DOUBLE_EQ(comparison_.points[1].predicted, 15.0 - 29.0);
  EXPECT_THAT(comparison_.points[1].note, HasSubstr("niacin"));
  EXPECT_TRUE(comparison_.points[0].whole_arm) << "a change of one arm holds the response to the trial";
  EXPECT_FALSE(comparison_.points[1].whole_arm);
}

TEST_F(Measurements, TwoNamesOfOneQuantityShareThePanelOfTheDefaultOne) {
  add_observable("psilocin_again", "ng/mL", data::Observable::Kind::timecourse);
  library_.observables.back().symbol = "plasma_psilocin";
  library_.observables.front().is_default = true;
  add("psilocin_again", 6.0, 11.0, "ng/mL");
  place();
  ASSERT_EQ(comparison_.points.size(), 1u);
  EXPECT_EQ(comparison_.points[0].observable, "plasma_psilocin");
}

TEST_F(Measurements, AReadOutThatComparesInSignOnlyIsNotDrawn) {
  library_.observables.front().note = "sign only: another scale";
  add("plasma_psilocin", 6.0, 11.0, "ng/mL");
  EXPECT_THAT(only_reason(), HasSubstr("sign only"));
}

TEST_F(Measurements, AMaximumWithoutATimeIsDrawnAtTheCurvesOwn) {
  add("plasma_psilocin_cmax", std::nullopt, 17.0, "ng/mL");
  add("plasma_psilocin_cmax", 3.0, 16.0, "ng/mL");
  place();
  ASSERT_EQ(comparison_.points.size(), 2u);
  EXPECT_DOUBLE_EQ(comparison_.points[0].time_h, 2.0);
  EXPECT_DOUBLE_EQ(comparison_.points[0].predicted, 18.0);
  EXPECT_THAT(comparison_.points[0].note, HasSubstr("not reported"));
  EXPECT_DOUBLE_EQ(comparison_.points[1].time_h, 3.0);
  EXPECT_DOUBLE_EQ(comparison_.points[1].predicted, 18.0) << "a maximum is compared with the maximum";
}

TEST_F(Measurements, OtherSpeciesAndOtherDosesAreNotThisTreatment) {
  add("plasma_psilocin", 6.0, 11.0, "ng/mL").species = "mouse";
  add("plasma_psilocin", 6.0, 11.0, "ng/mL", data::Transform::absolute, "psilocybin 10 mg oral @ 0 h");
  place();
  EXPECT_TRUE(comparison_.points.empty());
  EXPECT_TRUE(comparison_.undrawn.empty());
}

TEST_F(Measurements, EveryRowThatIsNotDrawnSaysWhy) {
  using data::Transform;
  struct Case {
    const char* observable;
    std::optional<double> time_h;
    const char* unit;
    Transform transform;
    const char* regimen;
    const char* reason;
  };
  const char* same = "psilocybin 25 mg oral @ 0 h";
  const Case cases[] = {
      {"brain_psilocin", 1.0, "ng/mL", Transform::absolute, same, "not represented"},
      {"effect_duration", std::nullopt, "h", Transform::absolute, same, "summary"},
      {"no_such_readout", 1.0, "h", Transform::absolute, same, "no read-out of this name"},
      {"plasma_psilocin", 1.0, "sign", Transform::absolute, same, "direction"},
      {"plasma_psilocin", 1.0, "h", Transform::absolute, same, "unit h"},
      {"plasma_psilocin", std::nullopt, "ng/mL", Transform::absolute, same, "not tied to a time"},
      {"plasma_psilocin", 900.0, "ng/mL", Transform::absolute, same, "outside the run"},
      {"madrs", 10.0, "points", Transform::rate, same, "share of subjects"},
      {"madrs", 10.0, "points", Transform::percent_of_baseline, same, "percent of baseline"},
      {"madrs", 10.0, "points", Transform::absolute, "psilocybin 25 mg oral @ 0 h; with ssri", "background"},
  };
  for (const Case& c : cases) {
    evidence_.validation.rows.clear();
    comparison_.points.clear();
    comparison_.undrawn.clear();
    add(c.observable, c.time_h, 1.0, c.unit, c.transform, c.regimen);
    EXPECT_THAT(only_reason(), HasSubstr(c.reason)) << c.observable;
  }
}

TEST(Elasticity, IsTheExponentOfAPowerLaw) {
  // Peak = c p^2 and area = c p^-1: the larger relative change counts.
  Measures nominal, perturbed;
  nominal.peak_effect = -4.0;
  nominal.area = -40.0;
  nominal.duration_h = 12.0;
  perturbed = nominal;
  perturbed.peak_effect = -4.0 * 1.1 * 1.1;
  perturbed.area = -40.0 / 1.1;
  EXPECT_NEAR(effect_elasticity(nominal, perturbed, 0.1), 2.1, 1e-12);
  perturbed.peak_effect = nominal.peak_effect;
  EXPECT_NEAR(effect_elasticity(nominal, perturbed, 0.1), (1 / 1.1 - 1) / 0.1, 1e-12);
}

TEST(Elasticity, OfACancellingAreaStaysFinite) {
  Measures nominal, perturbed;
  nominal.peak_effect = perturbed.peak_effect = 2.0;
  nominal.duration_h = 10.0;
  nominal.area = 0.0;
  perturbed.area = 0.1;
  EXPECT_NEAR(effect_elasticity(nominal, perturbed, 0.1), 0.1 / (0.1 * 2.0 * 10.0) / 0.1, 1e-12);
}

TEST(ProfileTable, HasTheColumnsAndARowForEachMeasure) {
  Comparison comparison;
  ProfileRow row;
  row.group = "clinic";
  row.observable = "madrs";
  row.unit = "points";
  row.first.peak = 18.25;
  row.first.peak_effect = -12.0;
  row.second.at_28d = std::nan("");
  row.assumed = {{"mood__weight", 0.9}, {"mood__rate", 0.2}};
  classify(row, 1e-3);
  comparison.rows = {row};
  base::Diagnostics findings;
  const auto table = base::Table::parse(print_profile_table(comparison), "profile.tsv", findings);
  ASSERT_FALSE(findings.has_errors());
  EXPECT_EQ(table.columns(), (std::vector<std::string>{"group", "readout", "measure", "unit", "value_1",
                                                       "value_2", "class", "rule", "assumed"}));
  ASSERT_EQ(table.row_count(), 9u);
  std::set<std::string> measures;
  for (std::size_t r = 0; r < table.row_count(); ++r) measures.insert(table.cell(r, "measure"));
  EXPECT_THAT(measures,
              testing::UnorderedElementsAre("peak", "peak_time", "duration_above_10_percent", "area",
                                            "value_2h", "value_24h", "value_7d", "value_28d", "baseline"));
  EXPECT_EQ(table.cell(1, "measure"), "peak");
  EXPECT_EQ(table.cell(1, "value_1"), "18.25");
  EXPECT_EQ(table.cell(1, "class"), "distinct");
  EXPECT_EQ(table.cell(1, "rule"), "first only");
  EXPECT_EQ(table.cell(1, "assumed"), "mood__weight;mood__rate");
  EXPECT_EQ(table.cell(4, "unit"), "points*h");
  EXPECT_EQ(table.cell(8, "value_2"), "") << "28 d is beyond the run";
}

TEST(ProfileText, FitsATerminalOf100Columns) {
  Comparison comparison;
  comparison.treatments[0] = "ketamine 0.5 mg/kg iv 40 min";
  comparison.treatments[1] = "psilocybin 25 mg oral";
  ProfileRow row;
  row.group = "target";
  row.display_name = "Lateral habenula bursting, percent of the depressed state";
  row.unit = "percent";
  for (Measures* m : {&row.first, &row.second}) {
    *m = {-123.456, -99999.0, -1.2345e-7, 671.9,        672.0,    -1.23e9,
          672.0,    -1e-9,    12345.6,    std::nan(""), -0.001234};
  }
  for (int i = 0; i < 30; ++i) row.assumed.push_back({"a_long_parameter_name__" + std::to_string(i), 0.5});
  classify(row, 1e-3);
  comparison.rows = {row};
  comparison.rule = shared_rule(1e-6);
  for (const std::string& line : base::split(print_profile_text(comparison), '\n')) {
    EXPECT_LE(line.size(), 100u) << line;
  }
}

TEST(ShortNumbers, KeepThreeDigitsAndReadableTimes) {
  EXPECT_EQ(short_number(0.0), "0");
  EXPECT_EQ(short_number(1234.5), "1234");
  EXPECT_EQ(short_number(12.345), "12.3");
  EXPECT_EQ(short_number(1.2e-5), "1.2e-05");
  EXPECT_EQ(short_number(std::nan("")), "-");
  EXPECT_EQ(short_number(1e-12, 30.0), "0");
  EXPECT_EQ(short_time(0.65), "39 min");
  EXPECT_EQ(short_time(24.0), "24.0 h");
  EXPECT_EQ(short_time(168.0), "7.0 d");
  EXPECT_EQ(with_unit(58.8, "percent"), "58.8 %");
  EXPECT_EQ(with_unit(1.6, "1"), "1.6");
}

TEST(Groups, RunFromDoseToSymptom) {
  EXPECT_EQ(canonical_group("Receptor"), "target");
  EXPECT_LT(group_position("exposure"), group_position("target"));
  EXPECT_LT(group_position("plasticity"), group_position("clinic"));
  EXPECT_EQ(group_position("other"), groups().size());
}

}  // namespace
}  // namespace raad::study
