// What goes out comes back: archives of runs, models for other programs, and the log of an archive.
#include <gtest/gtest.h>

#include <cmath>

#include "app/program.hpp"
#include "base/table.hpp"

namespace raad::app_test {
namespace {

/// Columns of a CSV file by name, comment lines left out.
std::map<std::string, std::vector<double>> columns(const fs::path& file) {
  std::map<std::string, std::vector<double>> made;
  std::vector<std::string> names;
  for (const auto& line : lines(read(file))) {
    if (line.empty() || line.front() == '#') continue;
    const auto cells = base::split(line, ',');
    if (names.empty()) {
      names = cells;
      continue;
    }
    for (std::size_t i = 0; i < cells.size(); ++i)
      made[names[i]].push_back(std::strtod(cells[i].c_str(), nullptr));
  }
  return made;
}

TEST(Exchange, APackedRunIsRepeated) {
  const auto folder = fresh_folder("packed_run");
  const std::string run =
      "--regimen 'psilocybin 25 mg oral @ 0 h; ketamine 0.5 mg/kg iv 40 min @ 24 h' --until 48h "
      "--every 1h --observe plasma_psilocin,plasma_ketamine,occupancy_nmda,madrs --rtol 1e-8";
  auto done = raad("export human --omex " + run + " --out run.omex", folder);
  ASSERT_EQ(done.status, 0) << done.errors;
  const std::string bytes = read(folder / "run.omex");
  raad("export human --omex " + run + " --out run.omex", folder);
  EXPECT_EQ(bytes, read(folder / "run.omex"));
  ASSERT_EQ(raad("simulate human " + run + " --out direct.csv -q", folder).status, 0);
  done = raad("run run.omex -o out -q", folder);
  ASSERT_EQ(done.status, 0) << done.errors;
  const auto direct = columns(folder / "direct.csv"),
             again = columns(folder / "out/simulation.sedml/report.csv");
  for (const std::string name : {"plasma_psilocin", "plasma_ketamine", "occupancy_nmda", "madrs"}) {
    double scale = 0.0;
    for (const double value : direct.at(name)) scale = std::max(scale, std::abs(value));
    EXPECT_GT(scale, 0.0);
    ASSERT_EQ(direct.at(name).size(), again.at(name).size());
    // Two methods at 1e-8 and 1e-9, over three doses.
    for (std::size_t i = 0; i < direct.at(name).size(); ++i)
      EXPECT_NEAR(direct.at(name)[i], again.at(name)[i], 1e-5 * scale) << name << " row " << i;
  }
  EXPECT_TRUE(fs::exists(folder / "out/simulation.sedml/plot_madrs.svg"));
  EXPECT_TRUE(fs::exists(folder / "out/reports.h5"));
  const std::string log = read(folder / "out/log.yml");
  EXPECT_EQ(log.find("QUEUED"), std::string::npos);
  EXPECT_NE(log.find("algorithm: \"KISAO_0000019\""), std::string::npos);
}

TEST(Exchange, AModelWithItsDosesAsEvents) {
  const auto folder = fresh_folder("dosed_model");
  ASSERT_EQ(raad("export human --regimen 'psilocybin 25 mg oral' --out dosed.xml", folder).status, 0);
  ASSERT_EQ(
      raad("simulate human --regimen 'psilocybin 25 mg oral' --until 12h --every 1h --rtol 1e-9 --observe "
           "psilocin__plasma_concentration --out direct.csv -q",
           folder)
          .status,
      0);
  ASSERT_EQ(raad("simulate dosed.xml --until 12 --every 1 --rtol 1e-9 --observe "
                 "psilocin__plasma_concentration --out "
                 "again.csv -q",
                 folder)
                .status,
            0);
  const auto direct = columns(folder / "direct.csv").at("psilocin__plasma_concentration"),
             again = columns(folder / "again.csv").at("psilocin__plasma_concentration");
  ASSERT_EQ(direct.size(), again.size());
  EXPECT_GT(direct[2], 1.0);
  for (std::size_t i = 0; i < direct.size(); ++i) EXPECT_NEAR(direct[i], again[i], 1e-6 * direct[2]);
}

TEST(Exchange, WhatCannotGoOutIsRefused) {
  const auto folder = fresh_folder("refused_exports");
  const auto refused = [&](const std::string& arguments, const std::string& code) {
    const auto done = raad(arguments, folder);
    EXPECT_EQ(done.status, 2) << arguments;
    EXPECT_NE(done.errors.find(code), std::string::npos) << done.errors;
  };
  refused("export human --format antimony", "R070");
  refused("export human --omex --until 5h --every 5h", "R070");
  refused("export human --format nonsense", "R070");
  write(folder / "e.ant", "model e()\n  formula x = 1\n  x' = 1\n  late: at x > 2: x = 0\nend\n");
  refused("export e.ant --format rxode2", "R151");
  refused("run nothing.omex", "R086");
}

TEST(Exchange, EveryFormatHasTheValuesOfTheRun) {
  const auto folder = fresh_folder("export_values");
  const std::string run = "export human --set psilocin__clearance=123.4375 --hypothesis surface ";
  for (const std::string format : {"sbml", "mrgsolve", "rxode2", "antimony"}) {
    const auto done = raad(run + "--format " + format + " --out " + format, folder);
    ASSERT_EQ(done.status, 0) << done.errors;
    const std::string text =
        format == "antimony" ? read(folder / "antimony/human.params.tsv") : read(folder / format);
    EXPECT_NE(text.find("123.4375"), std::string::npos) << format;
  }
  // The number is the user's now, not that of the table's source.
  const std::string sbml = read(folder / "sbml");
  const auto at = sbml.find("id=\"psilocin__clearance\"");
  const std::string annotation = sbml.substr(at, sbml.find("</annotation>", at) - at);
  EXPECT_NE(annotation.find("kind=\"assumed\""), std::string::npos) << annotation;
  EXPECT_EQ(annotation.find("source=\"holze2023"), std::string::npos) << annotation;
}

TEST(Exchange, AModelHoldsAllDosesOfItsRegimen) {
  const auto folder = fresh_folder("export_late_doses");
  // The last is given at six weeks, after the four that a run takes by default.
  ASSERT_EQ(
      raad("export human --regimen 'psilocybin 25 mg oral @ 0 h every 14 d x 4' --out doses.xml", folder)
          .status,
      0);
  const std::string text = read(folder / "doses.xml");
  int events = 0;
  for (auto at = text.find("<event "); at != std::string::npos; at = text.find("<event ", at + 1)) ++events;
  EXPECT_EQ(events, 4);
}

TEST(Exchange, OtherModelsKeepTheirTimeAndTakeNoHypotheses) {
  const auto folder = fresh_folder("seconds");
  write(folder / "decay.xml",
        "<?xml version='1.0' encoding='UTF-8'?><sbml xmlns='http://www.sbml.org/sbml/level3/version2/core' "
        "level='3' version='2'><model id='decay' timeUnits='second'><listOfParameters><parameter id='x' "
        "value='1' constant='false'/></listOfParameters><listOfRules><rateRule variable='x'><math "
        "xmlns='http://www.w3.org/1998/Math/MathML'><apply><minus/><ci>x</ci></apply></math></rateRule>"
        "</listOfRules></model></sbml>");
  // A minute is 60 of the model's units, a bare number is in them.
  const auto minute = raad("simulate decay.xml --until 1min --every 30s --observe x -q", folder);
  ASSERT_EQ(minute.status, 0) << minute.errors;
  const auto rows = lines(minute.output);
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows[0], "time_s,x");
  EXPECT_EQ(rows.back().substr(0, 3), "60,");
  EXPECT_EQ(lines(raad("simulate decay.xml --until 60 --every 30 --observe x -q", folder).output), rows);
  const auto hypothesis = raad("simulate decay.xml --until 60 --hypothesis surface", folder);
  EXPECT_EQ(hypothesis.status, 2);
  EXPECT_EQ(lines(hypothesis.errors).size(), 2u) << hypothesis.errors;  // One error and its hint
  EXPECT_NE(hypothesis.errors.find("R075"), std::string::npos) << hypothesis.errors;
  const auto population =
      raad("population decay.xml --subjects 2 --until 1min --every 30s --observe x --trajectories all.csv -q",
           folder);
  ASSERT_EQ(population.status, 0) << population.errors;
  EXPECT_EQ(lines(population.output).front().substr(0, 7), "time_s,");
  EXPECT_EQ(lines(population.output).back().substr(0, 3), "60,");
  EXPECT_EQ(lines(read(folder / "all.csv")).front(), "subject,time_s,x");
}

TEST(Simulate, LateDosesAreNoted) {
  const auto run = raad(
      "simulate human --regimen 'psilocybin 25 mg oral; psilocybin 25 mg oral @ 2 d' --until 1d --observe "
      "madrs",
      fresh_folder("late_doses"));
  EXPECT_EQ(run.status, 0);
  EXPECT_NE(run.errors.find("1 of 2 doses lie after the end"), std::string::npos) << run.errors;
}

}  // namespace
}  // namespace raad::app_test
