// Likelihoods of PEtab problems: one with a solution on paper, broken ones, and the test suite where it is.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <sstream>

#include "base/table.hpp"
#include "study/multi_start.hpp"
#include "study/petab_objective.hpp"

namespace raad::study {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file) << text;
}

/// x' = -k x, x(0) = x0, observed on the log10 scale; k is estimated, x0 differs between two conditions.
fs::path decay_problem(const std::string& name) {
  const fs::path folder = fs::temp_directory_path() / ("raad_petab_" + name);
  fs::create_directories(folder);
  write(folder / "model.xml",
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        "<sbml xmlns='http://www.sbml.org/sbml/level3/version2/core' level='3' version='2'><model id='decay'>"
        "<listOfParameters><parameter id='x' constant='false'/><parameter id='x0' value='1' constant='true'/>"
        "<parameter id='k' value='7' constant='true'/></listOfParameters>"
        "<listOfInitialAssignments><initialAssignment symbol='x'><math "
        "xmlns='http://www.w3.org/1998/Math/MathML'>"
        "<ci>x0</ci></math></initialAssignment></listOfInitialAssignments>"
        "<listOfRules><rateRule variable='x'><math xmlns='http://www.w3.org/1998/Math/MathML'><apply><times/>"
        "<cn>-1</cn><ci>k</ci><ci>x</ci></apply></math></rateRule></listOfRules></model></sbml>\n");
  write(folder / "problem.yaml",
        "format_version: 1\nparameter_file: parameters.tsv\nproblems:\n- condition_files: [conditions.tsv]\n"
        "  measurement_files: [measurements.tsv]\n  observable_files: [observables.tsv]\n  sbml_files: "
        "[model.xml]\n");
  write(folder / "parameters.tsv",
        "parameterId\tparameterScale\tlowerBound\tupperBound\tnominalValue\testimate\nk\tlog10\t0.01\t10\t0."
        "3\t1\n"
        "sigma\tlin\t0.01\t1\t0.2\t1\n");
  write(folder / "conditions.tsv", "conditionId\tx0\nlow\t2\nhigh\t5\n");
  write(folder / "observables.tsv",
        "observableId\tobservableFormula\tnoiseFormula\tobservableTransformation\n"
        "y\tobservableParameter1_y * x\tnoiseParameter1_y\tlog10\n");
  write(folder / "measurements.tsv",
        "observableId\tsimulationConditionId\ttime\tmeasurement\tobservableParameters\tnoiseParameters\n"
        "y\tlow\t1\t4.1\t3\tsigma\ny\thigh\t2\t8.5\t3\tsigma\n");
  return folder;
}

PetabValue evaluate(const fs::path& folder) {
  base::Diagnostics findings;
  const auto problem = data::read_petab(folder / "problem.yaml", findings);
  base::throw_if_errors(findings);
  solve::Options options;
  options.relative_tolerance = 1e-10;
  options.absolute_tolerance_per_scale = 1e-13;
  const PetabLikelihood likelihood(problem);
  return likelihood.evaluate(likelihood.nominal(), options);
}

TEST(Petab, AgreesWithTheSolutionOnPaper) {
  const auto folder = decay_problem("paper");
  const auto value = evaluate(folder);
  const double simulated[] = {3.0 * 2.0 * std::exp(-0.3), 3.0 * 5.0 * std::exp(-0.6)},
               measured[] = {4.1, 8.5};
  double expected = 0.0, chi2 = 0.0;
  for (int i = 0; i < 2; ++i) {
    // The solver's tolerance, amplified by nothing.
    EXPECT_NEAR(value.simulations[static_cast<std::size_t>(i)], simulated[i], 1e-7);
    const double residual = (std::log10(measured[i]) - std::log10(simulated[i])) / 0.2;
    chi2 += residual * residual;
    expected -= 0.5 * std::log(2.0 * std::numbers::pi) + std::log(0.2) + 0.5 * residual * residual +
                std::log(measured[i] * std::numbers::ln10);
  }
  EXPECT_NEAR(value.chi2, chi2, 1e-6);
  EXPECT_NEAR(value.log_likelihood, expected, 1e-6);
  EXPECT_FALSE(value.log_prior.has_value());
}

