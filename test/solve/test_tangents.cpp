// Forward sensitivities of systems whose solutions are known, through events, delays and switches.
#include "solve/tangents.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "solve/system_builder.hpp"

namespace raad::solve {
namespace {

using testing::BuiltSystem;
using testing::Expression;
using testing::SystemBuilder;

/// Derivatives of all states at the end by each parameter: [state][parameter]; the outputs are the states.
std::vector<std::vector<double>> state_derivatives(const BuiltSystem& built, double end,
                                                   std::vector<double> looks = {}) {
  std::vector<ir::NodeId> outputs;
  ir::System system = built.system;
  for (int i = 0; i < static_cast<int>(system.states.size()); ++i) outputs.push_back(system.graph.state(i));
  std::vector<int> parameters;
  for (int i = 0; i < static_cast<int>(system.parameters.size()); ++i) parameters.push_back(i);
  const TangentCode code(system, outputs, parameters);
  looks.push_back(end);
  auto problem = built.problem(0.0, end, looks);
  problem.system = &system;
  problem.kernel = &code.kernel();
  TangentProblem tangents;
  tangents.code = &code;
  const std::size_t p = parameters.size();
  for (std::size_t k = 0; k < p; ++k) {
    tangents.directions.emplace_back(p, 0.0);
    tangents.directions[k][k] = 1.0;
  }
  Options options;
  options.relative_tolerance = 1e-11;
  options.absolute_tolerance_per_scale = 1e-13;
  const auto found = solve_with_tangents(problem, tangents, options);
  EXPECT_EQ(found.solution.status, Status::success) << found.solution.message;
  std::vector<std::vector<double>> made(outputs.size());
  const std::size_t last = (looks.size() - 1) * outputs.size() * p;
  for (std::size_t i = 0; i < outputs.size(); ++i)
    for (std::size_t k = 0; k < p; ++k) made[i].push_back(found.output_tangents[last + i * p + k]);
  return made;
}

// Five digits beyond the tolerance of 1e-11 remain after a few restarts.
constexpr double k_near = 1e-7;

TEST(Tangents, OfExponentialDecay) {
  SystemBuilder b;
  const auto x = b.state("x", 0.0);
  const auto k = b.parameter("k", 0.7), x0 = b.parameter("x0", 3.0);
  b.starts_at(x, x0);
  b.rate(x, -(k * x));
  const auto slopes = state_derivatives(*b.finish(), 2.0, {0.5, 1.0});
  EXPECT_NEAR(slopes[0][0], -2.0 * 3.0 * std::exp(-1.4), k_near);
  EXPECT_NEAR(slopes[0][1], std::exp(-1.4), k_near);
}

TEST(Tangents, ThroughAnEventWhoseTimeMoves) {
  // x' = v until x reaches h at h/v, then x = a and x' = v again: x(t) = a + v t - h, and again at t = 2.
  SystemBuilder b;
  const auto x = b.state("x", 0.0);
  const auto v = b.parameter("v", 1.5), h = b.parameter("h", 2.0), a = b.parameter("a", 0.3);
  b.rate(x, v);
  b.event("back", x > h, {{x, a}});
  const auto slopes = state_derivatives(*b.finish(), 2.0);
  EXPECT_NEAR(slopes[0][0], 2.0, k_near);
  EXPECT_NEAR(slopes[0][1], -1.0, k_near);
  EXPECT_NEAR(slopes[0][2], 1.0, k_near);
}

TEST(Tangents, ThroughADelayedEventWithValuesFromBoth) {
  // Triggered at h/v, executed d later: x is set to twice its value at the trigger, 2 h, at tau = h/v + d;
  // x(t) = 2 h + v (t - tau). Executed with the value of then: x = 2 (h + v d) + v (t - tau).
  for (const bool from_trigger : {true, false}) {
    SystemBuilder b;
    const auto x = b.state("x", 0.0);
    const auto v = b.parameter("v", 1.5), h = b.parameter("h", 1.0), d = b.parameter("d", 0.4);
    b.rate(x, v);
    auto& event = b.event("twice", x > h, {{x, 2.0 * x}});
    event.delay = d.id;
    event.use_values_from_trigger_time = from_trigger;
    const auto slopes = state_derivatives(*b.finish(), 2.0);
    const double by_v = 2.0 - 0.4 + (from_trigger ? 0.0 : 2.0 * 0.4);
    EXPECT_NEAR(slopes[0][0], by_v, k_near) << from_trigger;
    EXPECT_NEAR(slopes[0][1], 2.0 - 1.0, k_near) << from_trigger;
    EXPECT_NEAR(slopes[0][2], from_trigger ? -1.5 : 1.5, k_near) << from_trigger;
  }
}

TEST(Tangents, ThroughAnEventThatSetsAParameterAndOneThatFollows) {
  // At tau = h/v the speed becomes w x = w h, and a second event, set off by the first, adds c:
  // x(t) = h + c + w h (t - h/v).
  SystemBuilder b;
  const auto x = b.state("x", 0.0);
  const auto speed = b.parameter("speed", 2.0), h = b.parameter("h", 1.0), w = b.parameter("w", 3.0),
             c = b.parameter("c", 0.25), flag = b.parameter("flag", 0.0);
  b.rate(x, speed);
  b.event("faster", x > h, {{speed, w * x}, {flag, b.number(1.0)}});
  b.event("jump", flag > 0.5, {{x, x + c}});
  const auto slopes = state_derivatives(*b.finish(), 2.0);
  EXPECT_NEAR(slopes[0][0], 3.0 * 1.0 / 4.0, k_near);              // w h h / v^2
  EXPECT_NEAR(slopes[0][1], 1.0 + 3.0 * 1.5 - 3.0 / 2.0, k_near);  // 1 + w (t - h/v) - w h / v
  EXPECT_NEAR(slopes[0][2], 1.5, k_near);
  EXPECT_NEAR(slopes[0][3], 1.0, k_near);
}

TEST(Tangents, ThroughASwitchInTime) {
  // x' = a before T and b after: x = a T + b (t - T).
  SystemBuilder b;
  const auto x = b.state("x", 0.0);
  const auto before = b.parameter("a", 1.0), after = b.parameter("b", 4.0), at = b.parameter("T", 0.75);
  b.rate(x, choose(b.time() >= at, after, before));
  const auto slopes = state_derivatives(*b.finish(), 2.0, {0.5});
  EXPECT_NEAR(slopes[0][0], 0.75, k_near);
  EXPECT_NEAR(slopes[0][1], 1.25, k_near);
  EXPECT_NEAR(slopes[0][2], -3.0, k_near);
}

TEST(Tangents, KnowWhatMovesStates) {
  SystemBuilder b;
  const auto x = b.state("x", 1.0);
  const auto rate = b.parameter("rate", 0.7), scale = b.parameter("scale", 3.0);
  const auto limit = b.parameter("limit", 2.0), through = b.parameter("through", 1.0);
  const auto follows = b.parameter("follows", 0.0);
  // In no derivative, and yet it decides the rate.
  b.rate(x, choose(limit > 1.0, -(rate * x) * follows, b.number(0.0)));
  b.output(scale * x);
  auto built = b.finish();
  built->system.parameters[4].initial = through.id;
  const TangentCode code(built->system, {(scale * x).id}, {0, 1, 2, 3, 4});
  EXPECT_TRUE(code.moves_states(0));
  EXPECT_FALSE(code.moves_states(1));
  EXPECT_TRUE(code.moves_states(2));
  EXPECT_TRUE(code.moves_states(3));
}

}  // namespace
}  // namespace raad::solve
