// Yes/no findings, genotypes and stand-ins, from rows of evidence to the library's answers.
#include "study/findings.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "study/dose_search.hpp"
#include "study/stand_ins.hpp"
#include "study/validation.hpp"

namespace raad::study {
namespace {

class Findings : public testing::Test {
 protected:
  Findings() { library_ = data::open_library(RAAD_SOURCE_DIR, findings_); }

  void add(const std::string& observable, const std::string& population, const std::string& arm,
           const std::string& regimen, const std::string& unit = "boolean",
           std::optional<double> time_h = std::nullopt) {
    data::EvidenceRow row;
    row.id = std::to_string(table_.rows.size());
    row.observable = observable;
    row.species = "mouse";
    row.population = population;
    row.arm = arm;
    row.regimen_text = regimen;
    row.regimen = dose::parse_regimen(regimen, "test", findings_);
    row.value = 1.0;
    row.unit = unit;
    row.time_h = time_h;
    row.source_id = "shao2021";
    table_.rows.push_back(std::move(row));
  }
  std::vector<ValidationScore> scores() {
    table_.name = "test";
    ValidationSettings settings;
    settings.subjects = 100;
    return validate(library_, {&table_}, {}, settings).scores;
  }

  base::Diagnostics findings_;
  data::Library library_;
  data::EvidenceTable table_;
};

TEST_F(Findings, WhatDrugsAndGenotypesDo) {
  const std::string dose = "psilocybin 1 mg/kg ip @ 0 h";
  add("htr_present", "mouse", "psilocybin", dose);
  add("htr_present", "mouse", "ketamine", "ketamine 10 mg/kg ip @ 0 h");
  add("htr_present", "mouse, 5-HT2A knock-out", "psilocybin", dose);
  add("htr_blocked", "mouse", "psilocybin", "ketanserin 5 mg/kg ip @ pre; " + dose);
  add("htr_requires_5ht2a", "mouse", "psilocybin", dose);
  add("htr_requires_trkb", "mouse", "psilocybin", dose);
  add("plasticity_requires_trkb", "mouse", "psilocybin", dose);
  add("htr_arrestin_ko_effect", "mouse, beta-arrestin2 knock-out", "psilocybin", dose, "sign");
  add("htr_gq_disruption_effect", "mouse", "psychedelic", "none", "sign");
  add("htr_tolerance", "mouse", "psilocybin", dose, "boolean", 2400.0);
  const std::vector<double> expected = {1, 0, 0, 1, 1, 0, 1, 0, -1, 0};
  const auto found = scores();
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].skipped, "") << found[i].row->observable;
    EXPECT_EQ(found[i].predicted, expected[i]) << found[i].row->observable;
  }
}

TEST_F(Findings, GenotypesChangeMeasurementsToo) {
  const std::string dose = "psilocybin 1 mg/kg ip @ 0 h";
  add("spine_density", "mouse", "psilocybin", dose, "percent", 24.0);
  add("spine_density", "mouse, 5-HT2A knock-out", "psilocybin", dose, "percent", 24.0);
  add("spine_density", "mouse, 5-HT2A knock-out", "psilocybin", dose, "percent", 24.0);
  table_.rows.back().transform = data::Transform::difference_vs_comparator;
  table_.rows.back().comparator = "wild type";
  const auto found = scores();
  EXPECT_GT(found[0].predicted, found[1].predicted + 1.0);
  EXPECT_NEAR(found[2].predicted, found[1].predicted - found[0].predicted, 1e-9);
}

TEST_F(Findings, OfPeople) {
  for (const char* observable : {"dissociation_present", "human_hallucinogenic"})
    for (const char* drug : {"ketamine", "psilocybin"}) {
      add(observable, "healthy", drug, std::string(drug) + " @ 0 h");
      table_.rows.back().species = "human";
    }
  std::vector<double> predicted;
  for (const auto& score : scores()) predicted.push_back(score.predicted);
  EXPECT_EQ(predicted, (std::vector<double>{1, 0, 0, 1}));
}

