// Whole runs against published end values and closed forms; the two integrators against each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "solve/problem.hpp"
#include "solve/reference_problems.hpp"
#include "solve/system_builder.hpp"

namespace raad::solve {
namespace {

using ir::Operation;
using testing::BuiltSystem;
using testing::Expression;
using ::testing::HasSubstr;
using testing::ReferenceProblem;
using testing::state_at;
using testing::SystemBuilder;

Options options_of(Method method, double relative, double absolute_per_scale) {
  Options options;
  options.method = method;
  options.relative_tolerance = relative;
  options.absolute_tolerance_per_scale = absolute_per_scale;
  return options;
}

class MethodTest : public ::testing::TestWithParam<Method> {
 protected:
  Solution run(const Problem& problem, double relative = 1e-9) const {
    return solve(problem, options_of(GetParam(), relative, 1e-3 * relative));
  }
};
INSTANTIATE_TEST_SUITE_P(Methods, MethodTest,
                         ::testing::Values(Method::cvodes, Method::rosenbrock,
                                           Method::rosenbrock_conservative),
                         [](const auto& instance) {
                           switch (instance.param) {
                             case Method::cvodes:
                               return "Cvodes";
                             case Method::rosenbrock:
                               return "Rodas5P";
                             default:
                               return "Rodas4P";
                           }
                         });

// --- Published stiff problems

TEST_P(MethodTest, ReachesPublishedEndValues) {
  for (const ReferenceProblem& problem : testing::all_reference_problems()) {
    const Solution solution = run(problem.built->problem(0.0, problem.end_h, {problem.end_h}), 1e-9);
    ASSERT_EQ(solution.status, Status::success) << problem.name << ": " << solution.message;
    // Global errors exceed the local tolerance by the problem's conditioning; the worst here is Robertson
    // with BDF.
    EXPECT_LT(testing::relative_error(solution, problem.reference), 5e-6) << problem.name;
  }
}

TEST(Agreement, OfTwoIndependentMethodsAtTightTolerance) {
  for (const ReferenceProblem& problem : testing::all_reference_problems()) {
    const Problem run = problem.built->problem(0.0, problem.end_h, {problem.end_h});
    const Solution a = solve(run, options_of(Method::cvodes, 1e-12, 1e-14));
    const Solution b = solve(run, options_of(Method::rosenbrock, 1e-11, 1e-13));
    ASSERT_EQ(a.status, Status::success) << a.message;
    ASSERT_EQ(b.status, Status::success) << b.message;
    EXPECT_LT(testing::relative_error(a, b.states), 2e-8) << problem.name;
    EXPECT_LT(testing::relative_error(b, problem.reference), 1e-9) << problem.name;
  }
}

TEST_P(MethodTest, ErrorFollowsTheTolerance) {
  const ReferenceProblem problem = testing::hires();
  const Problem run_problem = problem.built->problem(0.0, problem.end_h, {problem.end_h});
  double previous = std::numeric_limits<double>::infinity();
  for (double tolerance : {1e-4, 1e-6, 1e-8}) {
    const double error = testing::relative_error(run(run_problem, tolerance), problem.reference);
    EXPECT_LT(error, 0.2 * previous) << tolerance;
    EXPECT_LT(error, 2000.0 * tolerance) << tolerance;
    previous = error;
  }
}

TEST_P(MethodTest, KeepsRobertsonsMass) {
  const ReferenceProblem problem = testing::robertson();
  std::vector<double> times;
  for (double t = 1e-5; t < 1e11; t *= 10.0) times.push_back(t);
  const Solution solution = run(problem.built->problem(0.0, problem.end_h, times), 1e-6);
  ASSERT_EQ(solution.times.size(), times.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    const double total = state_at(solution, i, 0) + state_at(solution, i, 1) + state_at(solution, i, 2);
    // Linear invariants hold to rounding at step ends; inside a step BDF's interpolant also keeps them.
    EXPECT_NEAR(total, 1.0, 1e-10) << times[i];
  }
}

// --- Pharmacokinetics in closed form

/// Oral one-compartment model: gut -> centre -> out.
std::unique_ptr<BuiltSystem> one_compartment(double absorption, double elimination) {
  SystemBuilder b;
  const auto gut = b.state("gut", 0.0), centre = b.state("centre", 0.0);
  const auto ka = b.parameter("ka", absorption), ke = b.parameter("ke", elimination);
  b.rate(gut, -ka * gut);
  b.rate(centre, ka * gut - ke * centre);
  b.output(centre);
  return b.finish();
}

/// Amount in the centre after `dose` into the gut (Bateman 1910), t hours ago.
double bateman(double dose, double ka, double ke, double t) {
  return t < 0.0 ? 0.0 : dose * ka / (ka - ke) * (std::exp(-ke * t) - std::exp(-ka * t));
}

TEST_P(MethodTest, FollowsBatemanAfterRepeatedOralDoses) {
  const auto built = one_compartment(1.3, 0.21);
  std::vector<double> times;
  for (int i = 0; i <= 400; ++i) times.push_back(0.25 * i);
  Problem problem = built->problem(0.0, 100.0, times);
  for (int dose = 4; dose >= 0; --dose) {  // order of actions in time is not asked for
    problem.actions.push_back({12.0 * dose + 1.0, Action::Kind::add_to_state, 0, 10.0});
  }
  const Solution solution = run(problem);
  ASSERT_EQ(solution.status, Status::success) << solution.message;
  ASSERT_EQ(solution.outputs.size(), times.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    double exact = 0.0;
    for (int dose = 0; dose < 5; ++dose) exact += bateman(10.0, 1.3, 0.21, times[i] - 12.0 * dose - 1.0);
    EXPECT_NEAR(solution.outputs[i], exact, 2e-7) << times[i];
  }
}

TEST_P(MethodTest, DoesNotStepOverAShortInfusionAfterAQuietYear) {
  // 40 min of infusion at 8760 h: 0.008 % of the run. Amount at its end: R/k (1 - exp(-k T)).
  const auto built = one_compartment(1.0, 0.3);
  const double begin = 8760.0, duration = 40.0 / 60.0, rate = 52.5;
  Problem problem = built->problem(0.0, 9000.0, {begin, begin + 0.3, begin + duration, begin + 5.0, 9000.0});
  problem.actions = {{begin, Action::Kind::add_to_rate, 1, rate},
                     {begin + duration, Action::Kind::add_to_rate, 1, -rate}};
  const Solution solution = run(problem);
  ASSERT_EQ(solution.status, Status::success) << solution.message;
  const double at_end = rate / 0.3 * (1.0 - std::exp(-0.3 * duration));
  EXPECT_EQ(solution.outputs[0], 0.0);
  EXPECT_NEAR(solution.outputs[1], rate / 0.3 * (1.0 - std::exp(-0.09)), 5e-7);
  EXPECT_NEAR(solution.outputs[2], at_end, 5e-7);
  EXPECT_NEAR(solution.outputs[3], at_end * std::exp(-0.3 * (5.0 - duration)), 5e-7);
  EXPECT_NEAR(solution.outputs[4], 0.0, 1e-9);
}

TEST_P(MethodTest, FollowsTheTwoCompartmentBolus) {
  const double k10 = 0.4, k12 = 1.1, k21 = 0.35;
  SystemBuilder b;
  const auto centre = b.state("centre", 0.0), tissue = b.state("tissue", 0.0);
  b.rate(centre, k21 * tissue - (k10 + k12) * centre);
  b.rate(tissue, k12 * centre - k21 * tissue);
  const auto built = b.finish();
  const std::vector<double> times = {0.0, 0.1, 1.0, 5.0, 24.0};
  Problem problem = built->problem(0.0, 24.0, times);
  problem.actions = {{0.0, Action::Kind::add_to_state, 0, 100.0}};
  const Solution solution = run(problem);
  // Gibaldi and Perrier, Pharmacokinetics, 2nd ed. 1982, eq. 2.18-2.24.
  const double sum = k10 + k12 + k21, root = std::sqrt(sum * sum - 4.0 * k10 * k21);
  const double alpha = 0.5 * (sum + root), beta = 0.5 * (sum - root);
  for (std::size_t i = 0; i < times.size(); ++i) {
    const double exact =
        100.0 / (alpha - beta) *
        ((alpha - k21) * std::exp(-alpha * times[i]) + (k21 - beta) * std::exp(-beta * times[i]));
    EXPECT_NEAR(state_at(solution, i, 0), exact, 1e-6) << times[i];
  }
}

TEST_P(MethodTest, GivesValuesAfterTheActionAtItsTime) {
  const auto built = one_compartment(1.0, 0.5);
  Problem problem = built->problem(0.0, 2.0, {0.0, 1.0, 2.0});
  problem.actions = {{2.0, Action::Kind::add_to_state, 1, 7.0},
                     {1.0, Action::Kind::set_parameter, 1, 0.0},
                     {0.0, Action::Kind::add_to_state, 1, 3.0},
                     {1.0, Action::Kind::add_to_state, 1, 1.0},
                     {5.0, Action::Kind::add_to_state, 1, 1e9}};  // after the end: ignored
  const Solution solution = run(problem);
  EXPECT_EQ(solution.outputs[0], 3.0);
  EXPECT_NEAR(solution.outputs[1], 3.0 * std::exp(-0.5) + 1.0, 1e-7);
  EXPECT_NEAR(solution.outputs[2], 3.0 * std::exp(-0.5) + 8.0, 1e-7);
}

TEST_P(MethodTest, TakesInstantsApartByRoundingAsOne) {
  const auto built = one_compartment(1.0, 0.5);
  Problem problem = built->problem(0.0, 1.0, {0.3, 1.0});
  problem.actions = {{0.1 + 0.2, Action::Kind::add_to_state, 1, 1.0},
                     {0.3, Action::Kind::add_to_state, 1, 1.0}};
  ASSERT_NE(problem.actions[0].time_h, problem.actions[1].time_h);
  const Solution solution = run(problem);
  ASSERT_EQ(solution.status, Status::success) << solution.message;
  EXPECT_NEAR(solution.outputs[1], 2.0 * std::exp(-0.35), 1e-7);
}

TEST_P(MethodTest, TakesActionsHoweverCloseTheyAre) {
  const auto built = one_compartment(1.0, 0.5);
  const double unit = std::nextafter(8760.0, 9000.0) - 8760.0;
  for (double gap : {1.0, 7.0, 9.0, 20.0, 300.0, 1e5, 1e8}) {
    Problem problem = built->problem(8759.0, 8761.0, {8761.0});
    problem.actions = {{8760.0, Action::Kind::add_to_state, 1, 1.0},
                       {8760.0 + gap * unit, Action::Kind::add_to_state, 1, 1.0}};
    const Solution solution = run(problem);
    ASSERT_EQ(solution.status, Status::success) << gap << ": " << solution.message;
    EXPECT_NEAR(solution.outputs[0], std::exp(-0.5) * (1.0 + std::exp(0.5 * gap * unit)), 1e-7) << gap;
  }
}

TEST_P(MethodTest, OverlappingInfusionsEndExactly) {
  SystemBuilder b;
  b.state("depot", 0.0);
  const auto built = b.finish();
  Problem problem = built->problem(0.0, 1000.0, {50.0, 1000.0});
  for (double rate : {0.1, 0.2, 0.3, 0.7}) {
    problem.actions.push_back({rate, Action::Kind::add_to_rate, 0, rate});
    problem.actions.push_back({10.0 + rate, Action::Kind::add_to_rate, 0, -rate});
  }
  const Solution solution = run(problem);
  EXPECT_NEAR(state_at(solution, 0, 0), 13.0, 1e-9);
  EXPECT_EQ(state_at(solution, 0, 0), state_at(solution, 1, 0)) << "nothing flows after the last has ended";
}

/// exp(matrix) x vector by scaling, a Taylor series and repeated multiplication, in extended precision.
std::vector<double> exponential_times(const std::vector<std::vector<double>>& matrix,
                                      std::vector<double> vector) {
  constexpr int k_parts = 256, k_terms = 25;  // norms up to about 500: parts of norm 2, 2^25/25! = 2e-18
  const std::size_t n = vector.size();
  std::vector<long double> sum(vector.begin(), vector.end());
  for (int part = 0; part < k_parts; ++part) {
    std::vector<long double> term = sum;
    for (int k = 1; k <= k_terms; ++k) {
      std::vector<long double> next(n, 0.0L);
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j)
          next[i] += matrix[i][j] / static_cast<long double>(k * k_parts) * term[j];
      }
      term = next;
      for (std::size_t i = 0; i < n; ++i) sum[i] += term[i];
    }
  }
  return {sum.begin(), sum.end()};
}

