// `raad population` under bad luck: ranks killed, a full disk, a second run on the same journal; and its
// larger outputs.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "app/program.hpp"

namespace raad::app_test {
namespace {

const std::string k_run =
    "population human --subjects 4000 --regimen 'psilocybin 25 mg oral' --until 28d --every 1d "
    "--observe plasma_psilocin,madrs -q ";

/// Runs a shell script in `folder`; `raad` and `ranks N` (raad under a launcher) are commands of it.
int shell(const std::string& script, const fs::path& folder) {
  write(folder / "script.sh", "export RAAD_HOME='" + std::string(RAAD_SOURCE_DIR) +
                                  "' OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1\ncd '" +
                                  folder.string() + "'\nraad() { '" + RAAD_PROGRAM + "' \"$@\"; }\n" +
                                  "ranks() { n=$1; shift; exec mpirun --oversubscribe -np $n '" +
                                  RAAD_PROGRAM + "' \"$@\"; }\n" + script);
  const int raw = std::system(
      ("sh '" + (folder / "script.sh").string() + "' >'" + (folder / "log").string() + "' 2>&1").c_str());
  return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128;
}

bool can(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

TEST(PopulationRuns, ARankCanBeKilledAndTheRunGoOnWithOtherRanks) {
  if (!can("mpirun --version") || !can("pgrep -V")) GTEST_SKIP() << "mpirun or pgrep is not installed";
  const auto folder = fresh_folder("population_ranks_killed");
  ASSERT_EQ(raad(k_run + "--out whole.csv --trajectories whole.nc", folder).status, 0);
  // Kills the last, then the first rank, each after a checkpoint; then a run without a launcher. In between a
  // checkpoint is lost: its subjects are computed again.
  const std::string options =
      k_run + "--out resumed.csv --trajectories resumed.nc --journal journal --checkpoint-every 0.05 ";
  const auto killed = [&](int count, const std::string& which, const std::string& more) {
    const std::string last = std::to_string(count - 1);
    return "(ranks " + std::to_string(count) + " " + options + "--threads 1 " + more +
           ") & job=$!\n"
           "while ! ls journal/generation-*/rank-" +
           last +
           ".checkpoint 2>/dev/null; do sleep 0.02; kill -0 $job || exit 9; done\n"
           "kill -9 $(pgrep -P $job | " +
           which + " -n 1)\nwait $job && exit 8\ntest ! -e resumed.csv || exit 7\n";
  };
  ASSERT_EQ(shell(killed(3, "tail", "") + "rm -f journal/generation-1/rank-1.checkpoint\n" +
                      killed(2, "head", "--resume"),
                  folder),
            0)
      << read(folder / "log");
  ASSERT_EQ(raad(options + "--resume --threads 2", folder).status, 0);
  EXPECT_TRUE(read(folder / "resumed.csv") == read(folder / "whole.csv"));
  EXPECT_TRUE(read(folder / "resumed.nc") == read(folder / "whole.nc"));
  EXPECT_FALSE(fs::exists(folder / "journal"));
}

TEST(PopulationRuns, ARankThatFailsEndsTheJobWithOneMessage) {
  if (!can("mpirun --version")) GTEST_SKIP() << "mpirun is not installed";
  const auto folder = fresh_folder("population_ranks_bad");
  EXPECT_EQ(shell("ranks 3 population human --subjects 10 --observe moood", folder), 2);
  const std::string log = read(folder / "log");
  const auto first = log.find("R074");
  ASSERT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find("R074", first + 1), std::string::npos) << log;
}

TEST(PopulationRuns, AFullDiskStopsCleanlyAndTheRunGoesOn) {
  // A file system of its own, which only this process tree sees.
  if (!can("unshare -rm sh -c 'mount -t tmpfs -o size=64k none /mnt'"))
    GTEST_SKIP() << "no rights for a small file system";
  const auto folder = fresh_folder("population_full_disk");
  ASSERT_EQ(raad(k_run + "--out whole.csv --trajectories whole.csv.all", folder).status, 0);
  // 4000 x 58 numbers of 8 bytes are 1.9 MB; the journal's checkpoints come to it.
  const std::string options = "raad " + k_run +
                              "--out small/o.csv --trajectories o.csv.all --journal small/journal "
                              "--checkpoint-every 0.05";
  const std::string inside = "mkdir small; mount -t tmpfs -o size=1m none small || exit 9\n" + options +
                             "; test $? = 2 || exit 8\ntest -d small/journal/generation-1 || exit 7\n"
                             "test ! -e small/o.csv && test ! -e o.csv.all || exit 6\n"
                             "mount -o remount,size=64m small || exit 5\n" +
                             options + " --resume || exit 4\ncp small/o.csv o.csv\n";
  write(folder / "inside.sh", inside);
  ASSERT_EQ(shell("unshare -rm sh -c '. ./script_functions.sh; . ./inside.sh'",
                  (write(folder / "script_functions.sh",
                         "raad() { '" + std::string(RAAD_PROGRAM) + "' \"$@\"; }\n"),
                   folder)),
            0)
      << read(folder / "log");
  EXPECT_NE(read(folder / "log").find("R085"), std::string::npos) << read(folder / "log");
  EXPECT_NE(read(folder / "log").find("--resume"), std::string::npos);
  EXPECT_TRUE(read(folder / "o.csv") == read(folder / "whole.csv"));
  EXPECT_TRUE(read(folder / "o.csv.all") == read(folder / "whole.csv.all"));
}

TEST(PopulationRuns, TimeCoursesOfAllSubjectsComeInOrderFromAnyNumberOfThreads) {
  const auto folder = fresh_folder("population_trajectories");
  const std::string run =
      "population human --subjects 70 --regimen 'psilocybin 25 mg oral' --until 2d --every 1d --observe "
      "plasma_psilocin,madrs -q ";
  ASSERT_EQ(raad(run + "--threads 1 --out a.csv --trajectories a.all.csv", folder).status, 0);
  ASSERT_EQ(raad(run + "--threads 3 --out b.csv --trajectories b.all.csv", folder).status, 0);
  const std::string text = read(folder / "a.all.csv");
  EXPECT_TRUE(read(folder / "b.all.csv") == text);
  EXPECT_FALSE(fs::exists(folder / "a.all.csv.spool"));
  std::istringstream stream(text);
  std::vector<std::string> rows;
  for (std::string line; std::getline(stream, line);) rows.push_back(line);
  ASSERT_EQ(rows.size(), 2u + 70 * 3);
  EXPECT_EQ(rows[0], "subject,time_h,plasma_psilocin,madrs");
  EXPECT_EQ(rows[1], "# unit,h,ng/mL,points");
  for (std::size_t i = 2; i < rows.size(); ++i)
    ASSERT_EQ(rows[i].substr(0, rows[i].find(',')), std::to_string((i - 2) / 3));
  // The mean of the table is the mean of the courses, to rounding of a sum of 70.
  std::istringstream table(read(folder / "a.csv"));
  std::string line;
  for (int i = 0; i < 5; ++i) std::getline(table, line);  // 48 h
  std::vector<std::string> cells;
  std::istringstream parts(line);
  for (std::string cell; std::getline(parts, cell, ',');) cells.push_back(cell);
  double sum = 0.0;
  for (std::size_t i = 4; i < rows.size(); i += 3) sum += std::stod(rows[i].substr(rows[i].rfind(',') + 1));
  EXPECT_NEAR(std::stod(cells[8]), sum / 70, 1e-12 * sum);
}

TEST(PopulationRuns, NetcdfHoldsWhatTheTableHolds) {
  if (!can("/usr/bin/python3 -c 'import netCDF4'")) GTEST_SKIP() << "python3-netcdf4 is not installed";
  const auto folder = fresh_folder("population_netcdf");
  const std::string run =
      "population human --subjects 40 --regimen 'psilocybin 25 mg oral' --until 2d --every 1d --observe "
      "plasma_psilocin,madrs --exceed 'madrs<30' -q ";
  ASSERT_EQ(raad(run + "--out a.csv --trajectories all.csv", folder).status, 0);
  ASSERT_EQ(raad(run + "--out a.nc --trajectories all.nc", folder).status, 0);
  write(folder / "check.py", R"(
import csv, netCDF4
table = list(csv.reader(open('a.csv')))
a = netCDF4.Dataset('a.nc')
assert a['madrs_mean'].units == 'points' and a['madrs_quantile'].dimensions == ('time', 'quantile')
for name, source in (('madrs_mean', a['madrs_mean'][:]), ('madrs_q75', a['madrs_quantile'][:, 3]),
                     ('madrs_below_30', a['madrs_below_30'][:]), ('time_h', a['time'][:])):
    column = table[0].index(name)
    assert [float(row[column]) for row in table[2:]] == list(source), name
rows = list(csv.reader(open('all.csv')))[2:]
madrs = netCDF4.Dataset('all.nc')['madrs']
assert madrs.dimensions == ('subject', 'time') and madrs.shape == (40, 3)
assert [float(row[3]) for row in rows] == list(madrs[:].flatten())
)");
  EXPECT_EQ(shell("/usr/bin/python3 check.py", folder), 0) << read(folder / "log");
}

TEST(PopulationRuns, FiguresShowBandsCoursesDistributionsAndInfluences) {
  const auto folder = fresh_folder("population_figures");
  ASSERT_EQ(
      raad("population human --subjects 60 --regimen 'psilocybin 25 mg oral' --until 7d --every 1d --observe "
           "plasma_psilocin,madrs --figures f --spaghetti 7 --out a.csv -q",
           folder)
          .status,
      0);
  for (const char* name : {"bands", "distribution", "influence_madrs", "influence_plasma_psilocin"})
    for (const char* ending : {".svg", ".json"})
      EXPECT_TRUE(fs::exists(folder / "f" / (std::string(name) + ending))) << name;
  const std::string bands = read(folder / "f/bands.svg");
  std::size_t hairs = 0;
  for (auto at = bands.find("class=\"hair"); at != std::string::npos; at = bands.find("class=\"hair", at + 1))
    ++hairs;
  EXPECT_EQ(hairs, 2u * 7u);
  EXPECT_NE(read(folder / "f/influence_plasma_psilocin.svg").find("psilocin__clearance"), std::string::npos);
}

TEST(PopulationRuns, WhatCannotBeWrittenIsSaidBeforeTheWork) {
  const auto folder = fresh_folder("population_unwritable");
  for (const char* option : {"--out", "--trajectories", "--influence"}) {
    const auto run = raad(
        "population human --subjects 1000000 --until 365d " + std::string(option) + " /proc/nowhere/x.csv",
        folder);
    EXPECT_EQ(run.status, 2) << option;
    EXPECT_NE(run.errors.find("R084"), std::string::npos) << run.errors;
  }
  const auto run = raad("population human --subjects 9 --until 1d --journal /proc/nowhere -q", folder);
  EXPECT_EQ(run.status, 2);
  EXPECT_NE(run.errors.find("R084"), std::string::npos) << run.errors;
}

}  // namespace
}  // namespace raad::app_test
