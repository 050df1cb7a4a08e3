#include "dose/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "dose/factor.hpp"
#include "dose/mixture.hpp"
#include "dose/small_system.hpp"

namespace raad::dose {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = solve::Action::Kind;

constexpr int k_gut = 0, k_nose = 1, k_central = 2;
constexpr int k_block = 4;

DosingTables small_tables() {
  base::Diagnostics findings;
  DosingTables tables;
  tables.drugs = base::Table::parse(
      "drugId\taliases\tclass\tactiveMoiety\tsaltFactor\tcompoundId\tminDose_mg_per_kg\tmaxDose_mg_per_"
      "kg\tnote\tsourceId\n"
      "psilocybin\tcomp360;psy\tserotonergic\tpsilocybin\t1\t\t0.005\t2\t\t\n"
      "psilocybin_dihydrate\t\tserotonergic\tpsilocybin\t0.888\t\t\t\t\t\n"
      "ketamine\t\tnmda\tketamine\t1\t\t0.01\t5\t\t\n"
      "esketamine\t\tnmda\tesketamine\t1\t\t0.1\t4\t\t\n"
      "ketanserin\t\tantagonist\t\t1\t\t\t\t\t\n"
      "blocker\t\tinhibitor\t\t1\t\t\t\t\t\n"
      "lsd\t\tserotonergic\tLSD\t1\tlsd\t\t\t\t\n"
      "dmt\t\tserotonergic\tDMT\t1\tdmt\t\t\t\t\n"
      "rapastinel\t\tnmda\t\t1\t\t\t\tits site is not in the model\t\n"
      "placebo\tsugar\tcontrol\t\t1\t\t\t\t\t\n"
      "antidepressant\t\tunsupported\t\t1\t\t\t\tstands for several drugs\t\n",
      "drugs.tsv", findings);
  tables.routes = base::Table::parse(
      "drugId\tsystem\troute\taction\ttarget\tamountFactor\tlaterAmountFactor\tunitDose_mg\tunitDoseInterval_"
      "h\tsessionGap_h\tdefaultDuration_h\tinfusion\tnote\tsourceId\n"
      "psilocybin\tboth\toral\tadd\tgut\t1\t\t\t\t\t\tno\t\t\n"
      "psilocybin\thuman\tiv\tadd\tcentral\t1/pk.F\t\t\t\t\t\tyes\t\t\n"
      "psilocybin_dihydrate\tboth\toral\tadd\tpk.input\tpk__F\t\t\t\t\t\tno\t\t\n"
      "ketamine\thuman\tiv\tadd\tcentral\t1\t\t\t\t\t0.5\tyes\t\t\n"
      "ketamine\tmouse\tip\tadd\tgut\t1\t\t\t\t\t\tno\t\t\n"
      "esketamine\thuman\tnasal\tadd\tnose\tnasal_share\tnasal_share*saturation\t28\t0.25\t12\t\tno\t\t\n"
      "esketamine\thuman\tnasal\tadd\tgut\tgut_share\t1 - nasal_share*saturation\t28\t0.25\t12\t\tno\t\t\n"
      "ketanserin\thuman\toral\tadd\tmissing_state\t1\t\t\t\t\t\tno\t\t\n"
      "blocker\thuman\toral\tset\tblock\t1\t\t\t\t\t\tyes\t\t\n"
      "lsd\thuman\toral\tadd\tgut\t1\t\t\t\t\t\tno\t\t\n"
      "dmt\thuman\toral\tadd\tgut\t1\t\t\t\t\t\tno\t\t\n",
      "routes.tsv", findings);
  tables.compounds = base::Table::parse(
      "compoundId\tparameterId\tnominalValue\tunit\tsourceKind\tsourceId\tnote\n"
      "lsd\taffinity\t0.33\tnM\tmeasured\t\t\n"
      "dmt\taffinity\t100\tnM\tmeasured\t\t\n",
      "compounds.tsv", findings);
  tables.unsupported_routes = base::Table::parse("route\treason\ntci\tno controller is in the model\n",
                                                 "unsupported_routes.tsv", findings);
  tables.check(findings);
  EXPECT_TRUE(findings.empty());
  return tables;
}

class ScheduleTest : public ::testing::Test {
 protected:
  Schedule planned(const std::string& text, base::Diagnostics& findings) const {
    const Regimen regimen = parse_regimen(text, "regimen", findings);
    return plan(regimen, tables_, system_, system_name_, parameters_, findings);
  }
  Schedule planned(const std::string& text) const {
    base::Diagnostics findings;
    Schedule schedule = planned(text, findings);
    for (const auto& finding : findings.all()) ADD_FAILURE() << text << "\n" << base::to_text(finding);
    return schedule;
  }
  /// Everything that reaches a state: jumps, and rates times the time that they last.
  double total_into(const Schedule& schedule, int state) const {
    double total = 0.0, rate = 0.0, since = 0.0;
    for (const auto& action : schedule.actions) {
      if (action.index != state || action.kind == Kind::set_parameter) continue;
      if (action.kind == Kind::add_to_state) {
        total += action.value;
      } else {
        total += rate * (action.time_h - since);
        rate += action.value;
        since = action.time_h;
      }
    }
    EXPECT_NEAR(rate, 0.0, 1e-9) << "an infusion does not end";
    return total;
  }

