// Measures against curves whose measures are known exactly.
#include "study/measures.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

namespace raad::study {
namespace {

std::vector<double> grid(double end_h, double step_h) {
  std::vector<double> times;
  for (int i = 0; i * step_h <= end_h * (1 + 1e-12); ++i) times.push_back(i * step_h);
  return times;
}

std::vector<double> sample(const std::vector<double>& times, const std::function<double(double)>& f) {
  std::vector<double> values;
  for (const double t : times) values.push_back(f(t));
  return values;
}

/// Bateman's function: first-order absorption and elimination, in closed form (Bateman 1910).
struct Bateman {
  double absorption = 1.1, elimination = 0.4;
  double operator()(double t) const { return std::exp(-elimination * t) - std::exp(-absorption * t); }
  double peak_time() const { return std::log(absorption / elimination) / (absorption - elimination); }
  double area() const { return 1.0 / elimination - 1.0 / absorption; }
};

TEST(Measures, BatemanPeakIsRefinedBeyondTheGrid) {
  const Bateman curve;
  const auto error_of_time = [&](double step_h) {
    const auto times = grid(60.0, step_h);
    const Measures m = measure(times, sample(times, curve));
    EXPECT_NEAR(m.peak, curve(curve.peak_time()), 3e-5);
    EXPECT_NEAR(m.area, curve.area(), 2e-3);
    EXPECT_EQ(m.baseline, 0.0);
    return std::abs(m.peak_time_h - curve.peak_time());
  };
  // The vertex of the parabola is off by step^2 |third / second derivative| / 6, here 0.25 step^2; the grid
  // alone by up to half a step.
  for (const double step_h : {0.1, 0.05, 0.02}) EXPECT_LT(error_of_time(step_h), 0.3 * step_h * step_h);
}

TEST(Measures, BatemanDurationAgreesWithTheRootsOfItsThreshold) {
  const Bateman curve;
  const double threshold = 0.1 * curve(curve.peak_time());
  const auto root = [&](double low, double high) {
    for (int i = 0; i < 80; ++i) {
      const double middle = 0.5 * (low + high);
      ((curve(low) - threshold) * (curve(middle) - threshold) <= 0.0 ? high : low) = middle;
    }
    return low;
  };
  const double start = root(1e-9, curve.peak_time()), end = root(curve.peak_time(), 60.0);
  const auto times = grid(60.0, 0.02);
  const Measures m = measure(times, sample(times, curve));
  EXPECT_NEAR(m.duration_h, end - start, 1e-4);
  EXPECT_NEAR(m.last_above_h, end, 1e-4);
}

TEST(Measures, TriangleIsExact) {
  // From a baseline of 10 down to 4 at 3 h and back at 9 h: every measure by hand.
  const std::vector<double> times = {0, 3, 9, 30};
  const std::vector<double> values = {10, 4, 10, 10};
  const Measures m = measure(times, values);
  EXPECT_DOUBLE_EQ(m.baseline, 10.0);
  EXPECT_DOUBLE_EQ(m.peak, 4.0);
  EXPECT_DOUBLE_EQ(m.peak_effect, -6.0);
  EXPECT_DOUBLE_EQ(m.peak_time_h, 3.0);
  EXPECT_DOUBLE_EQ(m.area, -27.0);
  EXPECT_NEAR(m.duration_h, 0.9 * 9.0, 1e-12);
  EXPECT_NEAR(m.last_above_h, 9.0 - 0.1 * 6.0, 1e-12);
  EXPECT_DOUBLE_EQ(m.at_2h, 6.0);
  EXPECT_DOUBLE_EQ(m.at_24h, 10.0);
  EXPECT_TRUE(std::isnan(m.at_7d));
  EXPECT_TRUE(std::isnan(m.at_28d));
}

TEST(Measures, ACornerIsNotOvershot) {
  // The end of an infusion: a rise, then a steep fall. The maximum is the corner itself.
  const auto times = grid(2.0, 0.1);
  const auto values = sample(times, [](double t) { return t <= 1.0 ? 4.0 * t : 4.0 - 3.0 * (t - 1.0); });
  const Measures m = measure(times, values);
  EXPECT_NEAR(m.peak, 4.0, 1e-12);
  EXPECT_NEAR(m.peak_time_h, 1.0, 1e-12);
}

TEST(Measures, BothSignsCountTowardsDuration) {
  // +1 for an hour, then -1 for an hour: |effect| stays above a tenth except around the steep crossing.
  const std::vector<double> times = {0, 1, 1.001, 2.001};
  const std::vector<double> values = {1, 1, -1, -1};
  const Measures m = measure(times, values, 0.0);
  EXPECT_NEAR(m.duration_h, 2.0 + 0.001 * 0.9, 1e-9);
  EXPECT_NEAR(m.area, 0.0, 1e-9);
}

TEST(Measures, AJumpAtTimeZeroCountsAgainstTheGivenBaseline) {
  const std::vector<double> times = {0, 1, 2};
  const Measures m = measure(times, {8, 4, 2}, 0.0);
  EXPECT_DOUBLE_EQ(m.peak_effect, 8.0);
  EXPECT_DOUBLE_EQ(m.peak_time_h, 0.0);
}

TEST(Measures, NothingMoves) {
  const std::vector<double> times = {0, 1, 2};
  const Measures m = measure(times, {5, 5, 5});
  EXPECT_EQ(m.peak_effect, 0.0);
  EXPECT_EQ(m.peak, 5.0);
  EXPECT_TRUE(std::isnan(m.peak_time_h));
  EXPECT_EQ(m.duration_h, 0.0);
  EXPECT_EQ(m.area, 0.0);
}

TEST(Measures, AGapInTheSeriesMakesEveryMeasureUndefined) {
  const std::vector<double> times = {0, 1, 2};
  const Measures m = measure(times, {5, std::numeric_limits<double>::quiet_NaN(), 6});
  EXPECT_TRUE(std::isnan(m.peak));
  EXPECT_TRUE(std::isnan(m.duration_h));
  EXPECT_TRUE(std::isnan(m.area));
}

TEST(Measures, ScalingAndShiftingACurveScalesItsMeasures) {
  // Property: measures of a + b f are those of f, scaled.
  const Bateman curve;
  const auto times = grid(48.0, 0.05);
  const Measures plain = measure(times, sample(times, curve));
  for (const double factor : {-7.5, 0.003, 120.0}) {
    const Measures m = measure(times, sample(times, [&](double t) { return 33.0 + factor * curve(t); }));
    EXPECT_NEAR(m.peak_effect, factor * plain.peak_effect, 1e-9 * std::abs(factor) + 1e-12);
    EXPECT_NEAR(m.peak_time_h, plain.peak_time_h, 1e-4);
    EXPECT_NEAR(m.duration_h, plain.duration_h, 1e-6);
    EXPECT_NEAR(m.area, factor * plain.area, 1e-9 * std::abs(factor) + 1e-10);
  }
}

}  // namespace
}  // namespace raad::study
