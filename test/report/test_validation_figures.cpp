// Figures of a validation made of a few scores.
#include "report/validation_figures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <list>

#include "xml_check.hpp"

namespace raad::report {
namespace {

class ValidationFigures : public testing::Test {
 protected:
  void add(const std::string& source, double time_h, double observed, double predicted,
           const std::string& file = "calibration", study::ScoreScale scale = study::ScoreScale::linear) {
    auto& row = rows_.emplace_back();
    row.id = source + std::to_string(rows_.size());
    row.observable = "spine_density";
    row.unit = "percent";
    row.arm = "drug <a & b>";
    row.source_id = source;
    row.time_h = time_h;
    row.value = observed;
    study::ValidationScore score;
    score.row = &row;
    score.file = file;
    score.family = "plasticity";
    score.scale = scale;
    score.predicted = predicted;
    score.total_spread = 2.0;
    score.z = (predicted - observed) / 2.0;
    score.lower90 = predicted - 4.0;
    score.upper90 = predicted + 4.0;
    score.inside = std::abs(score.z) < 2.0;
    result_.scores.push_back(score);
  }

  std::list<data::EvidenceRow> rows_;
  study::ValidationResult result_;
};

TEST_F(ValidationFigures, EveryScoredRowIsAPoint) {
  add("a", 1.0, 10.0, 12.0);
  add("a", 2.0, 10.0, 20.0, "validation");
  add("b", 1.0, 100.0, 10.0, "calibration", study::ScoreScale::logarithmic);
  add("b", 1.0, 1.0, 1.0, "calibration", study::ScoreScale::sign);
  result_.scores.push_back(result_.scores.front());
  result_.scores.back().skipped = "no such thing";
  const auto figures = observed_predicted_figures(result_);
  ASSERT_EQ(figures.size(), 2u);  // Linear and logarithmic; directions are no points.
  const auto& points = figures[0].panels.front().points;
  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(points[0].x, 10.0);
  EXPECT_EQ(points[0].y, 12.0);
  EXPECT_TRUE(points[0].filled);
  EXPECT_FALSE(points[1].filled);
  EXPECT_NE(points[0].colour, points[1].colour);  // The second lies outside of its interval.
  EXPECT_DOUBLE_EQ(figures[1].panels.front().points.front().x, 2.0);
  for (const auto& figure : figures) EXPECT_EQ(XmlChecker(to_svg(figure)).check(), "");
}

TEST_F(ValidationFigures, CoursesNeedThreeTimesAndAxesOfTheirOwn) {
  for (const double time : {48.0, 24.0, 96.0}) add("a", time, 10.0, time / 10.0);
  for (const double time : {1.0, 2.0, 3.0}) add("a2", time, 10.0, 11.0);
  for (const double time : {1.0, 1.0, 3.0}) add("b", time, 10.0, 11.0);
  const auto figures = course_figures(result_);
  ASSERT_EQ(figures.size(), 2u);
  EXPECT_EQ(figures[0].id, "courses_a");
  EXPECT_EQ(figures[1].id, "courses_a2_first_day");
  const auto& line = figures[0].panels.front().lines.front();
  EXPECT_EQ(line.x, (std::vector<double>{24.0, 48.0, 96.0}));
  EXPECT_EQ(line.y, (std::vector<double>{2.4, 4.8, 9.6}));
  EXPECT_EQ(line.upper[0], line.y[0] + 4.0);
  EXPECT_EQ(XmlChecker(to_svg(figures[0])).check(), "");
}

TEST_F(ValidationFigures, CoverageCountsRowsInside) {
  for (int i = 0; i < 10; ++i) add("a", 1.0, 10.0, i < 7 ? 10.0 : 1000.0);
  const auto figure = coverage_figure(result_);
  const auto& line = figure.panels.front().lines.front();
  EXPECT_EQ(line.label, "calibration");
  EXPECT_DOUBLE_EQ(line.y.front(), 70.0);
  EXPECT_DOUBLE_EQ(line.y.back(), 70.0);
  EXPECT_TRUE(std::ranges::is_sorted(line.y));
}

}  // namespace
}  // namespace raad::report
