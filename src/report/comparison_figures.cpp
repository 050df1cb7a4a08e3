#include "report/comparison_figures.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "report/axis.hpp"
#include "report/markup.hpp"
#include "study/groups.hpp"
#include "study/profile_table.hpp"

namespace raad::report {
namespace {

using study::short_number;
using study::short_time;

TimeWindow hours_window(const std::string& id, double end_h) {
  TimeWindow window{id, fmt::format("{:g} h", end_h), end_h, 1.0, {}};
  // Clock times divide a day evenly; steps of 5 h do not.
  for (const double step : {0.25, 0.5, 1.0, 2.0, 3.0, 6.0, 12.0}) {
    if (end_h / step > 8.0) continue;
    for (double t = 0.0; t <= end_h * (1 + 1e-9); t += step) window.ticks.push_back(t);
    return window;
  }
  window.ticks = round_ticks(0.0, end_h, 6);
  return window;
}

TimeWindow days_window(const std::string& id, double end_h) {
  const double days = end_h / 24.0;
  TimeWindow window{id, fmt::format("{:.3g} d", days), end_h, 24.0, {}};
  // Whole days and weeks, as visits are planned.
  for (const double step : {1.0, 2.0, 7.0, 14.0, 28.0, 56.0}) {
    if (days / step > 8.0) continue;
    for (double t = 0.0; t <= days * (1 + 1e-9); t += step) window.ticks.push_back(t);
    return window;
  }
  window.ticks = round_ticks(0.0, days, 6);
  return window;
}

std::vector<double> scaled(const std::vector<double>& hours, double hours_per_unit) {
  std::vector<double> out(hours.size());
  std::transform(hours.begin(), hours.end(), out.begin(), [&](double t) { return t / hours_per_unit; });
  return out;
}

std::string point_tooltip(const study::Comparison& comparison, const study::MeasuredPoint& point) {
  std::string text =
      fmt::format("{}: {}", comparison.short_names[point.treatment], short_number(point.value));
  if (point.half_width) text += fmt::format(" \u00b1 {}", short_number(*point.half_width));
  text += fmt::format(" {} at {}; model {}; {} ({})", point.unit, short_time(point.time_h),
                      short_number(point.predicted), point.source, point.file);
  if (!point.population.empty()) text += "; " + point.population;
  if (!point.note.empty()) text += "; " + point.note;
  return text;
}

/// What both row and derived panels have in common.
Panel make_panel(const study::Comparison& comparison, const std::string& id, const std::string& title,
                 const std::string& unit, const std::vector<double>* const values[2],
                 const TimeWindow& window) {
  Panel panel;
  // What follows a comma in a display name says how the quantity is expressed: it belongs to the axis.
  const std::size_t comma = title.find(", ");
  panel.title = capitalised(title.substr(0, comma));
  const std::string expressed = comma == std::string::npos ? "" : title.substr(comma + 2) + " ";
  panel.x_label = fmt::format("time after first dose [{}]", window.hours_per_unit == 1.0 ? "h" : "d");
  panel.y_label = expressed + "[" + unit + "]";
  for (int i = 0; i < 2; ++i) {
    Line line;
    line.label = comparison.treatments[i];
    line.colour = i;
    line.x = scaled(comparison.courses[i].time_h, window.hours_per_unit);
    line.y = *values[i];
    // 90 % of the draws; derived curves have none.
    const auto *lower = comparison.band(i, id, 0),
               *upper = comparison.band(i, id, std::size(study::k_band_quantiles) - 1);
    if (lower != nullptr && upper != nullptr) {
      line.lower = *lower;
      line.upper = *upper;
    }
    panel.lines.push_back(std::move(line));
    for (const double time_h : comparison.dose_times_h[i])
      panel.doses.push_back({time_h / window.hours_per_unit, i});
  }
  for (const study::MeasuredPoint& point : comparison.points) {
    if (point.observable != id) continue;
    panel.points.push_back({point.time_h / window.hours_per_unit, point.value, point.half_width,
                            point.treatment, point.file == "calibration", point_tooltip(comparison, point)});
  }
  return panel;
}

std::string describe_effect(const std::string& name, const study::Measures& measures,
                            const std::string& unit) {
  if (!std::isfinite(measures.peak_time_h))
    return fmt::format("{}: no change from {} {}.", name, short_number(measures.baseline), unit);
  return fmt::format("{}: from {} to {} {} at {}.", name, short_number(measures.baseline),
                     short_number(measures.peak), unit, short_time(measures.peak_time_h));
}

const study::ProfileRow* find_row(const study::Comparison& comparison, const std::string& observable) {
  for (const study::ProfileRow& row : comparison.rows) {
    if (row.observable == observable) return &row;
  }
  return nullptr;
}

}  // namespace

std::vector<TimeWindow> time_windows(double end_h) {
  std::vector<TimeWindow> windows;
  // A window that is nearly the whole run would show the same twice.
  if (end_h > 1.5 * 24.0) windows.push_back(hours_window("w24", 24.0));
  if (end_h > 1.5 * 7 * 24.0) windows.push_back(days_window("w7", 7 * 24.0));
  windows.push_back(end_h <= 48.0 ? hours_window("wall", end_h) : days_window("wall", end_h));
  return windows;
}

std::size_t natural_window(const study::Comparison& comparison, const std::string& group,
                           const std::vector<TimeWindow>& windows) {
  std::vector<double> ends;
  for (const study::ProfileRow& row : comparison.rows) {
    if (row.group != group || row.shared == study::Shared::unmoved) continue;
    double end = 0.0;
    const double larger = std::max(std::abs(row.first.peak_effect), std::abs(row.second.peak_effect));
    for (const study::Measures* measures : {&row.first, &row.second}) {
      const bool counts = std::abs(measures->peak_effect) > study::k_lasting_share * larger;
      if (counts && std::isfinite(measures->last_above_h)) end = std::max(end, measures->last_above_h);
    }
    ends.push_back(end);
  }
  if (ends.empty()) return windows.size() - 1;
  std::sort(ends.begin(), ends.end());
  const double median = ends[ends.size() / 2];
  for (std::size_t i = 0; i < windows.size(); ++i) {
    if (median <= windows[i].end_h) return i;
  }
  return windows.size() - 1;
}

std::vector<std::string> groups_of(const study::Comparison& comparison) {
  std::vector<std::string> groups;
  for (const study::ProfileRow& row : comparison.rows) {
    if (groups.empty() || groups.back() != row.group) groups.push_back(row.group);
  }
  return groups;
}

Panel row_panel(const study::Comparison& comparison, const study::ProfileRow& row, const TimeWindow& window) {
  const std::vector<double>* values[2];
  for (int i = 0; i < 2; ++i) values[i] = &comparison.courses[i].find(row.observable)->values;
  Panel panel = make_panel(comparison, row.observable, row.display_name, row.unit, values, window);
  panel.log_y = row.log_axis;
  panel.description =
      fmt::format("{}. {} {}", panel.title, describe_effect(comparison.short_names[0], row.first, row.unit),
                  describe_effect(comparison.short_names[1], row.second, row.unit));
  return panel;
}

Panel derived_panel(const study::Comparison& comparison, const study::DerivedCurve& curve,
                    const TimeWindow& window) {
  const std::vector<double>* values[2] = {&curve.values[0], &curve.values[1]};
  Panel panel = make_panel(comparison, curve.id, curve.display_name, curve.unit, values, window);
  panel.description = fmt::format("{}, with published measurements.", panel.title);
  return panel;
}

std::vector<PanelSource> panel_sources(const study::Comparison& comparison, const std::string& group) {
  std::vector<PanelSource> sources;
  const auto has_point = [&](const std::string& id) {
    return std::any_of(comparison.points.begin(), comparison.points.end(),
                       [&](const study::MeasuredPoint& point) { return point.observable == id; });
  };
  for (const study::ProfileRow& row : comparison.rows) {
    if (row.group == group && (row.main || has_point(row.observable)))
      sources.push_back({row.observable, &row, nullptr});
  }
  for (const study::DerivedCurve& curve : comparison.derived) {
    const study::ProfileRow* base = find_row(comparison, curve.base_observable);
    if (base != nullptr && base->group == group) sources.push_back({curve.id, nullptr, &curve});
  }
  return sources;
}

Figure group_figure(const study::Comparison& comparison, const std::string& group, const TimeWindow& window) {
  Figure figure;
  figure.id = group;
  figure.title = study::group_title(group);
  figure.caption = fmt::format("{} against {}; {} model, typical subject.", comparison.treatments[0],
                               comparison.treatments[1], comparison.system);
  if (comparison.bands[0])
    figure.caption += fmt::format(" Shaded: 90 % of {} draws of what is not known about the parameters.",
                                  comparison.bands[0]->draws);
  figure.x_min = 0.0;
  figure.x_max = window.end_h / window.hours_per_unit;
  figure.x_ticks = window.ticks;
  bool whole_arms = false;
  for (const PanelSource& source : panel_sources(comparison, group)) {
    figure.panels.push_back(source.row != nullptr ? row_panel(comparison, *source.row, window)
                                                  : derived_panel(comparison, *source.curve, window));
    whole_arms = whole_arms || shows_whole_arms(comparison, source.id);
  }
  if (whole_arms) figure.caption += " " + std::string(k_whole_arm_remark);
  return figure;
}

bool shows_whole_arms(const study::Comparison& comparison, const std::string& curve_id) {
  return std::any_of(
      comparison.points.begin(), comparison.points.end(),
      [&](const study::MeasuredPoint& point) { return point.observable == curve_id && point.whole_arm; });
}

}  // namespace raad::report
