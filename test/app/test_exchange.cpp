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

}  // namespace
}  // namespace raad::app_test
