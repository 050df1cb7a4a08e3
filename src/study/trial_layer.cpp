#include "study/trial_layer.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <regex>

#include "base/table.hpp"
#include "dose/dosing_tables.hpp"
#include "study/evidence_arms.hpp"

namespace raad::study {
namespace {

constexpr double k_hours_a_day = 24.0;

struct Asked {
  const data::Library& library;
  const data::EvidenceRow& row;
  const std::string& arms;
  std::string& reason;
};

bool is_active(const data::Library& library, const std::string& name) {
  base::Diagnostics ignored;
  const auto drug = dose::find_drug(library.dosing, name, {}, ignored);
  return drug && !drug->inactive();
}

/// How long a repeated active treatment goes on: to one interval after the last dose. Single doses are not
/// `on drug`.
double treated_h(const Asked& asked) {
  double end = 0.0;
  for (const auto& event : asked.row.regimen.events)
    if (event.count > 1 && is_active(asked.library, event.drug))
      end = std::max(end, event.time_h + event.count * event.interval_h);
  return end;
}

/// How long the regimen goes on, active or not; empty for single doses.
std::optional<double> course_h(const data::EvidenceRow& row) {
  double end = 0.0;
  for (const auto& event : row.regimen.events)
    if (event.count > 1) end = std::max(end, event.time_h + event.count * event.interval_h);
  return end > 0.0 ? std::optional(end) : std::nullopt;
}

double hazard_off_drug(const Asked& asked) {
  return trial_layer_value(asked.library, "relapse_hazard_after_withdrawal");
}
double hazard_ratio(const Asked& asked) {
  return trial_layer_value(asked.library, "relapse_hazard_ratio_on_drug");
}

/// Hazards of patients who took something that the library cannot give are not known.
bool knows_treatment(const Asked& asked) {
  for (const auto& event : asked.row.regimen.events) {
    base::Diagnostics ignored;
    const auto drug = dose::find_drug(asked.library.dosing, event.drug, {}, ignored);
    if (drug && !drug->unsupported()) continue;
    asked.reason = "the trial layer knows nothing of relapse after " + event.drug;
    return false;
  }
  return true;
}

std::optional<double> relapsed_percent(const Asked& asked) {
  if (!knows_treatment(asked)) return std::nullopt;
  const auto until = asked.row.time_h ? asked.row.time_h : course_h(asked.row);
  if (!until) {
    asked.reason = "an outcome in patients without its time";
    return std::nullopt;
  }
  const double on = std::min(*until, treated_h(asked));
  const double hazard = hazard_off_drug(asked) * (hazard_ratio(asked) * on + (*until - on)) / k_hours_a_day;
  return 100.0 * (1.0 - std::exp(-hazard));
}

std::optional<double> relapse_free_percent(const Asked& asked) {
  const auto relapsed = relapsed_percent(asked);
  return relapsed ? std::optional(100.0 - *relapsed) : std::nullopt;
}

/// Days until half of the group has relapsed.
std::optional<double> median_days(const Asked& asked) {
  if (!knows_treatment(asked)) return std::nullopt;
  const double on_drug = treated_h(asked) / k_hours_a_day;
  const double daily_on_drug = hazard_off_drug(asked) * hazard_ratio(asked);
  if (std::log(2.0) <= daily_on_drug * on_drug) return std::log(2.0) / daily_on_drug;
  return on_drug + (std::log(2.0) - daily_on_drug * on_drug) / hazard_off_drug(asked);
}

std::optional<double> hazard_ratio_to_control(const Asked& asked) {
  if (!knows_treatment(asked)) return std::nullopt;
  if (treated_h(asked) > 0.0) return hazard_ratio(asked);
  asked.reason = "the trial layer knows the hazard of a continued treatment only";
  return std::nullopt;
}

/// The first row of the class of drug that the trial's arms name, active or control.
std::optional<double> dropout_percent(const Asked& asked) {
  base::Diagnostics findings;
  const auto table = base::Table::read(asked.library.file("trial_layer.tsv"), findings);
  const bool active = std::ranges::any_of(asked.row.regimen.events, [&](const dose::DoseEvent& event) {
    return is_active(asked.library, event.drug);
  });
  const std::regex wanted(active ? "dropout_.*_active" : "dropout_.*_control");
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    const auto& pattern = table.cell(row, "armPattern");
    if (!pattern.empty() && std::regex_match(table.cell(row, "parameterId"), wanted) &&
        std::regex_search(asked.arms, std::regex(pattern, std::regex::icase))) {
      const auto percent = table.number(row, "nominalValue", findings);
      base::throw_if_errors(findings);
      return percent;
    }
  }
  asked.reason = "no attrition is known for trials of this drug";
  return std::nullopt;
}

const std::map<std::string, std::function<std::optional<double>(const Asked&)>>& measures() {
  static const std::map<std::string, std::function<std::optional<double>(const Asked&)>> table = {
      {"relapse", relapsed_percent},
      {"relapse_free", relapse_free_percent},
      {"relapse_median", median_days},
      {"relapse_hazard_ratio", hazard_ratio_to_control},
      {"dropout", dropout_percent}};
  return table;
}

}  // namespace

bool is_of_trial_layer(const std::string& measure) {
  return measures().contains(measure);
}

std::optional<double> trial_layer_number(const data::Library& library, const data::EvidenceRow& row,
                                         const std::string& measure, const std::string& arms,
                                         std::string& reason) {
  return measures().at(measure)({library, row, arms, reason});
}

}  // namespace raad::study
