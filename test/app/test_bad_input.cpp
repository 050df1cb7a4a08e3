// Bad input: one clear message with its code and place, exit status 2, and nothing half-written.
#include <gtest/gtest.h>

#include "app/program.hpp"

namespace raad::app_test {
namespace {

struct BadCommand {
  std::string name, arguments, code, fragment;
  friend void PrintTo(const BadCommand& one, std::ostream* stream) { *stream << one.name; }
};

class BadCommands : public testing::TestWithParam<BadCommand> {};

TEST_P(BadCommands, AreRefusedWithCodeAndHint) {
  const auto folder = fresh_folder("bad_" + GetParam().name);
  const auto run = raad(GetParam().arguments, folder);
  EXPECT_EQ(run.status, 2) << run.output << run.errors;
  EXPECT_NE(run.errors.find(GetParam().code), std::string::npos) << run.errors;
  EXPECT_NE(run.errors.find(GetParam().fragment), std::string::npos) << run.errors;
  EXPECT_TRUE(fs::is_empty(folder)) << "something was left behind";
}

const std::string k_simulate = "simulate human --until 1d --out x.csv --observe madrs --regimen ";

INSTANTIATE_TEST_SUITE_P(
    CommandLine, BadCommands,
    testing::Values(
        BadCommand{"no_command", "", "R070", "subcommand"},
        BadCommand{"unknown_option", "simulate --colour red", "R070", "colour"},
        BadCommand{"drug", k_simulate + "'psilocibin 25 mg oral'", "R071", "psilocybin"},
        BadCommand{"route", k_simulate + "'psilocybin 25 mg rectal'", "R07", "rectal"},
        BadCommand{"unit", k_simulate + "'psilocybin 25 spoons oral'", "R07", "spoons"},
        BadCommand{"negative_dose", k_simulate + "'psilocybin -25 mg oral'", "R07", "-25"},
        BadCommand{"zero_dose", k_simulate + "'psilocybin 0 mg oral'", "R076", "0"},
        BadCommand{"absurd_dose", k_simulate + "'psilocybin 25 g oral'", "R076", "25"},
        BadCommand{"regimen_syntax", k_simulate + "'psilocybin 25 mg oral @ @ 3 h'", "R077", ":25"},
        BadCommand{"observable", "simulate human --out x.csv --observe madrz", "R074", "madrs"},
        BadCommand{"summary_observable", "simulate human --out x.csv --observe plasma_psilocin_cmax", "R074",
                   "summary"},
        BadCommand{"hypothesis", "simulate human --out x.csv --hypothesis surfac", "R075", "surface"},
        BadCommand{"rival_hypotheses", "simulate human --out x.csv --hypothesis surface+intracellular",
                   "R075", "surface"},
        BadCommand{"setting", "simulate human --out x.csv --set clearance", "R070", "clearance"},
        BadCommand{"parameter", "simulate human --out x.csv --set psilocin__clearence=3", "R079",
                   "psilocin__clearance"},
        BadCommand{"system", "simulate humann --out x.csv", "R079", "human"},
        BadCommand{"file", "simulate nowhere.ant --out x.csv", "R086", "nowhere.ant"},
        BadCommand{"duration", "simulate human --until 3weeks --out x.csv", "R070", "3weeks"},
        BadCommand{"too_many_points", "simulate human --until 1000w --every 1s --out x.csv", "R070",
                   "--every"},
        BadCommand{"output_folder", "simulate human --until 1d --out /proc/nowhere/x.csv", "R084",
                   "/proc/nowhere"},
        BadCommand{"compare_output", "compare 'psilocybin 25 mg oral' 'none' --out /proc/nowhere", "R084",
                   "/proc/nowhere"},
        BadCommand{"compare_regimen", "compare 'psilocybin 25 mg oral' 'ketamine 0.5 mg/kg iv 40' --out demo",
                   "R077", "regimen"},
        BadCommand{"check_path", "check nowhere", "R086", "nowhere"},
        BadCommand{"unknown_command", "simulat human", "R070", "simulate"},
        BadCommand{"not_a_number", "simulate human --rtol nan --out x.csv", "R070", "nan"},
        BadCommand{"octal", "simulate human --seed 010 --out x.csv", "R070", "010"},
        BadCommand{"negative_seed", "simulate human --seed -5 --out x.csv", "R070", "-5"},
        BadCommand{"endless", "simulate human --until 1e308d --out x.csv", "R070", "1e308d"},
        BadCommand{"set_twice", "simulate human --set body_weight=70 --set body_weight=80 --out x.csv",
                   "R070", "twice"},
        BadCommand{"negative_setting", "simulate human --set psilocin__clearance=-1 --out x.csv", "R076",
                   "never negative"},
        BadCommand{"observed_twice", "simulate human --observe madrs,madrs --out x.csv", "R070", "twice"},
        BadCommand{"nothing_observed", "simulate human --observe , --out x.csv", "R070", "no observable"},
        BadCommand{"no_such_file", "simulate human --regimen ./doses.txt --out x.csv", "R086", "doses.txt"},
        BadCommand{"subject_of_nothing", "simulate human --subject 3 --out x.csv", "R070", "--records"},
        BadCommand{"one_file_twice", "population human --subjects 3 --out o.csv --trajectories o.csv", "R070",
                   "o.csv"},
        BadCommand{"validate_hypothesis", "validate --hypothesis surfac", "R075", "surface"},
        BadCommand{"calibrate_hypothesis", "calibrate --parameters mood__ampar_relief --hypothesis surfac",
                   "R075", "surface"},
        BadCommand{"calibrate_family", "calibrate --parameters mood__ampar_relief --families exposures",
                   "R088", "exposure"},
        BadCommand{"calibrate_twice", "calibrate --parameters mood__ampar_relief,human:mood__ampar_relief",
                   "R161", "twice"},
        BadCommand{"calibrate_set", "calibrate --parameters mood__ampar_relief --set mood__ampar_relief=2",
                   "R161", "fitted"},
        BadCommand{"no_hypotheses", "adjudicate --hypotheses ''", "R070", "no hypothesis"},
        BadCommand{"spaghetti_without_figures", "population human --subjects 3 --spaghetti 2", "R070",
                   "--figures"},
        BadCommand{"sampler_without_ensemble", "calibrate --parameters mood__ampar_relief --sampler chains",
                   "R070", "--ensemble"},
        BadCommand{"confidence_without_profiles", "fit problem.yaml --confidence 0.9", "R070", "--profiles"},
        BadCommand{"netcdf_courses", "simulate human --out x.nc", "R070", "netCDF"},
        BadCommand{"second_regimen", "compare 'psilocybin 25 mg oral' 'ketamine 0.5 mgg/kg iv'", "R073",
                   "second regimen:1:"},
        BadCommand{"screen_set", "screen --set nonsense=1 --out s.tsv", "R079", "nonsense"},
        BadCommand{"fit_set", "fit problem.yaml --set k=1", "R070", "--set"},
        BadCommand{"export_doses",
                   "export human --format mrgsolve --regimen 'psilocybin 25 mg oral' --out m.cpp", "R078",
                   "dosing records"},
        BadCommand{"export_before_zero", "export human --regimen 'psilocybin 25 mg oral @ -24 h' --out m.xml",
                   "R078", "before it"},
        BadCommand{"export_end", "export human --until 7d --out m.xml", "R078", "--omex"}),
    [](const auto& tested) { return tested.param.name; });

TEST(FullDisk, IsSaidOnceAndLeavesNothing) {
  const auto folder = fresh_folder("full_disk");
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const auto run = raad("simulate human --until 1d --observe madrs --out /dev/full", folder);
  EXPECT_EQ(run.status, 2) << run.errors;
  EXPECT_NE(run.errors.find("R085"), std::string::npos) << run.errors;
  EXPECT_TRUE(fs::is_empty(folder));
  EXPECT_FALSE(fs::exists("/dev/full.run.json"));
  const std::string program = std::string("RAAD_HOME='") + RAAD_SOURCE_DIR + "' '" + RAAD_PROGRAM + "' ";
  for (const char* arguments : {"simulate --until 1d --observe madrs", "show human --stage equations"}) {
    const int raw = std::system((program + arguments + " >/dev/full 2>/dev/null").c_str());
    EXPECT_EQ(WEXITSTATUS(raw), 2) << arguments << ": output was lost silently";
  }
}

// Editors of some systems write a mark before the first character, which would become part of the first name.
TEST(ByteOrderMark, IsNamedInDoses) {
  const auto folder = fresh_folder("marked_doses");
  const std::string mark = "\xEF\xBB\xBF";
  write(folder / "doses.txt", mark + "psilocybin 25 mg oral");
  write(folder / "doses.csv", mark + "TIME,AMT,CMT\n0,25,psilocin__gut_transit_1\n");
  for (const std::string how : {"--regimen doses.txt", "--regimen doses.csv", "--records doses.csv"}) {
    const auto run = raad("simulate human --until 1h --observe madrs --out x.csv " + how, folder);
    EXPECT_EQ(run.status, 2) << how << run.errors;
    EXPECT_TRUE(run.errors.find("doses.txt:1:1: error R083") != std::string::npos ||
                run.errors.find("doses.csv:1:1: error R083") != std::string::npos)
        << how << run.errors;
  }
}

struct BadModel {
  std::string name, text, code, fragment;
  friend void PrintTo(const BadModel& one, std::ostream* stream) { *stream << one.name; }
};

class BadModels : public testing::TestWithParam<BadModel> {};

TEST_P(BadModels, AreRefusedWithPlace) {
  const auto folder = fresh_folder("model_" + GetParam().name);
  write(folder / "m.ant", GetParam().text);
  const auto run = raad("simulate m.ant --until 1h --out x.csv", folder);
  EXPECT_EQ(run.status, 2) << run.output << run.errors;
  EXPECT_NE(run.errors.find(GetParam().code), std::string::npos) << run.errors;
  EXPECT_NE(run.errors.find(GetParam().fragment), std::string::npos) << run.errors;
  EXPECT_NE(run.errors.find("m.ant:"), std::string::npos) << run.errors;
  EXPECT_FALSE(fs::exists(folder / "x.csv"));
}

INSTANTIATE_TEST_SUITE_P(
    Files, BadModels,
    testing::Values(
        BadModel{"cycle", "model m()\n  a := b + 1\n  b := a\n  x = 1\n  x' = a\nend\n", "R00", "a"},
        BadModel{"undeclared", "model m()\n  formula x\n  x = 1\n  x' = -clearence*x\nend\n", "R001",
                 "clearence"},
        BadModel{"missing_unit",
                 "model m()\n  formula x, k\n  x has mg\n  x = 1\n  k = 1\n  x' = -k*x\nend\n", "R029", "k"},
        BadModel{"syntax", "model m()\n  formula x\n  x = = 1\nend\n", "R003", "="}),
    [](const auto& tested) { return tested.param.name; });

struct BadTable {
  std::string name, file, from, to, code;
  friend void PrintTo(const BadTable& one, std::ostream* stream) { *stream << one.name; }
};

class BadTables : public testing::TestWithParam<BadTable> {};

TEST_P(BadTables, AreNamedWithLine) {
  const auto folder = fresh_folder("table_" + GetParam().name);
  const auto home = copied_home(folder);
  const auto file = home / "library" / GetParam().file;
  std::string text = read(file);
  if (GetParam().from == "\n") {  // Every line end.
    std::string changed;
    for (const char c : text) changed += c == '\n' ? GetParam().to : std::string(1, c);
    text = changed;
  } else {
    ASSERT_TRUE(replace_first(text, GetParam().from, GetParam().to));
  }
  write(file, text);
  const auto run = raad("simulate human --until 1h --observe madrs --out x.csv", folder, home);
  EXPECT_EQ(run.status, 2) << run.output << run.errors;
  EXPECT_NE(run.errors.find(GetParam().code), std::string::npos) << run.errors;
  EXPECT_NE(run.errors.find(fs::path(GetParam().file).filename().string()), std::string::npos) << run.errors;
  EXPECT_FALSE(fs::exists(folder / "x.csv"));
}

const std::string k_psilocin = "pharmacokinetics/psilocin_pharmacokinetics.params.tsv";

INSTANTIATE_TEST_SUITE_P(
    Library, BadTables,
    testing::Values(BadTable{"column", k_psilocin, "nominalValue", "nominalWert", "R080"},
                    BadTable{"duplicate", "observables.tsv", "plasma_ketamine\t", "plasma_psilocin\t",
                             "R081"},
                    BadTable{"number", k_psilocin, "\t285\t", "\ttwohundred\t", "R082"},
                    BadTable{"windows", k_psilocin, "\n", "\r\n", "R083"},
                    BadTable{"byte_order_mark", k_psilocin, "parameterId", "\xEF\xBB\xBFparameterId", "R083"},
                    BadTable{"cells", k_psilocin, "\tL/h\t", "\tL/h\t\t", "R087"},
                    BadTable{"parameter", k_psilocin, "\nclearance\t", "\nclearence\t", "R04"}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace raad::app_test