TEST_P(MethodTest, FollowsRandomCompartmentNetworks) {
  std::mt19937 random(20261124);
  std::uniform_real_distribution<double> unit(0.0, 1.0);
  for (int network = 0; network < 12; ++network) {
    const std::size_t n = 3 + static_cast<std::size_t>(network);
    SystemBuilder b;
    std::vector<Expression> amounts, rates;
    std::vector<double> start;
    std::vector<std::vector<double>> matrix(n, std::vector<double>(n, 0.0));
    for (std::size_t i = 0; i < n; ++i) {
      start.push_back(unit(random));
      amounts.push_back(b.state("a" + std::to_string(i), start.back()));
      rates.push_back(b.number(0.0));
    }
    for (std::size_t from = 0; from < n; ++from) {
      for (std::size_t to = 0; to < n; ++to) {
        if (to == from || unit(random) > 0.35) continue;
        const double k = std::pow(10.0, -2.0 + 3.5 * unit(random));  // 0.01 to 30 /h
        rates[from] = rates[from] - k * amounts[from];
        rates[to] = rates[to] + k * amounts[from];
        matrix[from][from] -= k;
        matrix[to][from] += k;
      }
    }
    for (std::size_t i = 0; i < n; ++i) b.rate(amounts[i], rates[i]);
    const Solution solution = run(b.finish()->problem(0.0, 1.0, {1.0}));
    const std::vector<double> exact = exponential_times(matrix, start);
    for (std::size_t i = 0; i < n; ++i)
      EXPECT_NEAR(state_at(solution, 0, i), exact[i], 1e-7) << network << " " << i;
  }
}

