#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/comparison_figures.hpp"
#include "report/html_parts.hpp"
#include "report/markup.hpp"
#include "report/panel_svg.hpp"
#include "report/simplify.hpp"
#include "study/groups.hpp"
#include "study/profile_table.hpp"

namespace raad::report {
namespace {

// Bars of a level beyond this make the strip longer than a screen; the rest is below, in the panels.
constexpr std::size_t k_bars_in_a_level = 7;
// The cursor shows three digits; a thousandth of the curve's span is below the third.
constexpr double k_data_tolerance = 1e-3;

std::string bar(const study::Measures& measures, double larger, int treatment) {
  const double share = larger > 0.0 ? std::abs(measures.peak_effect) / larger : 0.0;
  const char* arrow = measures.peak_effect > 0.0   ? "\u2191"
                      : measures.peak_effect < 0.0 ? "\u2193"
                                                   : "\u00b7";
  return fmt::format("<span class=\"bar b{}\"><i>{}</i><b style=\"width:{:.1f}%\"></b></span>", treatment,
                     share < 5e-4 ? "\u00b7" : arrow, 100.0 * std::min(share, 1.0));
}

std::string bar_words(const study::Comparison& comparison, const study::ProfileRow& row) {
  std::string words;
  const study::Measures* const both[2] = {&row.first, &row.second};
  for (int i = 0; i < 2; ++i) {
    words +=
        fmt::format("{}{}: {} to {} {}", i > 0 ? "; " : "", comparison.short_names[i],
                    study::short_number(both[i]->baseline), study::short_number(both[i]->peak), row.unit);
  }
  return words;
}

std::string strip_row(const study::Comparison& comparison, const study::ProfileRow& row) {
  const double larger = std::max(std::abs(row.first.peak_effect), std::abs(row.second.peak_effect));
  return fmt::format(
      "<li title=\"{}\"><span class=\"name\">{}</span>{}<span class=\"bars\" "
      "aria-hidden=\"true\">{}{}</span></li>\n",
      escape(bar_words(comparison, row)), escape(capitalised(row.display_name)), class_label(row),
      bar(row.first, larger, 0), bar(row.second, larger, 1));
}

std::string strip_level(const study::Comparison& comparison, const std::string& group) {
  std::vector<const study::ProfileRow*> moved;
  std::size_t all = 0, shared = 0;
  for (const study::ProfileRow& row : comparison.rows) {
    // Read-outs that are there for their measurements repeat a main one on another scale.
    if (row.group != group || !row.main) continue;
    ++all;
    shared += row.shared == study::Shared::shared;
    if (row.shared != study::Shared::unmoved) moved.push_back(&row);
  }
  const std::size_t position = study::group_position(group);
  const std::string question =
      position < study::groups().size() ? std::string(study::groups()[position].question) : std::string();
  std::string html =
      fmt::format("<li class=\"level\"><a href=\"#courses-{}\"><h3>{}</h3></a><p>{}</p>\n<ul>\n",
                  escape(group), escape(study::group_title(group)), escape(question));
  for (std::size_t i = 0; i < moved.size() && i < k_bars_in_a_level; ++i)
    html += strip_row(comparison, *moved[i]);
  html += "</ul>\n";
  if (moved.size() > k_bars_in_a_level) {
    html += fmt::format("<p class=\"more\">and {} more below</p>\n", moved.size() - k_bars_in_a_level);
  }
  return html + fmt::format("<p class=\"count\">{} of {} shared</p></li>\n", shared, all);
}

/// One panel as an SVG of its own, for a window.
std::string panel_svg(const Figure& figure, const Panel& panel, const TimeWindow& window, bool natural,
                      const std::string& id) {
  static const PanelSize size;
  return fmt::format(
      "<svg class=\"{}{}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\" data-end=\"{}\" "
      "data-left=\"{}\" "
      "data-right=\"{}\" data-top=\"{}\" data-bottom=\"{}\">\n{}</svg>\n",
      window.id, natural ? " natural" : "", coordinate(size.width), coordinate(size.height),
      escape(panel.description), window.end_h, coordinate(size.left), coordinate(size.width - size.right),
      coordinate(size.top), coordinate(size.height - size.bottom),
      panel_elements(panel, time_axis(figure), size, id + "-" + window.id));
}

std::string panel_caption(const study::Comparison& comparison, const PanelSource& source) {
  std::string text = source.row != nullptr ? class_label(*source.row)
                                           : std::string("<span class=\"class\">for its measurements</span>");
  if (shows_whole_arms(comparison, source.id)) {
    text += "<span class=\"remark\">marks: whole arms; curve: the drug\u2019s part</span>";
  }
  return "<figcaption>" + text + "<output></output></figcaption>\n";
}

std::string group_courses(const study::Comparison& comparison, const std::string& group,
                          const std::vector<TimeWindow>& windows) {
  const std::size_t natural = natural_window(comparison, group, windows);
  std::vector<Figure> figures;
  for (const TimeWindow& window : windows) figures.push_back(group_figure(comparison, group, window));
  const std::vector<PanelSource> sources = panel_sources(comparison, group);
  std::string html = fmt::format("<h3 id=\"courses-{}\">{}</h3>\n<div class=\"panels\">\n", escape(group),
                                 escape(study::group_title(group)));
  for (std::size_t p = 0; p < sources.size(); ++p) {
    html += fmt::format("<figure data-curve=\"{}\">\n", escape(sources[p].id));
    for (std::size_t w = 0; w < windows.size(); ++w) {
      html += panel_svg(figures[w], figures[w].panels[p], windows[w], w == natural, sources[p].id);
    }
    html += panel_caption(comparison, sources[p]) + "</figure>\n";
  }
  return html + "</div>\n";
}

nlohmann::json thinned(const std::vector<double>& time, const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  nlohmann::json t = nlohmann::json::array(), y = nlohmann::json::array();
  for (const std::size_t i : simplify(time, values, k_data_tolerance * (*high - *low))) {
    // Five digits are more than the cursor shows and a third of the length of a double.
    t.push_back(std::stod(fmt::format("{:.6g}", time[i])));
    y.push_back(std::stod(fmt::format("{:.5g}", values[i])));
  }
  return {{"t", t}, {"y", y}};
}

}  // namespace

std::string mechanism_strip(const study::Comparison& comparison) {
  std::string html =
      "<p class=\"note\">Each read-out as two bars: the peak effect of both treatments relative to the "
      "larger of the two, with its "
      "direction. " +
      treatment_label(comparison, 0, true) + treatment_label(comparison, 1, true) +
      "</p>\n<ol class=\"strip\">\n";
  for (const std::string& group : groups_of(comparison)) html += strip_level(comparison, group);
  return html + "</ol>\n<p class=\"note\">" + escape(comparison.rule) + "</p>\n";
}

std::string time_courses(const study::Comparison& comparison) {
  const std::vector<TimeWindow> windows = time_windows(comparison.settings.end_h);
  std::string html = "<p class=\"note\">";
  if (!comparison.points.empty()) {
    html +=
        "Marks are published measurements with 95 % intervals where the source allows them: <svg "
        "class=\"symbol\" viewBox=\"0 0 12 12\" "
        "aria-hidden=\"true\">" +
        mark_element(6, 6, 0, true, "") +
        "</svg><svg class=\"symbol\" viewBox=\"0 0 12 12\" aria-hidden=\"true\">" +
        mark_element(6, 6, 1, true, "") +
        "</svg> filled: calibration data, which the model may have been fitted to; <svg class=\"symbol\" "
        "viewBox=\"0 0 12 12\" "
        "aria-hidden=\"true\">" +
        mark_element(6, 6, 0, false, "") +
        "</svg><svg class=\"symbol\" viewBox=\"0 0 12 12\" aria-hidden=\"true\">" +
        mark_element(6, 6, 1, false, "") + "</svg> open: validation data, never fitted to. ";
  }
  html +=
      "Triangles under the axis are doses. \u201cBy level\u201d shows each level over the time in which it "
      "happens.</p>\n";
  for (const std::string& group : groups_of(comparison)) html += group_courses(comparison, group, windows);
  return html;
}

std::string curve_data(const study::Comparison& comparison) {
  nlohmann::json data;
  data["names"] = {comparison.short_names[0], comparison.short_names[1]};
  data["end"] = comparison.settings.end_h;
  const auto add = [&](const std::string& id, const std::string& unit, const std::vector<double>& first,
                       const std::vector<double>& second) {
    data["curves"][id] = {
        {"unit", unit == "1"         ? ""
                 : unit == "percent" ? "%"
                                     : unit},
        {"lines",
         {thinned(comparison.courses[0].time_h, first), thinned(comparison.courses[1].time_h, second)}}};
  };
  for (const study::ProfileRow& row : comparison.rows) {
    add(row.observable, row.unit, comparison.courses[0].find(row.observable)->values,
        comparison.courses[1].find(row.observable)->values);
  }
  for (const study::DerivedCurve& curve : comparison.derived) {
    add(curve.id, curve.unit, curve.values[0], curve.values[1]);
  }
  std::string text = data.dump();
  // "</script>" inside a string would end the element.
  for (std::size_t at = text.find("</"); at != std::string::npos; at = text.find("</", at + 3))
    text.replace(at, 2, "<\\/");
  return text;
}

std::string class_label(const study::ProfileRow& row) {
  const char* symbol = row.shared == study::Shared::shared     ? "\u25cf"
                       : row.shared == study::Shared::distinct ? "\u25d0"
                                                               : "\u25cb";
  return fmt::format("<span class=\"class {}\" title=\"{}\">{} {}</span>", name_of(row.shared),
                     describe(row.reason), symbol, name_of(row.shared));
}

std::string treatment_label(const study::Comparison& comparison, int treatment, bool short_name) {
  const Pen& style = pen(treatment);
  const std::string dash = style.dash[0] != '\0' ? fmt::format(" stroke-dasharray=\"{}\"", style.dash) : "";
  return fmt::format(
      "<span class=\"treatment\"><svg class=\"swatch\" viewBox=\"0 0 28 12\" aria-hidden=\"true\"><path "
      "class=\"line c{}\" "
      "fill=\"none\" stroke=\"{}\" stroke-width=\"2.4\"{} d=\"M1 6H27\"/></svg>{}</span>",
      treatment, style.colour, dash,
      escape(short_name ? comparison.short_names[treatment] : comparison.treatments[treatment]));
}

}  // namespace raad::report
