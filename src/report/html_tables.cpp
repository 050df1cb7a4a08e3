#include <fmt/format.h>

#include <map>

#include "base/table.hpp"
#include "report/html_parts.hpp"
#include "report/markup.hpp"
#include "study/groups.hpp"
#include "study/profile_table.hpp"

namespace raad::report {
namespace {

using study::short_number;
using study::short_time;

// Of the influential assumed values a table cell names the first few; profile.tsv has all.
constexpr std::size_t k_assumed_in_a_cell = 3;
constexpr std::size_t k_assumed_in_a_list = 8;

std::string cells(const study::Measures& m) {
  const double scale = study::value_scale(m);
  std::string html;
  for (const std::string& text :
       {short_number(m.baseline, scale), short_number(m.peak, scale), short_time(m.peak_time_h),
        short_time(m.duration_h), short_number(m.area), short_number(m.at_2h, scale),
        short_number(m.at_24h, scale), short_number(m.at_7d, scale), short_number(m.at_28d, scale)}) {
    html += "<td>" + escape(text) + "</td>";
  }
  return html;
}

/// An identifier that may break after its underscores, where a table is narrow.
std::string breakable(const std::string& identifier) {
  std::string html = escape(identifier);
  for (std::size_t at = html.find('_'); at != std::string::npos; at = html.find('_', at + 6))
    html.insert(at + 1, "<wbr/>");
  return html;
}

std::string profile_rows(const study::Comparison& comparison, const study::ProfileRow& row) {
  return fmt::format(
      "<tr><th rowspan=\"2\" scope=\"rowgroup\">{}<small>{}</small></th><td class=\"who\">{}</td>{}<td "
      "rowspan=\"2\" class=\"text\">{}<small>{}</small></td><td rowspan=\"2\" "
      "class=\"assumed\">{}</td></tr>\n<tr><td class=\"who\">{}</td>{}</tr>\n",
      escape(capitalised(row.display_name)), escape(row.unit), escape(comparison.short_names[0]),
      cells(row.first), class_label(row), describe(row.reason),
      breakable(study::describe_assumed(row, ", ", k_assumed_in_a_cell)), escape(comparison.short_names[1]),
      cells(row.second));
}

std::string measured_row(const study::Comparison& comparison, const study::MeasuredPoint& point) {
  const std::string interval =
      point.half_width ? " \u00b1 " + short_number(*point.half_width) : std::string();
  return fmt::format(
      "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}{} <small>{}</small></td><td>{}</td><td "
      "class=\"text\">{}</td><td class=\"text\">{}</td><td class=\"words\">{}</td></tr>\n",
      escape(point.observable), escape(comparison.short_names[point.treatment]),
      escape(short_time(point.time_h)), escape(short_number(point.value)), escape(interval),
      escape(point.unit), escape(short_number(point.predicted)), escape(point.file), escape(point.source),
      escape(point.population + (point.note.empty() ? "" : "; " + point.note)));
}

std::string undrawn_html(const study::Comparison& comparison) {
  if (comparison.undrawn.empty()) return "";
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const study::UndrawnMeasurement& row : comparison.undrawn) {
    by_reason[row.reason].push_back(
        fmt::format("<li>{} <small>{}</small></li>", breakable(row.evidence_id), escape(row.file)));
  }
  std::string html = fmt::format(
      "<h3>Not drawn</h3>\n<p class=\"note\">{} further rows of the evidence are for these treatments but "
      "lie on no curve.</p>\n<div class=\"box\" tabindex=\"0\"><table>\n<thead><tr><th class=\"words\">Why "
      "not</th><th>rows</th><th class=\"words\">Which</th></tr></thead><tbody>\n",
      comparison.undrawn.size());
  for (const auto& [reason, rows] : by_reason) {
    html += fmt::format(
        "<tr><th scope=\"row\" class=\"words\">{}</th><td>{}</td><td class=\"words\"><ul "
        "class=\"plain\">{}</ul></td></tr>\n",
        escape(reason), rows.size(), fmt::join(rows, ""));
  }
  return html + "</tbody></table></div>\n";
}

std::string assumed_html(const study::Comparison& comparison) {
  if (comparison.assumed_rule.empty()) return "";
  std::string html = fmt::format(
      "<h3>Assumed values</h3>\n<p class=\"note\">{}</p>\n<div class=\"box\" "
      "tabindex=\"0\"><table>\n<thead><tr><th>Read-out</th><th class=\"text\">Rests on "
      "(elasticity)</th></tr></thead><tbody>\n",
      escape(comparison.assumed_rule));
  for (const study::ProfileRow& row : comparison.rows) {
    std::string list;
    for (std::size_t i = 0; i < row.assumed.size() && i < k_assumed_in_a_list; ++i) {
      list += fmt::format("{}<code>{}</code> ({:+.2f})", list.empty() ? "" : ", ",
                          escape(row.assumed[i].parameter_id), row.assumed[i].elasticity);
    }
    if (row.assumed.size() > k_assumed_in_a_list) {
      list +=
          fmt::format(" and {} more in <code>profile.tsv</code>", row.assumed.size() - k_assumed_in_a_list);
    }
    if (list.empty()) list = row.depends_on_assumed ? "weakly on assumed values" : "no assumed value";
    html += fmt::format("<tr><th scope=\"row\">{}</th><td class=\"words\">{}</td></tr>\n",
                        escape(capitalised(row.display_name)), list);
  }
  return html + "</tbody></table></div>\n";
}

std::string failures_html(const study::Comparison& comparison) {
  if (comparison.known_failures.empty()) return "";
  std::string html =
      "<h3>Known failures</h3>\n<p class=\"note\">Where the model is known to differ from what was "
      "measured.</p>\n<ul>\n";
  for (const study::KnownFailure& failure : comparison.known_failures) {
    html += fmt::format("<li>{} <small>{}</small></li>\n", escape(failure.statement), escape(failure.where));
  }
  return html + "</ul>\n";
}

std::string hypotheses_html(const study::Comparison& comparison) {
  if (comparison.hypotheses.empty()) {
    return "<h3>Hypotheses</h3>\n<p>The default ones. A finding that holds under one hypothesis only is not "
           "a finding: repeat the comparison with <code>--hypothesis</code>.</p>\n";
  }
  std::string html = "<h3>Hypotheses</h3>\n<ul>\n";
  for (const auto& [name, description] : comparison.hypotheses) {
    html += fmt::format("<li><code>{}</code>: {}</li>\n", escape(name), escape(description));
  }
  return html + "</ul>\n";
}

std::string notes_html(const study::Comparison& comparison) {
  if (comparison.notes.empty()) return "";
  std::string html = "<h3>Assumptions made for this run</h3>\n<ul>\n";
  for (const std::string& note : comparison.notes) html += "<li>" + escape(note) + "</li>\n";
  return html + "</ul>\n";
}

}  // namespace

