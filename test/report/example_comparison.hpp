// A small comparison made by hand, for tests of everything that shows one.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "study/comparison.hpp"
#include "study/groups.hpp"

namespace raad::report {

/// Adds a read-out with closed-form curves under both treatments.
template <typename First, typename Second>
void add_example(study::Comparison& comparison, const std::string& group, const std::string& id,
                 const std::string& name, const std::string& unit, First first, Second second) {
  study::ProfileRow row;
  row.group = group;
  row.observable = id;
  row.display_name = name;
  row.unit = unit;
  row.log_axis = group == "exposure";
  std::vector<double> values[2];
  for (const double t : comparison.courses[0].time_h) {
    values[0].push_back(first(t));
    values[1].push_back(second(t));
  }
  for (int i = 0; i < 2; ++i) comparison.courses[i].series.push_back({id, name, unit, values[i]});
  row.first = study::measure(comparison.courses[0].time_h, values[0], first(-1.0));
  row.second = study::measure(comparison.courses[1].time_h, values[1], second(-1.0));
  study::classify(row, 1e-4);
  comparison.rows.push_back(row);
}

/// First-order rise and fall from `start`, nothing before; height 1 for rise much faster than fall.
inline double pulse(double t, double start, double rise_h, double fall_h) {
  if (t < start) return 0.0;
  return std::exp(-(t - start) / fall_h) - std::exp(-(t - start) / rise_h);
}

/// Two treatments over 28 d with one or two read-outs at each level, measurements of both files, and text
/// that needs escaping in places where users can put it.
inline study::Comparison example_comparison() {
  study::Comparison c;
  c.treatments[0] = "ketamine 0.5 mg/kg iv 40 min";
  c.treatments[1] = "psilocybin 25 mg oral";
  c.short_names[0] = "ketamine";
  c.short_names[1] = "psilocybin";
  c.system = "human";
  for (int i = 0; i < 2; ++i) {
    c.courses[i].time_h = study::measuring_grid({0.0}, {0.0, 40.0 / 60.0}, 672.0, 1.0 / 60.0, 0.5);
    c.dose_times_h[i] = {0.0};
  }
  const auto none = [](double) { return 0.0; };
  add_example(
      c, "exposure", "plasma_ketamine", "Plasma ketamine", "ng/mL",
      [](double t) { return 260 * pulse(t, 0, 0.3, 2.5); }, none);
  add_example(c, "exposure", "plasma_psilocin", "Plasma psilocin", "ng/mL", none,
              [](double t) { return 40 * pulse(t, 0, 1.2, 2.6); });
  add_example(c, "target", "occupancy_5ht2a", "5-HT2A occupancy", "percent", none,
              [](double t) { return 110 * pulse(t, 0, 0.8, 4); });
  add_example(
      c, "circuit", "glutamate_cycling", "Glutamate cycling, change", "percent",
      [](double t) { return 20 * pulse(t, 0, 0.3, 2); }, [](double t) { return 25 * pulse(t, 0, 1, 4); });
  add_example(
      c, "signalling", "bdnf_ecf", "Extracellular BDNF, fold", "1",
      [](double t) { return 1 + pulse(t, 0, 2, 12); }, [](double t) { return 1 + 1.3 * pulse(t, 0, 4, 16); });
  add_example(
      c, "plasticity", "spine_density", "Spine density, change", "percent",
      [](double t) { return 9 * pulse(t, 0, 20, 150); }, [](double t) { return 14 * pulse(t, 0, 30, 500); });
  add_example(c, "acute", "intensity", "Intensity of the experience", "percent", none,
              [](double t) { return 120 * pulse(t, 0, 1, 3); });
  add_example(
      c, "clinic", "madrs", "MADRS", "points", [](double t) { return 32 - 13 * pulse(t, 0, 8, 120); },
      [](double t) { return 32 - 18 * pulse(t, 0, 16, 700); });

  c.rows[4].assumed = {{"bdnf__release_gain", 0.83}, {"bdnf__clearance", -0.41}};
  for (study::ProfileRow& row : c.rows) row.depends_on_assumed = row.group != "exposure";
  const auto point = [&](const char* observable, int treatment, double time_h, double value,
                         std::optional<double> half_width, double predicted, const char* source,
                         const char* file) {
    study::MeasuredPoint p;
    p.observable = observable;
    p.treatment = treatment;
    p.time_h = time_h;
    p.value = value;
    p.half_width = half_width;
    p.predicted = predicted;
    p.unit = "points";
    p.evidence_id = p.source = source;
    p.file = file;
    c.points.push_back(p);
  };
  point("plasma_ketamine", 0, 0.667, 185.0, std::nullopt, 170.0, "zarate2006", "validation");
  point("madrs", 0, 24.0, 16.2, 3.9, 20.0, "correia2020", "validation");
  c.points.back().population = "trd <Brazil> & \"others\"";
  c.points.back().whole_arm = true;
  point("madrs_difference", 1, 168.0, -12.0, 4.6, -15.0, "raison2023", "calibration");
  c.points.back().note = "difference to niacin";
  point("intensity", 1, 2.5, 75.0, 17.2, 65.0, "carhart2016", "calibration");
  c.undrawn = {{"becker__thalf", "plasma_psilocin_thalf", 1, "calibration",
                "a summary or a relation, not a value on a curve"}};
  study::DerivedCurve difference{
      "madrs_difference", "MADRS, difference to no treatment", "points", "madrs", {}};
  for (int i = 0; i < 2; ++i) {
    for (const double v : c.courses[i].find("madrs")->values) difference.values[i].push_back(v - 32.0);
  }
  c.derived = {difference};
  c.known_failures = {{"early_onset", "Onset at 1.2 h is slow (-2.2 against -4.4 points).", "clinic"}};
  c.rule = study::shared_rule(1e-6);
  c.assumed_rule = "Each assumed value is raised by 10 %.";
  c.points_rule = "Drawn are rows of the same treatment.";
  c.notes = {"psilocybin: no salt named, taken as free base"};
  return c;
}

}  // namespace raad::report
