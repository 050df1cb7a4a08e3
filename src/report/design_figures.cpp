#include "report/design_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace raad::report {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();
constexpr int k_robust = 0, k_flagged = 1;
constexpr const char* k_robust_label = "holds under several rival hypotheses";
constexpr const char* k_bar_label = "central 90 % over what is not known of a design";
constexpr const char* k_flagged_label = "hangs on one hypothesis or none";

std::string axis_label(const study::DesignObjective& objective) {
  const std::string unit = objective.unit;
  return std::string(objective.meaning) + (unit == "1" ? "" : " [" + unit + "]");
}

/// Position of a value between the least and the greatest of all designs.
std::vector<double> scaled(std::vector<double> values) {
  const auto [low, high] = std::ranges::minmax(values);
  for (double& value : values) value = high > low ? (value - low) / (high - low) : 0.5;
  return values;
}

}  // namespace

std::vector<Figure> pareto_figures(const study::DesignResult& result) {
  std::vector<Figure> figures;
  for (std::size_t a = 0; a < result.goal.size(); ++a)
    for (std::size_t b = a + 1; b < result.goal.size(); ++b) {
      Figure figure;
      figure.id = fmt::format("pareto_{}_{}", result.goal[a]->id, result.goal[b]->id);
      figure.title = fmt::format("Pareto front: {} against {}", result.goal[b]->id, result.goal[a]->id);
      figure.caption =
          "Designs that no other one beats in every objective; bars: central 90 % over what is not known of "
          "them.";
      figure.filled_label = k_robust_label;
      figure.open_label = k_flagged_label;
      Panel panel;
      panel.title = figure.title;
      panel.description = fmt::format("{} designs.", result.front.size());
      panel.x_label = axis_label(*result.goal[a]);
      panel.y_label = axis_label(*result.goal[b]);
      double low = std::numeric_limits<double>::infinity(), high = -low;
      for (std::size_t i = 0; i < result.front.size(); ++i) {
        const auto& one = result.front[i];
        const auto& y = one.objectives[b];
        PointWithError point;
        point.x = one.objectives[a].value;
        point.y = y.value;
        Line bar;
        bar.x = {point.x, point.x};
        bar.y = {y.lower90, y.upper90};
        bar.label = k_bar_label;
        bar.hair = true;
        panel.lines.push_back(std::move(bar));
        point.filled = one.flag.empty();
        point.tooltip = fmt::format("row {}{}", i + 1, one.flag.empty() ? "" : ": " + one.flag);
        low = std::min(low, point.x);
        high = std::max(high, point.x);
        panel.points.push_back(point);
      }
      const double room = high > low ? 0.05 * (high - low) : 1.0;
      figure.x_min = low - room;
      figure.x_max = high + room;
      figure.columns = 1;
      figure.panel_width = 560.0;
      figure.panel_height = 380.0;
      figure.panels.push_back(std::move(panel));
      figures.push_back(std::move(figure));
    }
  return figures;
}

Figure parallel_figure(const study::DesignResult& result) {
  Figure figure;
  figure.id = "parallel";
  figure.title = "Designs of the front across goals and axes";
  figure.columns = 1;
  figure.panel_width = 980.0;
  figure.panel_height = 400.0;
  std::vector<std::vector<double>> columns;
  std::string names;
  const auto add = [&](const std::string& name, std::vector<double> values) {
    figure.x_ticks.push_back(static_cast<double>(columns.size()));
    figure.x_tick_labels.push_back(std::to_string(columns.size() + 1));
    names += fmt::format("{}{} {}", names.empty() ? "" : ", ", columns.size() + 1, name);
    columns.push_back(std::move(values));
  };
  for (std::size_t g = 0; g < result.goal.size(); ++g) {
    std::vector<double> values;
    for (const auto& one : result.front) values.push_back(one.objectives[g].value);
    add(result.goal[g]->id, scaled(values));
  }
  for (std::size_t axis = 0; axis < result.axes.size(); ++axis) {
    std::vector<double> values;
    for (const auto& one : result.front)
      values.push_back(result.axes[axis].coordinate(one.candidate.values[axis]));
    add(result.axes[axis].id, values);
  }
  figure.caption =
      "Goals over the range of the front, axes over the range of the search. Columns: " + names + ".";
  Panel panel;
  panel.title = "Low to high";
  panel.description = fmt::format("{} designs over {} columns.", result.front.size(), columns.size());
  panel.x_label = "column (see caption)";
  panel.y_label = "share of the range";
  for (std::size_t i = 0; i < result.front.size(); ++i) {
    Line line;
    line.colour = result.front[i].flag.empty() ? k_robust : k_flagged;
    line.label = result.front[i].flag.empty() ? k_robust_label : k_flagged_label;
    for (std::size_t k = 0; k < columns.size(); ++k) {
      line.x.push_back(static_cast<double>(k));
      line.y.push_back(columns[k][i]);
    }
    panel.lines.push_back(std::move(line));
  }
  figure.panels.push_back(std::move(panel));
  return figure;
}