TEST_F(Findings, RatingsOfACourseLeaveTheDrawsOfOtherRowsAlone) {
  const std::string regimen = "ketamine 0.5 mg/kg iv 40 min @ 0 h";
  const auto patients = [&](const std::string& observable) {
    add(observable, "trd", "ketamine", regimen, "percent", 168.0);
    table_.rows.back().species = "human";
    table_.rows.back().transform = data::Transform::rate;
  };
  patients("response_rate");
  const double alone = scores().front().predicted;
  patients("response_maintained_rate");
  const auto both = scores();
  EXPECT_EQ(both[0].predicted, alone);
  EXPECT_LE(both[1].predicted, alone + 5.0);  // Kept to the same day, with errors of measurement of its own
}

TEST_F(Findings, SayWhyTheyCannotBePredicted) {
  add("htr_present", "mouse, beta-arrestin1 knock-out", "psilocybin", "psilocybin 1 mg/kg ip @ 0 h");
  add("htr_present", "mouse", "8-OH-DPAT", "8-OH-DPAT 1 mg/kg ip @ 0 h");
  add("htr_blocked", "mouse", "psilocybin", "psilocybin 1 mg/kg ip @ 0 h");
  add("htr_requires_5ht2a", "mouse", "ketamine", "ketamine 10 mg/kg ip @ 0 h");
  add("htr_tolerance", "mouse", "psilocybin", "psilocybin 1 mg/kg ip @ 0 h");
  add("htr_present", "mouse", "GM-2040", "GM-2040 @ 0 h");
  const std::vector<std::string> parts = {"genotype",  "8-OH-DPAT", "no manipulation",
                                          "no effect", "no second", "neither affinity"};
  const auto found = scores();
  ASSERT_EQ(found.size(), parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i)
    EXPECT_NE(found[i].skipped.find(parts[i]), std::string::npos) << found[i].skipped;
}

TEST_F(Findings, CompoundsWithoutDosesGetTheirProfile) {
  add("htr_present", "mouse", "LSD", "LSD @ 0 h");
  add("spine_density", "mouse", "LSD", "LSD @ 0 h", "percent", 24.0);
  base::Diagnostics ignored;
  const auto mouse = run::load_system(library_, "mouse", ignored);
  const auto given = given_of(library_, mouse, table_.rows[0], true);
  ASSERT_EQ(given.regimen.events.size(), 1u);
  EXPECT_EQ(given.regimen.events.front().drug, "compound_x");
  EXPECT_NE(given.note.find("generic pharmacokinetics"), std::string::npos);
  // What is measured on a scale hangs on the dose.
  EXPECT_EQ(given_of(library_, mouse, table_.rows[1], false).regimen.events.front().drug, "lsd");
}

TEST(DoseSearch, InterpolatesInTheLogarithmOfTheDose) {
  const std::vector<double> doses = {1.0, 10.0, 100.0}, effects = {0.0, 4.0, 8.0};
  EXPECT_DOUBLE_EQ(dose_at_effect(doses, effects, 2.0).value_or(0.0), std::sqrt(10.0));
  EXPECT_DOUBLE_EQ(dose_at_effect(doses, effects, 8.0).value_or(0.0), 100.0);
  EXPECT_FALSE(dose_at_effect(doses, effects, 9.0));
  EXPECT_FALSE(dose_at_effect(doses, {3.0, 4.0, 8.0}, 2.0));  // Below the lowest dose
}

TEST_F(Findings, HeadTwitchesAreHalfAtALowDoseAndMostAtAMiddleOne) {
  add("htr_ed50_mgkg", "mouse", "psilocybin", "psilocybin ip @ 0 h", "mg/kg");
  add("htr_dose_at_max", "mouse", "psilocybin", "psilocybin ip @ 0 h", "mg/kg");
  add("htr_ed50_mgkg", "mouse", "psilocybin", "psilocybin sc @ 0 h", "mg/kg");
  const auto found = scores();
  // The library is fitted to 0.11 to 0.29 mg/kg (head_twitch_response.params.tsv), with a brake above 1.
  EXPECT_GT(found[0].predicted, 0.05);
  EXPECT_LT(found[0].predicted, 0.4);
  EXPECT_GT(found[1].predicted, 2.0 * found[0].predicted);
  EXPECT_LT(found[1].predicted, 5.0);
  EXPECT_FALSE(found[2].scored());
}

}  // namespace
}  // namespace raad::study
