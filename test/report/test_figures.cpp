// Axes, line reduction and the figures as SVG and JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "base/files.hpp"
#include "report/axis.hpp"
#include "report/comparison_figures.hpp"
#include "report/example_comparison.hpp"
#include "report/figure.hpp"
#include "report/markup.hpp"
#include "report/panel_svg.hpp"
#include "report/simplify.hpp"
#include "report/xml_check.hpp"

namespace raad::report {
namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(Axis, TicksAreRoundInsideAndFew) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> exponent(-6, 6), mantissa(-1, 1);
  for (int i = 0; i < 2000; ++i) {
    const double scale = std::pow(10.0, exponent(random));
    const double a = scale * mantissa(random), b = scale * mantissa(random);
    const Axis axis = linear_axis(std::min(a, b), std::max(a, b), 4);
    ASSERT_LE(axis.minimum, std::min(a, b));
    ASSERT_GE(axis.maximum, std::max(a, b));
    ASSERT_GE(axis.ticks.size(), 2u);
    ASSERT_LE(axis.ticks.size(), 8u);
    const double step = axis.ticks[1] - axis.ticks[0];
    const double leading = step / std::pow(10.0, std::floor(std::log10(step) + 1e-9));
    ASSERT_TRUE(std::abs(leading - 1) < 1e-6 || std::abs(leading - 2) < 1e-6 || std::abs(leading - 5) < 1e-6)
        << step;
    for (const double tick : axis.ticks) {
      ASSERT_GE(tick, axis.minimum - 1e-9 * scale);
      ASSERT_LE(tick, axis.maximum + 1e-9 * scale);
    }
  }
}

TEST(Axis, LabelsAreDistinctAndReadBack) {
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> exponent(-3, 4), mantissa(0.05, 1);
  for (int i = 0; i < 500; ++i) {
    const double high = std::pow(10.0, exponent(random)) * mantissa(random);
    const Axis axis = linear_axis(0.0, high, 4);
    const double step = axis.ticks[1] - axis.ticks[0];
    for (std::size_t k = 0; k < axis.ticks.size(); ++k) {
      ASSERT_NEAR(std::strtod(axis.labels[k].c_str(), nullptr), axis.ticks[k], 1e-6 * step) << axis.labels[k];
    }
  }
  EXPECT_EQ(tick_labels({-10, 0, 10}), (std::vector<std::string>{"\u221210", "0", "10"}));
}

TEST(Axis, LogarithmicOnesHoldTheValuesWithinFourDecades) {
  const Axis axis = log_axis(1e-300, 170.0);
  EXPECT_GE(axis.maximum, 170.0);
  EXPECT_NEAR(axis.minimum, 0.017, 1e-12);
  EXPECT_THAT(axis.labels, testing::ElementsAre("0.1", "1", "10", "100"));
  EXPECT_NEAR(axis.position(axis.minimum), 0.0, 1e-12);
  EXPECT_NEAR(axis.position(axis.maximum), 1.0, 1e-12);
  EXPECT_GE(log_axis(5.0, 6.0).ticks.size(), 2u);
}

TEST(Axis, AFlatCurveStillGetsAScale) {
  for (const double level : {0.0, 1.0, -32.0, 1e-9}) {
    const Axis axis = linear_axis(level, level, 4);
    EXPECT_LT(axis.minimum, axis.maximum);
    EXPECT_GE(axis.ticks.size(), 1u);
  }
}

TEST(Simplify, StaysWithinItsToleranceEverywhere) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> noise(-1, 1);
  std::vector<double> x, y;
  for (int i = 0; i < 3000; ++i) {
    x.push_back(i + 0.4 * noise(random));
    y.push_back(100 * std::sin(i / 200.0) + noise(random));
  }
  for (const double tolerance : {0.5, 3.0, 20.0}) {
    const auto kept = simplify(x, y, tolerance);
    ASSERT_EQ(kept.front(), 0u);
    ASSERT_EQ(kept.back(), x.size() - 1);
    for (std::size_t k = 1; k < kept.size(); ++k) {
      const std::size_t a = kept[k - 1], b = kept[k];
      for (std::size_t i = a; i <= b; ++i) {
        const double line = y[a] + (y[b] - y[a]) * (x[i] - x[a]) / (x[b] - x[a]);
        ASSERT_LE(std::abs(y[i] - line), tolerance + 1e-9);
      }
    }
  }
  EXPECT_EQ(simplify({0, 1, 2, 3}, {0, 1, 2, 3}, 1e-9).size(), 2u);
  EXPECT_LT(simplify(x, y, 3.0).size(), 60u);
}

TEST(Markup, EscapesWhatMarkupReserves) {
  EXPECT_EQ(escape("a<b> & \"c\"\x01"), "a&lt;b&gt; &amp; &quot;c&quot; ");
  EXPECT_EQ(coordinate(-0.001), "0");
  EXPECT_EQ(coordinate(12.5), "12.5");
  EXPECT_EQ(coordinate(-3.256), "-3.26");
}

TEST(XmlCheck, FindsPlantedDefects) {
  // The check itself must be able to fail.
  EXPECT_EQ(xml_problem("<a><b x=\"1\"/>text &amp; more</a>"), "");
  for (const char* bad : {"<a><b></a>", "<a>", "<a x=1/>", "<a>&nbsp;</a>", "<a x=\"1\" x=\"2\"/>",
                          "<a></a><b/>", "<a>1 < 2</a>", "text"}) {
    EXPECT_NE(xml_problem(bad), "") << bad;
  }
}

