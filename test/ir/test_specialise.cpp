// Smaller systems for runs that share inputs, and the signs that a guard relies on.
#include "ir/specialise.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ir/positivity.hpp"

namespace raad::ir {
namespace {

/// gut -> plasma -> effect on a response at rest at 1; a second drug beside it that nobody gives.
struct TwoDrugs {
  System system;
  NodeId response = -1;

  TwoDrugs() {
    Graph& g = system.graph;
    const auto state = [&](const char* id) {
      system.states.push_back({id, "1", 1.0, -1});
      return g.state(static_cast<int>(system.states.size()) - 1);
    };
    const auto parameter = [&](const char* id, double value) {
      system.parameters.push_back({id, "1", value, {}, -1});
      return g.parameter(static_cast<int>(system.parameters.size()) - 1);
    };
    const NodeId gut = state("gut"), plasma = state("plasma"), other = state("other"), level = state("level");
    const NodeId k = parameter("k", 2.0), loss = parameter("loss", 0.5), effect = parameter("effect", 3.0),
                 weight = parameter("weight", 0.0);
    const NodeId absorbed = g.multiply(k, gut);
    const NodeId drive = g.add(g.constant(1.0), g.add(g.multiply(effect, plasma), g.multiply(weight, other)));
    system.rates = {g.negate(absorbed), g.subtract(absorbed, g.multiply(loss, plasma)),
                    g.negate(g.multiply(loss, other)), g.subtract(drive, level)};
    system.initial_states = {g.constant(0.0), g.constant(0.0), g.constant(0.0), g.constant(1.0)};
    response = g.divide(level, loss);
    add_jacobian(system);
  }
};

std::vector<std::string> ids(const System& system) {
  std::vector<std::string> names;
  for (const auto& state : system.states) names.push_back(state.id);
  return names;
}

TEST(Specialise, RemovesWhatStaysAtRest) {
  TwoDrugs whole;
  const auto given =
      specialise(whole.system, {whole.response}, {{2.0, 0.5, 3.0, 0.0}, {1, 0, 0, 0}, {1, 0, 0, 0}});
  // The output reads `level`, so it stands first; the drug that nobody gives is gone.
  EXPECT_EQ(ids(given.system), (std::vector<std::string>{"level", "gut", "plasma"}));
  EXPECT_EQ(given.output_state_count, 1);
  EXPECT_EQ(given.states, (std::vector<int>{3, 0, 1}));
  EXPECT_EQ(given.parameters, (std::vector<int>{0}));
  EXPECT_EQ(given.input_of_state, (std::vector<int>{-1, 1, -1}));
  // Without a dose of anything all states vouch for each other.
  EXPECT_TRUE(specialise(whole.system, {whole.response}, {{2.0, 0.5, 3.0, 0.0}, {1, 0, 0, 0}, {0, 0, 0, 0}})
                  .system.states.empty());
}

TEST(Specialise, KeepsWhatEventsSet) {
  TwoDrugs whole;
  Event event;
  event.id = "switch";
  event.trigger = event.root = whole.system.graph.constant(1.0);
  event.assignments = {{EventAssignment::Target::state, 2, whole.system.graph.constant(5.0)},
                       {EventAssignment::Target::parameter, 3, whole.system.graph.constant(1.0)}};
  whole.system.events.push_back(event);
  const auto part =
      specialise(whole.system, {whole.response}, {{2.0, 0.5, 3.0, 0.0}, {0, 0, 0, 0}, {0, 0, 0, 0}});
  EXPECT_EQ(ids(part.system), (std::vector<std::string>{"level", "other"}));
  ASSERT_EQ(part.system.events.size(), 1u);
  EXPECT_EQ(part.system.events[0].assignments[0].index, 1);
  EXPECT_EQ(part.system.events[0].assignments[1].index, 0);
  EXPECT_EQ(part.parameters, (std::vector<int>{3}));
}

TEST(Specialise, TellsOtherSystemsApart) {
  TwoDrugs whole;
  EXPECT_THROW(specialise(whole.system, {}, {{1.0}, {0}, {0}}), std::logic_error);
}

TEST(NonNegativeStates, AreThoseWhoseRatesCannotPushThemBelowZero) {
  TwoDrugs whole;
  EXPECT_EQ(non_negative_states(whole.system, {2.0, 0.5, 3.0, 0.0}), (std::vector<char>{1, 1, 1, 1}));
  // An effect that may be negative lets `level` fall below 0, and nothing else.
  EXPECT_EQ(non_negative_states(whole.system, {2.0, 0.5, -3.0, 0.0}), (std::vector<char>{1, 1, 1, 0}));
  // A gut that gains what the plasma loses while k is negative: both lose their ground, one after the other.
  EXPECT_EQ(non_negative_states(whole.system, {-2.0, 0.5, 3.0, 0.0})[1], 0);
}

}  // namespace
}  // namespace raad::ir
