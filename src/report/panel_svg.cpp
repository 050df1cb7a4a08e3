#include "report/panel_svg.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "report/markup.hpp"
#include "report/simplify.hpp"

namespace raad::report {
namespace {

constexpr const char* k_ink = "#1f2933";
constexpr const char* k_quiet = "#52606d";
constexpr const char* k_rule = "#d9dee4";
constexpr const char* k_paper = "#ffffff";
constexpr const char* k_font = "font-family=\"system-ui, 'Helvetica Neue', Arial, sans-serif\"";

// A fifth of a pixel cannot be seen under a line of 1.8.
constexpr double k_line_tolerance = 0.2;
constexpr double k_mark_radius = 3.6;

std::string text_element(double x, double y, const std::string& text, const std::string& style) {
  return fmt::format("<text x=\"{}\" y=\"{}\" {}>{}</text>\n", coordinate(x), coordinate(y), style,
                     escape(text));
}

std::string line_element(double x1, double y1, double x2, double y2, const std::string& style) {
  return fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" {}/>\n", coordinate(x1), coordinate(y1),
                     coordinate(x2), coordinate(y2), style);
}

/// Places data in a panel.
class Frame {
 public:
  Frame(const PanelSize& size, const Axis& time, const Axis& value)
      : size_(size), time_(time), value_(value) {}
  double x(double time) const { return size_.left + size_.plot_width() * time_.position(time); }
  double y(double value) const { return size_.top + size_.plot_height() * (1.0 - value_.position(value)); }
  double bottom() const { return size_.height - size_.bottom; }
  double right() const { return size_.width - size_.right; }
  const PanelSize& size() const { return size_; }
  const Axis& time() const { return time_; }
  const Axis& value() const { return value_; }