TEST(Svg, IsWellFormedAccessibleAndSelfContained) {
  study::Comparison comparison = example_comparison();
  comparison.treatments[0] = "ketamine \"0.5\" <mg/kg> & more";
  const auto windows = time_windows(comparison.settings.end_h);
  for (const std::string& group : groups_of(comparison)) {
    for (const TimeWindow& window : windows) {
      const std::string svg = to_svg(group_figure(comparison, group, window));
      EXPECT_EQ(xml_problem(svg), "") << group;
      EXPECT_THAT(svg, HasSubstr("role=\"img\""));
      EXPECT_THAT(svg, HasSubstr("<title id="));
      EXPECT_THAT(svg, HasSubstr("<desc id="));
      EXPECT_EQ(count(svg, "http"), 1u) << "only the SVG name space";
      EXPECT_THAT(svg, Not(HasSubstr("<script")));
      EXPECT_THAT(svg, Not(HasSubstr("nan")));
      EXPECT_THAT(svg, Not(HasSubstr("inf ")));
    }
  }
}

TEST(Svg, DrawsCurvesPointsErrorBarsAndDoses) {
  const study::Comparison comparison = example_comparison();
  const auto windows = time_windows(comparison.settings.end_h);
  const std::string svg = to_svg(group_figure(comparison, "clinic", windows.back()));
  // Two panels (MADRS and its difference) with two lines each, and the two lines of the key.
  EXPECT_EQ(count(svg, "class=\"line c0\""), 3u);
  EXPECT_EQ(count(svg, "class=\"line c1\""), 3u);
  EXPECT_EQ(count(svg, "class=\"measured\""), 2u);
  EXPECT_EQ(count(svg, "class=\"error"), 2u);
  EXPECT_EQ(count(svg, "mark c0 open\" fill=\"#ffffff\""), 2u)
      << "validation is open, in the panel and in the key";
  EXPECT_EQ(count(svg, "mark c1 filled"), 1u);
  EXPECT_EQ(count(svg, "class=\"dose c"), 4u);
  EXPECT_THAT(svg, HasSubstr("stroke-dasharray"));
  EXPECT_THAT(svg, HasSubstr("[points]"));
  EXPECT_THAT(svg, HasSubstr("time after first dose [d]"));
}

TEST(Svg, PlacesAPointWhereItsAxesSay) {
  // One panel, axis 0..10 on both sides: the pixel of a mark follows from the frame alone.
  Panel panel;
  panel.lines = {{"a", 0, {0, 10}, {0, 100}, {}, {}}};
  panel.points = {{5.0, 50.0, std::nullopt, 1, true, ""}};
  const PanelSize size;
  const Axis time = fixed_axis(0, 10, {}, 5);
  const Axis value = value_axis(panel);
  const double y = size.top + size.plot_height() * (1.0 - 50.0 / value.maximum);
  ASSERT_EQ(value.minimum, 0.0);
  const std::string expected = mark_element(size.left + 0.5 * size.plot_width(), y, 1, true, "");
  EXPECT_THAT(panel_elements(panel, time, size, "c"), HasSubstr(expected));
}

TEST(Svg, ShowsALogarithmicReadOutThatNothingMoves) {
  Panel panel;
  panel.log_y = true;
  panel.lines = {{"a", 0, {0, 10}, {0, 0}, {}, {}}};
  EXPECT_FALSE(value_axis(panel).logarithmic);
  EXPECT_THAT(panel_elements(panel, fixed_axis(0, 10, {}, 5), PanelSize(), "c"),
              HasSubstr("class=\"line c0\""));
}

TEST(Json, HoldsTheFiguresContent) {
  const study::Comparison comparison = example_comparison();
  const Figure figure = group_figure(comparison, "clinic", time_windows(672.0).back());
  const auto json = nlohmann::json::parse(to_json(figure));
  EXPECT_EQ(json["id"], "clinic");
  ASSERT_EQ(json["panels"].size(), 2u);
  EXPECT_EQ(json["panels"][0]["lines"][1]["y"].size(), comparison.courses[1].time_h.size());
  EXPECT_EQ(json["panels"][0]["points"][0]["half_width"], 3.9);
  EXPECT_EQ(json["x_max"], 28.0);
}

TEST(Windows, FollowTheRunAndTheLevel) {
  EXPECT_EQ(time_windows(672.0).size(), 3u);
  EXPECT_EQ(time_windows(24.0).size(), 1u);
  EXPECT_EQ(time_windows(168.0).size(), 2u);
  EXPECT_EQ(time_windows(672.0).back().label, "28 d");
  for (const double end : {0.5, 6.0, 24.0, 100.0, 672.0, 8760.0}) {
    for (const TimeWindow& window : time_windows(end)) {
      EXPECT_GE(window.ticks.size(), 2u) << end;
      EXPECT_LE(window.ticks.size(), 10u) << end;
      EXPECT_LE(window.ticks.back() * window.hours_per_unit, window.end_h * (1 + 1e-9));
    }
  }
  const study::Comparison comparison = example_comparison();
  const auto windows = time_windows(672.0);
  EXPECT_EQ(natural_window(comparison, "exposure", windows), 0u);
  EXPECT_EQ(natural_window(comparison, "signalling", windows), 1u);
  EXPECT_EQ(natural_window(comparison, "clinic", windows), 2u);
}

}  // namespace
}  // namespace raad::report