// --- Outputs do not disturb

TEST_P(MethodTest, OutputTimesChangeNoBit) {
  const ReferenceProblem problem = testing::oregonator();
  std::vector<double> few = {100.0, 360.0}, many;
  for (int i = 0; i <= 3600; ++i) many.push_back(0.1 * i < 360.0 ? 0.1 * i : 360.0);
  few[0] = many[1000];
  const Solution sparse = run(problem.built->problem(0.0, 360.0, few), 1e-6);
  const Solution dense = run(problem.built->problem(0.0, 360.0, many), 1e-6);
  ASSERT_EQ(dense.times.size(), many.size());
  EXPECT_EQ(sparse.statistics.rate_evaluations, dense.statistics.rate_evaluations);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(state_at(sparse, 0, i), state_at(dense, 1000, i));
    EXPECT_EQ(state_at(sparse, 1, i), state_at(dense, 3600, i));
  }
}

TEST_P(MethodTest, DenseOutputKeepsTheErrorLevel) {
  SystemBuilder b;
  const auto x = b.state("x", 1.0), v = b.state("v", 0.0);
  b.rate(x, v);
  b.rate(v, -x);
  std::vector<double> times;
  for (int i = 0; i <= 1000; ++i) times.push_back(0.01 * i);
  const Solution solution = run(b.finish()->problem(0.0, 10.0, times), 1e-7);
  for (std::size_t i = 0; i < times.size(); ++i)
    EXPECT_NEAR(state_at(solution, i, 0), std::cos(times[i]), 1e-5);
}

