// SBML models simulated: small ones with solutions on paper, what is refused, and the test suite where it is.
#include <gtest/gtest.h>

#include <cmath>

#include "sbml_text.hpp"

namespace raad::run {
namespace {

TEST(SbmlModels, ReactInAmountsPerTime) {
  // k C [A] with C = 2: the amount falls by e^-k t, the concentration is half of it.
  const auto rows = run(model(compartment(2.0) + "<listOfSpecies>" + species("A", 6.0) + species("B", 0.0) +
                              "</listOfSpecies><listOfReactions>" +
                              reaction("A", "B", "<apply><times/><cn>0.7</cn><ci>C</ci><ci>A</ci></apply>") +
                              "</listOfReactions>"),
                        {"A", "B"}, {"A"});
  ASSERT_EQ(rows.size(), 5u);
  for (const auto& row : rows) {
    EXPECT_NEAR(row[1], 6.0 * std::exp(-0.7 * row[0]), 1e-8);
    EXPECT_NEAR(row[2], 0.5 * (6.0 - row[1]), 1e-8);
  }
}

TEST(SbmlModels, GrowingCompartmentsDilute) {
  // C' = 1 from 2; nothing reacts: amount 6 stays, concentration is 6/(2 + t).
  const auto rows = run(model(compartment(2.0, false) + "<listOfSpecies>" + species("A", 6.0) +
                              "</listOfSpecies><listOfRules><rateRule variable='C'>" + math("<cn>1</cn>") +
                              "</rateRule></listOfRules>"),
                        {"A", "C"}, {});
  for (const auto& row : rows) EXPECT_NEAR(row[1], 6.0 / (2.0 + row[0]), 1e-9);
}

TEST(SbmlModels, EventsSetConcentrations) {
  const auto rows = run(
      model(
          compartment(2.0) + "<listOfSpecies>" + species("A", 6.0) +
          "</listOfSpecies><listOfEvents><event useValuesFromTriggerTime='true'><trigger initialValue='true' "
          "persistent='true'>" +
          math("<apply><geq/><csymbol encoding='text' definitionURL='http://www.sbml.org/sbml/symbols/time'>t"
               "</csymbol><cn>0.9</cn></apply>") +
          "</trigger><listOfEventAssignments><eventAssignment variable='A'>" + math("<cn>5</cn>") +
          "</eventAssignment></listOfEventAssignments></event></listOfEvents>"),
      {"A"}, {"A"});
  EXPECT_DOUBLE_EQ(rows[1][1], 6.0);
  EXPECT_DOUBLE_EQ(rows[2][1], 10.0);  // 5 per size, times size
}

TEST(SbmlModels, AlgebraicRulesDetermineWhatIsLeft) {
  // x' = 1 from 0; 3 y - x - 6 = 0.
  const auto rows =
      run(model("<listOfParameters><parameter id='x' value='0' constant='false'/><parameter id='y' value='1' "
                "constant='false'/></listOfParameters><listOfRules><rateRule variable='x'>" +
                math("<cn>1</cn>") + "</rateRule><algebraicRule>" +
                math("<apply><minus/><apply><times/><cn>3</cn><ci>y</ci></apply><apply><plus/><ci>x</"
                     "ci><cn>6</cn></apply>"
                     "</apply>") +
                "</algebraicRule></listOfRules>"),
          {"x", "y"}, {});
  for (const auto& row : rows) EXPECT_NEAR(row[2], (row[1] + 6.0) / 3.0, 1e-12);
}

TEST(SbmlModels, FastReactionsAreAtEquilibrium) {
  // A <-> B fast with B = 3 A, and a slow loss of A with rate 0.4 A: the total falls by 0.1 of itself.
  const std::string fast = "<apply><minus/><apply><times/><cn>3</cn><ci>A</ci></apply><ci>B</ci></apply>";
  const auto rows =
      run(model(compartment(1.0) + "<listOfSpecies>" + species("A", 8.0) + species("B", 0.0) +
                species("W", 0.0) + "</listOfSpecies><listOfReactions>" + reaction("A", "B", fast, true) +
                reaction("A", "W", "<apply><times/><cn>0.4</cn><ci>A</ci></apply>") + "</listOfReactions>"),
          {"A", "B", "W"}, {});
  for (const auto& row : rows) {
    EXPECT_NEAR(row[1], 2.0 * std::exp(-0.1 * row[0]), 1e-8);
    EXPECT_NEAR(row[2], 3.0 * row[1], 1e-10);
    EXPECT_NEAR(row[1] + row[2] + row[3], 8.0, 1e-10);
  }
}

TEST(SbmlModels, ParametersOfLevelOneFollowAlgebraicRules) {
  // 2 k - h = 0 with h = 3 and k without a number; x' = k from 1.
  const std::string text =
      "<?xml version='1.0' encoding='UTF-8'?><sbml xmlns='http://www.sbml.org/sbml/level1' level='1' "
      "version='2'>"
      "<model name='m'><listOfCompartments><compartment name='C' volume='1'/></listOfCompartments>"
      "<listOfParameters><parameter name='x' value='1'/><parameter name='h' value='3'/><parameter name='k'/>"
      "</listOfParameters><listOfRules><algebraicRule formula='2*k - h'/>"
      "<parameterRule name='x' type='rate' formula='k'/></listOfRules></model></sbml>";
  for (const auto& row : run(text, {"x", "k"}, {})) {
    EXPECT_NEAR(row[1], 1.0 + 1.5 * row[0], 1e-9);
    EXPECT_NEAR(row[2], 1.5, 1e-12);
  }
}

TEST(SbmlModels, RefuseByNameWhatTheyCannotDo) {
  // x' = x(t - time): a duration that changes, and a rate that depends on it.
  EXPECT_EQ(code_of(model(parameter("x", 1.0), rule("x", delayed("<ci>x</ci>", k_time), true))), "R101");
  // What is determined by nothing but its own past.
  EXPECT_EQ(code_of(model(parameter("x", 1.0), rule("x", delayed("<ci>x</ci>", "<cn>1</cn>")))), "R100");
}

TEST(SbmlModels, RefuseDamagedAndHostileFiles) {
  EXPECT_EQ(code_of("<?xml version='1.0'?><sbml><model>"), "R100");
  EXPECT_EQ(code_of("no markup at all"), "R100");
  // Elements of no namespace: libSBML throws where it builds some of them.
  EXPECT_EQ(
      code_of("<?xml version='1.0'?><sbml level='2' version='3'><model id='m'><listOfReactions><reaction "
              "id='J'><listOfReactants><speciesReference species='S'><stoichiometryMath/>"
              "</speciesReference></listOfReactants></reaction></listOfReactions></model></sbml>"),
      "R100");
  EXPECT_EQ(
      code_of(
          "<?xml version='1.0'?><!DOCTYPE b [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><sbml>&b;</sbml>"),
      "R100");
  std::string deep = "<?xml version='1.0'?>";
  for (int i = 0; i < 100000; ++i) deep += "<a>";
  EXPECT_EQ(code_of(deep), "R100");
  // A function that calls itself.
  EXPECT_EQ(
      code_of(model("<listOfFunctionDefinitions><functionDefinition id='f'>" +
                    math("<lambda><bvar><ci>x</ci></bvar><apply><ci>f</ci><ci>x</ci></apply></lambda>") +
                    "</functionDefinition></listOfFunctionDefinitions><listOfParameters><parameter id='p' "
                    "constant='false'/></listOfParameters><listOfRules><assignmentRule variable='p'>" +
                    math("<apply><ci>f</ci><cn>1</cn></apply>") + "</assignmentRule></listOfRules>")),
      "R100");
}

}  // namespace
}  // namespace raad::run
