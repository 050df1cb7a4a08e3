// Repeated tasks with solutions on paper: ranges, nesting, resets, states that go on.
#include <gtest/gtest.h>

#include <cmath>

#include "run/sedml_experiment.hpp"

namespace raad::run {
namespace {

using namespace sedml_test;
using Shape = std::vector<std::size_t>;

// See test_sedml.cpp.
constexpr double k_accuracy = 1e-6;

data::Array values(const SedmlResult& result, const std::string& generator) {
  const auto found = result.generator_values.find(generator);
  if (found != result.generator_values.end()) return found->second;
  std::string reasons;
  for (const auto& task : result.log.tasks) reasons += task.id + ": " + task.message + "\n";
  ADD_FAILURE() << "no values of " << generator << "\n" << reasons;
  return {{0}, {}};
}

std::string set_value(const std::string& id, const std::string& range, const std::string& content) {
  return "<setValue modelReference='m' target='" + parameter_path(id) + "' range='" + range + "'>" +
         math(content) + "</setValue>";
}

std::string repeated(const std::string& id, bool reset, const std::string& ranges, const std::string& changes,
                     const std::string& sub_tasks, const std::string& more = "") {
  return "<repeatedTask id='" + id + "' range='r" + id + "' resetModel='" + (reset ? "true" : "false") +
         "' " + more + "><listOfRanges>" + ranges + "</listOfRanges><listOfChanges>" + changes +
         "</listOfChanges><listOfSubTasks>" + sub_tasks + "</listOfSubTasks></repeatedTask>";
}

const std::string k_task = "<task id='t' modelReference='m' simulationReference='s'/>";
const std::string k_sub = "<subTask order='1' task='t'/>";

std::string vector_range(const std::string& id, const std::vector<double>& values) {
  std::string text = "<vectorRange id='" + id + "'>";
  for (const double value : values) text += "<value>" + std::to_string(value) + "</value>";
  return text + "</vectorRange>";
}

TEST(SedmlRepeated, ScansAParameter) {
  Experiment experiment;
  experiment.simulations = Experiment::course(0, 0, 2, 2);
  experiment.tasks = k_task + repeated("p", true, vector_range("rp", {0.5, 1.0, 2.0}),
                                       set_value("k", "rp", "<ci>rp</ci>"), k_sub);
  experiment.ask("x", parameter_path("x"), "p");
  experiment.ask("start", parameter_path("start"), "p");
  experiment.ask("time", "time", "p");
  const auto result = run_experiment(experiment);
  const auto x = values(result, "x"), start = values(result, "start"), time = values(result, "time");
  ASSERT_EQ(x.shape, (Shape{3, 1, 3}));
  const double rates[] = {0.5, 1.0, 2.0};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t k = 0; k < 3; ++k) {
      EXPECT_NEAR(x.values[3 * i + k], 2.0 * std::exp(-rates[i] * static_cast<double>(k)), k_accuracy);
      EXPECT_DOUBLE_EQ(time.values[3 * i + k], static_cast<double>(k));
      // Set before the run begins, the value reaches the initial assignments.
      EXPECT_NEAR(start.values[3 * i + k], 3.0 * rates[i], k_accuracy);
    }
}

TEST(SedmlRepeated, UniformAndFunctionalRanges) {
  // k = 10^0, 10^1, 10^2 along the range; x starts at its square.
  Experiment experiment;
  experiment.simulations = Experiment::course(0, 0, 1, 1);
  const std::string ranges =
      "<functionalRange id='square' range='rp'>" + math("<apply><power/><ci>rp</ci><cn>2</cn></apply>") +
      "</functionalRange><uniformRange id='rp' start='1' end='100' numberOfPoints='2' type='log'/>";
  experiment.tasks =
      k_task + repeated("p", true, ranges,
                        set_value("k", "rp", "<ci>rp</ci>") + set_value("x", "square", "<ci>square</ci>"),
                        k_sub);
  experiment.ask("x", parameter_path("x"), "p");
  const auto x = values(run_experiment(experiment), "x");
  ASSERT_EQ(x.shape, (Shape{3, 1, 2}));
  for (std::size_t i = 0; i < 3; ++i) {
    const double k = std::pow(10.0, static_cast<double>(i));
    EXPECT_NEAR(x.values[2 * i], k * k, 1e-9 * k * k);
    EXPECT_NEAR(x.values[2 * i + 1], k * k * std::exp(-k), k_accuracy);
  }
}

TEST(SedmlRepeated, StatesGoOnWithoutReset) {
  // Each iteration goes on where the last ended; doubling x before each of them.
  Experiment experiment;
  experiment.simulations = "<oneStep id='s' step='0.5'><algorithm kisaoID='KISAO:0000019'/></oneStep>";
  const std::string doubled = "<setValue modelReference='m' target='" + parameter_path("x") +
                              "'><listOfVariables><variable id='now' modelReference='m' target='" +
                              parameter_path("x") + "'/></listOfVariables>" +
                              math("<apply><times/><cn>2</cn><ci>now</ci></apply>") + "</setValue>";
  experiment.tasks =
      k_task + repeated("p", false,
                        "<uniformRange id='rp' start='0' end='3' numberOfPoints='3' type='linear'/>", doubled,
                        k_sub);
  experiment.ask("x", parameter_path("x"), "p");
  experiment.ask("time", "time", "p");
  const auto result = run_experiment(experiment);
  const auto x = values(result, "x"), time = values(result, "time");
  ASSERT_EQ(x.shape, (Shape{4, 1, 2}));
  double expected = 2.0;
  for (std::size_t i = 0; i < 4; ++i) {
    expected *= 2.0;
    EXPECT_NEAR(x.values[2 * i], expected, k_accuracy);
    expected *= std::exp(-0.5);
    EXPECT_NEAR(x.values[2 * i + 1], expected, k_accuracy);
    EXPECT_DOUBLE_EQ(time.values[2 * i + 1], 0.5 * static_cast<double>(i + 1));
  }
}

TEST(SedmlRepeated, SequentialSubTasksShareTheModel) {
  // The order decides: first the long course, then the step, which starts at its end.
  Experiment experiment;
  experiment.simulations = Experiment::course(0, 0, 2, 2) +
                           "<oneStep id='one' step='1'><algorithm kisaoID='KISAO:0000019'/></oneStep>";
  experiment.tasks = k_task + "<task id='u' modelReference='m' simulationReference='one'/>" +
                     repeated("p", true, vector_range("rp", {1.0, 2.0}), set_value("k", "rp", "<ci>rp</ci>"),
                              "<subTask order='2' task='u'/><subTask order='1' task='t'/>");
  experiment.ask("x", parameter_path("x"), "p");
  const auto x = values(run_experiment(experiment), "x");
  ASSERT_EQ(x.shape, (Shape{2, 2, 3}));
  for (std::size_t i = 0; i < 2; ++i) {
    const double k = static_cast<double>(i + 1);
    EXPECT_NEAR(x.values[6 * i + 2], 2.0 * std::exp(-2.0 * k), k_accuracy);
    EXPECT_NEAR(x.values[6 * i + 3], 2.0 * std::exp(-2.0 * k), k_accuracy);
    EXPECT_NEAR(x.values[6 * i + 4], 2.0 * std::exp(-3.0 * k), k_accuracy);
    EXPECT_TRUE(std::isnan(x.values[6 * i + 5]));
  }
}

TEST(SedmlRepeated, NestedScansKeepTheOuterValue) {
  // k outside, the start of x inside; the inner reset keeps k. Steady states have no dimension of their own.
  Experiment experiment;
  experiment.simulations = Experiment::course(0, 0, 1, 1);
  experiment.tasks = k_task +
                     repeated("in", true, vector_range("rin", {3.0, 7.0, 11.0}),
                              set_value("x", "rin", "<ci>rin</ci>"), k_sub) +
                     repeated("out", true, vector_range("rout", {1.0, 2.0}),
                              set_value("k", "rout", "<ci>rout</ci>"), "<subTask order='1' task='in'/>");
  experiment.ask("x", parameter_path("x"), "out");
  const auto x = values(run_experiment(experiment), "x");
  ASSERT_EQ(x.shape, (Shape{2, 1, 3, 1, 2}));
  const double starts[] = {3.0, 7.0, 11.0};
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t k = 0; k < 3; ++k)
      EXPECT_NEAR(x.values[6 * i + 2 * k + 1], starts[k] * std::exp(-static_cast<double>(i + 1)), k_accuracy);
}

