// Numbers made of time courses, against curves whose numbers are known.
#include <gtest/gtest.h>

#include <cmath>

#include "study/trajectory_measures.hpp"

namespace raad::study {
namespace {

/// y = 10 exp(-0.2 t) from a dose at 1 h on, 0 before.
Trajectory decay() {
  Trajectory made;
  made.first_dose_h = 1.0;
  for (int i = 0; i <= 40000; ++i) {
    const double t = 0.001 * i;
    made.time_h.push_back(t);
    made.values["y"].push_back(t < 1.0 ? 0.0 : 10.0 * std::exp(-0.2 * (t - 1.0)));
  }
  return made;
}

TEST(TrajectoryMeasures, OfAnExponentialAreThoseOfItsFormula) {
  const auto course = decay();
  EXPECT_NEAR(terminal_half_life_h(course, "y"), std::log(2.0) / 0.2, 1e-6);
  // The step at the dose is a ramp of one grid interval: half of 10 x 0.001 h.
  EXPECT_NEAR(area_to_infinity(course, "y"), 50.0, 0.01);
  EXPECT_NEAR(extreme(course, "y"), 10.0, 1e-12);
  EXPECT_NEAR(time_of_extreme_h(course, "y"), 1.0, 1e-9);
  EXPECT_NEAR(time_above_h(course, "y", 1.0), std::log(10.0) / 0.2, 2e-3);
  EXPECT_NEAR(last_time_above_h(course, "y", 1.0), 1.0 + std::log(10.0) / 0.2, 1e-4);
  EXPECT_NEAR(integral(course, "y", 1.0, 2.0), 50.0 * (1.0 - std::exp(-0.2)), 1e-5);
  EXPECT_TRUE(std::isnan(course.at("y", 100.0)));
}

/// Three stages at rest: births equal losses.
Trajectory spines_at_rest(double hours) {
  Trajectory made;
  made.parameters = {{"spines__nascent_loss_rate", 0.02},
                     {"spines__nascent_maturation_rate", 0.01},
                     {"spines__mature_loss_rate", 0.004},
                     {"spines__mature_stabilisation_rate", 0.002},
                     {"spines__stable_loss_rate", 0.0002}};
  const double births = 0.001, nascent = births / 0.03, mature = 0.01 * nascent / 0.006,
               stable = 0.002 * mature / 0.0002;
  for (const double t : {0.0, hours}) {
    made.time_h.push_back(t);
    made.values["spines__birth_rate"].push_back(births);
    made.values["spines__nascent_spines"].push_back(nascent);
    made.values["spines__mature_spines"].push_back(mature);
    made.values["spines__stable_spines"].push_back(stable);
  }
  return made;
}

TEST(SpineCohorts, AtRestAsManyComeAsGo) {
  const auto course = spines_at_rest(1000.0);
  const SpineCohorts cohorts(course);
  for (const double interval : {24.0, 48.0, 240.0})
    EXPECT_NEAR(cohorts.formation(500.0, interval), cohorts.elimination(500.0, interval), 1e-4) << interval;
  EXPECT_NEAR(cohorts.persistence(0.0, 240.0), 100.0 - cohorts.elimination(240.0, 240.0), 1e-9);
}

TEST(SpineCohorts, SurvivalIsThatOfTheChain) {
  const auto course = spines_at_rest(1000.0);
  const SpineCohorts cohorts(course);
  // Independent: the chain integrated in small explicit steps, from spines born within the last two minutes.
  double nascent = 1.0, mature = 0.0, stable = 0.0;
  const double step = 0.001;
  for (int i = 0; i < 96000; ++i) {
    const double n = nascent, m = mature, s = stable;
    nascent += step * -0.03 * n;
    mature += step * (0.01 * n - 0.006 * m);
    stable += step * (0.002 * m - 0.0002 * s);
  }
  EXPECT_NEAR(cohorts.survival(500.0, 1.0 / 30.0, 96.0), 100.0 * (nascent + mature + stable), 0.05);
  EXPECT_NEAR(cohorts.survival(500.0, 48.0, 0.0), 100.0, 1e-9);
}

}  // namespace
}  // namespace raad::study
