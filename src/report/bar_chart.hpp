// Horizontal bars with names: weights, sensitivities, tornados.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace raad::report {

/// One bar from the chart's origin to `value`, or two of them: `low` is drawn in a second colour.
struct Bar {
  std::string label;
  double value = 0.0;
  std::optional<double> second;        ///< Another bar under it (total index), or the other side of a tornado
  std::optional<double> lower, upper;  ///< Interval of `value`
  std::optional<double> second_lower, second_upper;  ///< Interval of `second`
};

struct BarChart {
  std::string id;  ///< File stem
  std::string title, caption;
  std::string x_label;                  ///< With unit
  std::string value_name, second_name;  ///< For the legend; empty: no legend
  double origin = 0.0;                  ///< Bars start here; a tornado's nominal value
  bool overlaid = false;                ///< Both bars on one line (tornado)
  std::vector<Bar> bars;                ///< Top first
};

/// A stand-alone SVG file like to_svg(Figure).
std::string to_svg(const BarChart& chart);

}  // namespace raad::report