  DosingTables tables_ = small_tables();
  ir::System system_ = test::small_system();
  std::string system_name_ = "human";
  std::vector<double> parameters_ = test::values_of(system_);
};

TEST_F(ScheduleTest, OralDoseIsAJump) {
  const auto schedule = planned("psilocybin 25 mg oral @ 2 h");
  ASSERT_EQ(schedule.actions.size(), 1U);
  EXPECT_EQ(schedule.actions[0].kind, Kind::add_to_state);
  EXPECT_EQ(schedule.actions[0].index, k_gut);
  EXPECT_EQ(schedule.actions[0].time_h, 2.0);
  EXPECT_EQ(schedule.actions[0].value, 25.0);
  ASSERT_EQ(schedule.administrations.size(), 1U);
  EXPECT_EQ(schedule.administrations[0].amount_mg, 25.0);
  EXPECT_THAT(schedule.drug_classes, ElementsAre("serotonergic"));
  EXPECT_TRUE(schedule.notes.empty());
}

TEST_F(ScheduleTest, WeightAndUnitsScaleTheDose) {
  // Body weight 80 kg.
  EXPECT_DOUBLE_EQ(planned("psilocybin 0.3 mg/kg oral").actions.at(0).value, 24.0);
  EXPECT_DOUBLE_EQ(planned("psilocybin 30 mg/70kg oral").actions.at(0).value, 30.0 * 80.0 / 70.0);
  EXPECT_DOUBLE_EQ(planned("psilocybin 300 ug/kg oral").actions.at(0).value, 24.0);
  EXPECT_DOUBLE_EQ(planned("psilocybin 25000 ug oral").actions.at(0).value, 25.0);
  EXPECT_DOUBLE_EQ(planned("psilocybin 0.025 g oral").actions.at(0).value, 25.0);
}

TEST_F(ScheduleTest, SaltAndFormulaScaleTheDose) {
  const auto schedule = planned("psilocybin_dihydrate 25 mg oral");
  // 25 mg x 0.888 x F 0.5, into the state behind the alias pk.input.
  EXPECT_DOUBLE_EQ(schedule.actions.at(0).value, 25.0 * 0.888 * 0.5);
  EXPECT_EQ(schedule.actions.at(0).index, k_gut);
  EXPECT_DOUBLE_EQ(schedule.administrations.at(0).amount_mg, 25.0 * 0.888);
  EXPECT_THAT(schedule.notes, Contains(HasSubstr("0.888 mg of psilocybin")));
  EXPECT_DOUBLE_EQ(planned("psilocybin 10 mg iv").actions.at(0).value, 20.0);
}

TEST_F(ScheduleTest, FactorsFollowTheSubjectsParameters) {
  parameters_[1] = 0.25;
  EXPECT_DOUBLE_EQ(planned("psilocybin 10 mg iv").actions.at(0).value, 40.0);
}

TEST_F(ScheduleTest, InfusionIsARateThatEnds) {
  const auto schedule = planned("ketamine 0.5 mg/kg iv 40 min @ 1 h");
  ASSERT_EQ(schedule.actions.size(), 2U);
  EXPECT_EQ(schedule.actions[0].kind, Kind::add_to_rate);
  EXPECT_DOUBLE_EQ(schedule.actions[0].value, 60.0);  // 40 mg in 2/3 h
  EXPECT_EQ(schedule.actions[1].value, -schedule.actions[0].value);
  EXPECT_DOUBLE_EQ(schedule.actions[1].time_h, 1.0 + 40.0 / 60.0);
  EXPECT_DOUBLE_EQ(total_into(schedule, k_central), 40.0);
}

TEST_F(ScheduleTest, OverlappingInfusionsAddUp) {
  const auto schedule = planned("ketamine 10 mg iv 1 h @ 0 h; ketamine 30 mg iv 2 h @ 0.5 h");
  ASSERT_EQ(schedule.actions.size(), 4U);
  EXPECT_THAT((std::vector<double>{schedule.actions[0].time_h, schedule.actions[1].time_h,
                                   schedule.actions[2].time_h, schedule.actions[3].time_h}),
              ElementsAre(0.0, 0.5, 1.0, 2.5));
  EXPECT_DOUBLE_EQ(total_into(schedule, k_central), 40.0);
}

TEST_F(ScheduleTest, RatesNeedTheirLength) {
  // 41 ug/kg/min for 40 min at 80 kg.
  EXPECT_NEAR(total_into(planned("ketamine 41 ug/kg/min iv 40 min"), k_central), 41e-3 * 80 * 40, 1e-9);
  EXPECT_NEAR(total_into(planned("ketamine 60 mg/h iv 30 min"), k_central), 30.0, 1e-9);
  base::Diagnostics findings;
  planned("ketamine 41 ug/kg/min iv", findings);
  ASSERT_EQ(findings.all().size(), 1U);
  EXPECT_EQ(findings.all()[0].code, "R078");
}

TEST_F(ScheduleTest, UsualLengthIsUsedAndNoted) {
  const auto usual = planned("ketamine 40 mg iv");
  EXPECT_DOUBLE_EQ(usual.actions.at(1).time_h, 0.5);
  EXPECT_THAT(usual.notes, Contains(HasSubstr("30 min assumed")));
  const auto bolus = planned("ketamine 40 mg iv 0 min");
  ASSERT_EQ(bolus.actions.size(), 1U);
  EXPECT_EQ(bolus.actions[0].kind, Kind::add_to_state);
  EXPECT_TRUE(bolus.notes.empty());
}

TEST_F(ScheduleTest, RepeatsGiveEveryDose) {
  const auto schedule = planned("psilocybin 10 mg oral @ -1 w every 84 h x 4");
  ASSERT_EQ(schedule.actions.size(), 4U);
  for (int k = 0; k < 4; ++k)
    EXPECT_DOUBLE_EQ(schedule.actions[static_cast<std::size_t>(k)].time_h, -168.0 + 84.0 * k);
}

TEST_F(ScheduleTest, DosesOfDevicesSaturate) {
  const auto schedule = planned("esketamine 84 mg nasal @ 0 h; esketamine 28 mg nasal @ 72 h");
  std::vector<double> nose, times;
  for (const auto& action : schedule.actions) {
    if (action.index != k_nose) continue;
    nose.push_back(action.value);
    times.push_back(action.time_h);
  }
  EXPECT_THAT(times, ElementsAre(0.0, 0.25, 0.5, 72.0));
  const double first = 28.0 * 0.54, later = 28.0 * 0.54 * 0.62;
  ASSERT_EQ(nose.size(), 4U);
  EXPECT_DOUBLE_EQ(nose[0], first);
  EXPECT_DOUBLE_EQ(nose[1], later);
  EXPECT_DOUBLE_EQ(nose[2], later);
  EXPECT_DOUBLE_EQ(nose[3], first) << "a new session";
  EXPECT_NEAR(total_into(schedule, k_gut) + total_into(schedule, k_nose), 4 * 28.0, 1e-12)
      << "what the nose leaves is swallowed";
}

TEST_F(ScheduleTest, DevicesByHandEqualOneDose) {
  const auto together = planned("esketamine 56 mg nasal");
  const auto apart = planned("esketamine 28 mg nasal @ 0 h; esketamine 28 mg nasal @ 15 min");
  ASSERT_EQ(together.actions.size(), apart.actions.size());
  for (std::size_t i = 0; i < apart.actions.size(); ++i) {
    EXPECT_EQ(together.actions[i].time_h, apart.actions[i].time_h);
    EXPECT_EQ(together.actions[i].index, apart.actions[i].index);
    EXPECT_EQ(together.actions[i].value, apart.actions[i].value);
  }
}

TEST_F(ScheduleTest, InhibitorHoldsAParameter) {
  const auto for_ever = planned("blocker @ 3 h");
  ASSERT_EQ(for_ever.actions.size(), 1U);
  EXPECT_EQ(for_ever.actions[0].kind, Kind::set_parameter);
  EXPECT_EQ(for_ever.actions[0].index, k_block);
  EXPECT_EQ(for_ever.actions[0].value, 1.0);
  const auto for_a_while = planned("blocker 0.8 fraction oral 2 h @ 3 h");
  ASSERT_EQ(for_a_while.actions.size(), 2U);
  EXPECT_EQ(for_a_while.actions[0].value, 0.8);
  EXPECT_EQ(for_a_while.actions[1].time_h, 5.0);
  EXPECT_EQ(for_a_while.actions[1].value, 0.25) << "the value of the table returns";
}

TEST_F(ScheduleTest, LastHoldCountsWhereTwoOverlap) {
  const auto schedule = planned("blocker 0.8 fraction oral 10 h @ 0 h; blocker 0.5 fraction oral 2 h @ 4 h");
  std::vector<double> times, values;
  for (const auto& action : schedule.actions) {
    times.push_back(action.time_h);
    values.push_back(action.value);
  }
  EXPECT_THAT(times, ElementsAre(0.0, 4.0, 6.0, 10.0));
  EXPECT_THAT(values, ElementsAre(0.8, 0.5, 0.8, 0.25));
}

TEST_F(ScheduleTest, CompoundSetsItsProfile) {
  const auto schedule = planned("LSD 100 ug oral; LSD 100 ug oral @ 1 w");
  ASSERT_EQ(schedule.overrides.size(), 1U);
  EXPECT_EQ(schedule.overrides[0].parameter_id, "affinity");
  EXPECT_EQ(schedule.overrides[0].value, 0.33);
  base::Diagnostics findings;
  planned("LSD 100 ug oral; DMT 20 mg oral @ 1 w", findings);
  ASSERT_EQ(findings.all().size(), 1U);
  EXPECT_EQ(findings.all()[0].code, "R078");
  EXPECT_EQ(findings.all()[0].place.column, 18);
}

// The generic compound without a profile of its own shares the states of the others.
TEST_F(ScheduleTest, CompoundsDoNotShareStates) {
  EXPECT_EQ(planned("psilocybin 10 mg oral; psilocybin_dihydrate 10 mg oral @ 1 w").actions.size(), 2U);
  base::Diagnostics findings;
  planned("LSD 100 ug oral; psilocybin 10 mg oral @ 1 w", findings);
  ASSERT_EQ(findings.all().size(), 1U);
  EXPECT_EQ(findings.all()[0].code, "R078");
  EXPECT_EQ(findings.all()[0].place.column, 18);
}

TEST_F(ScheduleTest, ControlsAndBackgroundDoNothing) {
  const auto schedule = planned("placebo nasal @ 0 h every 84 h x 8; sugar oral; with oral_ad");
  EXPECT_TRUE(schedule.actions.empty());
  EXPECT_TRUE(schedule.drug_classes.empty());
  EXPECT_THAT(schedule.notes, Contains(HasSubstr("placebo")));
  EXPECT_THAT(schedule.notes, Contains(HasSubstr("oral_ad")));
  EXPECT_TRUE(planned("none").actions.empty());
}

TEST_F(ScheduleTest, SystemDecidesTheRoutes) {
  system_name_ = "mouse";
  parameters_[0] = 0.025;
  EXPECT_DOUBLE_EQ(planned("ketamine 4 mg/kg ip").actions.at(0).value, 0.1);
  base::Diagnostics findings;
  planned("ketamine 4 mg/kg iv", findings);
  ASSERT_EQ(findings.all().size(), 1U);
  EXPECT_EQ(findings.all()[0].code, "R072");
  EXPECT_THAT(findings.all()[0].hint, HasSubstr("ip"));
}

TEST_F(ScheduleTest, OnlyRouteNeedNotBeStated) {
  const auto schedule = planned("esketamine 28 mg");
  EXPECT_EQ(schedule.actions.size(), 2U);
  EXPECT_THAT(schedule.notes, Contains(HasSubstr("nasal assumed")));
}

struct Refused {
  const char* text;
  const char* code;
  const char* in_message_or_hint;
};

TEST_F(ScheduleTest, RefusesByName) {
  const std::vector<Refused> cases = {
      {"psilocibin 25 mg oral", "R071", "`psilocybin`"},
      {"comp36 25 mg oral", "R071", "`comp360`"},
      {"psilocybin 25 mg nasal", "R072", "oral, iv"},
      {"psilocybin 25 mg", "R072", "the route is missing"},
      {"ketamine 1 uM iv", "R073", "uM"},
      {"psilocybin 10 umol/kg oral", "R073", "molar mass"},
      {"blocker 5 mg oral", "R073", "fraction"},
      {"psilocybin 1 fraction oral", "R073", "fraction"},
      {"psilocybin 0 mg oral", "R076", "0 mg"},
      {"psilocybin 25 g oral", "R076", "0.4 to 160 mg"},
      {"psilocybin 25 ug oral", "R076", "0.4 to 160 mg"},
      {"esketamine 60 mg nasal", "R076", "56 mg"},
      {"esketamine 10 mg nasal", "R076", "28 mg"},
      {"blocker 1.5 fraction oral", "R076", "between 0 and 1"},
      {"blocker oral 0 h", "R076", "no time"},
      {"psilocybin 1..3 mg oral", "R078", "range"},
      {"esketamine 56|84 mg nasal", "R078", "choose one dose"},
      {"psilocybin 25 mg oral @ pre", "R078", "@ -1 h"},
      {"psilocybin 25 mg oral @ unknown", "R078", "time"},
      {"psilocybin oral", "R078", "dose is not stated"},
      {"psilocybin 25 mg oral 40 min", "R078", "duration"},
      {"ketamine 100 ng/mL tci", "R078", "no controller"},
      {"antidepressant oral", "R078", "several drugs"},
      {"rapastinel 450 mg iv", "R078", "not in the model"},
      {"ketanserin 40 mg oral", "R079", "missing_state"},
  };
  for (const auto& refused : cases) {
    base::Diagnostics findings;
    const auto schedule = planned(refused.text, findings);
    ASSERT_EQ(findings.all().size(), 1U) << refused.text;
    const auto& finding = findings.all().front();
    EXPECT_EQ(finding.code, refused.code) << refused.text << "\n" << base::to_text(finding);
    EXPECT_THAT(finding.message + " " + finding.hint, HasSubstr(refused.in_message_or_hint)) << refused.text;
    EXPECT_TRUE(schedule.actions.empty()) << refused.text;
  }
}

TEST_F(ScheduleTest, AllFindingsComeInOneRun) {
  base::Diagnostics findings;
  planned("psilocibin 25 mg oral; psilocybin 25 g oral; ketamine 40 mg nasal", findings);
  std::vector<std::string> codes;
  for (const auto& finding : findings.all()) codes.push_back(finding.code);
  EXPECT_THAT(codes, ::testing::UnorderedElementsAre("R071", "R076", "R072"));
}

TEST_F(ScheduleTest, ClassifyNeedsNoParameters) {
  base::Diagnostics findings;
  const auto regimen =
      parse_regimen("LSD 100 ug oral; ketamine 0.5 mg/kg iv 40 min @ 1 w; placebo oral", "regimen", findings);
  const auto schedule = classify(regimen, tables_, "human", findings);
  EXPECT_TRUE(findings.empty());
  EXPECT_THAT(schedule.drug_classes, ElementsAre("serotonergic", "nmda"));
  EXPECT_EQ(schedule.overrides.size(), 1U);
  EXPECT_TRUE(schedule.actions.empty());
}

// Whatever the regimen, what goes in is what was prescribed.
TEST_F(ScheduleTest, NothingIsLostOrMade) {
  std::mt19937 random(11);
  for (int i = 0; i < 200; ++i) {
    std::string text;
    double expected = 0.0;
    for (auto event = 1 + random() % 4; event > 0; --event) {
      const auto milligrams = 1 + random() % 90;
      const auto minutes = random() % 200;
      const auto count = 1 + random() % 5;
      text += "ketamine " + std::to_string(milligrams) + " mg iv " + std::to_string(minutes) + " min @ " +
              std::to_string(random() % 10) + " h every 1 h x " + std::to_string(count) + ";";
      expected += static_cast<double>(milligrams * count);
    }
    EXPECT_NEAR(total_into(planned(text), k_central), expected, 1e-9 * expected) << text;
  }
}

TEST_F(ScheduleTest, FlexibleDosesBecomeDefiniteOnes) {
  const auto mixture = [&](const std::string& text) {
    base::Diagnostics findings;
    const auto regimen = parse_regimen(text, "regimen", findings);
    EXPECT_TRUE(findings.empty());
    const auto parts = mixture_of(regimen, tables_, "human");
    double total = 0.0;
    for (const auto& part : parts) {
      total += part.weight;
      planned(part.regimen.text);  // every part can be simulated
    }
    EXPECT_NEAR(total, 1.0, 1e-15) << text;
    return parts;
  };
  EXPECT_EQ(mixture("psilocybin 25 mg oral; with ssri").size(), 1U);
  const auto alternatives = mixture("esketamine 56|84 mg nasal @ 0 h every 84 h x 2");
  ASSERT_EQ(alternatives.size(), 2U);
  EXPECT_EQ(alternatives[1].regimen.text, "esketamine 84 mg nasal @ 0 h every 84 h x 2");
  EXPECT_EQ(alternatives[1].weight, 0.5);
  const auto devices = mixture("esketamine 28..84 mg nasal");
  ASSERT_EQ(devices.size(), 3U);
  EXPECT_EQ(devices[1].regimen.events[0].amounts.front(), 56.0);
  EXPECT_EQ(mixture("psilocybin 22..30 mg oral; psilocybin 1|3 mg oral @ 840 h").size(), 6U);
  // The mean of dose^5 over a uniform dose in [a, b] is (b^6 - a^6)/(6 (b - a)).
  double mean = 0.0;
  for (const auto& part : mixture("psilocybin 10..30 mg oral"))
    mean += part.weight * std::pow(part.regimen.events[0].amounts[0], 5.0);
  const double exact = (std::pow(30.0, 6.0) - std::pow(10.0, 6.0)) / (6.0 * 20.0);
  EXPECT_NEAR(mean, exact, 1e-13 * exact);
}

TEST_F(ScheduleTest, FormulasOfTheTablesAreChecked) {
  base::Diagnostics findings;
  const base::SourcePlace place{"routes.tsv", 3, 20};
  EXPECT_EQ(evaluate_factor("2*(1 - pk__F)^2/4", place, system_, parameters_, findings), 0.125);
  EXPECT_EQ(evaluate_factor("-gut_share", place, system_, parameters_, findings), -(1.0 - 0.54));
  EXPECT_TRUE(findings.empty());
  EXPECT_FALSE(evaluate_factor("nasal_shar * 2", place, system_, parameters_, findings));
  EXPECT_EQ(findings.all().back().code, "R079");
  EXPECT_THAT(findings.all().back().hint, HasSubstr("`nasal_share`"));
  EXPECT_FALSE(evaluate_factor("2 *", place, system_, parameters_, findings));
  EXPECT_EQ(findings.all().back().code, "R003");
  EXPECT_FALSE(evaluate_factor("exp(2)", place, system_, parameters_, findings));
  EXPECT_EQ(findings.all().back().code, "R003");
  EXPECT_FALSE(evaluate_factor("1/0", place, system_, parameters_, findings));
  EXPECT_EQ(findings.all().back().code, "R091");
  EXPECT_EQ(findings.all().back().place.line, 3);
}

}  // namespace
}  // namespace raad::dose
