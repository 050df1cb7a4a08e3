#include "report/html_report.hpp"

#include <fmt/core.h>

#include "report/comparison_figures.hpp"
#include "report/findings.hpp"
#include "report/html_parts.hpp"
#include "report/markup.hpp"
#include "study/profile_table.hpp"

namespace raad::report {
namespace {

std::string answer_section(const study::Comparison& comparison) {
  const Findings findings = find_findings(comparison);
  std::string html = fmt::format(
      "<header>\n<p class=\"brand\">raad &middot; comparison &middot; {} model</p>\n<h1>{} <span "
      "class=\"against\">against</span> {}</h1>\n<p class=\"question\">What do the two treatments share, "
      "from dose to symptom, and what sets them apart?</p>\n"
      "<p class=\"answer\">{}</p>\n<dl class=\"verdict\">\n<dt class=\"class shared\">\u25cf "
      "shared</dt><dd>{}</dd>\n"
      "<dt class=\"class distinct\">\u25d0 distinct</dt><dd>{}</dd>\n</dl>\n<ul class=\"details\">\n",
      escape(comparison.system), treatment_label(comparison, 0, false), treatment_label(comparison, 1, false),
      escape(findings.headline), escape(findings.shared), escape(findings.distinct));
  for (const std::string& detail : findings.details) html += "<li>" + escape(detail) + "</li>\n";
  return html + "</ul>\n<p class=\"caution\">A typical subject of a mathematical model, simulated for " +
         escape(study::short_time(comparison.settings.end_h)) +
         ". For research; not dosing advice and not a prediction for a person.</p>\n</header>\n";
}

std::string navigation() {
  return "<nav aria-label=\"Sections\"><a href=\"#mechanism\">Mechanism</a><a href=\"#courses\">Time "
         "courses</a><a href=\"#profile\">Profile</a><a href=\"#measurements\">Measurements</a><a "
         "href=\"#limits\">Limits</a><a href=\"#making\">How this was made</a></nav>\n";
}

std::string toolbar(const study::Comparison& comparison) {
  std::string html =
      "<div class=\"toolbar\" role=\"group\" aria-label=\"Time window of all panels\">\n<span "
      "class=\"windows\"><input type=\"radio\" name=\"window\" id=\"level\" checked><label for=\"level\">by "
      "level</label>";
  for (const TimeWindow& window : time_windows(comparison.settings.end_h)) {
    html += fmt::format("<input type=\"radio\" name=\"window\" id=\"{}\"><label for=\"{}\">{}</label>",
                        window.id, window.id, escape(window.label));
  }
  html += "</span>\n<span class=\"key\">" + treatment_label(comparison, 0, true) +
          treatment_label(comparison, 1, true) +
          "</span>\n<label class=\"cursor\" hidden>cursor <input type=\"range\" id=\"cursor\" min=\"0\" "
          "max=\"1000\" value=\"0\" aria-label=\"Time of the cursor\"><output "
          "id=\"cursor-time\"></output></label>\n</div>\n";
  return html;
}

std::string section(const std::string& id, const std::string& title, const std::string& body) {
  return fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n{}</section>\n", id, title, body);
}

}  // namespace

std::string html_report(const study::Comparison& comparison, const Making& making) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
      "dark\">\n";
  html += fmt::format("<title>{} against {}</title>\n<style>\n{}</style>\n</head>\n<body>\n",
                      escape(comparison.treatments[0]), escape(comparison.treatments[1]), page_style());
  html += answer_section(comparison) + navigation() + "<main>\n";
  html += section("mechanism", "Mechanism", mechanism_strip(comparison));
  html += section("courses", "Time courses", toolbar(comparison) + time_courses(comparison));
  html += section("profile", "Profile", profile_table_html(comparison));
  html += section("measurements", "Published measurements", measurements_html(comparison));
  html += section("limits", "What this rests on, and where it fails", limits_html(comparison));
  html += section("making", "How this was made", making_html(comparison, making));
  html +=
      "</main>\n<script type=\"application/json\" id=\"curves\">" + curve_data(comparison) + "</script>\n";
  html += fmt::format("<script>\n{}</script>\n</body>\n</html>\n", page_script());
  return html;
}

}  // namespace raad::report