TEST(Petab, NamesWhatIsBroken) {
  struct Broken {
    const char *file, *from, *to, *code;
  };
  for (const Broken& broken :
       {Broken{"observables.tsv", "* x", "* nowhere", "R121"},
        Broken{"measurements.tsv", "low", "absent", "R121"},
        Broken{"measurements.tsv", "sigma\n", "0\n", "R123"}, Broken{"parameters.tsv", "0.3", "some", "R082"},
        Broken{"conditions.tsv", "x0", "zz", "R121"},
        // Used nowhere; overridden by a condition; without a logarithm; without a number; before the start.
        Broken{"parameters.tsv", "sigma\tlin", "sigma\tlin\t0.01\t1\t0.2\t1\nstray\tlin", "R121"},
        Broken{"conditions.tsv", "x0", "k", "R120"}, Broken{"parameters.tsv", "0.3", "-1", "R088"},
        Broken{"parameters.tsv", "0.2\t1", "\t0", "R082"}, Broken{"measurements.tsv", "4.1", "nan", "R082"},
        Broken{"measurements.tsv", "low\t1", "low\t-1", "R088"},
        Broken{"problem.yaml", "format_version: 1", "format_version: 9", "R122"},
        Broken{"problem.yaml", "format_version: 1", "format_version: [", "R120"}}) {
    const auto folder = decay_problem("broken");
    std::ifstream stream(folder / broken.file);
    std::stringstream content;
    content << stream.rdbuf();
    std::string text = content.str();
    const auto at = text.find(broken.from);
    ASSERT_NE(at, std::string::npos) << broken.from;
    write(folder / broken.file, text.replace(at, std::string(broken.from).size(), broken.to));
    try {
      evaluate(folder);
      FAIL() << broken.file << ": " << broken.to << " passed";
    } catch (const base::InputError& error) {
      EXPECT_EQ(error.findings().all().front().code, broken.code) << error.findings().all().front().message;
    }
  }
}

/// The decay with the scale of its observable estimated too.
PetabObjective scaled_decay(const std::string& name) {
  const auto folder = decay_problem(name);
  write(folder / "parameters.tsv",
        "parameterId\tparameterScale\tlowerBound\tupperBound\tnominalValue\testimate\n"
        "s\tlog10\t1e-8\t1e8\t3\t1\nk\tlog10\t0.01\t10\t0.3\t1\nsigma\tlin\t0.01\t1\t0.2\t1\n");
  write(folder / "measurements.tsv",
        "observableId\tsimulationConditionId\ttime\tmeasurement\tobservableParameters\tnoiseParameters\n"
        "y\tlow\t1\t4.1\ts\tsigma\ny\thigh\t2\t8.5\ts\tsigma\ny\thigh\t3\t7.5\ts\tsigma\n");
  base::Diagnostics findings;
  auto problem = data::read_petab(folder / "problem.yaml", findings);
  base::throw_if_errors(findings);
  solve::Options options;
  options.relative_tolerance = 1e-10;
  options.absolute_tolerance_per_scale = 1e-13;
  return {std::move(problem), options};
}

