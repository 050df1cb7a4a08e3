// The one figure model: what is drawn, before anyone decides how. SVG, JSON and the report come from it.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace raad::report {

struct Line {
  std::string label;
  int colour = 0;  ///< Index into the palette; the same treatment has the same colour in every panel
  std::vector<double> x, y;
  std::vector<double> lower, upper;  ///< Optional band
};

struct PointWithError {
  double x = 0.0, y = 0.0;
  std::optional<double> half_width;
  int colour = 0;
  bool filled = true;   ///< Filled: calibration; open: validation
  std::string tooltip;  ///< Source and row
};

struct Panel {
  std::string title;
  std::string x_label;  ///< With unit
  std::string y_label;  ///< With unit
  bool log_y = false;
  std::vector<Line> lines;
  std::vector<PointWithError> points;
  std::vector<double> dose_times;  ///< Ticks under the axis
};

struct Figure {
  std::string id;  ///< File stem
  std::string title;
  std::string caption;
  std::vector<Panel> panels;  ///< Small multiples, all on one time axis
  int columns = 3;
};

/// A stand-alone SVG file: no script, no font beyond the reader's sans-serif, text as text.
std::string to_svg(const Figure& figure);
/// The same content as JSON, for other tools.
std::string to_json(const Figure& figure);

}  // namespace raad::report