 private:
  const PanelSize& size_;
  const Axis& time_;
  const Axis& value_;
};

std::string axes(const Panel& panel, const Frame& frame) {
  const PanelSize& size = frame.size();
  const std::string small = fmt::format("class=\"tick\" font-size=\"10.5\" fill=\"{}\"", k_quiet);
  const std::string grid = fmt::format("class=\"grid\" stroke=\"{}\" stroke-width=\"1\"", k_rule);
  std::string out;
  for (std::size_t i = 0; i < frame.value().ticks.size(); ++i) {
    const double y = frame.y(frame.value().ticks[i]);
    out += line_element(size.left, y, frame.right(), y, grid);
    out += text_element(size.left - 6, y + 3.6, frame.value().labels[i], small + " text-anchor=\"end\"");
  }
  const std::string axis = fmt::format("class=\"axis\" stroke=\"{}\" stroke-width=\"1\"", k_quiet);
  out += line_element(size.left, frame.bottom(), frame.right(), frame.bottom(), axis);
  for (std::size_t i = 0; i < frame.time().ticks.size(); ++i) {
    const double x = frame.x(frame.time().ticks[i]);
    out += line_element(x, frame.bottom(), x, frame.bottom() + 4, axis);
    out += text_element(x, frame.bottom() + 22, frame.time().labels[i], small + " text-anchor=\"middle\"");
  }
  const std::string title =
      fmt::format("class=\"title\" font-size=\"13\" font-weight=\"600\" fill=\"{}\"", k_ink);
  out += text_element(4, 15, panel.title, title);
  const std::string label = fmt::format("class=\"label\" font-size=\"10.5\" fill=\"{}\"", k_quiet);
  out += text_element(4, 31, panel.y_label + (frame.value().logarithmic ? ", logarithmic" : ""), label);
  out += text_element(frame.right(), size.height - 6, panel.x_label, label + " text-anchor=\"end\"");
  return out;
}

/// Small triangles between the axis and its labels; the second treatment's lie lower, so that doses at one
/// time both show.
std::string dose_ticks(const Panel& panel, const Frame& frame) {
  std::string out;
  for (const DoseTick& dose : panel.doses) {
    if (dose.x < frame.time().minimum || dose.x > frame.time().maximum) continue;
    const double x = frame.x(dose.x), y = frame.bottom() + 2 + 5.0 * (dose.colour % 2);
    out += fmt::format("<path class=\"dose c{}\" fill=\"{}\" d=\"M{} {}l3.6 5h-7.2z\"/>\n", dose.colour,
                       pen(dose.colour).colour, coordinate(x), coordinate(y));
  }
  return out;
}

/// Pieces of a line inside the value axis' domain (a logarithmic axis has none at and below 0), in panel
/// coordinates and ending at the right edge of the window.
struct Polyline {
  std::vector<double> x, y;
};
std::vector<Polyline> visible_pieces(const std::vector<double>& times, const std::vector<double>& values,
                                     const Frame& frame) {
  std::vector<Polyline> pieces(1);
  const bool logarithmic = frame.value().logarithmic;
  for (std::size_t i = 0; i < times.size(); ++i) {
    // One point beyond the window is kept, so that the line runs to its edge; the clip path cuts it.
    const bool beyond = i > 0 && times[i - 1] > frame.time().maximum;
    const bool before = i + 1 < times.size() && times[i + 1] < frame.time().minimum;
    const bool drawable =
        std::isfinite(values[i]) && (!logarithmic || values[i] >= 0.2 * frame.value().minimum);
    if (beyond || before) continue;
    if (!drawable) {
      if (!pieces.back().x.empty()) pieces.emplace_back();
      continue;
    }
    pieces.back().x.push_back(frame.x(times[i]));
    pieces.back().y.push_back(frame.y(values[i]));
  }
  return pieces;
}

std::string path_data(const Polyline& piece) {
  std::string data;
  for (const std::size_t i : simplify(piece.x, piece.y, k_line_tolerance)) {
    data += fmt::format("{}{} {}", data.empty() ? "M" : "L", coordinate(piece.x[i]), coordinate(piece.y[i]));
  }
  return data;
}

std::string band_element(const Line& line, const Frame& frame) {
  if (line.lower.empty() || line.upper.empty()) return "";
  std::string data;
  for (std::size_t i = 0; i < line.x.size(); ++i) {
    data += fmt::format("{}{} {}", i == 0 ? "M" : "L", coordinate(frame.x(line.x[i])),
                        coordinate(frame.y(line.upper[i])));
  }
  for (std::size_t i = line.x.size(); i-- > 0;) {
    data += fmt::format("L{} {}", coordinate(frame.x(line.x[i])), coordinate(frame.y(line.lower[i])));
  }
  return fmt::format("<path class=\"band c{}\" fill=\"{}\" fill-opacity=\"0.18\" d=\"{}Z\"/>\n", line.colour,
                     pen(line.colour).colour, data);
}

std::string line_path(const Line& line, const Frame& frame) {
  std::string data;
  for (const Polyline& piece : visible_pieces(line.x, line.y, frame)) {
    if (piece.x.size() > 1) data += path_data(piece);
  }
  if (data.empty()) return "";
  const Pen& style = pen(line.colour);
  const std::string dash = style.dash[0] != '\0' ? fmt::format(" stroke-dasharray=\"{}\"", style.dash) : "";
  if (line.hair)
    return fmt::format(
        "<path class=\"hair c{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"0.6\" stroke-opacity=\"0.45\" "
        "d=\"{}\"/>\n",
        line.colour, style.colour, data);
  return fmt::format(
      "<path class=\"line c{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.9\" stroke-linejoin=\"round\"{} "
      "d=\"{}\"/>\n",
      line.colour, style.colour, dash, data);
}

std::string measured_point(const PointWithError& point, const Frame& frame) {
  const Axis& time = frame.time();
  const bool drawable =
      point.x >= time.minimum && point.x <= time.maximum && (!frame.value().logarithmic || point.y > 0.0);
  if (!drawable) return "";
  const double x = frame.x(point.x);
  std::string out = "<g class=\"measured\">";
  if (point.half_width) {
    const double high = frame.y(point.y + *point.half_width);
    // On a logarithmic axis an interval that reaches 0 ends at the axis.
    const double low_value = point.y - *point.half_width;
    const double low =
        frame.value().logarithmic && low_value < frame.value().minimum ? frame.bottom() : frame.y(low_value);
    out += fmt::format(
        "<path class=\"error c{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.2\" d=\"M{} {}V{}M{} {}h6M{} "
        "{}h6\"/>",
        point.colour, pen(point.colour).colour, coordinate(x), coordinate(high), coordinate(low),
        coordinate(x - 3), coordinate(high), coordinate(x - 3), coordinate(low));
  }
  return out + mark_element(x, frame.y(point.y), point.colour, point.filled, point.tooltip) + "</g>\n";
}

}  // namespace

Axis value_axis(const Panel& panel) {
  double low = std::numeric_limits<double>::infinity(), high = -low, low_positive = low;
  const auto include = [&](double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
    if (value > 0.0) low_positive = std::min(low_positive, value);
  };
  for (const Line& line : panel.lines) {
    for (const auto* values : {&line.y, &line.lower, &line.upper})
      std::for_each(values->begin(), values->end(), include);
  }
  for (const PointWithError& point : panel.points) {
    include(point.y + point.half_width.value_or(0.0));
    // The lower end of an interval may lie below 0 without stretching a logarithmic axis.
    if (!panel.log_y) include(point.y - point.half_width.value_or(0.0));
    include(point.y);
  }
  if (!(low <= high)) return linear_axis(0.0, 1.0, 4);
  // A curve that is 0 throughout has no place on a logarithmic axis.
  return panel.log_y && high > 0.0 ? log_axis(low_positive, high) : linear_axis(low, high, 4);
}

