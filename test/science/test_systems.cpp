// What must hold for the assembled systems whatever their numbers: baseline, mass balance, two solvers, two
// evaluators.
#include <gtest/gtest.h>

#include <cmath>

#include "science/fixtures.hpp"

namespace raad::science {
namespace {

const std::vector<std::string> k_systems = {"human", "mouse"};

run::Scenario scenario(const std::string& text, double end_h, int points, solve::Method method,
                       double tolerance) {
  run::Scenario result;
  result.regimen = regimen(text);
  result.end_h = end_h;
  for (int i = 0; i <= points; ++i) result.output_times_h.push_back(end_h * i / points);
  result.solver.method = method;
  result.solver.relative_tolerance = tolerance;
  result.solver.absolute_tolerance_per_scale = tolerance * 1e-3;
  return result;
}

std::vector<std::string> state_ids(const run::LoadedSystem& loaded) {
  std::vector<std::string> ids;
  for (const auto& state : loaded.equations.states) ids.push_back(state.id);
  return ids;
}

std::string reference_regimen(const std::string& name) {
  return name == "human" ? "psilocybin 25 mg oral @ 0 h; ketamine 0.5 mg/kg iv 40 min @ 7 d"
                         : "psilocybin 1 mg/kg ip @ 0 h; ketamine 10 mg/kg ip @ 7 d";
}

class Systems : public testing::TestWithParam<std::string> {};

TEST_P(Systems, BaselineIsASteadyState) {
  const auto& loaded = system(GetParam());
  const auto kernel = codegen::make_interpreter(codegen::lower(loaded.equations, {}));
  EXPECT_LT(solve::baseline_drift(loaded.equations, *kernel, solve::initial_parameters(loaded.equations)),
            1e-12);
}

TEST_P(Systems, NothingMovesInAYearWithoutADose) {
  const auto& loaded = system(GetParam());
  const run::Simulator simulator(library(), loaded, state_ids(loaded));
  const auto courses = simulator.run(scenario("none", 8760.0, 12, solve::Method::rosenbrock, 1e-8));
  for (std::size_t k = 0; k < courses.series.size(); ++k)
    for (const double value : courses.series[k].values)
      EXPECT_NEAR(value, courses.series[k].values.front(), 1e-9 * loaded.equations.states[k].nominal_scale)
          << courses.series[k].observable;
}

TEST_P(Systems, TwoSolversAgree) {
  const auto& loaded = system(GetParam());
  const run::Simulator simulator(library(), loaded, state_ids(loaded));
  const auto text = reference_regimen(GetParam());
  const auto a = simulator.run(scenario(text, 672.0, 56, solve::Method::rosenbrock, 1e-10));
  const auto b = simulator.run(scenario(text, 672.0, 56, solve::Method::cvodes, 1e-10));
  double worst = 0.0;
  for (std::size_t k = 0; k < a.series.size(); ++k)
    for (std::size_t i = 0; i < a.time_h.size(); ++i) {
      const double scale = loaded.equations.states[k].nominal_scale + std::abs(b.series[k].values[i]);
      worst = std::max(worst, std::abs(a.series[k].values[i] - b.series[k].values[i]) / scale);
    }
  // CVODES' global error at rtol 1e-10 over some thousand steps; a hundred times the local tolerance.
  EXPECT_LT(worst, 1e-8);
}

TEST_P(Systems, InterpreterAndNativeCodeAgree) {
  const auto& loaded = system(GetParam());
  const auto text = reference_regimen(GetParam());
  const auto ids = state_ids(loaded);
  const auto at = scenario(text, 336.0, 28, solve::Method::rosenbrock, 1e-9);
  const auto a = run::Simulator(library(), loaded, ids, run::Engine::interpreter).run(at);
  const auto b = run::Simulator(library(), loaded, ids, run::Engine::native).run(at);
  for (std::size_t k = 0; k < a.series.size(); ++k)
    for (std::size_t i = 0; i < a.time_h.size(); ++i)
      // The evaluators differ by the last bits of exp and pow only, so steps and results follow each other
      // closely.
      EXPECT_NEAR(a.series[k].values[i], b.series[k].values[i],
                  1e-9 * (loaded.equations.states[k].nominal_scale + std::abs(b.series[k].values[i])))
          << a.series[k].observable << " at " << a.time_h[i] << " h";
}

TEST_P(Systems, MoreOutputTimesChangeNoBit) {
  const auto& loaded = system(GetParam());
  const auto ids = state_ids(loaded);
  const run::Simulator simulator(library(), loaded, ids);
  for (const auto method : {solve::Method::rosenbrock, solve::Method::cvodes}) {
    const auto coarse = simulator.run(scenario(reference_regimen(GetParam()), 336.0, 14, method, 1e-6));
    const auto fine = simulator.run(scenario(reference_regimen(GetParam()), 336.0, 1400, method, 1e-6));
    for (std::size_t k = 0; k < ids.size(); ++k)
      for (std::size_t i = 0; i < coarse.time_h.size(); ++i)
        ASSERT_EQ(coarse.series[k].values[i], fine.series[k].values[100 * i]) << ids[k];
  }
}

INSTANTIATE_TEST_SUITE_P(Library, Systems, testing::ValuesIn(k_systems),
                         [](const auto& tested) { return tested.param; });

/// Area under a curve by Simpson's rule on the given, even number of intervals [unit x h].
double area(const std::vector<double>& t, const std::vector<double>& y) {
  double sum = 0.0;
  for (std::size_t i = 0; i + 2 < t.size(); i += 2)
    sum += (t[i + 2] - t[i]) / 6.0 * (y[i] + 4.0 * y[i + 1] + y[i + 2]);
  return sum;
}

double parameter(const run::LoadedSystem& loaded, const std::string& id) {
  return loaded.equations.parameters[static_cast<std::size_t>(loaded.equations.find_parameter(id).value())]
      .value;
}

// Section 12 of the specification: area = dose / clearance, whatever happens on the way.
TEST(MassBalance, PsilocinAreaIsDoseOverClearance) {
  const auto& human = system("human");
  const run::Simulator simulator(library(), human, {"plasma_psilocin"});
  const auto courses =
      simulator.run(scenario("psilocybin 25 mg oral", 96.0, 19200, solve::Method::rosenbrock, 1e-9));
  const double expected = 1000.0 * 25.0 / parameter(human, "psilocin__clearance");
  EXPECT_NEAR(area(courses.time_h, courses.series[0].values), expected, 1e-5 * expected);
}

TEST(MassBalance, InfusedKetamineAreaIsDoseOverClearance) {
  const auto& human = system("human");
  const run::Simulator simulator(library(), human, {"plasma_ketamine_s"});
  const auto courses =
      simulator.run(scenario("ketamine 0.5 mg/kg iv 40 min", 240.0, 48000, solve::Method::rosenbrock, 1e-9));
  const double expected = 1000.0 * 17.5 / parameter(human, "ketamine__clearance");
  // The grid meets both corners of the infusion only to a part of a step, hence 1e-4.
  EXPECT_NEAR(area(courses.time_h, courses.series[0].values), expected, 1e-4 * expected);
}

TEST(Systems, ActivitiesStayAtZeroOrAboveWithoutTrkb) {
  // The ends of the bounds at which the linear sums of signals would be negative.
  for (const std::string system : {"human", "mouse"}) {
    base::Diagnostics findings;
    const auto loaded = run::load_system(library(), system, findings);
    run::Scenario scenario;
    scenario.regimen = dose::parse_regimen(
        system == "human" ? "psilocybin 25 mg oral" : "psilocybin 1 mg/kg ip", "test", findings);
    ASSERT_FALSE(findings.has_errors());
    scenario.settings = {{"trkb__kinase_inhibition", 1.0},   {"erk__trkb_gain", 2.0},
                         {"mtorc1__akt_gain", 1.0},          {"mtorc1__akt_saturation", 2.0},
                         {"mtorc1__akt_weight", 2.0},        {"mtorc1__erk_weight", 2.0},
                         {"mtorc1__s6_kinase_feedback", 1.0}};
    scenario.end_h = 168.0;
    for (double t = 0.0; t <= scenario.end_h; t += 1.0) scenario.output_times_h.push_back(t);
    const auto courses =
        run::Simulator(library(), loaded, {"erk__activity", "mtorc1__akt", "mtorc1__s6_kinase"})
            .run(scenario);
    for (const auto& series : courses.series)
      for (const double value : series.values) EXPECT_GE(value, -1e-8) << system << ' ' << series.observable;
  }
}

}  // namespace
}  // namespace raad::science
