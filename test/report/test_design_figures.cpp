// Figures of a design: contours where the values say, and every design drawn.
#include <gtest/gtest.h>

#include <cmath>

#include "report/design_figures.hpp"

namespace raad::report {
namespace {

TEST(DesignFigures, ContoursFollowTheValues) {
  // Values x + 2 y: the contour of 1 is the line x = 1 - 2 y.
  const std::vector<double> axis = {0.0, 0.25, 0.5, 0.75, 1.0};
  std::vector<std::vector<double>> values;
  for (const double y : axis) {
    values.emplace_back();
    for (const double x : axis) values.back().push_back(x + 2.0 * y);
  }
  const Line line = contour(axis, values, 1.1);
  ASSERT_GT(line.x.size(), 6u);
  for (std::size_t i = 0; i < line.x.size(); ++i) {
    if (std::isfinite(line.y[i])) {
      EXPECT_NEAR(line.x[i] + 2.0 * line.y[i], 1.1, 1e-12);
    }
  }
  EXPECT_TRUE(contour(axis, values, 10.0).x.empty());
}

TEST(DesignFigures, DrawEveryDesign) {
  study::DesignResult result;
  result.goal = {&study::design_objectives()[0], &study::design_objectives()[4]};
  result.axes = {{"a", 0.0, 1.0, study::DesignAxis::Scale::linear, 0.1, ""}};
  for (const double x : {0.2, 0.8}) {
    study::Design one;
    one.candidate.values = {x};
    one.objectives = {{x, x - 0.1, x + 0.1}, {1.0 - x, 0.0, 1.0}};
    if (x > 0.5) one.flag = "under no hypothesis";
    result.front.push_back(one);
  }
  const auto pareto = pareto_figures(result);
  ASSERT_EQ(pareto.size(), 1u);
  EXPECT_EQ(pareto[0].id, "pareto_effect_trip");
  ASSERT_EQ(pareto[0].panels[0].points.size(), 2u);
  EXPECT_TRUE(pareto[0].panels[0].points[0].filled);
  EXPECT_FALSE(pareto[0].panels[0].points[1].filled);
  EXPECT_NE(to_svg(pareto[0]).find("row 2: under no hypothesis"), std::string::npos);
  const auto parallel = parallel_figure(result);
  ASSERT_EQ(parallel.panels[0].lines.size(), 2u);
  EXPECT_EQ(parallel.panels[0].lines[1].y, (std::vector<double>{1.0, 0.0, 0.8}));
}

}  // namespace
}  // namespace raad::report
