// Sensitivities against functions whose indices and derivatives are known on paper.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <numbers>

#include "study/sensitivity.hpp"
#include "study/sobol_sequence.hpp"

namespace raad::study {
namespace {

const std::filesystem::path k_models = std::filesystem::path(RAAD_SOURCE_DIR) / "test/study/models";

const data::Library& library() {
  static base::Diagnostics findings;
  static const auto opened = data::open_library(std::filesystem::path(RAAD_SOURCE_DIR), findings);
  return opened;
}

UncertainParameter uniform(const std::string& id, double lower, double upper) {
  UncertainParameter one;
  one.id = id;
  one.shape = UncertainParameter::Shape::uniform;
  one.nominal = 0.5 * (lower + upper);
  one.lower = lower;
  one.upper = upper;
  return one;
}

run::Scenario scenario(double end_h, int points) {
  run::Scenario made;
  made.end_h = end_h;
  for (int i = 0; i < points; ++i) made.output_times_h.push_back(end_h * i / (points - 1));
  made.solver.relative_tolerance = 1e-10;
  made.solver.absolute_tolerance_per_scale = 1e-13;
  return made;
}

TEST(SobolPoints, FillEveryDyadicCellOnceAndDependOnTheSeed) {
  const auto points = scrambled_sobol_points(64, 3, 5);
  for (std::size_t k = 0; k < 3; ++k) {
    std::vector<int> count(64, 0);
    for (const auto& point : points) {
      ASSERT_GT(point[k], 0.0);
      ASSERT_LT(point[k], 1.0);
      ++count[static_cast<std::size_t>(64.0 * point[k])];
    }
    // A digital shift permutes the cells of a (0, m, 1)-net: each holds one point. The sequence starts behind
    // its first point, so one cell of the next block may come instead.
    EXPECT_LE(*std::max_element(count.begin(), count.end()), 2);
    EXPECT_GE(std::count(count.begin(), count.end(), 1), 62);
  }
  EXPECT_NE(points[0][0], scrambled_sobol_points(1, 1, 6)[0][0]);
  EXPECT_EQ(points, scrambled_sobol_points(64, 3, 5));
}

TEST(GlobalSensitivity, GivesTheIndicesOfTheIshigamiFunctionThroughAModelFile) {
  base::Diagnostics findings;
  const auto system = run::load_system(library(), (k_models / "ishigami.ant").string(), findings);
  std::vector<UncertainParameter> parameters;
  for (const char* id : {"x1", "x2", "x3"})
    parameters.push_back(uniform(id, -std::numbers::pi, std::numbers::pi));
  const run::ParameterRuns runs(library(), system, scenario(1.0, 2), {"y"}, {"x1", "x2", "x3"});
  const auto model = model_function(runs, CourseNumber::at, {2, {}});
  const auto result = global_sensitivity(model, parameters, 1024, 200, 1);
  const double pi4 = std::pow(std::numbers::pi, 4), a = 7.0, b = 0.1;
  const double one = 0.5 * std::pow(1.0 + b * pi4 / 5.0, 2), two = a * a / 8.0,
               three = b * b * pi4 * pi4 * (1.0 / 18.0 - 1.0 / 50.0), variance = one + two + three;
  EXPECT_NEAR(result.variance, variance, 0.02 * variance);
  EXPECT_EQ(result.failed, 0U);
  const double first[] = {one / variance, two / variance, 0.0};
  const double total[] = {(one + three) / variance, two / variance, three / variance};
  for (std::size_t k = 0; k < 3; ++k) {
    SCOPED_TRACE(k);
    // Errors of a scrambled sequence of 1024 rows are near 0.005; the intervals must hold the truth, with a
    // little room because they are 95 % intervals.
    EXPECT_NEAR(result.parameters[k].first, first[k], 0.03);
    EXPECT_NEAR(result.parameters[k].total, total[k], 0.03);
    EXPECT_LE(result.parameters[k].first_lower - 0.02, first[k]);
    EXPECT_GE(result.parameters[k].first_upper + 0.02, first[k]);
    EXPECT_LE(result.parameters[k].total_lower - 0.02, total[k]);
    EXPECT_GE(result.parameters[k].total_upper + 0.02, total[k]);
    EXPECT_LT(result.parameters[k].total_lower, result.parameters[k].total_upper);
  }
}

TEST(GlobalSensitivity, GivesTheIndicesOfTheGFunction) {
  // Saltelli and Sobol 1995: product of (|4x - 2| + a)/(1 + a).
  const std::vector<double> a = {0.0, 1.0, 4.5, 9.0};
  std::vector<UncertainParameter> parameters;
  for (std::size_t k = 0; k < a.size(); ++k) parameters.push_back(uniform("x", 0.0, 1.0));
  const ModelFunction model = [&](const std::vector<std::vector<double>>& sets) {
    std::vector<double> values;
    for (const auto& set : sets) {
      double product = 1.0;
      for (std::size_t k = 0; k < a.size(); ++k)
        product *= (std::abs(4.0 * set[k] - 2.0) + a[k]) / (1.0 + a[k]);
      values.push_back(product);
    }
    return values;
  };
  double variance = 1.0;
  std::vector<double> own;
  for (const double one : a) {
    own.push_back(1.0 / (3.0 * (1.0 + one) * (1.0 + one)));
    variance *= 1.0 + own.back();
  }
  variance -= 1.0;
  const auto result = global_sensitivity(model, parameters, 4096, 50, 2);
  EXPECT_NEAR(result.variance, variance, 0.01 * variance);
  for (std::size_t k = 0; k < a.size(); ++k) {
    EXPECT_NEAR(result.parameters[k].first, own[k] / variance, 0.01);
    EXPECT_NEAR(result.parameters[k].total, own[k] * (variance + 1.0) / (1.0 + own[k]) / variance, 0.01);
  }
}

TEST(GlobalSensitivity, LeavesOutRowsThatFailAndCountsThem) {
  const ModelFunction model = [](const std::vector<std::vector<double>>& sets) {
    std::vector<double> values;
    for (const auto& set : sets) values.push_back(set[0] > 0.99 ? std::nan("") : set[0] + 2.0 * set[1]);
    return values;
  };
  const auto result = global_sensitivity(model, {uniform("x", 0, 1), uniform("y", 0, 1)}, 512, 20, 3);
  EXPECT_GT(result.failed, 0U);
  EXPECT_EQ(result.failed + result.samples, 512U);
  EXPECT_NEAR(result.parameters[1].first, 0.8, 0.03);
}

TEST(LocalSensitivity, GivesTheDerivativesOfAClosedSolutionAndTheirErrors) {
  base::Diagnostics findings;
  const auto system = run::load_system(library(), (k_models / "closed_form.ant").string(), findings);
  const double start = 3.0, input = 0.4, loss = 0.7, t = 2.0, decay = std::exp(-loss * t);
  std::vector<UncertainParameter> parameters = {uniform("start", 2, 4), uniform("input", 0.3, 0.5),
                                                uniform("loss", 0.6, 0.8)};
  const run::ParameterRuns runs(library(), system, scenario(t, 2), {"x"}, {"start", "input", "loss"});
  const auto result = local_sensitivity(model_function(runs, CourseNumber::at, {1, {}}), parameters);
  const double x = input / loss + (start - input / loss) * decay;
  EXPECT_NEAR(result.nominal, x, 1e-8);
  const double derivatives[] = {decay, (1.0 - decay) / loss,
                                -input / (loss * loss) * (1.0 - decay) - t * (start - input / loss) * decay};
  for (std::size_t k = 0; k < 3; ++k) {
    const auto& one = result.parameters[k];
    SCOPED_TRACE(parameters[k].id);
    // Differences of runs with a tolerance of 1e-10 over steps of 0.01.
    EXPECT_NEAR(one.derivative, derivatives[k], 1e-6);
    EXPECT_LT(one.derivative_error, 1e-5);
    EXPECT_NEAR(one.elasticity, one.derivative * parameters[k].nominal / x, 1e-12);
  }
  EXPECT_NEAR(result.parameters[0].number_high - result.parameters[0].number_low, 0.9 * 2.0 * decay, 1e-8);
}

TEST(LocalSensitivity, FollowsDosesThatDependOnParameters) {
  base::Diagnostics findings;
  const auto system = run::load_system(library(), "human", findings);
  auto one = scenario(6.0, 2);
  one.regimen = dose::parse_regimen("psilocybin 10 mg iv", "test", findings);
  base::throw_if_errors(findings);
  UncertainParameter bioavailability = uniform("psilocin__oral_bioavailability", 0.4, 0.6);
  const run::ParameterRuns runs(library(), system, one, {"plasma_psilocin"}, {bioavailability.id});
  bioavailability.nominal = runs.nominal()[0];
  const auto result = local_sensitivity(model_function(runs, CourseNumber::at, {1, {}}), {bioavailability});
  // An intravenous dose enters divided by the bioavailability that the volumes contain: exposure is linear.
  EXPECT_NEAR(result.parameters[0].elasticity, -1.0, 1e-4);
}

TEST(UncertainParameters, KeepTheirBoundsAndLeaveOutSwitches) {
  base::Diagnostics findings;
  const auto system = run::load_system(library(), "human", findings);
  const auto all = uncertain_parameters(library(), system, {"psilocin__clearance"});
  EXPECT_GT(all.size(), 50U);
  for (const auto& one : all) {
    EXPECT_NE(one.id, "calcium__weight_surface_route");
    EXPECT_NE(one.id, "psilocin__clearance");
    double previous = -HUGE_VAL;
    for (const double share : {1e-9, 0.05, 0.5, 0.95, 1.0 - 1e-9}) {
      const double value = one.quantile(share);
      EXPECT_GE(value, one.lower * (1.0 - 1e-12) - 1e-300) << one.id;
      EXPECT_LE(value, one.upper * (1.0 + 1e-12)) << one.id;
      EXPECT_GE(value, previous) << one.id;
      previous = value;
    }
  }
  EXPECT_THROW(range_from("psilocin__clearence=1..2", system), base::InputError);
  EXPECT_THROW(range_from("psilocin__clearance=2..1", system), base::InputError);
  EXPECT_DOUBLE_EQ(range_from("psilocin__clearance=100..300", system).quantile(0.25), 150.0);
}

}  // namespace
}  // namespace raad::study
