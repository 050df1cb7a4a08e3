#include "study/clinical_measures.hpp"

#include <algorithm>
#include <cmath>
#include <regex>

#include "base/table.hpp"

namespace raad::study {
namespace {

constexpr double k_least_share_response = 0.25, k_partial_share_response = 0.3;
// A sustained outcome holds from three weeks on where the row does not name the days, as in COMP001; of
// shorter courses from the first week.
constexpr double k_sustained_from_h = 504.0, k_week_h = 168.0;

/// Cut-off of remission in a note such as `MADRS <= 12`.
std::optional<double> madrs_cut_off(const std::string& text) {
  static const std::regex pattern(R"(MADRS\D{0,16}?(\d{1,2})\b)", std::regex::icase);
  std::smatch found;
  if (!std::regex_search(text, found, pattern)) return std::nullopt;
  const double value = std::stod(found[1].str());
  // Other numbers stand near the name too; cut-offs in use lie between 8 and 12.
  return value >= 5.0 && value <= 15.0 ? std::optional(value) : std::nullopt;
}

double sd(const std::vector<double>& values) {
  double mean = 0.0, square = 0.0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  for (const double value : values) square += (value - mean) * (value - mean);
  return std::sqrt(square / std::max(1.0, static_cast<double>(values.size()) - 1.0));
}

bool is_change(const data::EvidenceRow& row, const std::string& measure) {
  return row.observable.find("_change") != std::string::npos ||
         row.transform == data::Transform::change_from_baseline || measure == "difference";
}

}  // namespace

std::size_t place_of(const ArmScores& scores, double time_h) {
  return static_cast<std::size_t>(std::ranges::lower_bound(scores.time_h, time_h) - scores.time_h.begin());
}

double share_of(const ArmScores& scores, const std::vector<double>& times_h, const Holds& holds) {
  double count = 0.0;
  for (const auto& observed : scores.observed)
    count += std::ranges::all_of(times_h,
                                 [&](double time_h) {
                                   return holds(observed.front(), observed[place_of(scores, time_h) + 1]);
                                 })
                 ? 1.0
                 : 0.0;
  return 100.0 * count / static_cast<double>(scores.observed.size());
}

Holds improved_by(double share) {
  return [share](double baseline, double now) { return now <= (1.0 - share) * baseline; };
}

Holds remitted(const DepressionScale& scale) {
  return [cut_off = scale.remission_madrs](double, double now) { return std::round(now) <= cut_off; };
}

DepressionScale scale_of_row(const data::Library& library, const data::EvidenceRow& row) {
  base::Diagnostics findings;
  const auto table = base::Table::read(library.file("depression_scales.tsv"), findings);
  base::throw_if_errors(findings);
  const auto read = [&](std::size_t at) {
    return DepressionScale{table.cell(at, "scale"), table.number(at, "madrsPerPoint", findings),
                           table.number(at, "remissionMadrs", findings).value_or(0.0)};
  };
  const auto named_in = [&](const std::string& text) -> std::optional<DepressionScale> {
    for (std::size_t at = 0; at < table.row_count(); ++at)
      if (std::regex_search(text, std::regex(table.cell(at, "pattern"), std::regex::icase))) return read(at);
    return std::nullopt;
  };
  // The name of the read-out decides; shares of responders and remitters say their scale in the note.
  auto scale = named_in(row.observable);
  if (!scale) scale = named_in(row.note + " " + row.weight_note);
  if (!scale) scale = named_in("madrs");
  if (!scale)
    throw base::InputError("R079", {table.place(0, "scale")}, "the library names no scale `madrs`",
                           "add its row");
  if (const auto cut_off = madrs_cut_off(row.note + " " + row.weight_note)) scale->remission_madrs = *cut_off;
  return *scale;
}

std::vector<double> rated_times_h(const data::EvidenceRow& row, const std::string& measure) {
  const double last = *row.time_h;
  if (measure != "sustained_response" && measure != "sustained_remission") return {last};
  static const std::regex days(R"(day\s+(\d+)\s+to\s+(\d+))", std::regex::icase);
  std::smatch found;
  double from = last > k_sustained_from_h ? k_sustained_from_h : k_week_h;
  if (std::regex_search(row.note, found, days)) from = 24.0 * std::stod(found[1].str());
  std::vector<double> times;
  for (double time = from; time < last; time += k_week_h) times.push_back(time);
  times.push_back(last);
  return times;
}

std::optional<double> clinical_number(const data::EvidenceRow& row, const std::string& measure,
                                      const DepressionScale& scale, const ArmScores& scores) {
  const double time = *row.time_h;
  const auto times = rated_times_h(row, measure);
  if (measure == "response" || measure == "sustained_response")
    return share_of(scores, times, improved_by(k_response_share));
  if (measure == "response25") return share_of(scores, times, improved_by(k_least_share_response));
  if (measure == "response30") return share_of(scores, times, improved_by(k_partial_share_response));
  if (measure == "remission" || measure == "sustained_remission")
    return share_of(scores, times, remitted(scale));
  if (measure == "belief" || row.observable == "belief") return 100.0 * scores.at(scores.belief, time);
  if (measure == "effect_size") return scores.at(scores.change, time);
  if (measure == "effect_size_prepost") {
    // Cohen's d with the mean variance of both times, as the meta-analyses take it.
    std::vector<double> before, after;
    for (const auto& observed : scores.observed) {
      before.push_back(observed.front());
      after.push_back(observed[place_of(scores, time) + 1]);
    }
    return scores.at(scores.change, time) / (std::hypot(sd(before), sd(after)) / std::sqrt(2.0));
  }
  if (measure != "course" && measure != "difference") return std::nullopt;
  if (!scale.madrs_per_point) return std::nullopt;
  return scores.at(is_change(row, measure) ? scores.change : scores.mean, time) / *scale.madrs_per_point;
}

double sd_of_change(const ArmScores& scores, double time_h) {
  std::vector<double> changes;
  for (const auto& observed : scores.observed)
    changes.push_back(observed[place_of(scores, time_h) + 1] - observed.front());
  return sd(changes);
}

}  // namespace raad::study
