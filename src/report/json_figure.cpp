#include <nlohmann/json.hpp>

#include "report/figure.hpp"

namespace raad::report {
namespace {

using Json = nlohmann::ordered_json;

Json line_json(const Line& line) {
  Json json = {{"label", line.label}, {"colour", line.colour}, {"x", line.x}, {"y", line.y}};
  if (!line.lower.empty()) json["lower"] = line.lower;
  if (!line.upper.empty()) json["upper"] = line.upper;
  if (line.hair) json["hair"] = true;
  return json;
}

Json point_json(const PointWithError& point) {
  Json json = {{"x", point.x}, {"y", point.y}, {"colour", point.colour}, {"filled", point.filled}};
  if (point.half_width) json["half_width"] = *point.half_width;
  if (!point.tooltip.empty()) json["tooltip"] = point.tooltip;
  return json;
}

Json panel_json(const Panel& panel) {
  Json json = {{"title", panel.title},     {"description", panel.description},
               {"x_label", panel.x_label}, {"y_label", panel.y_label},
               {"log_y", panel.log_y},     {"lines", Json::array()},
               {"points", Json::array()},  {"doses", Json::array()}};
  for (const Line& line : panel.lines) json["lines"].push_back(line_json(line));
  for (const PointWithError& point : panel.points) json["points"].push_back(point_json(point));
  for (const DoseTick& dose : panel.doses) json["doses"].push_back({{"x", dose.x}, {"colour", dose.colour}});
  return json;
}

}  // namespace

std::string to_json(const Figure& figure) {
  Json json = {
      {"id", figure.id}, {"title", figure.title}, {"caption", figure.caption}, {"panels", Json::array()}};
  if (figure.x_min) json["x_min"] = *figure.x_min;
  if (figure.x_max) json["x_max"] = *figure.x_max;
  for (const Panel& panel : figure.panels) json["panels"].push_back(panel_json(panel));
  return json.dump(1) + "\n";
}

}  // namespace raad::report