// --- Switches in time

TEST_P(MethodTest, SeesAShortPulseInTheRates) {
  // One minute of input after 1000 quiet hours, written into the model.
  SystemBuilder b;
  const auto x = b.state("x", 0.0);
  const auto on = b.parameter("on", 1000.0);
  const auto pulse = both(b.time() >= on, b.time() < on + 1.0 / 60.0);
  b.rate(x, choose(pulse, b.number(60.0), b.number(0.0)) - 0.01 * x);
  const Solution solution = run(b.finish()->problem(0.0, 2000.0, {999.0, 1001.0, 2000.0}));
  ASSERT_EQ(solution.status, Status::success) << solution.message;
  const double end_of_pulse = 6000.0 * (1.0 - std::exp(-0.01 / 60.0));
  EXPECT_EQ(state_at(solution, 0, 0), 0.0);
  EXPECT_NEAR(state_at(solution, 1, 0), end_of_pulse * std::exp(-0.01 * (1.0 - 1.0 / 60.0)), 1e-7);
  EXPECT_LT(solution.statistics.steps, 1500);
}

TEST_P(MethodTest, FollowsADailyRhythm) {
  // On for 8 of 24 hours through floor(); the integral after n days is 8 n.
  SystemBuilder b;
  const auto x = b.state("x", 0.0);
  const auto hour = b.time() - 24.0 * function(Operation::floor, b.time() / 24.0);
  b.rate(x, choose(hour < 8.0, b.number(1.0), b.number(0.0)));
  const Solution solution = run(b.finish()->problem(0.0, 240.0, {12.0, 100.0, 240.0}));
  ASSERT_EQ(solution.status, Status::success) << solution.message;
  EXPECT_NEAR(state_at(solution, 0, 0), 8.0, 1e-9);
  EXPECT_NEAR(state_at(solution, 1, 0), 36.0, 1e-9);
  EXPECT_NEAR(state_at(solution, 2, 0), 80.0, 1e-9);
}

