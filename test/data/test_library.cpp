#include "data/library.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace raad::data {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A folder that goes away with the test.
class Folder {
 public:
  Folder()
      : path_(fs::temp_directory_path() /
              ("raad_test_library_" + std::to_string(getpid()) + "_" + std::to_string(next_++))) {
    fs::create_directories(path_);
  }
  ~Folder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }

 private:
  static inline int next_ = 0;
  fs::path path_;
};

/// The smallest library with one of everything.
void write_small_library(const Folder& home) {
  home.write("library/observables.tsv",
             "observableId\tsymbol\tunit\tgroup\tdisplayName\tkind\tdefault\tlog\tsystems\tnote\n"
             "plasma_x\tpk__c\tng/mL\texposure\tPlasma x\ttimecourse\tyes\tyes\tboth\t\n"
             "htr_rate\thtr__rate\tcount/min\tacute\tHead twitches\ttimecourse\tno\tno\tmouse\t\n"
             "plasma_x_cmax\tpk__c\tng/mL\texposure\tMaximum\tsummary\tno\tno\tboth\t\n"
             "cbf\t\tpercent\tcircuit\tBlood flow\tnot_represented\tno\tno\tboth\tno vessels\n");
  home.write("library/hypotheses.tsv",
             "hypothesisId\tgroup\tparameterId\tvalue\tappliesTo\tdescription\tevidenceFor\tevidenceAgainst\n"
             "default\tdefault\t\t\tall\tas it is\t\t\n"
             "surface\troute\tweight_surface\t1\tall\tthe surface pool\tA 2024\tB 2023\n"
             "surface\troute\tweight_inside\t0\tall\t\t\t\n"
             "inside\troute\tweight_surface\t0\tall\tthe inner pool\t\t\n"
             "trip\texperience\tcoupling\t0.3\tserotonergic\tthe experience heals\t\t\n");
  home.write("library/sources.tsv", "sourceId\tcitation\tyear\npmid1\tSomeone 2020\t2020\n");
  home.write("library/scales.tsv", "unit\tnominalScale\tnote\tstateId\nmg\t100\t\t\nmg\t5\t\tpk__gut\n");
  home.write("library/scenarios.tsv",
             "scenarioId\tpopulationPattern\tcomparatorPattern\tarmPattern\tseverity\tkind\tnote\n"
             "healthy\thealthy\t.*\t.*\t-3\tassumed\tn\n"
             "other\t.*\t.*\t.*\t\tassumed\t\n");
  home.write("library/drugs.tsv",
             "drugId\taliases\tclass\tactiveMoiety\tsaltFactor\tcompoundId\tminDose_mg_per_kg\tmaxDose_mg_"
             "per_kg\tnote\nx\t\tnmda\tx\t1\t\t\t\t\n");
  home.write("library/routes.tsv",
             "drugId\tsystem\troute\taction\ttarget\tamountFactor\tlaterAmountFactor\tunitDose_"
             "mg\tunitDoseInterval_h\tsessionGap_h\tdefaultDuration_h\tinfusion\tnote\n");
  home.write("library/compounds.tsv", "compoundId\tparameterId\tnominalValue\tunit\n");
  home.write("library/unsupported_routes.tsv", "route\tdrugId\treason\n");
  home.write("library/systems/mouse.ant", "");
  home.write("library/systems/human.ant", "");
}

Library opened(const Folder& home, base::Diagnostics& findings) {
  write_small_library(home);
  return open_library(home.path(), findings);
}

TEST(Library, ReadsItsTables) {
  const Folder home;
  base::Diagnostics findings;
  const auto library = opened(home, findings);
  for (const auto& finding : findings.all()) ADD_FAILURE() << base::to_text(finding);
  EXPECT_THAT(library.observable_ids(), ElementsAre("plasma_x", "htr_rate", "plasma_x_cmax", "cbf"));
  const auto* plasma = library.find_observable("plasma_x");
  ASSERT_NE(plasma, nullptr);
  EXPECT_TRUE(plasma->is_default && plasma->log_axis && plasma->in_system("human") &&
              plasma->in_system("mouse"));
  EXPECT_EQ(plasma->kind, Observable::Kind::timecourse);
  EXPECT_FALSE(library.find_observable("htr_rate")->in_system("human"));
  EXPECT_EQ(library.find_observable("plasma_x_cmax")->kind, Observable::Kind::summary);
  EXPECT_EQ(library.find_observable("cbf")->kind, Observable::Kind::not_represented);
  EXPECT_EQ(library.find_observable("none"), nullptr);
  EXPECT_EQ(library.nominal_scales.at("mg"), 100.0);
  EXPECT_EQ(library.nominal_scales.at("pk__gut"), 5.0);
  ASSERT_EQ(library.scenarios.size(), 2U);
  EXPECT_EQ(library.scenarios[0].values.at("severity"), -3.0);
  EXPECT_THAT(library.scenarios[1].values, IsEmpty());
  EXPECT_EQ(library.find_source("pmid1")->citation, "Someone 2020");
  EXPECT_THAT(library.system_names(), ElementsAre("human", "mouse"));
  EXPECT_EQ(library.system_file("human"), home.path() / "library" / "systems" / "human.ant");
  const auto* surface = library.find_hypothesis("surface");
  ASSERT_NE(surface, nullptr);
  EXPECT_EQ(surface->settings.size(), 2U);
  EXPECT_EQ(surface->description, "the surface pool");
}

