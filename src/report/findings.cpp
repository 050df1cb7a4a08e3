#include "report/findings.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/table.hpp"
#include "report/markup.hpp"
#include "study/groups.hpp"
#include "study/profile_table.hpp"

namespace raad::report {
namespace {

using study::ProfileRow;
using study::Shared;
using study::SharedReason;
using study::short_time;

// More names than this in one sentence are not read.
constexpr std::size_t k_names_in_a_sentence = 5;

/// A display name inside a sentence: "Spine density, change" -> "spine density", but "BDNF", "TrkB signal"
/// and "5-HT2A occupancy" keep their first letter. What follows a comma says how it is expressed.
std::string in_sentence(const std::string& name) {
  std::string out = name.substr(0, name.find(','));
  const std::string first_word = out.substr(0, out.find_first_of(" -"));
  const bool acronym =
      std::any_of(first_word.begin() + (first_word.empty() ? 0 : 1), first_word.end(), [](char c) {
        return std::isupper(static_cast<unsigned char>(c)) != 0 ||
               std::isdigit(static_cast<unsigned char>(c)) != 0;
      });
  if (!out.empty() && !acronym) out[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(out[0])));
  return out;
}

template <typename Predicate>
std::vector<std::string> names_where(const study::Comparison& comparison, Predicate wanted) {
  std::vector<std::string> names;
  for (const ProfileRow& row : comparison.rows) {
    if (row.main && wanted(row)) names.push_back(in_sentence(row.display_name));
  }
  return names;
}

/// "raise a and b and lower c" for the shared read-outs of a level.
std::string shared_in_level(const study::Comparison& comparison, std::string_view group) {
  const auto moved = [&](bool up) {
    return names_where(comparison, [&](const ProfileRow& row) {
      return row.group == group && row.shared == Shared::shared && (row.first.peak_effect > 0.0) == up;
    });
  };
  const auto raised = moved(true), lowered = moved(false);
  std::string text;
  if (!raised.empty()) text += "raise " + join_names(raised, k_names_in_a_sentence);
  if (!raised.empty() && !lowered.empty()) text += " and ";
  if (!lowered.empty()) text += "lower " + join_names(lowered, k_names_in_a_sentence);
  return text;
}

/// Exposure is left out: drugs with different names have different plasma levels by definition.
std::string shared_sentence(const study::Comparison& comparison) {
  std::string text;
  for (const study::Group& group : study::groups()) {
    if (group.id == "exposure") continue;
    const std::string clause = shared_in_level(comparison, group.id);
    if (clause.empty()) continue;
    text += text.empty() ? "Both " : "; ";
    text += clause;
    text += fmt::format(" ({})", base::to_lower(group.title));
  }
  return text.empty() ? "Nothing beyond exposure." : text + ".";
}

std::string distinct_sentence(const study::Comparison& comparison) {
  std::string text;
  const auto add = [&](const std::string& start, SharedReason reason) {
    const auto names = names_where(
        comparison, [&](const ProfileRow& row) { return row.reason == reason && row.group != "exposure"; });
    if (names.empty()) return;
    text += text.empty() ? "" : "; ";
    text += start + join_names(names, k_names_in_a_sentence);
  };
  add(fmt::format("only {} moves ", comparison.short_names[0]), SharedReason::first_only);
  add(fmt::format("only {} moves ", comparison.short_names[1]), SharedReason::second_only);
  add("in opposite directions they move ", SharedReason::opposite);
  return text.empty() ? "Nothing beyond exposure." : capitalised(text) + ".";
}

/// Shared and all read-outs of a set of levels.
struct Share {
  long shared = 0, moved = 0;
};
template <typename Predicate>
Share share_where(const study::Comparison& comparison, Predicate wanted) {
  Share share;
  for (const ProfileRow& row : comparison.rows) {
    if (!row.main || !wanted(row) || row.shared == Shared::unmoved) continue;
    ++share.moved;
    share.shared += row.shared == Shared::shared;
  }
  return share;
}

std::string headline_sentence(const study::Comparison& comparison) {
  const Share targets = share_where(comparison, [](const ProfileRow& row) { return row.group == "target"; });
  const Share inside = share_where(comparison, [](const ProfileRow& row) {
    return row.group == "circuit" || row.group == "signalling" || row.group == "plasticity";
  });
  const Share outside = share_where(
      comparison, [](const ProfileRow& row) { return row.group == "acute" || row.group == "clinic"; });
  if (targets.moved + inside.moved + outside.moved == 0)
    return "Neither treatment moves any read-out beyond exposure.";
  return fmt::format(
      "They share {} of {} target read-outs, {} of {} in circuit, signalling and plasticity, and {} of {} in "
      "acute effect and clinic.",
      targets.shared, targets.moved, inside.shared, inside.moved, outside.shared, outside.moved);
}

std::string effect_words(const study::Measures& measures, const ProfileRow& row, double end_h) {
  const double larger = std::max(std::abs(row.first.peak_effect), std::abs(row.second.peak_effect));
  if (!(std::abs(measures.peak_effect) > 1e-3 * larger)) return "none";
  // A curve still above a tenth at the end has no known duration.
  const std::string lasting = measures.last_above_h >= 0.999 * end_h
                                  ? "still there at the end"
                                  : "lasting " + short_time(measures.duration_h);
  return fmt::format("{}{} at {}, {}", measures.peak_effect > 0.0 ? "+" : "\u2212",
                     study::with_unit(std::abs(measures.peak_effect), row.unit),
                     short_time(measures.peak_time_h), lasting);
}

const ProfileRow* first_where(const study::Comparison& comparison, std::string_view group,
                              SharedReason reason) {
  for (const ProfileRow& row : comparison.rows) {
    if (row.main && row.group == group && row.reason == reason) return &row;
  }
  return nullptr;
}

/// The read-outs of a level that say most. Where drugs differ by nature (target, acute effect) what each does
/// alone comes first; elsewhere what they share.
std::vector<const ProfileRow*> headlines(const study::Comparison& comparison, std::string_view group) {
  const ProfileRow* shared = first_where(comparison, group, SharedReason::same_direction);
  const ProfileRow* alone[] = {first_where(comparison, group, SharedReason::first_only),
                               first_where(comparison, group, SharedReason::second_only)};
  const bool by_nature = group == "target" || group == "acute";
  std::vector<const ProfileRow*> rows;
  if (by_nature || shared == nullptr) {
    for (const ProfileRow* row : alone) {
      if (row != nullptr) rows.push_back(row);
    }
  }
  if (rows.empty() && shared != nullptr) rows.push_back(shared);
  return rows;
}

std::string level_sentence(const study::Comparison& comparison, const ProfileRow& row) {
  const double end_h = comparison.settings.end_h;
  return fmt::format("{}: {} {}; {} {}.", capitalised(in_sentence(row.display_name)),
                     comparison.short_names[0], effect_words(row.first, row, end_h),
                     comparison.short_names[1], effect_words(row.second, row, end_h));
}

/// How one file of the evidence fares: calibration and validation are counted apart, never together.
std::string measured_part(const study::Comparison& comparison, const std::string& file) {
  long drawn = 0, scored = 0, inside = 0;
  for (const study::MeasuredPoint& point : comparison.points) {
    if (point.file != file) continue;
    ++drawn;
    if (!point.half_width || point.whole_arm) continue;
    ++scored;
    inside += std::abs(point.predicted - point.value) <= *point.half_width;
  }
  std::string text = fmt::format("{} of {}", drawn, file);
  if (scored > 0)
    text += fmt::format(
        " ({} with a 95 % interval that speaks of the drug alone: the typical subject is inside {})", scored,
        inside);
  return text;
}

std::string measured_sentence(const study::Comparison& comparison) {
  if (comparison.points.empty())
    return "No published measurement of exactly these treatments lies on a curve.";
  return fmt::format("Published measurements of exactly these treatments on the curves: {}; {}.",
                     measured_part(comparison, "calibration"), measured_part(comparison, "validation"));
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
  findings.headline = headline_sentence(comparison);
  findings.shared = shared_sentence(comparison);
  findings.distinct = distinct_sentence(comparison);
  for (const char* group : {"target", "signalling", "plasticity", "acute", "clinic"}) {
    for (const ProfileRow* row : headlines(comparison, group)) {
      findings.details.push_back(level_sentence(comparison, *row));
    }
  }
  findings.details.push_back(measured_sentence(comparison));
  return findings;
}

}  // namespace raad::report