// --- Rest and failure

TEST_P(MethodTest, RestStaysAtRestForAYear) {
  const auto built = one_compartment(1.0, 0.5);
  const Solution solution = run(built->problem(0.0, 8760.0, {8760.0}));
  EXPECT_EQ(state_at(solution, 0, 0), 0.0);
  EXPECT_EQ(state_at(solution, 0, 1), 0.0);
  EXPECT_LT(solution.statistics.steps, 100);
}

TEST_P(MethodTest, NamesTimeAndStateOfABlowUp) {
  SystemBuilder b;
  const auto calm = b.state("calm", 1.0), wild = b.state("wild", 1.0);  // wild = 1/(1 - t)
  b.rate(calm, -calm);
  b.rate(wild, wild * wild);
  const Solution solution = run(b.finish()->problem(0.0, 2.0, {0.5, 1.5}), 1e-6);
  EXPECT_NE(solution.status, Status::success);
  EXPECT_EQ(solution.times.size(), 1u) << "outputs before the failure are kept";
  EXPECT_NEAR(state_at(solution, 0, 1), 2.0, 1e-4);
  EXPECT_THAT(solution.message, HasSubstr("at time "));
  EXPECT_NEAR(std::stod(solution.message.substr(8)), 1.0, 1e-3);
}

TEST_P(MethodTest, NamesAnUndefinedRate) {
  SystemBuilder b;
  const auto calm = b.state("calm", 1.0), broken = b.state("broken", -1.0);
  b.rate(calm, -calm);
  b.rate(broken, function(Operation::logarithm, broken));
  const Solution solution = run(b.finish()->problem(0.0, 1.0));
  EXPECT_EQ(solution.status, Status::not_finite);
  EXPECT_THAT(solution.message, HasSubstr("rate of `broken` is"));
}

TEST_P(MethodTest, NamesAnUndefinedInitialValue) {
  SystemBuilder b;
  const auto x = b.state("x", 0.0);
  b.starts_at(x, function(Operation::logarithm, b.parameter("p", 0.0)));
  b.rate(x, -x);
  const Solution solution = run(b.finish()->problem(0.0, 1.0));
  EXPECT_EQ(solution.status, Status::not_finite);
  EXPECT_THAT(solution.message, HasSubstr("initial value of `x`"));
}

