#include "study/dose_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "study/defining_row.hpp"
#include "study/validation_rows.hpp"

namespace raad::study {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();

double greatest_effect(RowPlan& plan, const ArmKey& key, const Arms& arms) {
  const auto* trajectory = arms.trajectory(key);
  if (trajectory == nullptr) {
    plan.skipped = arms.failure(key);
    return k_nan;
  }
  const auto& quantity = plan.observable->symbol;
  return extreme(*trajectory, quantity) - trajectory->of(quantity).front();
}

/// The row's regimen, or that of the search, with another dose.
dose::Regimen with_dose(const dose::Regimen& regimen, double dose, const std::string& unit) {
  auto made = regimen;
  made.text.clear();
  auto& event = made.events.front();
  event.amounts = {dose};
  event.amount_unit = unit;
  event.choice = dose::DoseEvent::Choice::single;
  return made;
}

}  // namespace

std::optional<DoseSearch> dose_search_of(const data::Library& library, const std::string& observable) {
  const auto row = defining_row(library, "dose_searches.tsv", observable,
                                {"regimen", "unit", "lowest", "highest", "steps"});
  if (!row) return std::nullopt;
  DoseSearch search;
  search.regimen = row->text("regimen");
  search.unit = row->text("unit");
  search.lowest = row->required_number("lowest");
  search.highest = row->required_number("highest");
  search.steps = static_cast<int>(row->required_number("steps"));
  if (!(search.lowest > 0.0 && search.highest > search.lowest && search.steps >= 2))
    throw base::InputError("R088", {library.file("dose_searches.tsv").string()},
                           "the search of `" + observable + "` has no range of doses",
                           "0 < lowest < highest, and two steps or more");
  return search;
}

void plan_dose_search(const data::Library& library, RowPlan& plan, Arms& arms) {
  const auto& row = *plan.row;
  const auto& system = arms.system(plan.system);
  auto& search = *plan.dose_search;
  const auto arm = [&](const dose::Regimen& regimen, std::vector<ArmKey>& keys, std::string& reason) {
    for (const auto& text : regimens_of(library, system, regimen, reason))
      keys.push_back({system.name, text, "", {}});
  };
  if (row.unit != search.unit) {
    plan.skipped = "its unit " + row.unit + " cannot be made from the search's " + search.unit;
    return;
  }
  base::Diagnostics findings;
  const auto regimen = search.regimen.empty()
                           ? row.regimen
                           : dose::parse_regimen(search.regimen, "dose_searches.tsv", findings);
  base::throw_if_errors(findings);
  if (regimen.events.size() != 1) {
    plan.skipped = "a search for the dose of more than one drug";
    return;
  }
  std::string refused;
  for (int i = 0; i < search.steps; ++i) {
    const double dose =
        search.lowest * std::pow(search.highest / search.lowest, static_cast<double>(i) / (search.steps - 1));
    const auto before = plan.arms.size();
    arm(with_dose(regimen, dose, search.unit), plan.arms, refused);
    if (plan.arms.size() > before) search.doses.push_back(dose);
  }
  if (plan.arms.empty()) plan.skipped = refused;
  if (plan.skipped.empty() && plan.measure == "equivalent_dose")
    arm(row.regimen, plan.comparators, plan.skipped);
  if (!plan.skipped.empty()) return;
  for (const auto* keys : {&plan.arms, &plan.comparators})
    for (const auto& key : *keys) arms.want(key, {plan.observable->symbol}, 0.0);
}

double predict_dose_search(RowPlan& plan, const Arms& arms) {
  const auto& doses = plan.dose_search->doses;
  std::vector<double> effects;
  for (const auto& key : plan.arms) effects.push_back(greatest_effect(plan, key, arms));
  double level = 0.0;
  for (const auto& key : plan.comparators)
    level += greatest_effect(plan, key, arms) / static_cast<double>(plan.comparators.size());
  if (!plan.skipped.empty()) return k_nan;
  const auto largest = std::ranges::max_element(effects);
  if (plan.measure == "dose_at_maximum") return doses[static_cast<std::size_t>(largest - effects.begin())];
  if (plan.measure == "half_effect_dose") level = 0.5 * *largest;
  const auto dose = level > 0.0 ? dose_at_effect(doses, effects, level) : std::nullopt;
  if (!dose) plan.skipped = "no dose of the search has this effect";
  return dose.value_or(k_nan);
}

std::optional<double> dose_at_effect(const std::vector<double>& doses, const std::vector<double>& effects,
                                     double level) {
  for (std::size_t i = 1; i < doses.size(); ++i) {
    if (effects[i - 1] >= level) return std::nullopt;
    if (effects[i] < level) continue;
    const double share = (level - effects[i - 1]) / (effects[i] - effects[i - 1]);
    return doses[i - 1] * std::pow(doses[i] / doses[i - 1], share);
  }
  return std::nullopt;
}

}  // namespace raad::study
