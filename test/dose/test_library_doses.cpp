// The library's dosing tables against the library's systems, and against every regimen of the evidence.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "base/table.hpp"
#include "dose/dosing_tables.hpp"
#include "dose/schedule.hpp"
#include "model/load.hpp"

namespace raad::dose {
namespace {

namespace fs = std::filesystem;

fs::path source_folder() {
  return RAAD_SOURCE_DIR;
}

fs::path evidence_folder() {
  const auto own = source_folder() / "evidence";
  return fs::exists(own / "calibration.tsv") ? own : source_folder().parent_path() / "shared" / "evidence";
}

/// A system of the library, built once for all tests.
const ir::System& library_system(const std::string& name) {
  static std::map<std::string, std::unique_ptr<ir::System>> systems;
  auto& system = systems[name];
  if (system) return *system;
  base::Diagnostics findings;
  const auto model = model::load(source_folder() / "library" / "systems" / (name + ".ant"), {}, findings);
  base::throw_if_errors(findings);
  system = std::make_unique<ir::System>(ir::build_system(*model));
  return *system;
}

class LibraryDoses : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(source_folder() / "library" / "drugs.tsv")) GTEST_SKIP() << "no library tables";
    base::Diagnostics findings;
    tables_ = DosingTables::read(source_folder() / "library", findings);
    base::throw_if_errors(findings);
  }

  Schedule planned(const std::string& text, const std::string& system_name,
                   base::Diagnostics& findings) const {
    const auto regimen = parse_regimen(text, "regimen", findings);
    const auto& system = library_system(system_name);
    return plan(regimen, tables_, system, system_name, solve::initial_parameters(system), findings);
  }

  DosingTables tables_;
};

// Every row of routes.tsv reaches a target that exists, with a factor that has a value, in each system that
// it names.
TEST_F(LibraryDoses, EveryRouteOfEveryDrugCanBeGiven) {
  int given = 0;
  for (const std::string system_name : {"human", "mouse"}) {
    for (std::size_t row = 0; row < tables_.drugs.row_count(); ++row) {
      base::Diagnostics findings;
      const auto drug = find_drug(tables_, tables_.drugs.cell(row, "drugId"), {}, findings);
      ASSERT_TRUE(drug);
      std::set<std::string> routes;
      for (const auto& target : routes_of(tables_, drug->id, system_name, findings))
        routes.insert(target.route);
      for (const auto& route : routes) {
        std::string dose = "1 fraction";
        if (!drug->dosed_by_level()) {
          ASSERT_TRUE(drug->minimum_mg_per_kg && drug->maximum_mg_per_kg) << drug->id;
          dose =
              base::format_number(std::sqrt(*drug->minimum_mg_per_kg * *drug->maximum_mg_per_kg)) + " mg/kg";
        }
        if (drug->id == "esketamine" && route == "nasal") dose = "56 mg";  // whole devices only
        const auto schedule = planned(drug->id + " " + dose + " " + route, system_name, findings);
        for (const auto& finding : findings.all())
          ADD_FAILURE() << system_name << ": " << base::to_text(finding);
        EXPECT_FALSE(schedule.actions.empty()) << drug->id << " " << route;
        for (const auto& action : schedule.actions) EXPECT_NE(action.value, 0.0) << drug->id << " " << route;
        ++given;
      }
    }
  }
  EXPECT_GT(given, 60);
}

// Doses of section 6 of the specification, worked out by hand.
TEST_F(LibraryDoses, SpecifiedDosesArrive) {
  const auto total = [&](const std::string& text, const std::string& system_name,
                         const std::vector<std::string>& states) {
    base::Diagnostics findings;
    const auto schedule = planned(text, system_name, findings);
    for (const auto& finding : findings.all()) ADD_FAILURE() << base::to_text(finding);
    double sum = 0.0;
    for (const auto& state : states) {
      double start = 0.0;
      for (const auto& action : schedule.actions) {
        if (action.index != library_system(system_name).find_state(state)) continue;
        if (action.kind == solve::Action::Kind::add_to_state)
          sum += action.value;
        else if (action.value > 0.0)
          start = action.time_h;
        else
          sum += -action.value * (action.time_h - start);
      }
    }
    return sum;
  };
  EXPECT_DOUBLE_EQ(total("psilocybin 25 mg oral", "human", {"psilocin__gut_transit_1"}), 25.0);
  // 1 mg/kg in a mouse of 25 g.
  EXPECT_DOUBLE_EQ(total("psilocybin 1 mg/kg ip", "mouse", {"psilocin__gut_transit_1"}), 0.025);
  // 0.5 mg/kg at 70 kg: 17.5 mg of each enantiomer over 40 min.
  EXPECT_NEAR(total("ketamine 0.5 mg/kg iv 40 min", "human", {"ketamine__s_central_amount"}), 17.5, 1e-12);
  EXPECT_NEAR(total("ketamine 0.5 mg/kg iv", "human", {"ketamine__r_central_amount"}), 17.5, 1e-12);
  // Three devices: 28 x 0.54 x (1 + 2 x 0.62) through the nose, the rest swallowed.
  EXPECT_NEAR(total("esketamine 84 mg nasal", "human", {"ketamine__s_nasal_depot"}),
              28 * 0.54 * (1 + 2 * 0.62), 1e-12);
  EXPECT_NEAR(total("esketamine 84 mg nasal", "human", {"ketamine__s_nasal_depot", "ketamine__s_gut_depot"}),
              84.0, 1e-12);
  EXPECT_NEAR(total("ketanserin 40 mg oral", "human", {"antagonist__depot_amount"}), 20.0, 1e-12);
  EXPECT_NEAR(total("ssri 20 mg oral", "human", {"ssri__level"}), 2.2, 1e-12);
}

// A regimen of a published row either runs or is refused for a reason that its reader can judge; a drug that
// the tables have never heard of, or a row of theirs that points nowhere, is a defect of the tables.
TEST_F(LibraryDoses, EvidenceRunsOrIsRefusedByName) {
  if (!fs::exists(evidence_folder() / "calibration.tsv")) GTEST_SKIP() << "no evidence tables";
  std::map<std::string, std::set<std::string>> regimens;
  for (const std::string file : {"calibration.tsv", "validation.tsv"}) {
    base::Diagnostics findings;
    const auto table = base::Table::read(evidence_folder() / file, findings);
    for (std::size_t row = 0; row < table.row_count(); ++row)
      regimens[table.cell(row, "species")].insert(table.cell(row, "regimen"));
  }
  const std::set<std::string> reasons = {"R072", "R073", "R076", "R078"};
  for (const std::string system_name : {"human", "mouse"}) {
    int ran = 0;
    for (const auto& text : regimens[system_name]) {
      base::Diagnostics findings;
      planned(text, system_name, findings);
      ran += findings.empty() ? 1 : 0;
      for (const auto& finding : findings.all())
        EXPECT_TRUE(reasons.count(finding.code) > 0) << text << "\n" << base::to_text(finding);
    }
    std::cout << system_name << ": " << ran << " of " << regimens[system_name].size()
              << " regimens run as they stand\n";
    EXPECT_GT(ran, system_name == "human" ? 60 : 5);
  }
}

}  // namespace
}  // namespace raad::dose
