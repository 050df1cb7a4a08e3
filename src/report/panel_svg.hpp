// One panel of a figure as SVG elements.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/axis.hpp"
#include "report/figure.hpp"

namespace raad::report {

/// Size of a panel and of its frame [user units; about a pixel on screen].
struct PanelSize {
  double width = 340.0, height = 216.0;
  double left = 46.0, right = 12.0, top = 42.0, bottom = 46.0;
  double plot_width() const { return width - left - right; }
  double plot_height() const { return height - top - bottom; }
};

/// The axis that the lines and points of a panel need, over all of their times: a narrower time window does
/// not change the scale of the values.
Axis value_axis(const Panel& panel);
/// The common time axis of a figure.
Axis time_axis(const Figure& figure);

/// Elements of the panel, its upper left corner at the origin. Colours are given as attributes, for any
/// reader, and as classes (`c0`, `line`, `mark`, `axis`, `grid`, `label`), for pages that restyle them.
/// `clip_id` must be unique in the document.
std::string panel_elements(const Panel& panel, const Axis& time, const PanelSize& size,
                           const std::string& clip_id);

/// A mark of the palette at a place: circle, square or triangle by index, filled or open.
std::string mark_element(double x, double y, int colour, bool filled, const std::string& tooltip);

/// Height of `legend_elements`.
inline constexpr double k_legend_row_height = 18.0;
/// What the lines and marks mean, from the labels of the lines; one row for each entry, at most `width` wide.
struct Legend {
  std::string elements;
  double height = 0.0;
};
Legend legend(const Figure& figure);

}  // namespace raad::report
