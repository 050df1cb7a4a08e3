// The commands' contracts with outside programs: columns, units, exit statuses, equal bytes for equal runs.
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "app/program.hpp"

namespace raad::app_test {
namespace {

TEST(Simulate, WritesTimeFirstThenObservablesWithUnits) {
  const auto folder = fresh_folder("simulate");
  const auto run = raad(
      "simulate human --regimen 'psilocybin 25 mg oral @ 0 h' --until 2d --every 1h --observe "
      "plasma_psilocin,madrs --out a.csv",
      folder);
  ASSERT_EQ(run.status, 0) << run.errors;
  const auto rows = lines(read(folder / "a.csv"));
  ASSERT_EQ(rows.size(), 2u + 49u);
  EXPECT_EQ(rows[0], "time_h,plasma_psilocin,madrs");
  EXPECT_EQ(rows[1], "# unit,ng/mL,points");
  EXPECT_EQ(rows[2].substr(0, 4), "0,0,");
  EXPECT_EQ(rows.back().substr(0, 3), "48,");
  const std::string record = read(folder / "a.csv.run.json");
  for (const char* field : {"model_hash", "command", "relative_tolerance", "seed"})
    EXPECT_NE(record.find(field), std::string::npos) << field;
  EXPECT_EQ(run.output, "");
}

TEST(Simulate, DefaultsAreTwoHundredPointsOfTheMainReadOuts) {
  const auto folder = fresh_folder("simulate_defaults");
  const auto run = raad("simulate --regimen none --quiet", folder);
  ASSERT_EQ(run.status, 0) << run.errors;
  const auto rows = lines(run.output);
  EXPECT_EQ(rows.size(), 202u);
  EXPECT_NE(rows[0].find("madrs"), std::string::npos);
  EXPECT_EQ(run.errors, "");
}

TEST(Simulate, EqualRunsGiveEqualBytes) {
  const auto folder = fresh_folder("simulate_equal");
  for (const char* name : {"a.csv", "b.csv"})
    ASSERT_EQ(
        raad(std::string("simulate mouse --regimen 'psilocybin 1 mg/kg ip' --until 3d --out ") + name, folder)
            .status,
        0);
  EXPECT_EQ(read(folder / "a.csv"), read(folder / "b.csv"));
}

TEST(Simulate, HypothesisAndSettingChangeTheResult) {
  const auto folder = fresh_folder("simulate_settings");
  const std::string base =
      "simulate --regimen 'psilocybin 25 mg oral' --until 7d --every 7d --observe madrs -q ";
  const auto plain = raad(base, folder), surface = raad(base + "--hypothesis surface", folder),
             slow = raad(base + "--set psilocin__clearance=142.5", folder);
  for (const auto& run : {plain, surface, slow}) ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_NE(plain.output, surface.output);
  EXPECT_NE(plain.output, slow.output);
}

TEST(Simulate, NativeCodeAndReferenceSolverGiveTheSameCurve) {
  const auto folder = fresh_folder("simulate_engines");
  const std::string base =
      "simulate --regimen 'ketamine 0.5 mg/kg iv 40 min' --until 1d --every 4h --observe madrs -q ";
  const auto a = lines(raad(base, folder).output),
             b = lines(raad(base + "--engine native --solver cvodes", folder).output);
  ASSERT_EQ(a.size(), b.size());
  ASSERT_EQ(a.size(), 9u);
  for (std::size_t i = 2; i < a.size(); ++i)
    EXPECT_NEAR(std::stod(a[i].substr(a[i].find(',') + 1)), std::stod(b[i].substr(b[i].find(',') + 1)), 1e-3);
}

TEST(Compare, WritesProfileTimeCoursesReportAndFigures) {
  const auto folder = fresh_folder("compare");
  const std::string command = "compare 'ketamine 0.5 mg/kg iv 40 min' 'psilocybin 25 mg oral' --out ";
  const auto run = raad(command + "demo", folder);
  ASSERT_EQ(run.status, 0) << run.errors;
  const auto rows = lines(read(folder / "demo/profile.tsv"));
  ASSERT_GT(rows.size(), 100u);
  EXPECT_EQ(rows[0], "group\treadout\tmeasure\tunit\tvalue_1\tvalue_2\tclass\trule\tassumed");
  std::set<std::string> groups;
  for (std::size_t i = 1; i < rows.size(); ++i) groups.insert(rows[i].substr(0, rows[i].find('\t')));
  for (const char* group : {"target", "circuit", "signalling", "plasticity", "acute", "clinic"}) {
    EXPECT_TRUE(groups.count(group)) << group;
    EXPECT_TRUE(fs::exists(folder / "demo/figures" / (std::string(group) + ".svg"))) << group;
    EXPECT_TRUE(fs::exists(folder / "demo/figures" / (std::string(group) + ".json"))) << group;
  }
  EXPECT_EQ(lines(read(folder / "demo/timecourses.csv"))[0].substr(0, 7), "time_h,");
  const std::string report = read(folder / "demo/report.html");
  EXPECT_EQ(report.find("<script src"), std::string::npos);
  EXPECT_EQ(report.find("<link"), std::string::npos);
  EXPECT_NE(run.output.find("no dosing advice"), std::string::npos);

  ASSERT_EQ(raad(command + "again", folder).status, 0);
  for (const char* file : {"profile.tsv", "timecourses.csv"})
    EXPECT_EQ(read(folder / "demo" / file), read(folder / "again" / file)) << file;
}

TEST(Check, LibraryAndEvidenceAreClean) {
  const auto folder = fresh_folder("check");
  const auto run = raad("check library evidence", folder);
  EXPECT_EQ(run.status, 0) << run.output << run.errors;
  EXPECT_EQ(run.output.find("error R"), std::string::npos) << run.output;
}

TEST(Check, FindingsGiveStatusOneAndAllOfThem) {
  const auto folder = fresh_folder("check_findings");
  write(folder / "m.ant", "model m()\n  formula x\n  x = 1\n  x' = -a*x + b\nend\n");
  const auto run = raad("check m.ant", folder);
  EXPECT_EQ(run.status, 1) << run.output << run.errors;
  EXPECT_NE(run.output.find("`a`"), std::string::npos) << run.output;
  EXPECT_NE(run.output.find("`b`"), std::string::npos) << run.output;
}

TEST(Check, TablesOfVariabilityMustFitTheSystems) {
  const auto folder = fresh_folder("check_variability");
  fs::copy(fs::path(RAAD_SOURCE_DIR) / "library", folder / "library", fs::copy_options::recursive);
  const auto replace = [&](const char* file, const std::string& from, const std::string& to) {
    std::string text = read(folder / "library" / file);
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << file;
    write(folder / "library" / file, text.replace(at, from.size(), to));
  };
  replace("covariates.tsv", "ketamine__peripheral_volume_1", "ketamine__peripheral_volume_9");
  replace("correlations.tsv", "placebo__amplitude", "placebo__amplitud");
  const auto run = raad("check library", folder);
  EXPECT_EQ(run.status, 1) << run.output << run.errors;
  EXPECT_NE(run.output.find("covariate `body_weight`: no parameter `ketamine__peripheral_volume_9`"),
            std::string::npos)
      << run.output;
  EXPECT_NE(run.output.find("no parameter `placebo__amplitud` in any system"), std::string::npos)
      << run.output;
}

TEST(Show, PrintsEveryStage) {
  const auto folder = fresh_folder("show");
  for (const char* stage : {"ast", "model", "equations", "jacobian", "llvm"}) {
    const auto run = raad(std::string("show human --stage ") + stage, folder);
    EXPECT_EQ(run.status, 0) << stage << run.errors;
    EXPECT_GT(run.output.size(), 2000u) << stage;
  }
}

TEST(Help, EveryCommandShowsAnExample) {
  const auto folder = fresh_folder("help");
  for (const char* command : {"simulate", "compare", "check", "show", "fmt", "document"}) {
    const auto run = raad(std::string(command) + " --help", folder);
    EXPECT_EQ(run.status, 0) << command;
    EXPECT_NE(run.output.find("Example:"), std::string::npos) << command;
  }
}

TEST(Check, NamesColumnsOfTheEnsembleThatNoSystemHas) {
  const auto folder = fresh_folder("check_ensemble");
  for (const char* part : {"library", "evidence"})
    fs::copy(fs::path(RAAD_SOURCE_DIR) / part, folder / part, fs::copy_options::recursive);
  write(folder / "library/ensemble.tsv",
        "mood__ampar_relief\tmood__nonsense\tmouse:trkb__activation_rate\n8\t2\t28\n");
  const auto run = raad("check library", folder);
  EXPECT_EQ(run.status, 1);
  EXPECT_NE((run.output + run.errors).find("`mood__nonsense`"), std::string::npos)
      << run.output << run.errors;
  EXPECT_NE((run.output + run.errors).find("1 errors"), std::string::npos) << run.output << run.errors;
}

}  // namespace
}  // namespace raad::app_test
