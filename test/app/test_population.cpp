// `raad population` as its users call it: equal bytes however the work is shared or interrupted, and named
// errors.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "app/program.hpp"

namespace raad::app_test {
namespace {

const std::string k_run =
    "population human --subjects 1500 --regimen 'psilocybin 25 mg oral; ketamine 0.5 mg/kg iv 40 min @ 7 d' "
    "--until "
    "14d --every 12h --observe plasma_psilocin,plasma_ketamine,madrs --exceed 'madrs<20' --seed 11 -q ";

bool has_launcher() {
  return std::system("mpirun --version >/dev/null 2>&1") == 0;
}

/// Runs the command line under a launcher with so many ranks.
int with_ranks(int count, const std::string& arguments, const fs::path& folder) {
  // The test may run as root, in a container with fewer cores than ranks.
  const std::string command =
      "cd '" + folder.string() + "' && RAAD_HOME='" + RAAD_SOURCE_DIR +
      "' OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun --oversubscribe -np " +
      std::to_string(count) + " '" + RAAD_PROGRAM + "' " + arguments + " >/dev/null 2>ranks.log";
  const int raw = std::system(command.c_str());
  return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128;
}

TEST(Population, DoesNotDependOnThreadsRanksOrEngine) {
  const auto folder = fresh_folder("population_identity");
  ASSERT_EQ(raad(k_run + "--threads 1 --out one.csv --influence one.tsv", folder).status, 0);
  const std::string expected = read(folder / "one.csv"), influence = read(folder / "one.tsv");
  EXPECT_EQ(expected.substr(0, expected.find(',', 8)), "time_h,plasma_psilocin_mean");
  EXPECT_NE(expected.find("madrs_below_20"), std::string::npos);
  EXPECT_GT(influence.size(), 1000u);
  ASSERT_EQ(raad(k_run + "--threads 2 --out two.csv --influence two.tsv", folder).status, 0);
  EXPECT_TRUE(read(folder / "two.csv") == expected);
  EXPECT_TRUE(read(folder / "two.tsv") == influence);
  ASSERT_EQ(raad(k_run + "--engine interpreter --out interpreted.csv", folder).status, 0);
  EXPECT_TRUE(read(folder / "interpreted.csv") == expected);
  if (!has_launcher()) GTEST_SKIP() << "mpirun is not installed: ranks are not tried";
  for (const int ranks : {1, 2, 3}) {
    const std::string out = "ranks" + std::to_string(ranks) + ".csv";
    ASSERT_EQ(with_ranks(ranks, k_run + "--threads 1 --out " + out, folder), 0) << read(folder / "ranks.log");
    EXPECT_TRUE(read(folder / out) == expected) << ranks << " ranks";
  }
}

/// Starts the program and kills it some time [ms] after a checkpoint of its own was written, however busy the
/// machine is.
void kill_after_checkpoint(const std::string& arguments, const fs::path& folder, int milliseconds) {
  const auto started = fs::file_time_type::clock::now();
  const auto has_checkpoint = [&] {
    std::error_code gone;
    for (fs::recursive_directory_iterator entry(folder / "journal", gone), end; !gone && entry != end;
         entry.increment(gone)) {
      const auto written = fs::last_write_time(entry->path(), gone);
      if (!gone && written > started && entry->path().filename().string().rfind("rank-", 0) == 0) return true;
    }
    return false;
  };
  const pid_t child = fork();
  if (child == 0) {
    const std::string command = "cd '" + folder.string() + "' && RAAD_HOME='" + RAAD_SOURCE_DIR + "' exec '" +
                                RAAD_PROGRAM + "' " + arguments + " 2>/dev/null";
    execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  while (!has_checkpoint() && waitpid(child, &status, WNOHANG) == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST(Population, GoesOnAfterBeingKilledWithTheSameBytes) {
  const auto folder = fresh_folder("population_resume");
  const std::string run =
      "population human --subjects 15000 --regimen 'psilocybin 25 mg oral' --until 28d --every 1d "
      "--observe plasma_psilocin,madrs -q ";
  ASSERT_EQ(raad(run + "--out whole.csv", folder).status, 0);
  // Killed twice, before and after checkpoints of both runs; the second time with another number of threads.
  kill_after_checkpoint(run + "--threads 2 --journal journal --checkpoint-every 0.05 --out resumed.csv",
                        folder, 100);
  ASSERT_TRUE(fs::exists(folder / "journal")) << "the run ended before it was killed";
  EXPECT_FALSE(fs::exists(folder / "resumed.csv"));
  const auto other = raad(run + "--seed 2 --journal journal --resume --out resumed.csv", folder);
  EXPECT_EQ(other.status, 2);
  EXPECT_NE(other.errors.find("its seed is 1, this run's is 2"), std::string::npos) << other.errors;
  const auto careless = raad(run + "--journal journal --out resumed.csv", folder);
  EXPECT_EQ(careless.status, 2);
  EXPECT_NE(careless.errors.find("--resume"), std::string::npos);
  kill_after_checkpoint(
      run + "--threads 1 --journal journal --checkpoint-every 0.05 --resume --out resumed.csv", folder, 100);
  const auto last = raad(run + "--journal journal --resume --out resumed.csv", folder);
  ASSERT_EQ(last.status, 0) << last.errors;
  EXPECT_TRUE(read(folder / "resumed.csv") == read(folder / "whole.csv"));
  EXPECT_FALSE(fs::exists(folder / "journal")) << "a finished run keeps no journal";
}

TEST(Population, TakesSubjectsFromATable) {
  const auto folder = fresh_folder("population_table");
  write(folder / "t.csv",
        "id,psilocin__clearance,body_weight,bdnf_genotype,weight\na,285,70,Val/Val,1\nb,200,90,Met/Met,3\n");
  const auto run = raad(
      "population human --subjects 2 --parameters t.csv --regimen 'psilocybin 25 mg oral' --until 2d --every "
      "1d --observe plasma_psilocin --quantiles 0,100 -q",
      folder);
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(run.output.substr(0, run.output.find('\n')),
            "time_h,plasma_psilocin_mean,plasma_psilocin_sd,plasma_psilocin_q00,plasma_psilocin_q100");
}

TEST(Population, NamesWhatIsWrong) {
  const auto folder = fresh_folder("population_bad");
  write(folder / "unknown.csv", "psilocin__clearanse\n285\n");
  write(folder / "text.csv", "psilocin__clearance\nfast\n");
  write(folder / "nan.csv", "psilocin__clearance\nnan\n");
  write(folder / "negative.csv", "psilocin__central_volume\n-5\n");
  write(folder / "few.csv", "psilocin__clearance\n285\n");
  write(folder / "empty.csv", "body_weight,bdnf_genotype\n70,\n");
  write(folder / "twice.csv", "body_weight,body_weight\n70,70\n");
  const std::pair<std::string, std::string> cases[] = {
      {"--subjects 1 --parameters unknown.csv", "did you mean `psilocin__clearance`"},
      {"--subjects 1 --parameters text.csv", "text.csv:2:1: error R082"},
      {"--subjects 1 --parameters nan.csv", "nan.csv:2:1: error R082"},
      {"--subjects 1 --parameters negative.csv", "psilocin__central_volume is never negative"},
      {"--subjects 2 --parameters few.csv", "1 rows for 2 subjects"},
      {"--subjects 1 --parameters empty.csv", "the covariate has no value"},
      {"--subjects 1 --parameters twice.csv", "stands twice"},
      {"--subjects 1 --parameters absent.csv", "R086"},
      {"--subjects 0", "at least one subject"},
      {"--subjects 1 --exceed 'madrs=3'", "is no condition"},
      {"--subjects 1 --exceed 'mood<3'", "not among the observables"},
      {"--subjects 1 --quantiles 5,fifty", "is no percentage"},
      {"--subjects 1 --resume", "no journal to resume from"},
      {"--subjects 1 --observe moood", "R074"},
  };
  for (const auto& [arguments, words] : cases) {
    const auto run = raad("population human " + arguments + " --until 1d --out out.csv", folder);
    EXPECT_EQ(run.status, 2) << arguments;
    EXPECT_NE(run.errors.find(words), std::string::npos) << arguments << "\n" << run.errors;
    EXPECT_FALSE(fs::exists(folder / "out.csv")) << arguments;
  }
}

TEST(Population, CountsSubjectsThatFail) {
  const auto folder = fresh_folder("population_failures");
  write(folder / "m.ant", read(fs::path(RAAD_SOURCE_DIR) / "test/app/models/runaway.ant"));
  write(folder / "t.csv", "growth\n0.1\n3\n0.2\n");
  const auto run =
      raad("population m.ant --subjects 3 --parameters t.csv --until 2h --every 1h --out o.csv", folder);
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_NE(run.errors.find("failed: 1 subject"), std::string::npos) << run.errors;
  EXPECT_NE(run.errors.find("subject 1 at time"), std::string::npos) << run.errors;
  EXPECT_NE(read(folder / "o.csv.run.json").find("\"failure_counts\""), std::string::npos);
}

}  // namespace
}  // namespace raad::app_test
