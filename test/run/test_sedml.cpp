// Simulation experiments with solutions on paper: simulations, changes of models, outputs, what is refused.
#include <gtest/gtest.h>

#include <cmath>

#include "run/sedml_experiment.hpp"

namespace raad::run {
namespace {

using namespace sedml_test;

// Runs at the default tolerance of 1e-9 stay within this of exact solutions of size 1 to 10.
constexpr double k_accuracy = 1e-6;

/// The values of one data generator; fails the test with the log's reason where there are none.
data::Array values(const SedmlResult& result, const std::string& generator) {
  const auto found = result.generator_values.find(generator);
  if (found != result.generator_values.end()) return found->second;
  std::string reasons;
  for (const auto& task : result.log.tasks) reasons += task.id + ": " + task.message + "\n";
  ADD_FAILURE() << "no values of " << generator << "\n" << reasons;
  return {{0}, {}};
}

/// A run of x of the decay model under changes of the model.
data::Array changed(const std::string& changes, const std::string& target = parameter_path("x")) {
  Experiment experiment;
  experiment.models = "<model id='m' language='urn:sedml:language:sbml' source='model.xml'><listOfChanges>" +
                      changes + "</listOfChanges></model>";
  experiment.ask("x", target);
  return values(run_experiment(experiment), "x");
}

void expect_decay(const data::Array& found, double start, double rate) {
  ASSERT_EQ(found.shape, (std::vector<std::size_t>{5}));
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_NEAR(found.values[i], start * std::exp(-rate * static_cast<double>(i)), k_accuracy) << i;
}

TEST(Sedml, CoursesBeginWithTheirOutput) {
  Experiment experiment;
  experiment.simulations = Experiment::course(0, 2, 4, 4);
  experiment.ask("time", "time");
  experiment.ask("scaled", parameter_path("x"), "t", "<apply><times/><ci>ten</ci><ci>v</ci></apply>");
  experiment.outputs =
      "<report id='r'><listOfDataSets><dataSet id='a' label='t' dataReference='time'/><dataSet id='b' "
      "label='x' dataReference='scaled'/></listOfDataSets></report>";
  const auto result = run_experiment(experiment);
  ASSERT_TRUE(result.succeeded());
  const auto& sets = result.reports.at(0).data_sets;
  ASSERT_EQ(sets[0].values.values.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_DOUBLE_EQ(sets[0].values.values[i], 2.0 + 0.5 * static_cast<double>(i));
    EXPECT_NEAR(sets[1].values.values[i], 20.0 * std::exp(-sets[0].values.values[i]), 10 * k_accuracy);
  }
}

TEST(Sedml, OneStepHasTwoEnds) {
  Experiment experiment;
  experiment.simulations = "<oneStep id='s' step='0.5'><algorithm kisaoID='KISAO:0000019'/></oneStep>";
  experiment.ask("x", parameter_path("x"));
  const auto found = values(run_experiment(experiment), "x");
  ASSERT_EQ(found.shape, (std::vector<std::size_t>{2}));
  EXPECT_NEAR(found.values[0], 2.0, k_accuracy);
  EXPECT_NEAR(found.values[1], 2.0 * std::exp(-0.5), k_accuracy);
}

const char* k_steady = "<steadyState id='s'><algorithm kisaoID='KISAO:0000407'/></steadyState>";

TEST(Sedml, SteadyStatesKeepWhatIsConserved) {
  // A <=> B with rates 3 A and B: of 8 in all, a quarter is A. The Jacobian is singular.
  const auto species = [](const std::string& id, const std::string& amount) {
    return "<species id='" + id + "' compartment='C' initialAmount='" + amount +
           "' hasOnlySubstanceUnits='false' boundaryCondition='false' constant='false'/>";
  };
  const std::string text = model(
      "<listOfCompartments><compartment id='C' size='2' spatialDimensions='3' "
      "constant='true'/></listOfCompartments><listOfSpecies>" +
      species("A", "8") + species("B", "0") +
      "</listOfSpecies><listOfReactions><reaction id='R' reversible='true' fast='false'><listOfReactants>"
      "<speciesReference species='A' stoichiometry='1' constant='true'/></listOfReactants><listOfProducts>"
      "<speciesReference species='B' stoichiometry='1' constant='true'/></listOfProducts><kineticLaw>" +
      math("<apply><times/><ci>C</ci><apply><minus/><apply><times/><cn>3</cn><ci>A</ci></apply><ci>B</ci>"
           "</apply></apply>") +
      "</kineticLaw></reaction></listOfReactions>");
  Experiment experiment;
  experiment.simulations = k_steady;
  const std::string path = "/sbml:sbml/sbml:model/sbml:listOfSpecies/sbml:species[@id=&apos;A&apos;]";
  experiment.ask("A", path);
  const auto result = run_experiment(experiment, text);
  const auto found = values(result, "A");
  EXPECT_TRUE(found.shape.empty());
  EXPECT_NEAR(found.values.at(0), 1.0, k_accuracy);  // 2 in a volume of 2
  EXPECT_NE(result.log.tasks[0].note.find("replaced"), std::string::npos);
  // The reaction's flux is a quantity too.
  Experiment flux;
  flux.simulations = k_steady;
  flux.ask("R", "/sbml:sbml/sbml:model/sbml:listOfReactions/sbml:reaction[@id=&apos;R&apos;]");
  EXPECT_NEAR(values(run_experiment(flux, text), "R").values.at(0), 0.0, k_accuracy);
}

TEST(Sedml, AnOscillatorHasNoSteadyState) {
  const std::string text = model(
      "<listOfParameters><parameter id='x' value='1' constant='false'/><parameter id='y' value='0' "
      "constant='false'/></listOfParameters><listOfRules><rateRule variable='x'>" +
      math("<ci>y</ci>") + "</rateRule><rateRule variable='y'>" + math("<apply><minus/><ci>x</ci></apply>") +
      "</rateRule></listOfRules>");
  Experiment experiment;
  experiment.simulations = k_steady;
  experiment.ask("x", parameter_path("x"));
  const auto result = run_experiment(experiment, text);
  EXPECT_EQ(result.log.tasks[0].status, SedmlStatus::failed);
  EXPECT_TRUE(result.failed_numerically);
  EXPECT_NE(result.log.tasks[0].message.find("steady"), std::string::npos);
}

TEST(Sedml, ChangesAttributes) {
  expect_decay(changed("<changeAttribute target='" + parameter_path("k") + "/@value' newValue='0.5'/>"), 2.0,
               0.5);
}

TEST(Sedml, RemovesAddsAndReplacesElements) {
  // Without its rate rule x stays; another rule takes its place, or stands beside it.
  const std::string rules = "/sbml:sbml/sbml:model/sbml:listOfRules";
  expect_decay(changed("<removeXML target='" + rules + "'/>"), 2.0, 0.0);
  const auto rule = [](const std::string& variable, double rate) {
    return "<newXML><rateRule xmlns='http://www.sbml.org/sbml/level3/version1/core' variable='" + variable +
           "'>" +
           math("<apply><times/><cn>" + std::to_string(-rate) + "</cn><ci>" + variable + "</ci></apply>") +
           "</rateRule></newXML>";
  };
  expect_decay(changed("<changeXML target='" + rules + "/sbml:rateRule'>" + rule("x", 2.0) + "</changeXML>"),
               2.0, 2.0);
  const std::string made =
      "<addXML target='/sbml:sbml/sbml:model/sbml:listOfParameters'><newXML><parameter "
      "xmlns='http://www.sbml.org/sbml/level2/version4' id='z' value='5' constant='false'/></newXML>"
      "</addXML><addXML target='" +
      rules + "'>" + rule("z", 0.25) + "</addXML>";
  expect_decay(changed(made, parameter_path("z")), 5.0, 0.25);
}

TEST(Sedml, ComputesChangesFromOtherModels) {
  // k = 4 times the k of another model, which is itself a changed copy of the first: 4 x 0.125.
  Experiment experiment;
  experiment.models =
      "<model id='slow' language='urn:sedml:language:sbml' source='#m0'><listOfChanges><changeAttribute "
      "target='" +
      parameter_path("k") +
      "/@value' newValue='0.125'/></listOfChanges></model><model id='m0' "
      "language='urn:sedml:language:sbml' source='model.xml'/><model id='m' "
      "language='urn:sedml:language:sbml' source='m0'><listOfChanges><computeChange target='" +
      parameter_path("k") + "/@value'><listOfVariables><variable id='a' modelReference='slow' target='" +
      parameter_path("k") +
      "'/></listOfVariables><listOfParameters><parameter id='four' value='4'/></listOfParameters>" +
      math("<apply><times/><ci>a</ci><ci>four</ci></apply>") + "</computeChange></listOfChanges></model>";
  experiment.ask("x", parameter_path("x"));
  experiment.ask("start", parameter_path("start"));
  const auto result = run_experiment(experiment);
  expect_decay(values(result, "x"), 2.0, 0.5);
  EXPECT_NEAR(values(result, "start").values.at(0), 1.5, k_accuracy);
}

TEST(Sedml, ModelsThatReferInACircleAreRefused) {
  Experiment experiment;
  experiment.models =
      "<model id='m' language='urn:sedml:language:sbml' source='#n'/>"
      "<model id='n' language='urn:sedml:language:sbml' source='#m'/>";
  experiment.ask("x", parameter_path("x"));
  EXPECT_NE(run_experiment(experiment).log.tasks[0].message.find("itself"), std::string::npos);
}

TEST(Sedml, GeneratorsAggregate) {
  Experiment experiment;
  const auto call = [](const std::string& name) {
    return "<apply><csymbol encoding='text' definitionURL='http://sed-ml.org/#" + name + "'>" + name +
           "</csymbol><ci>v</ci></apply>";
  };
  experiment.ask("least", parameter_path("x"), "t", call("min"));
  experiment.ask("share", parameter_path("x"), "t", "<apply><divide/><ci>v</ci>" + call("max") + "</apply>");
  experiment.ask("sum", "time", "t", call("sum"));
  experiment.ask("product", "time", "t", "<apply><plus/><cn>1</cn>" + call("product") + "</apply>");
  const auto result = run_experiment(experiment);
  EXPECT_NEAR(values(result, "least").values.at(0), 2.0 * std::exp(-4.0), k_accuracy);
  expect_decay(values(result, "share"), 1.0, 1.0);
  EXPECT_DOUBLE_EQ(values(result, "sum").values.at(0), 10.0);
  EXPECT_DOUBLE_EQ(values(result, "product").values.at(0), 1.0);
}

TEST(Sedml, SpeciesMeanWhatTheirVersionSays) {
  // An amount of 6 in a volume of 2: a concentration of 3 before Version 4, the amount from it on.
  const std::string text = model(
      "<listOfCompartments><compartment id='C' size='2' spatialDimensions='3' "
      "constant='true'/></listOfCompartments><listOfSpecies><species id='A' compartment='C' "
      "initialAmount='6' hasOnlySubstanceUnits='true' boundaryCondition='false' constant='false'/>"
      "</listOfSpecies>");
  for (const int version : {2, 3, 4}) {
    Experiment experiment;
    experiment.version = version;
    experiment.ask("A", "/sbml:sbml/sbml:model/sbml:listOfSpecies/sbml:species[@id=&apos;A&apos;]");
    EXPECT_NEAR(values(run_experiment(experiment, text), "A").values.at(0), version < 4 ? 3.0 : 6.0, 1e-12);
  }
}

TEST(Sedml, AlgorithmsAreReplacedOrRefusedByName) {
  const auto first = [](const std::string& kisao, Substitution substitution) {
    Experiment experiment;
    experiment.simulations = Experiment::course(0, 0, 1, 1, kisao);
    experiment.ask("x", parameter_path("x"));
    return run_experiment(experiment, decay(), substitution).log.tasks[0];
  };
  const auto stochastic = first("KISAO:0000029", Substitution::same_mathematics);
  EXPECT_EQ(stochastic.status, SedmlStatus::failed);
  EXPECT_EQ(stochastic.error_type, "R112");
  EXPECT_NE(stochastic.message.find("Gillespie"), std::string::npos);
  const auto replaced = first("KISAO_0000086", Substitution::same_mathematics);
  EXPECT_EQ(replaced.status, SedmlStatus::succeeded);
  EXPECT_NE(replaced.note.find("Fehlberg"), std::string::npos);
  EXPECT_EQ(replaced.algorithm, "KISAO_0000033");
  EXPECT_EQ(first("KISAO_0000086", Substitution::none).status, SedmlStatus::failed);
  EXPECT_EQ(first("KISAO_0000019", Substitution::none).status, SedmlStatus::succeeded);
}

TEST(Sedml, WhatFailsIsLoggedAndTheRestRuns) {
  Experiment experiment;
  experiment.ask("x", parameter_path("x"));
  experiment.ask("nothing", parameter_path("nowhere"));
  experiment.tasks += "<parameterEstimationTask id='fit'/>";
  experiment.outputs =
      "<report id='good'><listOfDataSets><dataSet id='a' label='x' dataReference='x'/></listOfDataSets>"
      "</report><report id='bad'><listOfDataSets><dataSet id='b' label='x' dataReference='x'/><dataSet "
      "id='c' label='n' dataReference='nothing'/></listOfDataSets></report><plot3D id='surface'/>"
      "<plot2D id='p'><listOfCurves><curve id='q' logX='false' logY='true' xDataReference='x' "
      "yDataReference='x'/></listOfCurves></plot2D>";
  const auto result = run_experiment(experiment);
  EXPECT_FALSE(result.succeeded());
  EXPECT_FALSE(result.failed_numerically);
  const auto& log = result.log;
  EXPECT_EQ(log.tasks[0].status, SedmlStatus::succeeded);
  EXPECT_EQ(log.tasks[1].status, SedmlStatus::failed);
  EXPECT_NE(log.tasks[1].message.find("parameterEstimationTask"), std::string::npos);
  EXPECT_EQ(log.outputs[0].status, SedmlStatus::succeeded);
  EXPECT_EQ(log.outputs[1].status, SedmlStatus::failed);
  EXPECT_EQ(log.outputs[1].parts[0].status, SedmlStatus::succeeded);
  EXPECT_EQ(log.outputs[1].parts[1].status, SedmlStatus::failed);
  EXPECT_NE(log.outputs[1].message.find("nowhere"), std::string::npos);
  EXPECT_NE(log.outputs[2].message.find("plot3D"), std::string::npos);
  EXPECT_EQ(log.outputs[3].status, SedmlStatus::succeeded);
  ASSERT_EQ(result.reports.size(), 2u);
  EXPECT_EQ(result.reports[0].id, "good");
  EXPECT_EQ(result.reports[1].type, "Plot2D");
}

TEST(Sedml, StatusesFollowTheRun) {
  Experiment experiment;
  experiment.ask("x", parameter_path("x"));
  run_experiment(experiment);  // Leaves its files behind
  base::Diagnostics findings;
  const auto document = data::read_sedml(experiment_folder() / "e.sedml", findings);
  std::vector<SedmlStatus> seen;
  run_sedml(document, "e.sedml", Substitution::same_mathematics,
            [&](const SedmlLog& log) { seen.push_back(log.tasks[0].status); });
  EXPECT_EQ(queued_log(document, "e").tasks[0].status, SedmlStatus::queued);
  ASSERT_GE(seen.size(), 2u);
  EXPECT_EQ(seen.front(), SedmlStatus::running);
  EXPECT_EQ(seen.back(), SedmlStatus::succeeded);
}

TEST(Sedml, DamagedDocumentsAreRefused) {
  const fs::path file = fs::temp_directory_path() / ("raad_damaged_" + std::to_string(getpid()) + ".sedml");
  const auto code = [&](const std::string& text) {
    std::ofstream(file) << text;
    base::Diagnostics findings;
    data::read_sedml(file, findings);
    return findings.all().empty() ? "" : findings.all().front().code;
  };
  EXPECT_EQ(code("<?xml version='1.0'?><sedML>"), "R111");
  EXPECT_EQ(code("<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><sedML/>"), "R111");
  Experiment experiment;
  experiment.simulations = Experiment::course(5, 2, 4, 4);
  EXPECT_EQ(code(experiment.text()), "R111");
  experiment.simulations = Experiment::course(0, 0, 4, 0);
  EXPECT_EQ(code(experiment.text()), "R111");
}

}  // namespace
}  // namespace raad::run