std::string profile_table_html(const study::Comparison& comparison) {
  std::string html =
      "<p class=\"note\">\u201cLasts\u201d is the time with more than 10 % of the own peak effect; "
      "\u201carea\u201d is the integral of the deviation from baseline over the run [unit \u00d7 h]. All "
      "digits are in <code>profile.tsv</code>, the curves in <code>timecourses.csv</code>.</p>\n<div "
      "class=\"box\" tabindex=\"0\"><table "
      "class=\"profile\">\n<thead><tr><th>Read-out</th><th></th><th>baseline</th><th>peak</th><th>at</"
      "th><th>lasts</th><th>area</th><th>2 h</th><th>24 h</th><th>7 d</th><th>28 d</th><th "
      "class=\"text\">class</th><th class=\"text\">assumed values</th></tr></thead>\n";
  std::string group;
  for (const study::ProfileRow& row : comparison.rows) {
    if (row.group != group) {
      html += group.empty() ? "" : "</tbody>\n";
      group = row.group;
      html += fmt::format("<tbody>\n<tr class=\"group\"><th colspan=\"13\" scope=\"colgroup\">{}</th></tr>\n",
                          escape(study::group_title(group)));
    }
    html += profile_rows(comparison, row);
  }
  return html + (group.empty() ? "" : "</tbody>") + "</table></div>\n";
}

std::string measurements_html(const study::Comparison& comparison) {
  std::string html = "<p class=\"note\">" + escape(comparison.points_rule) + "</p>\n";
  if (comparison.points.empty()) {
    html += "<p>No row of the evidence lies on a curve of this comparison.</p>\n";
  } else {
    html +=
        "<div class=\"box\" "
        "tabindex=\"0\"><table>\n<thead><tr><th>Read-out</th><th>Treatment</th><th>at</th><th>measured</"
        "th><th>model</th><th class=\"text\">file</th><th class=\"text\">source</th><th class=\"text\">who, "
        "and remarks</th></tr></thead><tbody>\n";
    for (const study::MeasuredPoint& point : comparison.points) html += measured_row(comparison, point);
    html += "</tbody></table></div>\n";
  }
  return html + undrawn_html(comparison);
}

std::string limits_html(const study::Comparison& comparison) {
  return failures_html(comparison) + hypotheses_html(comparison) + notes_html(comparison) +
         assumed_html(comparison);
}

std::string making_html(const study::Comparison& comparison, const Making& making) {
  const solve::Options& solver = comparison.settings.solver;
  const auto entry = [](const std::string& term, const std::string& text) {
    return fmt::format("<dt>{}</dt><dd>{}</dd>\n", term, text);
  };
  std::string html = "<dl>\n" + entry("Command", "<code>" + escape(making.command) + "</code>");
  html += entry("Program", "raad " + escape(making.program_version));
  html += entry("System", fmt::format("{}, model hash <code>{}</code>", escape(comparison.system),
                                      escape(making.model_hash)));
  html +=
      entry("Solver",
            fmt::format("{}, relative tolerance {}, absolute tolerance {} of each state\u2019s nominal scale",
                        solver.method == solve::Method::cvodes ? "CVODES" : "Rosenbrock (Rodas5P)",
                        base::format_number(solver.relative_tolerance),
                        base::format_number(solver.absolute_tolerance_per_scale)));
  html += entry("Equations", escape(making.engine));
  html += entry("Seed", "none: the comparison is deterministic, equal runs give equal files");
  html += entry("Files",
                "<code>profile.tsv</code>, <code>timecourses.csv</code>, <code>figures/*.svg</code>; when "
                "and where it ran is in <code>report.html.run.json</code>");
  return html + "</dl>\n";
}

}  // namespace raad::report
