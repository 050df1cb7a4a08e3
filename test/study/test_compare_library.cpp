// The comparison on the human system of the library: properties that hold whatever the parameters are.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "study/comparison.hpp"
#include "study/profile_table.hpp"

namespace raad::study {
namespace {

/// The human system, loaded once for all tests.
struct World {
  data::Library library;
  data::Evidence evidence;
  run::LoadedSystem system;

  static const World& get() {
    static const World* const world = [] {
      auto* made = new World;
      base::Diagnostics findings;
      made->library = data::open_library(RAAD_SOURCE_DIR, findings);
      made->evidence = data::read_all_evidence(made->library.evidence, findings);
      made->system = run::load_system(made->library, "human", findings);
      base::throw_if_errors(findings);
      return made;
    }();
    return *world;
  }
};

dose::Regimen regimen(const std::string& text) {
  base::Diagnostics findings;
  return dose::parse_regimen(text, "test", findings);
}

Comparison compare_texts(const std::string& first, const std::string& second,
                         ComparisonSettings settings = {}) {
  const World& world = World::get();
  return compare(world.library, world.system, regimen(first), regimen(second), world.evidence, settings);
}

ComparisonSettings quick() {
  ComparisonSettings settings;
  settings.find_assumed = false;
  return settings;
}

class CompareLibrary : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(std::filesystem::path(RAAD_SOURCE_DIR) / "library/systems/human.ant")) {
      GTEST_SKIP() << "the library is not beside the sources";
    }
  }
};

const ProfileRow& row(const Comparison& comparison, const std::string& id) {
  for (const ProfileRow& one : comparison.rows) {
    if (one.observable == id) return one;
  }
  throw std::logic_error("no row " + id);
}

TEST_F(CompareLibrary, KetamineAndPsilocybinMeetDifferentTargetsAndLowerTheSameScore) {
  const Comparison comparison =
      compare_texts("ketamine 0.5 mg/kg iv 40 min", "psilocybin 25 mg oral", quick());
  EXPECT_EQ(row(comparison, "occupancy_nmda").reason, SharedReason::first_only);
  EXPECT_EQ(row(comparison, "occupancy_5ht2a").reason, SharedReason::second_only);
  EXPECT_EQ(row(comparison, "madrs").shared, Shared::shared);
  EXPECT_LT(row(comparison, "madrs").first.peak_effect, -1.0);
  // The infusion's end is a corner of the curve and its maximum (in plasma, to the grid's minute).
  EXPECT_NEAR(row(comparison, "plasma_ketamine").first.peak_time_h, 40.0 / 60.0, 1.0 / 60.0);
  for (const char* group : {"exposure", "target", "circuit", "signalling", "plasticity", "acute", "clinic"}) {
    EXPECT_TRUE(std::any_of(comparison.rows.begin(), comparison.rows.end(), [&](const ProfileRow& one) {
      return one.group == group;
    })) << group;
  }
}

TEST_F(CompareLibrary, BothFilesOfTheEvidenceAreDrawnAndEveryRowIsAccountedFor) {
  const Comparison comparison =
      compare_texts("ketamine 0.5 mg/kg iv 40 min", "psilocybin 25 mg oral", quick());
  int calibration = 0, validation = 0;
  for (const MeasuredPoint& point : comparison.points) {
    (point.file == "calibration" ? calibration : validation)++;
    EXPECT_TRUE(std::isfinite(point.predicted)) << point.evidence_id;
  }
  EXPECT_GE(calibration, 10);
  EXPECT_GE(validation, 5);
  // Counted in the tables by their regimen text, which for these two treatments is written in one way.
  int expected = 0;
  const World& world = World::get();
  for (const data::EvidenceTable* table : {&world.evidence.calibration, &world.evidence.validation}) {
    for (const data::EvidenceRow& one : table->rows) {
      const bool ours = one.regimen_text.rfind("ketamine 0.5 mg/kg iv 40 min @ 0 h", 0) == 0 ||
                        one.regimen_text.rfind("psilocybin 25 mg oral @ 0 h", 0) == 0;
      const std::string rest = one.regimen_text.substr(
          std::min<std::size_t>(one.regimen_text.find("@ 0 h") + 5, one.regimen_text.size()));
      expected += ours && one.species == "human" && (rest.empty() || rest.rfind("; with", 0) == 0);
    }
  }
  EXPECT_EQ(static_cast<int>(comparison.points.size() + comparison.undrawn.size()), expected);
}