Line contour(const std::vector<double>& axis, const std::vector<std::vector<double>>& values, double level) {
  Line line;
  const auto crossing = [&](double a, double b) { return (level - a) / (b - a); };
  for (std::size_t j = 0; j + 1 < axis.size(); ++j)
    for (std::size_t i = 0; i + 1 < axis.size(); ++i) {
      // Corners of the cell against the clock; each side from one corner to the next.
      const std::array<std::pair<std::size_t, std::size_t>, 4> corners = {
          {{i, j}, {i + 1, j}, {i + 1, j + 1}, {i, j + 1}}};
      std::vector<std::pair<double, double>> ends;
      for (std::size_t side = 0; side < 4; ++side) {
        const auto [x1, y1] = corners[side];
        const auto [x2, y2] = corners[(side + 1) % 4];
        const double a = values[y1][x1], b = values[y2][x2];
        if ((a < level) == (b < level)) continue;
        const double share = crossing(a, b);
        ends.emplace_back(axis[x1] + share * (axis[x2] - axis[x1]), axis[y1] + share * (axis[y2] - axis[y1]));
      }
      for (std::size_t end = 0; end + 1 < ends.size(); end += 2) {
        for (const std::size_t k : {end, end + 1}) {
          line.x.push_back(ends[k].first);
          line.y.push_back(ends[k].second);
        }
        line.x.push_back(ends[end + 1].first);
        line.y.push_back(k_nan);
      }
    }
  return line;
}

Figure bias_figure(const study::BiasPlane& plane, int row) {
  Figure figure;
  figure.id = "bias_plane";
  figure.title = "Biased agonism: effect and trip";
  figure.caption =
      fmt::format("Everything else as in row {} of the front, under the hypotheses of the search.", row);
  figure.columns = 1;
  figure.panel_width = 560.0;
  figure.panel_height = 480.0;
  figure.x_min = plane.efficacies.front();
  figure.x_max = plane.efficacies.back();
  Panel panel;
  panel.title = "Contours";
  panel.x_label = "Gq efficacy relative to serotonin";
  panel.y_label = "arrestin-2 efficacy relative to serotonin";
  int colour = 0;
  const auto add = [&](const std::vector<std::vector<double>>& values, double level,
                       const std::string& label) {
    Line line = contour(plane.efficacies, values, level);
    line.colour = colour++;
    line.label = label;
    if (!line.x.empty()) panel.lines.push_back(std::move(line));
  };
  double greatest = 0.0, least = std::numeric_limits<double>::infinity();
  for (const auto& values : plane.effect_points) {
    greatest = std::max(greatest, std::ranges::max(values));
    least = std::min(least, std::ranges::min(values));
  }
  for (const double share : {0.25, 0.5, 0.75}) {
    const double level = least + share * (greatest - least);
    add(plane.effect_points, level, fmt::format("effect {:.1f} points", level));
  }
  for (const double percent : {10.0, 50.0, 90.0})
    add(plane.trip_percent, percent, fmt::format("probability of a trip {:.0f} %", percent));
  panel.description =
      fmt::format("{} contours; greatest effect {:.1f} points.", panel.lines.size(), greatest);
  // The scale of the value axis comes from the lines; the corners keep it whole.
  for (const double end : {plane.efficacies.front(), plane.efficacies.back()}) {
    Line corner;
    corner.x = {end, end};
    corner.y = {plane.efficacies.front(), plane.efficacies.back()};
    corner.colour = panel.lines.empty() ? 0 : panel.lines.front().colour;
    corner.label = panel.lines.empty() ? "" : panel.lines.front().label;
    corner.hair = true;
    panel.lines.push_back(std::move(corner));
  }
  figure.panels.push_back(std::move(panel));
  return figure;
}

}  // namespace raad::report
