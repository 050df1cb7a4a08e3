// Parts of the report page, each a piece of HTML.
#pragma once

#include <string>
#include <string_view>

#include "report/write_comparison.hpp"
#include "study/comparison.hpp"

namespace raad::report {

/// The levels side by side: each read-out as two bars, both relative to the larger effect.
std::string mechanism_strip(const study::Comparison& comparison);
/// Panels of every level in every time window, and their key.
std::string time_courses(const study::Comparison& comparison);
/// The whole profile, a line for each read-out and treatment.
std::string profile_table_html(const study::Comparison& comparison);
/// Drawn measurements beside the model's values, and those that are not drawn with the reason.
std::string measurements_html(const study::Comparison& comparison);
/// Assumed values, known failures, hypotheses.
std::string limits_html(const study::Comparison& comparison);
/// Command, versions, tolerances.
std::string making_html(const study::Comparison& comparison, const Making& making);
/// The curves for the hover cursor, as JSON.
std::string curve_data(const study::Comparison& comparison);

/// `shared`, `distinct` or `unmoved` as a small label that differs in shape as well as in colour.
std::string class_label(const study::ProfileRow& row);
/// The key of a treatment: its line and mark, then its text.
std::string treatment_label(const study::Comparison& comparison, int treatment, bool short_name);

std::string_view page_style();
std::string_view page_script();

}  // namespace raad::report