Axis time_axis(const Figure& figure) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Panel& panel : figure.panels) {
    for (const Line& line : panel.lines) {
      for (const double x : line.x) {
        low = std::min(low, x);
        high = std::max(high, x);
      }
    }
  }
  if (!(low <= high)) low = 0.0, high = 1.0;
  Axis axis = fixed_axis(figure.x_min.value_or(low), figure.x_max.value_or(high), figure.x_ticks, 6);
  if (figure.x_tick_labels.size() == axis.ticks.size()) axis.labels = figure.x_tick_labels;
  return axis;
}

std::string mark_element(double x, double y, int colour, bool filled, const std::string& tooltip) {
  const Pen& style = pen(colour);
  const double r = k_mark_radius;
  std::string shape;
  switch (colour % 3) {
    case 0:
      shape = fmt::format("M{} {}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0z", coordinate(x - r),
                          coordinate(y), fmt::arg("r", coordinate(r)), fmt::arg("d", coordinate(2 * r)));
      break;
    case 1:
      shape = fmt::format("M{} {}h{d}v{d}h-{d}z", coordinate(x - 0.9 * r), coordinate(y - 0.9 * r),
                          fmt::arg("d", coordinate(1.8 * r)));
      break;
    default:
      shape = fmt::format("M{} {}l{} {}h-{}z", coordinate(x), coordinate(y - 1.2 * r), coordinate(1.2 * r),
                          coordinate(2.1 * r), coordinate(2.4 * r));
  }
  return fmt::format(
      "<path class=\"mark c{} {}\" fill=\"{}\" stroke=\"{}\" stroke-width=\"1.5\" d=\"{}\">{}</path>", colour,
      filled ? "filled" : "open", filled ? style.colour : k_paper, style.colour, shape,
      tooltip.empty() ? "" : "<title>" + escape(tooltip) + "</title>");
}

std::string panel_elements(const Panel& panel, const Axis& time, const PanelSize& size,
                           const std::string& clip_id) {
  const Axis value = value_axis(panel);
  const Frame frame(size, time, value);
  std::string out = fmt::format("<g {}>\n", k_font);
  out += axes(panel, frame);
  out += dose_ticks(panel, frame);
  out += fmt::format("<clipPath id=\"{}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n",
                     clip_id, coordinate(size.left), coordinate(size.top - 4),
                     coordinate(size.plot_width() + 4), coordinate(size.plot_height() + 5));
  out += fmt::format("<g clip-path=\"url(#{})\">\n", clip_id);
  for (const Line& line : panel.lines) out += band_element(line, frame);
  for (const Line& line : panel.lines) out += line_path(line, frame);
  out += "</g>\n";
  for (const PointWithError& point : panel.points) out += measured_point(point, frame);
  return out + "</g>\n";
}

Legend legend(const Figure& figure) {
  std::map<int, std::string> lines;
  bool filled = false, open = false, doses = false;
  for (const Panel& panel : figure.panels) {
    for (const Line& line : panel.lines) lines.emplace(line.colour, line.label);
    for (const PointWithError& point : panel.points) (point.filled ? filled : open) = true;
    doses = doses || !panel.doses.empty();
  }
  Legend result;
  const std::string style = fmt::format("class=\"label\" font-size=\"11.5\" fill=\"{}\"", k_ink);
  const auto add = [&](const std::string& symbol, const std::string& text) {
    result.elements += symbol + text_element(38, result.height + 12, text, style);
    result.height += k_legend_row_height;
  };
  for (const auto& [colour, label] : lines) {
    const std::string dash =
        pen(colour).dash[0] != '\0' ? fmt::format(" stroke-dasharray=\"{}\"", pen(colour).dash) : "";
    const double y = result.height + 8;
    add(line_element(4, y, 30, y,
                     fmt::format("class=\"line c{}\" stroke=\"{}\" stroke-width=\"2.2\"{}", colour,
                                 pen(colour).colour, dash)),
        label);
  }
  const double y = result.height + 8;
  if (filled) add(mark_element(17, y, 0, true, ""), figure.filled_label);
  if (open) {
    add(mark_element(17, result.height + 8, 0, false, ""), figure.open_label);
  }
  if (doses) {
    add(fmt::format("<path class=\"dose\" fill=\"{}\" d=\"M17 {}l3.6 5h-7.2z\"/>\n", k_quiet,
                    coordinate(result.height + 6)),
        "dose");
  }
  return result;
}

}  // namespace raad::report
