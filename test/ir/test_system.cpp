// Systems made from flat models put together by hand: ordering, initial values, derivatives, events,
// listings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "ir/graph_evaluation.hpp"
#include "ir/system.hpp"

namespace raad {
namespace {

using model::apply;
using model::FlatModel;
using model::FormulaPointer;
using model::number;
using model::Operation;
using model::Role;
using model::SymbolId;
using testing::HasSubstr;

/// Adds symbols and equations with little ceremony.
struct ModelMaker {
  FlatModel model;

  SymbolId add(const std::string& id, Role role, double value = std::numeric_limits<double>::quiet_NaN()) {
    const auto symbol = static_cast<SymbolId>(model.symbols.size());
    model::Symbol made;
    made.id = id;
    made.role = role;
    made.unit_text = "mg";
    model.symbols.push_back(made);
    model.parameter_values.push_back(value);
    model.index[id] = symbol;
    return symbol;
  }
  SymbolId parameter(const std::string& id, double value) { return add(id, Role::parameter, value); }
  SymbolId state(const std::string& id, FormulaPointer initial) {
    const SymbolId symbol = add(id, Role::state);
    model.initial.push_back({symbol, std::move(initial), {}});
    return symbol;
  }
};

FormulaPointer times(FormulaPointer a, FormulaPointer b) {
  return apply(Operation::multiply, {std::move(a), std::move(b)});
}
FormulaPointer of(SymbolId id) {
  return model::symbol(id);
}

/// Oral dosing with a derived rate, a concentration, a clock and an event; every feature of the builder once.
ModelMaker absorption() {
  ModelMaker maker;
  auto& model = maker.model;
  model.name = "absorption";
  // Declared before what it depends on, to test the order.
  const SymbolId fast = maker.add("fast", Role::parameter);
  const SymbolId half = maker.add("half", Role::parameter);
  const SymbolId ka = maker.parameter("ka", 1.2);
  const SymbolId ke = maker.parameter("ke", 0.3);
  const SymbolId volume = maker.parameter("volume", 40.0);
  const SymbolId dose = maker.parameter("dose", 25.0);
  model.initial.push_back({half, times(number(0.5), of(ka)), {}});
  model.initial.push_back({fast, times(number(8.0), of(half)), {}});
  const SymbolId gut = maker.state("gut", of(dose));
  const SymbolId blood = maker.state("blood", times(number(0.1), of(gut)));
  const SymbolId concentration = maker.add("concentration", Role::assigned);
  const SymbolId slope = maker.add("slope", Role::assigned);
  model.rules.push_back({concentration, apply(Operation::divide, {of(blood), of(volume)}), {}});
  model::Formula rate_of;
  rate_of.kind = model::Formula::Kind::rate_of;
  rate_of.symbol = gut;
  model.rules.push_back({slope, times(number(2.0), std::make_shared<model::Formula>(rate_of)), {}});
  model.rates.push_back({gut, apply(Operation::negate, {times(of(ka), of(gut))}), {}});
  // Clearance with a daily rhythm and saturation in the concentration.
  const auto rhythm = apply(Operation::add, {number(1.0), apply(Operation::sine, {model::time_symbol()})});
  model.rates.push_back(
      {blood,
       apply(Operation::subtract, {times(of(ka), of(gut)), times(times(of(ke), rhythm), of(concentration))}),
       {}});
  model.aliases["effect__input"] = blood;
  model::FlatEvent event;
  event.id = "rescue";
  event.trigger = apply(Operation::less, {of(concentration), of(ke)});
  event.delay = number(0.5);
  event.assignments.push_back({gut, apply(Operation::add, {of(gut), of(dose)}), {}});
  event.assignments.push_back({ke, times(number(2.0), of(ke)), {}});
  model.events.push_back(event);
  return maker;
}

TEST(BuildSystem, ParametersGivenByFormulaFollowWhatTheyUse) {
  const auto system = ir::build_system(absorption().model);
  ASSERT_EQ(system.parameters.size(), 6U);
  test::Point<double> point;
  for (const auto& parameter : system.parameters) point.parameters.push_back(parameter.value);
  point.states.assign(system.states.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < system.parameters.size(); ++i)
    if (system.parameters[i].initial)
      point.parameters[i] =
          test::evaluate_all(system.graph, point)[static_cast<std::size_t>(*system.parameters[i].initial)];
  EXPECT_EQ(point.parameters[static_cast<std::size_t>(*system.find_parameter("half"))], 0.6);
  EXPECT_EQ(point.parameters[static_cast<std::size_t>(*system.find_parameter("fast"))], 4.8);
}

test::Point<double> example_point(const ir::System& system) {
  test::Point<double> point{2.0, {20.0, 3.0}, {}};
  for (const auto& parameter : system.parameters)
    point.parameters.push_back(parameter.initial ? 1.0 : parameter.value);
  return point;
}

TEST(BuildSystem, RatesAndDerivativesAreThoseOfTheFormulas) {
  const auto system = ir::build_system(absorption().model);
  const auto values = test::evaluate_all(system.graph, example_point(system));
  const auto at = [&](ir::NodeId node) { return values[static_cast<std::size_t>(node)]; };
  const double rhythm = 1.0 + std::sin(2.0);
  EXPECT_DOUBLE_EQ(at(system.rates[0]), -1.2 * 20.0);
  EXPECT_DOUBLE_EQ(at(system.rates[1]), 1.2 * 20.0 - 0.3 * rhythm * (3.0 / 40.0));
  EXPECT_DOUBLE_EQ(at(system.quantities.at("slope").node), 2.0 * -1.2 * 20.0);
  // Columns: gut {gut, blood}, blood {blood}.
  EXPECT_EQ(system.jacobian.column_starts, (std::vector<int>{0, 2, 3}));
  EXPECT_EQ(system.jacobian.rows, (std::vector<int>{0, 1, 1}));
  EXPECT_DOUBLE_EQ(at(system.jacobian.entries[0]), -1.2);
  EXPECT_DOUBLE_EQ(at(system.jacobian.entries[1]), 1.2);
  EXPECT_DOUBLE_EQ(at(system.jacobian.entries[2]), -0.3 * rhythm / 40.0);
  EXPECT_EQ(at(system.time_derivative[0]), 0.0);
  EXPECT_DOUBLE_EQ(at(system.time_derivative[1]), -0.3 * std::cos(2.0) * 3.0 / 40.0);
}

TEST(BuildSystem, InitialStatesUseParametersOnly) {
  const auto system = ir::build_system(absorption().model);
  for (const ir::NodeId node : system.initial_states) EXPECT_FALSE(system.graph.dependence(node).on_states);
  const auto values = test::evaluate_all(system.graph, example_point(system));
  EXPECT_EQ(values[static_cast<std::size_t>(system.initial_states[0])], 25.0);
  EXPECT_EQ(values[static_cast<std::size_t>(system.initial_states[1])], 2.5);
}

TEST(BuildSystem, AliasesNameTheSameState) {
  const auto system = ir::build_system(absorption().model);
  EXPECT_EQ(system.find_state("effect__input"), system.find_state("blood"));
  EXPECT_EQ(system.quantities.at("effect__input").node, system.quantities.at("blood").node);
  EXPECT_FALSE(system.find_state("concentration").has_value());
  EXPECT_FALSE(system.find_parameter("blood").has_value());
  EXPECT_FALSE(system.find_state("nothing").has_value());
}

TEST(BuildSystem, EventsKeepTheirTargetsAndRoots) {
  const auto system = ir::build_system(absorption().model);
  ASSERT_EQ(system.events.size(), 1U);
  const auto& event = system.events[0];
  const auto values = test::evaluate_all(system.graph, example_point(system));
  EXPECT_DOUBLE_EQ(values[static_cast<std::size_t>(event.root)], 0.3 - 3.0 / 40.0);
  EXPECT_EQ(values[static_cast<std::size_t>(event.delay)], 0.5);
  EXPECT_EQ(event.priority, -1);
  ASSERT_EQ(event.assignments.size(), 2U);
  EXPECT_EQ(event.assignments[0].target, ir::EventAssignment::Target::state);
  EXPECT_EQ(event.assignments[0].index, 0);
  EXPECT_EQ(event.assignments[1].target, ir::EventAssignment::Target::parameter);
  EXPECT_EQ(event.assignments[1].index, *system.find_parameter("ke"));
}

TEST(BuildSystem, DiagonalIsAlwaysPresent) {
  ModelMaker maker;
  const SymbolId x = maker.state("x", number(1.0));
  const SymbolId y = maker.state("y", number(1.0));
  maker.model.rates.push_back({x, of(y), {}});
  maker.model.rates.push_back({y, number(0.0), {}});
  const auto system = ir::build_system(maker.model);
  EXPECT_EQ(system.jacobian.rows, (std::vector<int>{0, 0, 1}));
  EXPECT_TRUE(system.graph.is_constant(system.jacobian.entries[0], 0.0));
  EXPECT_TRUE(system.graph.is_constant(system.jacobian.entries[2], 0.0));
}

TEST(BuildSystem, ParameterJacobianHasTheColumnsAskedFor) {
  auto system = ir::build_system(absorption().model);
  const int ke = *system.find_parameter("ke"), ka = *system.find_parameter("ka");
  const auto columns = ir::parameter_jacobian(system, {ke, ka});
  EXPECT_EQ(columns.column_starts, (std::vector<int>{0, 1, 3}));
  EXPECT_EQ(columns.rows, (std::vector<int>{1, 0, 1}));
  const auto values = test::evaluate_all(system.graph, example_point(system));
  EXPECT_DOUBLE_EQ(values[static_cast<std::size_t>(columns.entries[0])],
                   -(1.0 + std::sin(2.0)) * (3.0 / 40.0));
  EXPECT_DOUBLE_EQ(values[static_cast<std::size_t>(columns.entries[1])], -20.0);
}

TEST(BuildSystem, CyclesAreReportedWithTheirMembers) {
  ModelMaker maker;
  const SymbolId x = maker.state("x", number(1.0));
  const SymbolId a = maker.add("a", Role::assigned);
  const SymbolId b = maker.add("b", Role::assigned);
  maker.model.rates.push_back({x, of(a), {}});
  maker.model.rules.push_back({a, times(number(2.0), of(b)), {}});
  maker.model.rules.push_back({b, times(number(3.0), of(a)), {}});
  try {
    ir::build_system(maker.model);
    FAIL() << "a cycle went unnoticed";
  } catch (const base::InputError& error) {
    ASSERT_EQ(error.findings().all().size(), 1U);
    EXPECT_EQ(error.findings().all()[0].code, "R008");
    EXPECT_THAT(error.findings().all()[0].message, HasSubstr("a -> b -> a"));
  }
}

TEST(BuildSystem, CycleOfInitialValuesIsReported) {
  ModelMaker maker;
  const SymbolId p = maker.add("p", Role::parameter);
  const SymbolId x = maker.state("x", of(p));
  maker.model.initial.push_back({p, of(x), {}});
  maker.model.rates.push_back({x, number(0.0), {}});
  EXPECT_THROW(ir::build_system(maker.model), base::InputError);
}

TEST(PrintSystem, ListsEquationsWithNames) {
  const auto system = ir::build_system(absorption().model);
  const std::string equations = ir::print_equations(system);
  EXPECT_THAT(equations, HasSubstr("concentration := blood / volume"));
  EXPECT_THAT(equations, HasSubstr("gut' = -(ka * gut)"));
  EXPECT_THAT(equations, HasSubstr("blood' = ka * gut - ke * (1 + sin(time)) * concentration"));
  EXPECT_THAT(equations, HasSubstr("fast = 8 * half"));
  EXPECT_THAT(equations, HasSubstr("rescue: at 0.5 after concentration < ke"));
  EXPECT_THAT(equations, HasSubstr("gut = gut + dose, ke = 2 * ke"));
  const std::string jacobian = ir::print_jacobian(system);
  EXPECT_THAT(jacobian, HasSubstr("2 x 2, 3 structural non-zeros"));
  EXPECT_THAT(jacobian, HasSubstr("d gut' / d gut = -ka"));
}

TEST(PrintSystem, FormulasKeepTheirMeaning) {
  ir::System system;
  system.states = {{"x", "", 1.0, -1}, {"y", "", 1.0, -1}, {"z", "", 1.0, -1}};
  auto& graph = system.graph;
  const ir::NodeId x = graph.state(0), y = graph.state(1), z = graph.state(2);
  const auto text = [&](ir::NodeId node) { return ir::print_node(system, node); };
  EXPECT_EQ(text(graph.subtract(x, graph.subtract(y, z))), "x - (y - z)");
  EXPECT_EQ(text(graph.subtract(graph.subtract(x, y), z)), "x - y - z");
  EXPECT_EQ(text(graph.divide(x, graph.multiply(y, z))), "x / (y * z)");
  EXPECT_EQ(text(graph.power(graph.power(x, y), z)), "(x^y)^z");
  EXPECT_EQ(text(graph.power(x, graph.power(y, z))), "x^(y^z)");
  EXPECT_EQ(text(graph.negate(graph.power(x, y))), "-x^y");
  EXPECT_EQ(text(graph.power(graph.negate(x), y)), "(-x)^y");
  EXPECT_EQ(text(graph.negate(graph.add(x, y))), "-(x + y)");
  const ir::NodeId below = graph.apply(Operation::less, std::array{x, y});
  const ir::NodeId above = graph.apply(Operation::greater, std::array{y, z});
  EXPECT_EQ(text(graph.select(below, y, z)), "piecewise(y, x < y, z)");
  EXPECT_EQ(
      text(graph.apply(Operation::logical_or,
                       std::array{below, graph.apply(Operation::logical_and, std::array{below, above})})),
      "x < y || (x < y && y > z)");
}

TEST(PrintSystem, ExplodingExpressionsAreClipped) {
  ir::System system;
  system.states = {{"x", "", 1.0, -1}};
  ir::NodeId node = system.graph.state(0);
  for (int i = 0; i < 200; ++i)  // 2^200 characters when written out
    node = system.graph.multiply(node, system.graph.apply(Operation::sine, std::array{node}));
  EXPECT_LT(ir::print_node(system, node).size(), 100'000U);
}

}  // namespace
}  // namespace raad
