#include "report/findings.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "report/markup.hpp"
#include "study/profile_table.hpp"

namespace raad::report {
namespace {

using study::ProfileRow;
using study::Shared;
using study::SharedReason;
using study::short_time;

// More names than this in one sentence are not read.
constexpr std::size_t k_names_in_a_sentence = 5;

/// Levels that make up the finding: where the drugs act, and what follows from it. Exposure is left out,
/// since drugs with different names have different plasma levels by definition.
bool is_early(const ProfileRow& row) {
  return row.group == "target" || row.group == "acute";
}
bool is_downstream(const ProfileRow& row) {
  return row.group == "circuit" || row.group == "signalling" || row.group == "plasticity" ||
         row.group == "clinic";
}

/// A display name inside a sentence: "Spine density, change" -> "spine density", but "BDNF" and "5-HT2A
/// occupancy" keep their first letter. What follows a comma says how it is expressed.
std::string in_sentence(const std::string& name) {
  std::string out = name.substr(0, name.find(','));
  const bool acronym = out.size() > 1 && !std::islower(static_cast<unsigned char>(out[1])) && out[1] != ' ';
  if (!out.empty() && !acronym) out[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(out[0])));
  return out;
}

template <typename Predicate>
std::vector<std::string> names_where(const study::Comparison& comparison, Predicate wanted) {
  std::vector<std::string> names;
  for (const ProfileRow& row : comparison.rows) {
    if (wanted(row)) names.push_back(in_sentence(row.display_name));
  }
  return names;
}

std::string shared_clause(const study::Comparison& comparison) {
  const auto moved = [](const ProfileRow& row, bool up) {
    return row.shared == Shared::shared && is_downstream(row) && (row.first.peak_effect > 0.0) == up;
  };
  const auto raised = names_where(comparison, [&](const ProfileRow& row) { return moved(row, true); });
  const auto lowered = names_where(comparison, [&](const ProfileRow& row) { return moved(row, false); });
  if (raised.empty() && lowered.empty()) return "They share no effect beyond their targets.";
  std::string text = "Both ";
  if (!raised.empty()) text += "raise " + join_names(raised, k_names_in_a_sentence);
  if (!raised.empty() && !lowered.empty()) text += ", and ";
  if (!lowered.empty()) text += "lower " + join_names(lowered, k_names_in_a_sentence);
  return text + ".";
}

std::string only_clause(const study::Comparison& comparison, int treatment) {
  const SharedReason reason = treatment == 0 ? SharedReason::first_only : SharedReason::second_only;
  const auto names = names_where(comparison, [&](const ProfileRow& row) {
    return row.reason == reason && (is_early(row) || is_downstream(row));
  });
  if (names.empty()) return "";
  return fmt::format("only {} moves {}", comparison.short_names[treatment],
                     join_names(names, k_names_in_a_sentence));
}

std::string distinct_clause(const study::Comparison& comparison) {
  std::string text = only_clause(comparison, 0);
  const std::string second = only_clause(comparison, 1);
  if (!text.empty() && !second.empty()) text += "; ";
  text += second;
  return text.empty() ? "" : capitalised(text) + ".";
}

std::string effect_words(const study::Measures& measures, const std::string& unit) {
  if (!std::isfinite(measures.peak_time_h)) return "none";
  return fmt::format("{}{} at {}, lasting {}", measures.peak_effect > 0.0 ? "+" : "\u2212",
                     study::with_unit(std::abs(measures.peak_effect), unit), short_time(measures.peak_time_h),
                     short_time(measures.duration_h));
}

/// The read-out of a level that says most: the moved one that both share, else the first moved one.
const ProfileRow* headline(const study::Comparison& comparison, const std::string& group) {
  const ProfileRow* moved = nullptr;
  for (const ProfileRow& row : comparison.rows) {
    if (row.group != group || row.shared == Shared::unmoved) continue;
    if (row.shared == Shared::shared) return &row;
    if (moved == nullptr) moved = &row;
  }
  return moved;
}

std::string level_sentence(const study::Comparison& comparison, const ProfileRow& row) {
  return fmt::format("{} ({}): {} {}; {} {}.", capitalised(row.display_name), name_of(row.shared),
                     comparison.short_names[0], effect_words(row.first, row.unit), comparison.short_names[1],
                     effect_words(row.second, row.unit));
}

std::string opposite_sentence(const study::Comparison& comparison) {
  const auto names =
      names_where(comparison, [](const ProfileRow& row) { return row.reason == SharedReason::opposite; });
  if (names.empty()) return "";
  return "They move in opposite directions: " + join_names(names, k_names_in_a_sentence) + ".";
}

std::string count_sentence(const study::Comparison& comparison) {
  long shared = 0, distinct = 0, unmoved = 0;
  for (const ProfileRow& row : comparison.rows) {
    shared += row.shared == Shared::shared;
    distinct += row.shared == Shared::distinct;
    unmoved += row.shared == Shared::unmoved;
  }
  return fmt::format("Of {} read-outs {} are shared, {} distinct and {} unmoved.", comparison.rows.size(),
                     shared, distinct, unmoved);
}

std::string measured_sentence(const study::Comparison& comparison) {
  long inside = 0, with_interval = 0;
  for (const study::MeasuredPoint& point : comparison.points) {
    if (!point.half_width) continue;
    ++with_interval;
    inside += std::abs(point.predicted - point.value) <= *point.half_width;
  }
  if (comparison.points.empty())
    return "No published measurement of exactly these treatments lies on a curve.";
  return fmt::format(
      "{} published measurements of exactly these treatments lie on the curves; of the {} with a stated "
      "interval, the typical "
      "subject of the model is inside {}.",
      comparison.points.size(), with_interval, inside);
}

}  // namespace

std::string join_names(const std::vector<std::string>& names, std::size_t at_most) {
  const std::size_t shown = names.size() > at_most + 1 ? at_most : names.size();
  const bool more = shown < names.size();
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) text += i + 1 == shown && !more ? " and " : ", ";
    text += names[i];
  }
  if (more) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

Findings find_findings(const study::Comparison& comparison) {
  Findings findings;
  findings.answer = shared_clause(comparison);
  const std::string distinct = distinct_clause(comparison);
  if (!distinct.empty()) findings.answer += " " + distinct;
  findings.details.push_back(count_sentence(comparison));
  for (const char* group : {"target", "signalling", "plasticity", "acute", "clinic"}) {
    if (const ProfileRow* row = headline(comparison, group))
      findings.details.push_back(level_sentence(comparison, *row));
  }
  const std::string opposite = opposite_sentence(comparison);
  if (!opposite.empty()) findings.details.push_back(opposite);
  findings.details.push_back(measured_sentence(comparison));
  return findings;
}

}  // namespace raad::report
