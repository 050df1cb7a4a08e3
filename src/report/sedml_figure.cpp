#include "report/sedml_figure.hpp"

#include <cmath>

namespace raad::report {
namespace {

/// Rows of the last dimension that is not 1; all values as one row without such a dimension.
std::vector<std::vector<double>> rows_of(const data::Array& array) {
  std::size_t length = 1;
  for (const std::size_t extent : array.shape)
    if (extent > 1) length = extent;
  std::vector<std::vector<double>> rows;
  for (std::size_t at = 0; at + length <= array.values.size(); at += length)
    rows.emplace_back(array.values.begin() + static_cast<std::ptrdiff_t>(at),
                      array.values.begin() + static_cast<std::ptrdiff_t>(at + length));
  return rows;
}

std::string name_of(const data::SedmlDocument& document, const std::string& generator) {
  const auto* found = document.find_generator(generator);
  return found == nullptr || found->name.empty() ? generator : found->name;
}

}  // namespace

Figure sedml_figure(const data::SedmlDocument& document, const data::SedmlOutput& plot,
                    const std::map<std::string, data::Array>& values) {
  Panel panel;
  panel.title = plot.name.empty() ? plot.id : plot.name;
  panel.description = "Curves of the plot " + plot.id;
  panel.log_y = plot.log_y;
  int colour = 0;
  for (const auto& curve : plot.curves) {
    const auto x = rows_of(values.at(curve.x)), y = rows_of(values.at(curve.y));
    const std::string x_name = name_of(document, curve.x);
    if (panel.x_label.empty()) panel.x_label = plot.log_x ? "log10 of " + x_name : x_name;
    for (std::size_t i = 0; i < y.size(); ++i) {
      Line line;
      // Iterations of one curve share its colour; the first carries its name.
      if (i == 0) line.label = curve.name.empty() ? name_of(document, curve.y) : curve.name;
      line.colour = colour;
      line.hair = y.size() > 1;
      line.x = x[i < x.size() ? i : 0];
      line.y = y[i];
      line.x.resize(line.y.size(), std::nan(""));
      if (plot.log_x)
        for (double& one : line.x) one = std::log10(one);
      panel.lines.push_back(std::move(line));
    }
    ++colour;
  }
  Figure figure;
  figure.id = plot.id;
  figure.title = panel.title;
  figure.columns = 1;
  figure.panels.push_back(std::move(panel));
  return figure;
}

}  // namespace raad::report