TEST_P(MethodTest, EmptiesATankWithInfiniteSlopeAtZero) {
  // Torricelli: y' = -2 sqrt(max(y, 0)), y = (1 - t)^2 until empty.
  SystemBuilder b;
  const auto y = b.state("y", 1.0);
  b.rate(y, -2.0 * function(Operation::square_root, choose(y > 0.0, y, b.number(0.0))));
  const Solution solution = run(b.finish()->problem(0.0, 3.0, {0.5, 0.9, 3.0}), 1e-7);
  ASSERT_EQ(solution.status, Status::success) << solution.message;
  EXPECT_NEAR(state_at(solution, 0, 0), 0.25, 1e-5);
  EXPECT_NEAR(state_at(solution, 1, 0), 0.01, 1e-5);
  EXPECT_NEAR(state_at(solution, 2, 0), 0.0, 1e-6);
}

TEST_P(MethodTest, StopsAtTheAllowedNumberOfSteps) {
  const ReferenceProblem problem = testing::oregonator();
  Options options = options_of(GetParam(), 1e-6, 1e-9);
  options.max_steps = 50;
  const Solution solution = solve(problem.built->problem(0.0, 360.0, {0.0, 360.0}), options);
  EXPECT_EQ(solution.status, Status::too_many_steps);
  EXPECT_LE(solution.statistics.steps + solution.statistics.rejected_steps, 51);
  EXPECT_EQ(solution.times.size(), 1u);
}

TEST_P(MethodTest, RespectsTheGreatestStep) {
  const auto built = one_compartment(1.0, 0.5);
  Options options = options_of(GetParam(), 1e-6, 1e-9);
  options.max_step_h = 0.5;
  EXPECT_GE(solve(built->problem(0.0, 100.0), options).statistics.steps, 200);
}

TEST_P(MethodTest, AdvancesASystemWithoutStates) {
  SystemBuilder b;
  b.output(2.0 * b.time());
  const Solution solution = run(b.finish()->problem(0.0, 10.0, {0.0, 2.5, 10.0}));
  ASSERT_EQ(solution.status, Status::success) << solution.message;
  EXPECT_THAT(solution.outputs, ::testing::ElementsAre(0.0, 5.0, 20.0));
}

TEST(Solve, RejectsMalformedProblems) {
  const auto built = one_compartment(1.0, 0.5);
  Problem problem = built->problem(0.0, 1.0, {0.5, 0.2});
  EXPECT_THROW(solve(problem, {}), std::logic_error);
  problem = built->problem(0.0, 1.0, {2.0});
  EXPECT_THROW(solve(problem, {}), std::logic_error);
  problem = built->problem(0.0, 1.0);
  problem.actions = {{0.5, Action::Kind::add_to_state, 2, 1.0}};
  EXPECT_THROW(solve(problem, {}), std::logic_error);
  problem.actions.clear();
  problem.parameters.pop_back();
  EXPECT_THROW(solve(problem, {}), std::logic_error);
}

TEST(InitialParameters, FollowFormulasInTheirOrder) {
  SystemBuilder b;
  const auto last = b.parameter("last", 0.0), middle = b.parameter("middle", 0.0),
             first = b.parameter("first", 3.0);
  const auto built = b.finish();
  built->system.parameters[0].initial = (middle * middle).id;
  built->system.parameters[1].initial = (first + 1.0).id;
  EXPECT_THAT(initial_parameters(built->system), ::testing::ElementsAre(16.0, 4.0, 3.0));
  built->system.parameters[1].initial = (last + 1.0).id;
  EXPECT_THROW(initial_parameters(built->system), std::logic_error);
}

TEST(BaselineDrift, IsTheGreatestScaledRate) {
  SystemBuilder b;
  const auto x = b.state("x", 2.0), y = b.state("y", 5.0, 100.0);
  const auto k = b.parameter("k", 1.0);
  b.rate(x, k - 0.5 * x);
  b.rate(y, -30.0 * (k - 1.0));
  const auto built = b.finish();
  EXPECT_EQ(baseline_drift(built->system, *built->kernel, {1.0}), 0.0);
  EXPECT_DOUBLE_EQ(baseline_drift(built->system, *built->kernel, {3.0}), 2.0);
  EXPECT_EQ(baseline_drift(built->system, *built->kernel, {std::nan("")}),
            std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace raad::solve
