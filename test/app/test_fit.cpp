// `raad fit` as users call it: recovery, same bytes for any threads, a kill and its resumption, bad input.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "app/program.hpp"

namespace raad::app_test {
namespace {

/// a -> b -> nothing: b observed with a factor, at eight times and two doses, with normal noise drawn from
/// the model at known parameters.
constexpr double k_first = 0.8, k_second = 0.25, k_factor = 2.0, k_noise = 0.05;

double simulated(double dose, double time) {
  return k_factor * dose * k_first / (k_first - k_second) *
         (std::exp(-k_second * time) - std::exp(-k_first * time));
}

fs::path write_problem(const fs::path& folder) {
  const auto parameter = [](const char* id, bool constant) {
    return "<parameter id='" + std::string(id) + "' value='1' constant='" + (constant ? "true" : "false") +
           "'/>";
  };
  const std::string math = "<math xmlns='http://www.w3.org/1998/Math/MathML'><apply>";
  write(folder / "model.xml",
        "<?xml version='1.0' encoding='UTF-8'?>\n<sbml xmlns='http://www.sbml.org/sbml/level3/version2/core' "
        "level='3' version='2'><model id='chain'><listOfParameters>" +
            parameter("a", false) + "<parameter id='b' value='0' constant='false'/>" +
            parameter("dose", true) + parameter("k1", true) + parameter("k2", true) +
            "</listOfParameters><listOfInitialAssignments><initialAssignment symbol='a'>"
            "<math xmlns='http://www.w3.org/1998/Math/MathML'><ci>dose</ci></math></initialAssignment>"
            "</listOfInitialAssignments><listOfRules><rateRule variable='a'>" +
            math +
            "<times/><cn>-1</cn><ci>k1</ci><ci>a</ci></apply></math></rateRule><rateRule variable='b'>" +
            math +
            "<minus/><apply><times/><ci>k1</ci><ci>a</ci></apply><apply><times/><ci>k2</ci><ci>b</ci></"
            "apply></apply>"
            "</math></rateRule></listOfRules></model></sbml>\n");
  write(folder / "problem.yaml",
        "format_version: 1\nparameter_file: parameters.tsv\nproblems:\n- condition_files: [conditions.tsv]\n"
        "  measurement_files: [measurements.tsv]\n  observable_files: [observables.tsv]\n  sbml_files: "
        "[model.xml]\n");
  // With k1 and k2 exchanged and a factor k1/k2 as large the curve is the same: the bound leaves that out.
  write(folder / "parameters.tsv",
        "parameterId\tparameterScale\tlowerBound\tupperBound\tnominalValue\testimate\n"
        "k1\tlog10\t0.01\t100\t0.8\t1\nk2\tlog10\t0.01\t100\t0.25\t1\nfactor\tlin\t0.1\t4\t2\t1\n"
        "sigma\tlog10\t0.001\t10\t0.05\t1\n");
  write(folder / "conditions.tsv", "conditionId\tdose\nlow\t1\nhigh\t3\n");
  write(folder / "observables.tsv", "observableId\tobservableFormula\tnoiseFormula\ny\tfactor * b\tsigma\n");
  std::string rows = "observableId\tsimulationConditionId\ttime\tmeasurement\n";
  std::mt19937 random(7);
  std::normal_distribution<double> noise(0.0, k_noise);
  for (const double dose : {1.0, 3.0})
    for (const double time : {0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 9.0})
      rows += std::string("y\t") + (dose == 1.0 ? "low" : "high") + "\t" + std::to_string(time) + "\t" +
              std::to_string(simulated(dose, time) + noise(random)) + "\n";
  write(folder / "measurements.tsv", rows);
  return folder / "problem.yaml";
}

nlohmann::json result(const fs::path& folder) {
  return nlohmann::json::parse(read(folder / "fit.json"));
}

const std::vector<std::string> k_results = {"parameters.tsv", "starts.tsv",   "fit.json",    "waterfall.svg",
                                            "parameters.svg", "profiles.tsv", "profiles.svg"};

TEST(Fit, RecoversWhatMadeTheData) {
  const auto folder = fresh_folder("fit_recovery");
  write_problem(folder);
  const auto run = raad("fit problem.yaml --starts 8 --profiles all --out fitted", folder);
  ASSERT_EQ(run.status, 0) << run.errors;
  const auto json = result(folder / "fitted");
  EXPECT_GE(json["starts_at_best_cost"].get<int>(), 2);
  EXPECT_LE(json["cost"].get<double>(), json["nominal_cost"].get<double>() + 1e-6);
  const double truth[] = {std::log10(k_first), std::log10(k_second), k_factor, std::log10(k_noise)};
  for (std::size_t k = 0; k < 4; ++k) {
    const auto& parameter = json["parameters"][k];
    const double position = parameter["position"], error = parameter["standard_error"];
    // Three standard errors: one of these fixed draws, once passed, stays.
    EXPECT_NEAR(position, truth[k], 3.0 * error) << parameter;
    EXPECT_LT(error, 0.2) << parameter;
    EXPECT_EQ(json["profiles"][k]["identifiability"], "identifiable") << parameter;
  }
}

TEST(Fit, SameBytesForAnyThreadsAndAfterAKill) {
  const auto folder = fresh_folder("fit_resume");
  write_problem(folder);
  const std::string fit = "fit problem.yaml --starts 30 --seed 3 --profiles k1,factor -q ";
  ASSERT_EQ(raad(fit + "--threads 1 --out one", folder).status, 0);
  ASSERT_EQ(raad(fit + "--threads 3 --out three", folder).status, 0);
  const auto expect_equal = [&](const std::string& out) {
    for (const auto& name : k_results)
      EXPECT_TRUE(read(folder / "one" / name) == read(folder / out / name)) << out << " " << name;
    EXPECT_FALSE(fs::exists(folder / out / "journal"));
  };
  expect_equal("three");

  const pid_t child = fork();
  if (child == 0) {
    const std::string command = "cd '" + folder.string() + "' && exec '" + RAAD_PROGRAM + "' " + fit +
                                "--threads 2 --out killed 2>/dev/null";
    execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    _exit(127);
  }
  // Killed once a few starts are in the journal, however busy the machine is.
  const auto journal = folder / "killed" / "journal" / "finished.jsonl";
  const auto lines = [&] {
    const auto text = read(journal);
    return std::count(text.begin(), text.end(), '\n');
  };
  int status = 0;
  while (lines() < 5 && waitpid(child, &status, WNOHANG) == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  ASSERT_TRUE(fs::exists(journal)) << "the fit ended before it was killed";
  ASSERT_FALSE(fs::exists(folder / "killed" / "fit.json"));
  const auto anew = raad(fit + "--out killed", folder);
  EXPECT_EQ(anew.status, 2);
  EXPECT_NE(anew.errors.find("--resume"), std::string::npos) << anew.errors;
  const auto other = raad("fit problem.yaml --starts 30 --seed 4 -q --resume --out killed", folder);
  EXPECT_EQ(other.status, 2);
  EXPECT_NE(other.errors.find("R089"), std::string::npos) << other.errors;
  const auto resumed = raad(fit + "--resume --threads 1 --out killed", folder);
  ASSERT_EQ(resumed.status, 0) << resumed.errors;
  expect_equal("killed");
}

TEST(Fit, NamesWhatIsWrong) {
  const auto folder = fresh_folder("fit_wrong");
  write_problem(folder);
  const auto unknown = raad("fit problem.yaml --profiles k1,k9 --out fitted", folder);
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.errors.find("`k9`"), std::string::npos) << unknown.errors;
  EXPECT_EQ(raad("fit absent.yaml --out fitted", folder).status, 2);
  EXPECT_EQ(raad("fit problem.yaml --method guess --out fitted", folder).status, 2);
  auto table = read(folder / "parameters.tsv");
  table.replace(table.find("0.01\t100\t0.8"), 4, "-1");
  write(folder / "parameters.tsv", table);
  const auto bound = raad("fit problem.yaml --out fitted", folder);
  EXPECT_EQ(bound.status, 2);
  EXPECT_NE(bound.errors.find("`k1`"), std::string::npos) << bound.errors;
}

TEST(Fit, FailsLoudlyWhereEveryStartFails) {
  const auto folder = fresh_folder("fit_fails");
  write_problem(folder);
  // A noise of zero at every position.
  write(folder / "observables.tsv",
        "observableId\tobservableFormula\tnoiseFormula\ny\tfactor * b\t0 * sigma\n");
  const auto run = raad("fit problem.yaml --starts 2 --out fitted", folder);
  EXPECT_EQ(run.status, 3);
  EXPECT_NE(run.errors.find("every start failed"), std::string::npos) << run.errors;
  EXPECT_FALSE(fs::exists(folder / "fitted" / "fit.json"));
}

}  // namespace
}  // namespace raad::app_test
