// Draws a comparison: one figure for each level of the mechanism, one panel for each read-out.
#pragma once

#include <string>
#include <vector>

#include "report/figure.hpp"
#include "study/comparison.hpp"

namespace raad::report {

/// A stretch of time that all panels of a figure show.
struct TimeWindow {
  std::string id;     ///< For classes and buttons: w24, w7, wall
  std::string label;  ///< 24 h, 7 d, 28 d
  double end_h = 0.0;
  double hours_per_unit = 1.0;  ///< 1 or 24: the axis is in hours or days
  std::vector<double> ticks;    ///< In the axis' unit
};

/// The windows of a run, shortest first; the last one shows all of it.
std::vector<TimeWindow> time_windows(double end_h);

/// Index of the window in which a level's read-outs are best seen: the shortest one that holds the time with
/// more than 10 % of the peak effect for both treatments in at least half of the moved read-outs.
std::size_t natural_window(const study::Comparison& comparison, const std::string& group,
                           const std::vector<TimeWindow>& windows);

/// Groups that have rows, in order.
std::vector<std::string> groups_of(const study::Comparison& comparison);

/// The panel of one row, or of a derived curve, in a window.
Panel row_panel(const study::Comparison& comparison, const study::ProfileRow& row, const TimeWindow& window);
Panel derived_panel(const study::Comparison& comparison, const study::DerivedCurve& curve,
                    const TimeWindow& window);

/// What a panel of a level shows: a row of the profile or a derived curve.
struct PanelSource {
  std::string id;
  const study::ProfileRow* row = nullptr;
  const study::DerivedCurve* curve = nullptr;
};
/// The panels of a level in order. Rows that are there for their measurements are left out when none lies on
/// them.
std::vector<PanelSource> panel_sources(const study::Comparison& comparison, const std::string& group);

/// Whether marks over a curve are whole arms' responses, and what to say then.
bool shows_whole_arms(const study::Comparison& comparison, const std::string& curve_id);
inline constexpr const char* k_whole_arm_remark =
    "Symptom scores of single arms hold the response to trial and care too; the curve is the drug's part.";

/// The figure of one level in a window: its rows, then its derived curves.
Figure group_figure(const study::Comparison& comparison, const std::string& group, const TimeWindow& window);

}  // namespace raad::report
