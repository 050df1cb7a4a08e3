// The one figure model: what is drawn, before anyone decides how. SVG, JSON and the report come from it.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace raad::report {

struct Line {
  std::string label;
  int colour = 0;  ///< Index into the palette; the same treatment has the same colour and dash in every panel
  std::vector<double> x, y;
  std::vector<double> lower, upper;  ///< Optional band
  bool hair = false;                 ///< One of many: thin and pale
};

struct PointWithError {
  double x = 0.0, y = 0.0;
  std::optional<double> half_width;
  int colour = 0;       ///< Also decides the mark: circle, square, triangle
  bool filled = true;   ///< Filled: calibration; open: validation
  std::string tooltip;  ///< Source and row
};

struct DoseTick {
  double x = 0.0;
  int colour = 0;
};

struct Panel {
  std::string title;
  std::string description;  ///< What a reader who cannot see the panel is told
  std::string x_label;      ///< With unit
  std::string y_label;      ///< With unit
  bool log_y = false;
  std::vector<Line> lines;
  std::vector<PointWithError> points;
  std::vector<DoseTick> doses;  ///< Marks under the axis
};

struct Figure {
  std::string id;  ///< File stem
  std::string title;
  std::string caption;
  std::vector<Panel> panels;  ///< Small multiples, all on one time axis
  int columns = 3;
  std::optional<double> x_min, x_max;           ///< The common axis; empty: what the lines need
  std::vector<double> x_ticks;                  ///< Empty: chosen
  std::vector<std::string> x_tick_labels = {};  ///< Of x_ticks; empty: their numbers
  /// What marks mean.
  std::string filled_label = "published, calibration data, with 95 % interval where known";
  std::string open_label = "published, validation data, never fitted to";
  std::optional<double> panel_width = {}, panel_height = {};  ///< Empty: those of a time course [user units]
};

/// A stand-alone SVG file: no script, no font beyond the reader's sans-serif, text as text.
std::string to_svg(const Figure& figure);
/// The same content as JSON, for other tools. Numbers that are not finite become null.
std::string to_json(const Figure& figure);

}  // namespace raad::report
