// Model events: located to rounding, and carried out as SBML Level 3 says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "solve/crossing.hpp"
#include "solve/problem.hpp"
#include "solve/system_builder.hpp"

namespace raad::solve {
namespace {

using testing::BuiltSystem;
using ::testing::ElementsAre;
using testing::Expression;
using ::testing::HasSubstr;
using testing::state_at;
using testing::SystemBuilder;

class EventTest : public ::testing::TestWithParam<Method> {
 protected:
  Solution run(const Problem& problem, double relative = 1e-10) const {
    Options options;
    options.method = GetParam();
    options.relative_tolerance = relative;
    options.absolute_tolerance_per_scale = 1e-3 * relative;
    return solve(problem, options);
  }
};
INSTANTIATE_TEST_SUITE_P(Methods, EventTest, ::testing::Values(Method::cvodes, Method::rosenbrock),
                         [](const auto& instance) {
                           return instance.param == Method::cvodes ? "Cvodes" : "Rodas5P";
                         });

std::vector<double> event_times(const Solution& solution) {
  std::vector<double> times;
  for (const EventRecord& record : solution.events) times.push_back(record.time_h);
  return times;
}

std::vector<int> event_order(const Solution& solution) {
  std::vector<int> order;
  for (const EventRecord& record : solution.events) order.push_back(record.event);
  return order;
}

TEST(LocateRise, FindsTheFirstTrueDouble) {
  const double exact = std::sqrt(2.0);
  int probes = 0;
  const double found = locate_rise(0.0, 10.0, [&](double t) {
    ++probes;
    return Probe{t >= exact, t * t - 2.0};
  });
  EXPECT_EQ(found, exact);
  EXPECT_LT(probes, 115);
  // Without a helpful function, and with one that lies.
  EXPECT_EQ(locate_rise(0.0, 10.0, [&](double t) { return Probe{t >= exact, 0.0}; }), exact);
  EXPECT_EQ(locate_rise(0.0, 10.0, [&](double t) { return Probe{t >= exact, t - 3.0}; }), exact);
}

TEST_P(EventTest, BouncingBallHitsTheGroundOnTime) {
  // Dropped from 1 m with g = 9.81 and restitution 0.8: t_1 = sqrt(2/g), then flights of 2 t_1 0.8^n.
  const double g = 9.81, restitution = 0.8;
  SystemBuilder b;
  const auto height = b.state("height", 1.0), speed = b.state("speed", 0.0);
  b.rate(height, speed);
  b.rate(speed, b.number(-g));
  b.event("bounce", both(height < 0.0, speed < 0.0), {{speed, -restitution * speed}});
  const Solution solution = run(b.finish()->problem(0.0, 3.0));
  ASSERT_EQ(solution.status, Status::success) << solution.message;
  const double first = std::sqrt(2.0 / g);
  double exact = first;
  ASSERT_GE(solution.events.size(), 6u);
  for (std::size_t n = 0; n < 6; ++n) {
    // The trajectory is a parabola, exact for both methods up to rounding and their error tests.
    EXPECT_NEAR(solution.events[n].time_h, exact, GetParam() == Method::rosenbrock ? 2e-13 : 1e-8) << n;
    exact += 2.0 * first * std::pow(restitution, static_cast<double>(n + 1));
  }
}

TEST_P(EventTest, LocatesAThresholdOfADecay) {
  SystemBuilder b;
  const auto x = b.state("x", 1.0);
  b.rate(x, -x);
  b.event("half", x < 0.5, {{x, b.number(1.0)}});
  const Solution solution = run(b.finish()->problem(0.0, 5.0 * std::log(2.0) + 0.1));
  ASSERT_EQ(solution.events.size(), 5u);
  for (std::size_t n = 0; n < 5; ++n) {
    EXPECT_NEAR(solution.events[n].time_h, static_cast<double>(n + 1) * std::log(2.0), 1e-8);
  }
}

/// A state at rest that events act upon, in a run of 100 h with outputs each hour.
struct Bench {
  SystemBuilder builder;
  Expression x = builder.state("x", 0.0), y = builder.state("y", 0.0);
  Expression time = builder.time();
  Problem problem(const BuiltSystem& built) const {
    std::vector<double> times;
    for (int i = 0; i <= 100; ++i) times.push_back(i);
    return built.problem(0.0, 100.0, times);
  }
};

TEST_P(EventTest, FiresExactlyAtATime) {
  Bench bench;
  bench.builder.event("e", bench.time >= 10.0, {{bench.x, bench.x + 1.0}});
  const auto built = bench.builder.finish();
  const Solution solution = run(bench.problem(*built));
  EXPECT_THAT(event_times(solution), ElementsAre(10.0));
  EXPECT_EQ(state_at(solution, 9, 0), 0.0);
  EXPECT_EQ(state_at(solution, 10, 0), 1.0) << "outputs at the event's time come after it";
  EXPECT_EQ(state_at(solution, 100, 0), 1.0);
}

TEST_P(EventTest, FiresAfterAnExcludedTime) {
  Bench bench;
  bench.builder.event("e", bench.time > 10.0, {{bench.x, bench.x + 1.0}});
  const auto built = bench.builder.finish();
  const Solution solution = run(bench.problem(*built));
  EXPECT_THAT(event_times(solution), ElementsAre(std::nextafter(10.0, 11.0)));
  EXPECT_EQ(state_at(solution, 10, 0), 0.0);
  EXPECT_EQ(state_at(solution, 11, 0), 1.0);
}

TEST_P(EventTest, IsNotSteppedOverInAQuietRun) {
  Bench bench;
  bench.builder.event("e", both(bench.time >= 50.0, bench.time < 50.001), {{bench.x, bench.x + 1.0}});
  const auto built = bench.builder.finish();
  EXPECT_THAT(event_times(run(bench.problem(*built))), ElementsAre(50.0));
}

TEST_P(EventTest, TrueAtTheStartFiresOnlyWhenAskedTo) {
  for (bool fires : {false, true}) {
    Bench bench;
    bench.builder.event("e", bench.time >= 0.0, {{bench.x, bench.x + 1.0}}).fire_at_start_if_true = fires;
    const auto built = bench.builder.finish();
    const Solution solution = run(bench.problem(*built));
    EXPECT_EQ(solution.events.size(), fires ? 1u : 0u);
    EXPECT_EQ(state_at(solution, 0, 0), fires ? 1.0 : 0.0);
  }
}

TEST_P(EventTest, DoseCanTriggerAtItsOwnTime) {
  Bench bench;
  bench.builder.event("e", bench.x > 5.0, {{bench.y, bench.x}});
  const auto built = bench.builder.finish();
  Problem problem = bench.problem(*built);
  problem.actions = {{0.0, Action::Kind::add_to_state, 0, 6.0},
                     {20.0, Action::Kind::add_to_state, 0, -6.0},
                     {30.0, Action::Kind::add_to_state, 0, 8.0}};
  const Solution solution = run(problem);
  EXPECT_THAT(event_times(solution), ElementsAre(0.0, 30.0));
  EXPECT_EQ(state_at(solution, 0, 1), 6.0);
  EXPECT_EQ(state_at(solution, 30, 1), 8.0);
}

TEST_P(EventTest, DelayUsesValuesOfTheTriggerOrOfTheExecution) {
  for (bool from_trigger : {true, false}) {
    Bench bench;
    bench.builder.rate(bench.x, bench.builder.number(1.0));
    ir::Event& event = bench.builder.event("e", bench.x >= 10.0, {{bench.y, bench.x}});
    event.delay = bench.builder.number(5.0).id;
    event.use_values_from_trigger_time = from_trigger;
    const auto built = bench.builder.finish();
    const Solution solution = run(bench.problem(*built));
    ASSERT_EQ(solution.events.size(), 1u);
    EXPECT_NEAR(solution.events[0].time_h, 15.0, 1e-9);
    EXPECT_NEAR(state_at(solution, 100, 1), from_trigger ? 10.0 : 15.0, 1e-9);
  }
}

TEST_P(EventTest, OnlyPersistentOnesOutliveTheirTrigger) {
  for (bool persistent : {true, false}) {
    Bench bench;
    ir::Event& event =
        bench.builder.event("e", both(bench.time >= 10.0, bench.time < 12.0), {{bench.x, bench.x + 1.0}});
    event.delay = bench.builder.number(5.0).id;
    event.persistent = persistent;
    const auto built = bench.builder.finish();
    EXPECT_EQ(run(bench.problem(*built)).events.size(), persistent ? 1u : 0u);
  }
}

TEST_P(EventTest, OneEventMayWaitSeveralTimes) {
  Bench bench;
  bench.builder.rate(bench.y, bench.builder.number(1.0));
  // Triggers at y = 10 and, after a reset, again 2 h later, each delayed by 30 h.
  auto& late = bench.builder.event("late", bench.y >= 10.0, {{bench.x, bench.x + 1.0}});
  late.delay = bench.builder.number(30.0).id;
  late.use_values_from_trigger_time = false;
  bench.builder.event("reset", bench.time >= 10.5, {{bench.y, bench.builder.number(8.5)}});
  const auto built = bench.builder.finish();
  const Solution solution = run(bench.problem(*built));
  EXPECT_THAT(event_order(solution), ElementsAre(1, 0, 0));
  EXPECT_NEAR(solution.events[1].time_h, 40.0, 1e-9);
  EXPECT_NEAR(solution.events[2].time_h, 42.0, 1e-9);
  EXPECT_EQ(state_at(solution, 100, 0), 2.0);
}

TEST_P(EventTest, SimultaneousOnesRunByPriorityThenDeclaration) {
  Bench bench;
  const double priorities[] = {1.0, 3.0, 3.0};
  bench.builder.event("without", bench.time >= 5.0, {{bench.x, bench.x + 1.0}});
  for (double priority : priorities) {
    bench.builder.event("p", bench.time >= 5.0, {{bench.x, bench.x + 1.0}}).priority =
        bench.builder.number(priority).id;
  }
  const auto built = bench.builder.finish();
  EXPECT_THAT(event_order(run(bench.problem(*built))), ElementsAre(2, 3, 1, 0));
}

TEST_P(EventTest, PriorityIsJudgedAgainAfterEachExecution) {
  Bench bench;
  auto& first = bench.builder.event("first", bench.time >= 5.0, {{bench.y, bench.builder.number(10.0)}});
  first.priority = bench.builder.number(5.0).id;
  bench.builder.event("fixed", bench.time >= 5.0, {}).priority = bench.builder.number(3.0).id;
  bench.builder.event("rising", bench.time >= 5.0, {}).priority = bench.y.id;  // 0, then 10
  const auto built = bench.builder.finish();
  EXPECT_THAT(event_order(run(bench.problem(*built))), ElementsAre(0, 2, 1));
}

TEST_P(EventTest, SimultaneousSwapUsesValuesFromTriggerTime) {
  Bench bench;
  const auto a = bench.builder.state("a", 1.0), b = bench.builder.state("b", 2.0);
  bench.builder.event("to_a", bench.time >= 5.0, {{a, b}});
  bench.builder.event("to_b", bench.time >= 5.0, {{b, a}});
  const auto built = bench.builder.finish();
  const Solution solution = run(bench.problem(*built));
  EXPECT_EQ(state_at(solution, 5, 2), 2.0);
  EXPECT_EQ(state_at(solution, 5, 3), 1.0);
}

TEST_P(EventTest, ExecutionsCanTriggerAndCancelOthers) {
  Bench bench;
  // `first` makes `chained` true and `cancelled`, which is due at the same time but not persistent, false.
  auto& first = bench.builder.event("first", bench.time >= 5.0, {{bench.x, bench.builder.number(1.0)}});
  first.priority = bench.builder.number(2.0).id;
  auto& cancelled = bench.builder.event("cancelled", both(bench.time >= 5.0, bench.x < 0.5), {});
  cancelled.priority = bench.builder.number(1.0).id;
  cancelled.persistent = false;
  bench.builder.event("chained", bench.x > 0.5, {{bench.y, bench.builder.number(7.0)}});
  const auto built = bench.builder.finish();
  const Solution solution = run(bench.problem(*built));
  EXPECT_THAT(event_order(solution), ElementsAre(0, 2));
  EXPECT_EQ(state_at(solution, 5, 1), 7.0);
}

TEST_P(EventTest, ParameterAssignmentsActFromThenOn) {
  SystemBuilder b;
  const auto x = b.state("x", 1.0);
  const auto k = b.parameter("k", 1.0);
  b.rate(x, -2.0 * k * x);
  b.event("stop", b.time() >= 1.0, {{k, b.number(0.0)}});
  const auto built = b.finish();
  const Solution solution = run(built->problem(0.0, 3.0, {1.0, 3.0}));
  EXPECT_NEAR(state_at(solution, 0, 0), std::exp(-2.0), 1e-9);
  EXPECT_EQ(state_at(solution, 0, 0), state_at(solution, 1, 0));
}

TEST_P(EventTest, MovedThresholdInTimeIsFollowed) {
  Bench bench;
  const auto next = bench.builder.parameter("next", 10.0);
  bench.builder.event("e", bench.time >= next, {{next, next + 30.0}, {bench.x, bench.x + 1.0}});
  const auto built = bench.builder.finish();
  EXPECT_THAT(event_times(run(bench.problem(*built))), ElementsAre(10.0, 40.0, 70.0, 100.0));
}

TEST_P(EventTest, OutputTimesChangeNoBit) {
  SystemBuilder b;
  const auto x = b.state("x", 1.0);
  b.rate(x, -x);
  b.event("half", x < 0.5, {{x, x + 0.7}});
  const auto built = b.finish();
  std::vector<double> many;
  for (int i = 0; i <= 1000; ++i) many.push_back(0.01 * i < 10.0 ? 0.01 * i : 10.0);
  const Solution one = run(built->problem(0.0, 10.0, {10.0}), 1e-6);
  const Solution all = run(built->problem(0.0, 10.0, many), 1e-6);
  EXPECT_EQ(event_times(one), event_times(all));
  EXPECT_EQ(state_at(one, 0, 0), state_at(all, 1000, 0));
}

TEST_P(EventTest, ReportsEndlessCascades) {
  Bench bench;
  bench.builder.event("flip", both(bench.time >= 5.0, bench.x < 0.5), {{bench.x, bench.builder.number(1.0)}});
  bench.builder.event("flop", bench.x > 0.5, {{bench.x, bench.builder.number(0.0)}});
  const auto built = bench.builder.finish();
  const Solution solution = run(bench.problem(*built));
  EXPECT_EQ(solution.status, Status::event_failure);
  EXPECT_THAT(solution.message, HasSubstr("at time 5:"));
  EXPECT_EQ(solution.times.size(), 5u);
}

TEST_P(EventTest, ReportsNegativeDelaysAndUndefinedValues) {
  Bench negative;
  negative.builder.event("early", negative.time >= 5.0, {}).delay = negative.builder.number(-1.0).id;
  const auto built = negative.builder.finish();
  Solution solution = run(negative.problem(*built));
  EXPECT_EQ(solution.status, Status::event_failure);
  EXPECT_THAT(solution.message, HasSubstr("the delay of event `early` is -1"));

  Bench undefined;
  undefined.builder.event("bad", undefined.time >= 5.0,
                          {{undefined.x, function(ir::Operation::logarithm, undefined.x)}});
  const auto other = undefined.builder.finish();
  solution = run(undefined.problem(*other));
  EXPECT_EQ(solution.status, Status::not_finite);
  EXPECT_THAT(solution.message, HasSubstr("event `bad` sets `x`"));
}

}  // namespace
}  // namespace raad::solve
