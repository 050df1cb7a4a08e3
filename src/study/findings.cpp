#include "study/findings.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "study/defining_row.hpp"
#include "study/stand_ins.hpp"
#include "study/validation_rows.hpp"

namespace raad::study {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();

ArmKey undosed(const ArmKey& key) {
  return {key.system, "none", key.scenario, key.settings};
}

/// A part of a course [h].
struct Window {
  double from_h = -std::numeric_limits<double>::infinity();
  double to_h = std::numeric_limits<double>::infinity();
};

/// Effects of one arm over its undosed animals.
class ArmEffects {
 public:
  ArmEffects(const Trajectory& dosed, const Trajectory& resting, const std::string& quantity)
      : dosed_(dosed), resting_(resting), quantity_(quantity) {}

  double at(double time_h) const {
    return dosed_.at(quantity_, std::max(time_h, dosed_.time_h.front())) -
           resting_.at(quantity_, std::clamp(time_h, resting_.time_h.front(), resting_.time_h.back()));
  }
  /// The largest in magnitude, with its sign.
  double largest(const Window& window) const {
    double largest = 0.0;
    for (const double time : dosed_.time_h)
      if (time >= window.from_h && time < window.to_h && std::abs(at(time)) > std::abs(largest))
        largest = at(time);
    return largest;
  }

 private:
  const Trajectory& dosed_;
  const Trajectory& resting_;
  const std::string& quantity_;
};

/// Mean over the arms, at the row's time or, without one, the largest within a window.
double mean_effect(RowPlan& plan, const std::vector<ArmKey>& keys, const Arms& arms, const Window& window) {
  double sum = 0.0;
  for (const auto& key : keys) {
    const auto* dosed = arms.trajectory(key);
    const auto* resting = arms.trajectory(undosed(key));
    if (dosed == nullptr || resting == nullptr) {
      plan.skipped = arms.failure(dosed == nullptr ? key : undosed(key));
      return k_nan;
    }
    const ArmEffects effects(*dosed, *resting, plan.observable->symbol);
    const bool timed = plan.row->time_h && plan.measure != "tolerance";
    sum += timed ? effects.at(*plan.row->time_h) : effects.largest(window);
  }
  return sum / static_cast<double>(keys.size());
}

/// Tolerance after one dose is shown by the same dose again at the time of the row.
void add_second_dose(dose::Regimen& regimen, double time_h) {
  const auto once = regimen.events;
  if (std::ranges::any_of(once, [](const auto& event) { return event.count > 1 || event.time_h != 0.0; }))
    return;
  for (auto event : once) {
    event.time_h = time_h;
    regimen.events.push_back(std::move(event));
  }
}

/// By how much of itself an effect falls short of another.
std::optional<double> share_lost(RowPlan& plan, double effect, double of) {
  if (std::abs(of) > plan.finding->threshold) return (of - effect) / of;
  plan.skipped = "the model shows no effect that could change";
  return std::nullopt;
}

double predict_tolerance(RowPlan& plan, const Arms& arms) {
  const auto& key = plan.arms.front();
  base::Diagnostics ignored;  // The arm's text was parsed when it was planned.
  const auto doses = dose_times_h(dose::parse_regimen(key.regimen, "arm", ignored));
  if (doses.size() < 2) {
    plan.skipped = "tolerance to one dose: the regimen names no second";
    return k_nan;
  }
  const double first = doses.front(), last = doses.back();
  const double before = mean_effect(plan, plan.arms, arms, {first, last});
  const double after = mean_effect(plan, plan.arms, arms, {last, Window().to_h});
  if (!plan.skipped.empty()) return k_nan;
  const auto lost = share_lost(plan, after, before);
  return lost ? (*lost >= plan.finding->share ? 1.0 : 0.0) : k_nan;
}

}  // namespace

std::optional<Finding> finding_of(const data::Library& library, const std::string& observable) {
  const auto row =
      defining_row(library, "findings.tsv", observable, {"threshold", "share", "manipulationId"});
  if (!row) return std::nullopt;
  return Finding{row->required_number("threshold"), row->number("share").value_or(0.0),
                 row->text("manipulationId")};
}

void plan_finding(const data::Library& library, RowPlan& plan, Arms& arms) {
  const auto& row = *plan.row;
  const auto& system = arms.system(plan.system);
  if (row.value != std::round(row.value)) {
    plan.skipped = "neither yes nor no";
    return;
  }
  auto given = given_of(library, system, row, true);
  plan.note = given.note;
  plan.skipped = given.problem;
  if (given.regimen.events.empty())
    plan.skipped = "a finding about a drug without naming one that can be given";
  if (!plan.skipped.empty()) return;
  if (plan.measure == "tolerance" && row.time_h) add_second_dose(given.regimen, *row.time_h);
  auto changes = genotype_of(library, row.population, plan.skipped);
  if (changes.empty() && plan.skipped.empty() && !plan.finding->manipulation.empty())
    changes = manipulation(library, plan.finding->manipulation);
  const auto add = [&](const dose::Regimen& regimen, const Settings& more, std::vector<ArmKey>& keys) {
    auto settings = given.settings;
    settings.insert(settings.end(), more.begin(), more.end());
    for (const auto& text : regimens_of(library, system, regimen, plan.skipped))
      keys.push_back({system.name, text, "", settings});
  };
  if (plan.skipped.empty()) add(given.regimen, changes, plan.arms);
  if (plan.skipped.empty() && (plan.measure == "lost" || plan.measure == "modulated")) {
    add(without_antagonists(library, given.regimen), {}, plan.comparators);
    if (plan.arms == plan.comparators) plan.skipped = "no manipulation that the model knows";
  }
  if (!plan.skipped.empty()) return;
  for (const auto* keys : {&plan.arms, &plan.comparators})
    for (const auto& key : *keys)
      for (const auto& one : {key, undosed(key)})
        arms.want(one, {plan.observable->symbol}, row.time_h.value_or(0.0));
}

double predict_finding(RowPlan& plan, const Arms& arms) {
  if (plan.measure == "tolerance") return predict_tolerance(plan, arms);
  const double effect = mean_effect(plan, plan.arms, arms, {});
  if (!plan.skipped.empty()) return k_nan;
  if (plan.measure == "present") return std::abs(effect) > plan.finding->threshold ? 1.0 : 0.0;
  const double without = mean_effect(plan, plan.comparators, arms, {});
  if (!plan.skipped.empty()) return k_nan;
  const auto lost = share_lost(plan, effect, without);
  if (!lost) return k_nan;
  if (plan.measure == "lost") return *lost >= plan.finding->share ? 1.0 : 0.0;
  return *lost >= plan.finding->share ? -1.0 : *lost <= -plan.finding->share ? 1.0 : 0.0;
}

}  // namespace raad::study
