// Simplification and exact derivatives, against direct evaluation and extrapolated differences.
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "ir/differentiate.hpp"
#include "ir/event_root.hpp"
#include "ir/finite_difference.hpp"
#include "ir/random_graph.hpp"

namespace raad {
namespace {

using ir::Graph;
using ir::Node;
using ir::NodeId;
using ir::Operation;
using test::Point;
using test::RandomGraph;

constexpr double k_infinity = std::numeric_limits<double>::infinity();

double value_at(const Graph& graph, NodeId node, const Point<double>& point) {
  return test::evaluate_all(graph, point)[static_cast<std::size_t>(node)];
}

TEST(Graph, EqualExpressionsAreOneNode) {
  Graph graph;
  const NodeId x = graph.state(0);
  const NodeId k = graph.parameter(0);
  EXPECT_EQ(graph.add(x, k), graph.add(k, x));
  EXPECT_EQ(graph.multiply(x, k), graph.multiply(k, x));
  EXPECT_NE(graph.subtract(x, k), graph.subtract(k, x));
  EXPECT_NE(graph.divide(x, k), graph.divide(k, x));
  EXPECT_EQ(graph.constant(0.1), graph.constant(0.1));
  EXPECT_NE(graph.constant(0.1), graph.constant(0.1 + 1e-17 * 2));
  EXPECT_EQ(graph.constant(0.0), graph.constant(-0.0));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(graph.constant(nan), graph.constant(nan));
}

TEST(Graph, OperandsComeBeforeTheirUser) {
  RandomGraph random(1, RandomGraph::Kinks::allowed);
  random.grow(300);
  for (std::size_t id = 0; id < random.graph().size(); ++id) {
    const Node& node = random.graph()[static_cast<NodeId>(id)];
    for (int i = 0; i < node.operand_count; ++i) EXPECT_LT(node.operands[i], static_cast<NodeId>(id));
  }
}

TEST(Graph, Identities) {
  Graph graph;
  const NodeId x = graph.state(0);
  const NodeId y = graph.state(1);
  const NodeId zero = graph.constant(0.0);
  const NodeId one = graph.constant(1.0);
  EXPECT_EQ(graph.add(x, zero), x);
  EXPECT_EQ(graph.multiply(one, x), x);
  EXPECT_EQ(graph.multiply(x, zero), zero);
  EXPECT_EQ(graph.divide(x, one), x);
  EXPECT_EQ(graph.power(x, one), x);
  EXPECT_EQ(graph.power(x, zero), one);
  EXPECT_EQ(graph.subtract(x, x), zero);
  EXPECT_EQ(graph.negate(graph.negate(x)), x);
  EXPECT_EQ(graph.subtract(x, graph.negate(y)), graph.add(x, y));
  EXPECT_EQ(graph.negate(graph.subtract(x, y)), graph.subtract(y, x));
  EXPECT_EQ(graph.multiply(graph.negate(x), y), graph.negate(graph.multiply(x, y)));
  EXPECT_EQ(graph.multiply(x, x), graph.power(x, graph.constant(2.0)));
  EXPECT_EQ(graph.multiply(graph.power(x, graph.constant(2.0)), x), graph.power(x, graph.constant(3.0)));
  EXPECT_EQ(graph.divide(x, graph.constant(4.0)), graph.multiply(graph.constant(0.25), x));
  EXPECT_EQ(graph[graph.divide(x, graph.constant(3.0))].operation, Operation::divide);
  EXPECT_EQ(graph.select(one, x, y), x);
  EXPECT_EQ(graph.select(zero, x, y), y);
  // 0/0 must stay an error of the author's formula.
  EXPECT_EQ(graph[graph.divide(x, x)].operation, Operation::divide);
}

TEST(Graph, LongSumsAssociateToTheLeft) {
  Graph graph;
  const std::array<NodeId, 4> terms = {graph.state(0), graph.state(1), graph.state(2), graph.state(3)};
  NodeId by_hand = graph.add(graph.add(graph.add(terms[0], terms[1]), terms[2]), terms[3]);
  EXPECT_EQ(graph.apply(Operation::add, terms), by_hand);
  EXPECT_THROW(graph.apply(Operation::subtract, terms), std::logic_error);
}

// Every simplified node has the bits of the operation applied to its operands' values.
TEST(Graph, SimplificationChangesNoBit) {
  int checked = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    std::mt19937_64 generator(seed);
    Graph graph;
    Point<double> point;
    std::vector<NodeId> pool;
    std::vector<double> values;  // Without simplification
    const auto keep = [&](NodeId node, double value) {
      pool.push_back(node);
      values.push_back(value);
    };
    for (int i = 0; i < 3; ++i) {
      point.states.push_back(static_cast<double>(generator() >> 11) * 0x1p-52 - 1.0);
      keep(graph.state(i), point.states.back());
    }
    for (const double value : {0.0, 1.0, -1.0, 2.0, 0.5, 3.0, -4.0, 0.1}) keep(graph.constant(value), value);
    for (int step = 0; step < 60; ++step) {
      constexpr std::array operations = {Operation::add,      Operation::subtract, Operation::multiply,
                                         Operation::divide,   Operation::negate,   Operation::absolute,
                                         Operation::minimum,  Operation::maximum,  Operation::less,
                                         Operation::select,   Operation::power,    Operation::logical_not,
                                         Operation::multiply, Operation::negate};
      const Operation operation = operations[generator() % operations.size()];
      const auto arity = static_cast<std::size_t>(model::arity_of(operation));
      std::array<NodeId, 3> operands{};
      std::array<double, 3> x{};
      for (std::size_t i = 0; i < arity; ++i) {
        const auto chosen = static_cast<std::size_t>(generator() % pool.size());
        operands[i] = pool[chosen];
        x[i] = values[chosen];
      }
      double expected = model::evaluate(operation, std::span<const double>(x).first(arity));
      if (operation == Operation::power) {
        const auto n = ir::product_power(x[1]);
        if (!n || graph[operands[1]].kind != Node::Kind::constant) continue;
        // Constants fold by pow itself.
        if (graph[operands[0]].kind != Node::Kind::constant) expected = test::product_power(x[0], 2 * *n);
      }
      if (!std::isfinite(expected) || (expected != 0.0 && std::abs(expected) < 1e-200)) continue;
      const NodeId node = graph.apply(operation, std::span<const NodeId>(operands).first(arity));
      const double simplified = value_at(graph, node, point);
      ASSERT_EQ(simplified, expected) << "seed " << seed << " step " << step;
      keep(node, expected);
      ++checked;
    }
  }
  EXPECT_GT(checked, 10'000);
}

// ---------------------------------------------------------------------------------------------------------------------

struct Comparison {
  int nonzero = 0;    ///< Derivatives compared that are not zero
  int uncertain = 0;  ///< Left out because the differences themselves did not converge
};

/// Derivatives of all of `nodes` against differences.
void compare_with_differences(RandomGraph& random, const std::vector<NodeId>& nodes, ir::Variable variable,
                              Comparison& comparison) {
  const std::size_t original_size = random.graph().size();
  const auto derivatives = ir::differentiate(random.graph(), nodes, variable);
  Point<long double> point;
  point.time = static_cast<long double>(random.point().time);
  for (const double x : random.point().states) point.states.push_back(static_cast<long double>(x));
  for (const double p : random.point().parameters) point.parameters.push_back(static_cast<long double>(p));
  const auto exact = test::evaluate_all(random.graph(), point);
  auto& moved = variable.kind == Node::Kind::time ? point.time
                : variable.kind == Node::Kind::state
                    ? point.states[static_cast<std::size_t>(variable.index)]
                    : point.parameters[static_cast<std::size_t>(variable.index)];
  const long double centre = moved;
  const auto f = [&](long double x) {
    moved = x;
    const auto values = test::evaluate_all(random.graph(), point);
    std::vector<long double> chosen;
    for (const NodeId node : nodes) chosen.push_back(values[static_cast<std::size_t>(node)]);
    return chosen;
  };
  const auto differences = test::extrapolated(f, centre, 1e-3L);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const long double value = exact[static_cast<std::size_t>(derivatives[i])];
    const long double truth = differences[i].value;
    // Where the differences themselves are uncertain (steep compositions), nothing can be learned.
    if (!(differences[i].error < 1e-9L * (1.0L + std::abs(truth)))) {
      ++comparison.uncertain;
      continue;
    }
    EXPECT_NEAR(static_cast<double>(value), static_cast<double>(truth),
                static_cast<double>(1e-9L + 1e-8L * std::abs(truth)))
        << "node " << nodes[i] << " of " << original_size << ", operation "
        << model::name_of(random.graph()[nodes[i]].operation);
    comparison.nonzero += truth != 0.0L ? 1 : 0;
  }
}

TEST(Differentiate, RandomExpressionsAgreeWithDifferences) {
  Comparison comparison;
  std::set<Operation> seen;
  for (unsigned seed = 0; seed < 800; ++seed) {
    RandomGraph random(seed, RandomGraph::Kinks::avoided);
    random.grow(100);
    const std::vector<NodeId> nodes = random.numbers();
    for (const NodeId node : nodes)
      if (random.graph()[node].kind == Node::Kind::apply) seen.insert(random.graph()[node].operation);
    compare_with_differences(random, nodes, {Node::Kind::state, static_cast<int>(seed % 3)}, comparison);
    compare_with_differences(random, nodes, {Node::Kind::parameter, 1}, comparison);
    compare_with_differences(random, nodes, {Node::Kind::time, 0}, comparison);
    if (HasFailure()) FAIL() << "seed " << seed;
  }
  EXPECT_GT(comparison.nonzero, 10'000);
  EXPECT_LT(comparison.uncertain, comparison.nonzero / 10);
  // Every number-valued operation but the factorial took part.
  for (int i = 0; i <= static_cast<int>(Operation::arctanh); ++i) {
    const auto operation = static_cast<Operation>(i);
    EXPECT_EQ(seen.count(operation), operation == Operation::factorial ? 0U : 1U)
        << model::name_of(operation);
  }
  EXPECT_EQ(seen.count(Operation::select), 1U);
}

TEST(Differentiate, SecondDerivativesAgreeToo) {
  Comparison comparison;
  for (unsigned seed = 1000; seed < 1200; ++seed) {
    RandomGraph random(seed, RandomGraph::Kinks::avoided);
    random.grow(40);
    const auto first = ir::differentiate(random.graph(), random.numbers(), {Node::Kind::state, 0});
    compare_with_differences(random, first, {Node::Kind::state, 0}, comparison);
    compare_with_differences(random, first, {Node::Kind::parameter, 0}, comparison);
  }
  EXPECT_GT(comparison.nonzero, 300);
  EXPECT_LT(comparison.uncertain, comparison.nonzero / 5);
}

/// d/dx of x^n at x = 0 with the exponent as a parameter or as a number.
struct PowerCase {
  double exponent;
  double slope;
};

class PowerAtZero : public testing::TestWithParam<PowerCase> {};

TEST_P(PowerAtZero, FollowsTheConvention) {
  for (const bool literal : {true, false}) {
    Graph graph;
    const NodeId x = graph.state(0);
    const NodeId n = literal ? graph.constant(GetParam().exponent) : graph.parameter(0);
    const std::array<NodeId, 1> power = {graph.power(x, n)};
    const NodeId slope = ir::differentiate(graph, power, {Node::Kind::state, 0}).front();
    const Point<double> zero{0.0, {0.0}, {GetParam().exponent}};
    EXPECT_EQ(value_at(graph, slope, zero), GetParam().slope) << (literal ? "literal" : "parameter");
  }
}

INSTANTIATE_TEST_SUITE_P(Differentiate, PowerAtZero,
                         testing::Values(PowerCase{0.0, 0.0}, PowerCase{0.5, k_infinity}, PowerCase{1.0, 1.0},
                                         PowerCase{1.5, 0.0}, PowerCase{2.0, 0.0}, PowerCase{3.0, 0.0},
                                         PowerCase{12.0, 0.0}, PowerCase{2.7, 0.0}));

TEST(Differentiate, HillFunctionAtZeroHasNoNaN) {
  Graph graph;
  const NodeId x = graph.state(0);
  const NodeId k = graph.parameter(0);
  const NodeId n = graph.parameter(1);
  const NodeId xn = graph.power(x, n);
  const std::array<NodeId, 1> hill = {graph.divide(xn, graph.add(graph.power(k, n), xn))};
  const Point<double> point{0.0, {0.0}, {2.0, 1.7}};
  for (const ir::Variable variable :
       {ir::Variable{Node::Kind::state, 0}, ir::Variable{Node::Kind::parameter, 0},
        ir::Variable{Node::Kind::parameter, 1}})
    EXPECT_EQ(value_at(graph, ir::differentiate(graph, hill, variable).front(), point), 0.0);
}

TEST(Differentiate, TiesShareTheSlope) {
  Graph graph;
  const NodeId x = graph.state(0);
  const NodeId zero = graph.constant(0.0);
  const NodeId s = graph.parameter(0);
  // A smooth maximum whose slope at 0 is exactly one half.
  const NodeId scaled = graph.divide(graph.negate(graph.apply(Operation::absolute, std::array{x})), s);
  const NodeId tail = graph.multiply(
      s, graph.apply(Operation::logarithm,
                     std::array{graph.add(graph.constant(1.0),
                                          graph.apply(Operation::exponential, std::array{scaled}))}));
  const std::array<NodeId, 4> functions = {
      graph.apply(Operation::maximum, std::array{x, zero}),
      graph.apply(Operation::minimum, std::array{x, zero}), graph.apply(Operation::absolute, std::array{x}),
      graph.add(graph.apply(Operation::maximum, std::array{x, zero}), tail)};
  const auto slopes = ir::differentiate(graph, functions, {Node::Kind::state, 0});
  const Point<double> point{0.0, {0.0}, {0.3}};
  EXPECT_EQ(value_at(graph, slopes[0], point), 0.5);
  EXPECT_EQ(value_at(graph, slopes[1], point), 0.5);
  EXPECT_EQ(value_at(graph, slopes[2], point), 0.0);
  EXPECT_EQ(value_at(graph, slopes[3], point), 0.5);
}

TEST(Differentiate, CostStaysLinearInTheExpression) {
  // A chain of 2000 products of sums: the derivative must share, not multiply out.
  Graph graph;
  NodeId chain = graph.state(0);
  for (int i = 0; i < 2000; ++i) chain = graph.multiply(chain, graph.add(graph.state(0), graph.parameter(i)));
  const std::size_t before = graph.size();
  const std::array<NodeId, 1> nodes = {chain};
  ir::differentiate(graph, nodes, {Node::Kind::state, 0});
  EXPECT_LT(graph.size() - before, 3 * before);
}

// ---------------------------------------------------------------------------------------------------------------------

TEST(EventRoot, SignFollowsTheTruthValue) {
  int both[2] = {0, 0};
  for (unsigned seed = 0; seed < 200; ++seed) {
    RandomGraph random(seed, RandomGraph::Kinks::avoided);
    random.grow(40);
    const auto truths = random.truths();
    for (const NodeId trigger : truths) {
      const NodeId root = ir::event_root(random.graph(), trigger);
      const auto values = test::evaluate_all(random.graph(), random.point());
      const bool is_true = values[static_cast<std::size_t>(trigger)] != 0.0;
      EXPECT_EQ(values[static_cast<std::size_t>(root)] > 0.0, is_true) << "seed " << seed;
      ++both[is_true ? 1 : 0];
    }
  }
  EXPECT_GT(both[0], 500);
  EXPECT_GT(both[1], 500);
}

TEST(EventRoot, IsContinuousInItsOperands) {
  Graph graph;
  const NodeId x = graph.state(0);
  const NodeId y = graph.state(1);
  const NodeId trigger = graph.apply(
      Operation::logical_and,
      std::array{
          graph.apply(Operation::greater, std::array{x, graph.constant(1.0)}),
          graph.apply(Operation::logical_not, std::array{graph.apply(Operation::less, std::array{y, x})})});
  const NodeId root = ir::event_root(graph, trigger);
  for (double step = 0.0; step < 3.0; step += 0.01)
    EXPECT_EQ(value_at(graph, root, {0.0, {step, 2.0}, {}}), std::min(step - 1.0, -(step - 2.0)));
}

}  // namespace
}  // namespace raad