TEST_F(CompareLibrary, SwappingTheTreatmentsSwapsTheColumns) {
  ComparisonSettings settings = quick();
  settings.end_h = 48.0;
  const Comparison there = compare_texts("ketamine 0.5 mg/kg iv 40 min", "psilocybin 25 mg oral", settings);
  const Comparison back = compare_texts("psilocybin 25 mg oral", "ketamine 0.5 mg/kg iv 40 min", settings);
  ASSERT_EQ(there.rows.size(), back.rows.size());
  for (std::size_t r = 0; r < there.rows.size(); ++r) {
    EXPECT_EQ(there.rows[r].shared, back.rows[r].shared) << there.rows[r].observable;
    EXPECT_EQ(there.rows[r].first.peak, back.rows[r].second.peak) << there.rows[r].observable;
    EXPECT_EQ(there.rows[r].second.area, back.rows[r].first.area) << there.rows[r].observable;
    EXPECT_TRUE(std::isnan(there.rows[r].first.at_7d));
  }
}

TEST_F(CompareLibrary, ATreatmentSharesEverythingWithItselfAndNothingWithNone) {
  ComparisonSettings settings = quick();
  settings.end_h = 48.0;
  for (const ProfileRow& one :
       compare_texts("psilocybin 25 mg oral", "psilocybin 25 mg oral", settings).rows) {
    EXPECT_NE(one.shared, Shared::distinct) << one.observable;
  }
  for (const ProfileRow& one : compare_texts("psilocybin 25 mg oral", "none", settings).rows) {
    EXPECT_NE(one.shared, Shared::shared) << one.observable;
    EXPECT_LE(std::abs(one.second.peak_effect), 1e-9 * (1.0 + std::abs(one.second.baseline)))
        << one.observable;
  }
}

TEST_F(CompareLibrary, AssumedValuesDoNotDependOnTheNumberOfThreads) {
  ComparisonSettings settings;
  settings.observables = {"plasma_ketamine", "occupancy_nmda"};
  settings.end_h = 24.0;
  std::string tables[2];
  for (int i = 0; i < 2; ++i) {
    settings.threads = 1 + 2 * i;
    const Comparison comparison =
        compare_texts("ketamine 0.5 mg/kg iv 40 min", "psilocybin 25 mg oral", settings);
    tables[i] = print_profile_table(comparison);
    // The ratio of unbound brain to plasma scales the concentration at the receptor: occupancy rests on it.
    const ProfileRow& occupancy = row(comparison, "occupancy_nmda");
    ASSERT_TRUE(
        std::any_of(occupancy.assumed.begin(), occupancy.assumed.end(), [](const AssumedInfluence& one) {
          return one.parameter_id == "ketamine__brain_plasma_unbound_ratio" && one.elasticity > 0.5 &&
                 one.elasticity <= 1.0;
        }));
  }
  EXPECT_EQ(tables[0], tables[1]);
}

TEST_F(CompareLibrary, BandsAreOrderedRepeatableAndInTheTable) {
  auto settings = quick();
  settings.observables = {"madrs", "plasma_psilocin"};
  settings.end_h = 48.0;
  settings.uncertainty_draws = 20;
  const auto comparison = compare_texts("ketamine 0.5 mg/kg iv 40 min", "psilocybin 25 mg oral", settings);
  settings.threads = 2;
  const auto again = compare_texts("ketamine 0.5 mg/kg iv 40 min", "psilocybin 25 mg oral", settings);
  for (int i = 0; i < 2; ++i) {
    ASSERT_NE(comparison.band(i, "madrs", 0), nullptr);
    for (std::size_t q = 0; q + 1 < std::size(k_band_quantiles); ++q) {
      const auto &low = *comparison.band(i, "madrs", q), &high = *comparison.band(i, "madrs", q + 1);
      ASSERT_EQ(low.size(), comparison.courses[i].time_h.size());
      for (std::size_t t = 0; t < low.size(); ++t) EXPECT_LE(low[t], high[t]);
      EXPECT_EQ(low, *again.band(i, "madrs", q));
    }
  }
  // Ketamine alone leaves no psilocin to be uncertain about.
  for (const double value : *comparison.band(0, "plasma_psilocin", 4)) EXPECT_EQ(value, 0.0);
  EXPECT_EQ(comparison.band(0, "no such read-out", 0), nullptr);
  EXPECT_NE(print_profile_text(comparison).find("20 draws"), std::string::npos);
  const auto table = series_table(comparison);
  EXPECT_TRUE(std::ranges::any_of(table.columns, [](const auto& one) { return one.name == "madrs_2_q95"; }));
}

TEST_F(CompareLibrary, UnknownNamesAreTheUsersError) {
  ComparisonSettings settings = quick();
  settings.observables = {"plasma_psilocyn"};
  EXPECT_THROW(compare_texts("psilocybin 25 mg oral", "none", settings), base::InputError);
  settings = quick();
  settings.hypotheses = {"no_such_hypothesis"};
  EXPECT_THROW(compare_texts("psilocybin 25 mg oral", "none", settings), base::InputError);
}

}  // namespace
}  // namespace raad::study