TEST(PetabReadout, IsTheLikelihoodWithTheRunsHeld) {
  const auto objective = scaled_decay("readout");
  const auto readout = objective.readout(std::vector<double>{5.0, -0.5, 0.3});
  ASSERT_NE(readout, nullptr);
  EXPECT_EQ(readout->parameters, (std::vector<std::size_t>{0, 2}));
  for (const double scale : {-3.0, 0.5}) {
    const auto part = readout->objective->evaluate(std::vector<double>{scale, 0.4}, Wanted::information);
    const auto whole = objective.evaluate(std::vector<double>{scale, -0.5, 0.4}, Wanted::information);
    ASSERT_TRUE(part.failure.empty());
    // Runs by Rodas5P against those by CVODES, both at 1e-10; residuals are up to 20 units of noise.
    EXPECT_NEAR(part.cost, whole.cost, 1e-7 * whole.cost);
    for (const std::size_t i : {0u, 1u}) {
      EXPECT_NEAR(part.gradient[i], whole.gradient[2 * i], 1e-6 * std::abs(whole.gradient[2 * i]));
      for (const std::size_t j : {0u, 1u})
        EXPECT_NEAR(part.information[2 * i + j], whole.information[6 * i + 2 * j],
                    1e-6 * (1.0 + std::abs(whole.information[6 * i + 2 * j])));
    }
  }
}

TEST(PetabReadout, IsFittedBeforeEachStart) {
  const auto objective = scaled_decay("start");
  MultiStartOptions options;
  options.starts = 4;
  for (const auto& fit : fit_from_many(objective, options, nullptr, {})) {
    // No scale and no noise lowers the cost of the start's rate any more.
    const auto at_start = objective.evaluate(fit.start, Wanted::information);
    for (const std::size_t k : {0u, 2u}) {
      const auto& parameter = objective.parameters()[k];
      if (fit.start[k] <= parameter.lower || fit.start[k] >= parameter.upper) continue;
      EXPECT_NEAR(at_start.gradient[k], 0.0, 1e-3 * std::sqrt(at_start.information[4 * k])) << parameter.id;
    }
  }
}

TEST(PetabReadout, FailsWhereTheRunFails) {
  const auto objective = scaled_decay("failure");
  // exp(log(10) 400) is infinite.
  const auto readout = objective.readout(std::vector<double>{0.0, 400.0, 0.3});
  ASSERT_NE(readout, nullptr);
  EXPECT_FALSE(readout->objective->evaluate(std::vector<double>{0.0, 0.3}, Wanted::cost).failure.empty());
}

// Densities by their textbook formulas.
TEST(PetabPriors, AreTheDensitiesOfTheirFormulas) {
  data::PetabParameter parameter;
  parameter.lower = 0.0;
  parameter.upper = 10.0;
  const auto density = [&](const char* name, std::vector<double> parameters, bool truncated = false) {
    parameter.prior = data::PetabPrior{name, std::move(parameters), false, truncated};
    return log_prior_density(parameter, 5.0);
  };
  EXPECT_NEAR(density("uniform", {2.0, 8.0}), -std::log(6.0), 1e-12);
  EXPECT_NEAR(density("normal", {4.0, 2.0}), -0.5 * std::log(2.0 * std::numbers::pi) - std::log(2.0) - 0.125,
              1e-12);
  EXPECT_NEAR(density("laplace", {3.0, 5.0}), -std::log(10.0) - 0.4, 1e-12);
  EXPECT_NEAR(density("exponential", {3.0}), -std::log(3.0) - 5.0 / 3.0, 1e-12);
  EXPECT_NEAR(density("rayleigh", {3.0}), std::log(5.0 / 9.0) - 25.0 / 18.0, 1e-12);
  EXPECT_NEAR(density("log-normal", {1.0, 2.0}),
              -0.5 * std::log(2.0 * std::numbers::pi) - std::log(2.0) - std::log(5.0) -
                  std::pow(std::log(5.0) - 1.0, 2) / 8.0,
              1e-12);
  EXPECT_NEAR(density("cauchy", {3.0, 5.0}), -std::log(std::numbers::pi * 5.0 * (1.0 + 0.16)), 1e-12);
  // Cut off at the bounds, the mass within is 1 again.
  EXPECT_NEAR(density("exponential", {3.0}, true),
              -std::log(3.0) - 5.0 / 3.0 - std::log(1.0 - std::exp(-10.0 / 3.0)), 1e-12);
  EXPECT_THROW(density("wishart", {1.0, 2.0}), base::InputError);
}

}  // namespace
}  // namespace raad::study