TEST(Library, HypothesesJoinAcrossGroups) {
  const Folder home;
  base::Diagnostics findings;
  const auto library = opened(home, findings);
  const auto chosen = resolve_hypotheses(library, {"trip+surface", "default"}, findings);
  EXPECT_TRUE(findings.empty());
  ASSERT_EQ(chosen.size(), 3U);
  EXPECT_EQ(chosen[0]->id, "trip") << "in the order given";
  const auto of_ketamine = hypothesis_overrides(chosen, {"nmda"});
  ASSERT_EQ(of_ketamine.size(), 2U);
  EXPECT_EQ(of_ketamine[0].parameter_id, "weight_surface");
  EXPECT_EQ(hypothesis_overrides(chosen, {"serotonergic"}).size(), 3U);
}

TEST(Library, RefusesHypothesesThatCannotBe) {
  const Folder home;
  base::Diagnostics none;
  const auto library = opened(home, none);
  const std::vector<std::pair<std::string, std::string>> cases = {{"surfac", "`surface`"},
                                                                  {"surface+inside", "rivals"},
                                                                  {"surface+surface", "twice"},
                                                                  {"surface+", "unknown"}};
  for (const auto& [name, word] : cases) {
    base::Diagnostics findings;
    resolve_hypotheses(library, {name}, findings);
    ASSERT_EQ(findings.all().size(), 1U) << name;
    EXPECT_EQ(findings.all()[0].code, "R075");
    EXPECT_THAT(findings.all()[0].message + findings.all()[0].hint, HasSubstr(word));
  }
}

TEST(Library, ReportsBadRows) {
  const Folder home;
  write_small_library(home);
  home.write("library/observables.tsv",
             "observableId\tsymbol\tunit\tgroup\tdisplayName\tkind\tdefault\tlog\tsystems\tnote\n"
             "a\t\t1\tg\tA\ttimecourse\tyes\tno\tboth\t\n"
             "b\tx\t1\tg\tB\tcurve\tmaybe\tno\tboth\t\n"
             "b\tx\t1\tg\tB\ttimecourse\tno\tno\tboth\t\n");
  home.write("library/scales.tsv", "unit\tnominalScale\tnote\tstateId\nmg\t0\t\t\nng\t1\t\t\nng\t2\t\t\n");
  home.write("library/hypotheses.tsv",
             "hypothesisId\tgroup\tparameterId\tvalue\tappliesTo\tdescription\tevidenceFor\tevidenceAgainst\n"
             "h\tg\tp\t\tall\t\t\t\nh\tg2\tp\tx\tall\t\t\t\n");
  base::Diagnostics findings;
  open_library(home.path(), findings);
  std::vector<std::string> found;
  for (const auto& finding : findings.all())
    found.push_back(finding.code + " " + fs::path(finding.place.file).filename().string() + ":" +
                    std::to_string(finding.place.line));
  EXPECT_THAT(found, ::testing::UnorderedElementsAre("R088 observables.tsv:2", "R088 observables.tsv:3",
                                                     "R088 observables.tsv:3", "R081 observables.tsv:4",
                                                     "R088 scales.tsv:2", "R081 scales.tsv:4",
                                                     "R082 hypotheses.tsv:2", "R088 hypotheses.tsv:3",
                                                     "R082 hypotheses.tsv:3", "R082 hypotheses.tsv:3"));
}

TEST(FindHome, LooksInTheStatedOrder) {
  const Folder root;
  const auto executable = root.path() / "build" / "raad";
  EXPECT_THROW(find_home("", executable), base::InputError);
  fs::create_directories(root.path() / "share" / "raad" / "library");
  EXPECT_EQ(find_home("", executable), root.path() / "share" / "raad");
  fs::create_directories(root.path() / "library");
  EXPECT_EQ(find_home("", executable), root.path());
  fs::create_directories(root.path() / "build" / "library");
  EXPECT_EQ(find_home("", executable), root.path() / "build");
  fs::create_directories(root.path() / "mine" / "library");
  EXPECT_EQ(find_home((root.path() / "mine").string(), executable), root.path() / "mine");
  // A stated home that holds nothing is an error: the user would otherwise get another library than the one
  // named.
  try {
    find_home((root.path() / "absent").string(), executable);
    FAIL();
  } catch (const base::InputError& error) {
    EXPECT_EQ(error.findings().all()[0].code, "R086");
    EXPECT_THAT(error.findings().all()[0].message, HasSubstr("absent"));
  }
}

TEST(Library, OwnLibraryIsClean) {
  const fs::path home(RAAD_SOURCE_DIR);
  if (!fs::exists(home / "library" / "observables.tsv")) GTEST_SKIP() << "no library tables";
  base::Diagnostics findings;
  const auto library = open_library(home, findings);
  for (const auto& finding : findings.all()) ADD_FAILURE() << base::to_text(finding);
  EXPECT_GT(library.observables.size(), 200U);
  EXPECT_GE(library.hypotheses.size(), 10U);
  EXPECT_EQ(library.scenarios.back().id, "default_trial");
  for (const auto& hypothesis : library.hypotheses) {
    base::Diagnostics none;
    EXPECT_EQ(resolve_hypotheses(library, {hypothesis.id}, none).size(), 1U);
    EXPECT_TRUE(none.empty());
  }
}

}  // namespace
}  // namespace raad::data
