// Delayed quantities against solutions on paper (method of steps).
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "data/foreign_code.hpp"
#include "model/antimony_text.hpp"
#include "sbml/export.hpp"
#include "sbml/import.hpp"
#include "sbml_text.hpp"

namespace raad::run {
namespace {

std::string number(double value) {
  return "<cn>" + std::to_string(value) + "</cn>";
}

const std::string k_x = "<ci>x</ci>", k_y = "<ci>y</ci>";

std::string after(double time) {
  return applied("geq", k_time, number(time));
}

TEST(SbmlDelays, SolveByTheMethodOfSteps) {
  // x' = -x(t - 1), x = 1 up to 0: 1 - t, then 1 - t + (t - 1)^2/2.
  const auto rows = run(
      model(parameter("x", 1.0), rule("x", applied("minus", delayed(k_x, number(1.0))), true)), {"x"}, {});
  for (const auto& row : rows) {
    const double late = std::max(0.0, row[0] - 1.0);
    EXPECT_NEAR(row[1], 1.0 - row[0] + 0.5 * late * late, 1e-9);
  }
}

TEST(SbmlDelays, FollowParametersAndSums) {
  // A delay of a delay by parameters: 0.3 + 0.45. x' = 1 from 2.
  const auto rows =
      run(model(parameter("x", 2.0) + parameter("y", 0.0) + parameter("a", 0.3, true) +
                    parameter("b", 0.45, true),
                rule("x", number(1.0), true) +
                    rule("y", delayed(delayed(applied("times", k_x, k_x), "<ci>a</ci>"), "<ci>b</ci>"))),
          {"y"}, {});
  for (const auto& row : rows) {
    const double earlier = 2.0 + std::max(0.0, row[0] - 0.75);
    EXPECT_NEAR(row[1], earlier * earlier, 1e-9);
  }
}

TEST(SbmlDelays, HoldInitialAssignmentsBeforeTheStart) {
  // x starts at 2 + 5 time and grows by 1: before 0 it is 2 + 5 t.
  const auto rows = run(model(parameter("x", 0.0) + parameter("y", 0.0),
                              rule("x", number(1.0), true) + rule("y", delayed(k_x, number(1.25))), "",
                              "<initialAssignment symbol='x'>" +
                                  math(applied("plus", number(2.0), applied("times", number(5.0), k_time))) +
                                  "</initialAssignment>"),
                        {"y"}, {});
  for (const auto& row : rows) {
    const double then = row[0] - 1.25;
    EXPECT_NEAR(row[1], then < 0.0 ? 2.0 + 5.0 * then : 2.0 + then, 1e-9);
  }
}

TEST(SbmlDelays, BringJumpsBack) {
  // An event sets x to 3 at 0.25 and one sets p to 7 at 0.75; both are seen 1 later, and the integral of x
  // too.
  const auto rows = run(model(parameter("x", 1.0) + parameter("p", 5.0) + parameter("y", 0.0) +
                                  parameter("q", 0.0) + parameter("z", 0.0),
                              rule("x", number(0.0), true) + rule("y", delayed(k_x, number(1.0))) +
                                  rule("q", delayed("<ci>p</ci>", number(1.0))) + rule("z", k_y, true),
                              event(after(0.25), "x", number(3.0)) + event(after(0.75), "p", number(7.0))),
                        {"y", "q", "z"}, {});
  for (const auto& row : rows) {
    EXPECT_DOUBLE_EQ(row[1], row[0] < 1.25 ? 1.0 : 3.0);
    EXPECT_DOUBLE_EQ(row[2], row[0] < 1.75 ? 5.0 : 7.0);
    EXPECT_NEAR(row[3], row[0] + 2.0 * std::max(0.0, row[0] - 1.25), 1e-9);
  }
}

TEST(SbmlDelays, TriggerEvents) {
  // x = time from 0, seen 0.4 later; it passes 0.3 at 0.7, where y becomes the x of 0.3 earlier than then:
  // 0.4.
  const auto rows = run(
      model(parameter("x", 0.0) + parameter("y", -1.0), rule("x", number(1.0), true),
            event(applied("geq", delayed(k_x, number(0.4)), number(0.3)), "y", delayed(k_x, number(0.3)))),
      {"y"}, {});
  EXPECT_DOUBLE_EQ(rows[1][1], -1.0);
  for (std::size_t row = 2; row < rows.size(); ++row) EXPECT_NEAR(rows[row][1], 0.4, 1e-9);
}

TEST(SbmlDelays, FollowDurationsThatEventsChange) {
  // x = time from 0; an event at 0.5 brings the look back from 0.5 to 0.25.
  const auto rows = run(model(parameter("x", 0.0) + parameter("y", 0.0) + parameter("d", 0.5),
                              rule("x", number(1.0), true) + rule("y", delayed(k_x, "<ci>d</ci>")),
                              event(after(0.6), "d", number(0.25))),
                        {"y"}, {});
  for (const auto& row : rows) EXPECT_NEAR(row[1], std::max(0.0, row[0] - (row[0] < 0.6 ? 0.5 : 0.25)), 1e-9);
}

TEST(SbmlDelays, RefuseDurationsThatChangeWhereRatesDependOnThem) {
  const std::string text =
      model(parameter("x", 1.0) + parameter("d", 0.5), rule("x", delayed(k_x, "<ci>d</ci>"), true),
            event(after(0.6), "d", number(0.25)));
  EXPECT_EQ(code_of(text), "R101");
}

TEST(SbmlDelays, NoFormatIsWrittenWithoutThePast) {
  const fs::path file = fs::temp_directory_path() / ("raad_delayed_" + std::to_string(getpid()) + ".xml");
  std::ofstream(file) << model(parameter("x", 1.0),
                               rule("x", applied("minus", delayed(k_x, number(1.0))), true));
  base::Diagnostics findings;
  const auto imported = sbml::import_model(file, {}, findings);
  fs::remove(file);
  ASSERT_NE(imported.model, nullptr);
  const auto refused = [&](const std::function<void(base::Diagnostics&)>& write) {
    base::Diagnostics found;
    write(found);
    return !found.all().empty() && found.all().front().code == "R151";
  };
  EXPECT_TRUE(refused([&](auto& found) { sbml::export_model(*imported.model, {}, found); }));
  EXPECT_TRUE(refused([&](auto& found) { model::antimony_text(*imported.model, "m", found); }));
  EXPECT_TRUE(refused([&](auto& found) { data::mrgsolve_text(*imported.model, {}, found); }));
  EXPECT_TRUE(refused([&](auto& found) { data::rxode2_text(*imported.model, "m", {}, found); }));
}

}  // namespace
}  // namespace raad::run