TEST(SedmlRepeated, Version4JoinsCourses) {
  Experiment experiment;
  experiment.version = 4;
  experiment.simulations =
      "<uniformTimeCourse id='s' initialTime='0' outputStartTime='0' outputEndTime='1' "
      "numberOfSteps='1'><algorithm kisaoID='KISAO:0000019'/></uniformTimeCourse>";
  experiment.tasks =
      k_task + repeated("p", false, vector_range("rp", {1.0, 2.0, 3.0}), "", k_sub, "concatenate='true'");
  experiment.ask("x", parameter_path("x"), "p");
  const auto x = values(run_experiment(experiment), "x");
  ASSERT_EQ(x.shape, (Shape{6}));
  for (std::size_t i = 0; i < 6; ++i)
    EXPECT_NEAR(x.values[i], 2.0 * std::exp(-static_cast<double>((i + 1) / 2)), k_accuracy);
}

TEST(SedmlRepeated, EventsDoNotFireAgainWhereARunGoesOn) {
  // n counts how often x falls below 1.5, which is once, and the event would fire at a start below it.
  const std::string text = decay(
      "<listOfEvents><event id='e' useValuesFromTriggerTime='true'><trigger initialValue='false' "
      "persistent='true'>" +
      math("<apply><lt/><ci>x</ci><cn>1.5</cn></apply>") +
      "</trigger><listOfEventAssignments><eventAssignment variable='n'>" +
      math("<apply><plus/><ci>n</ci><cn>1</cn></apply>") +
      "</eventAssignment></listOfEventAssignments></event></listOfEvents>");
  Experiment experiment;
  experiment.simulations = "<oneStep id='s' step='0.5'><algorithm kisaoID='KISAO:0000019'/></oneStep>";
  experiment.tasks = k_task + repeated("p", false, vector_range("rp", {1.0, 2.0, 3.0}), "", k_sub);
  experiment.ask("n", parameter_path("n"), "p");
  const auto n = values(run_experiment(experiment, text), "n");
  EXPECT_EQ(n.values, (std::vector<double>{0, 1, 1, 1, 1, 1}));
  // Lifted above it and let down again, it fires once more in each iteration.
  experiment.tasks = k_task + repeated("p", false, vector_range("rp", {2.0, 2.0, 2.0}),
                                       set_value("x", "rp", "<ci>rp</ci>"), k_sub);
  EXPECT_EQ(values(run_experiment(experiment, text), "n").values, (std::vector<double>{0, 1, 1, 2, 2, 3}));
}

TEST(SedmlRepeated, RefusesWhatMakesNoSense) {
  const auto message = [](const std::string& task) {
    Experiment experiment;
    experiment.tasks = k_task + task;
    experiment.ask("x", parameter_path("x"), "p");
    return run_experiment(experiment).log.tasks[1].message;
  };
  EXPECT_NE(message(repeated("p", true, vector_range("rp", {1.0}), "", "<subTask order='1' task='p'/>"))
                .find("repeats itself"),
            std::string::npos);
  EXPECT_NE(message(repeated("p", true, vector_range("other", {1.0}), "", k_sub)).find("`rp`"),
            std::string::npos);
  EXPECT_NE(
      message(repeated("p", true, vector_range("rp", {1.0, 2.0}) + vector_range("short", {1.0}), "", k_sub))
          .find("shorter"),
      std::string::npos);
  EXPECT_NE(message(repeated("p", true, vector_range("rp", {1.0}), set_value("k", "rp", "<ci>q</ci>"), k_sub))
                .find("`q`"),
            std::string::npos);
}

}  // namespace
}  // namespace raad::run
