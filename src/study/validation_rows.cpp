#include "study/validation_rows.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <regex>

#include "base/units.hpp"
#include "study/clinical_measures.hpp"
#include "study/follow_up_measures.hpp"
#include "study/stand_ins.hpp"
#include "study/trial_layer.hpp"

namespace raad::study {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();
// Directions count from 1 % on: of the scale of percentages, of the resting value elsewhere.
constexpr double k_moved_percent = 1.0, k_moved_share = 0.01;
constexpr double k_imaging_interval_h = 48.0;  // library/observables.tsv, unless a row says otherwise
constexpr double k_counting_window_h = 0.5;    // Head twitches; the same
constexpr double k_open_window = 0.05;         // trial_layer.tsv, window_open_threshold
constexpr double k_effect_share = 0.1;         // trial_layer.tsv, effect_duration_share

const base::UnitTable& units() {
  static const base::UnitTable table;
  return table;
}

/// Factor from one unit to another; nothing where they measure different things.
std::optional<double> unit_factor(const std::string& from, const std::string& to) {
  if (from == to) return 1.0;
  const auto a = units().parse(from), b = units().parse(to);
  if (!a || !b || !a->same_dimension(*b)) return std::nullopt;
  return a->factor / b->factor;
}

std::string measure_of(const data::Observable& observable) {
  static const std::regex pattern("measure=([a-z_0-9]+)");
  std::smatch found;
  if (observable.kind == data::Observable::Kind::timecourse) return "course";
  return std::regex_search(observable.note, found, pattern) ? found[1].str() : "";
}

bool is_clinical(const data::Observable& observable) {
  return observable.group == "clinic";
}

/// Number before `min` in a note, as hours.
double window_h(const data::EvidenceRow& row) {
  static const std::regex pattern(R"((\d+(?:\.\d+)?)\s*min)");
  std::smatch found;
  return std::regex_search(row.note, found, pattern) ? std::stod(found[1].str()) / 60.0 : k_counting_window_h;
}

/// Days between imaging sessions, if the row says so.
double interval_h(const data::EvidenceRow& row) {
  static const std::regex pattern(
      R"((\d+(?:\.\d+)?)\s*(d|day|days|h)\s+interval|interval\D{0,12}(\d+(?:\.\d+)?)\s*(d|h))");
  std::smatch found;
  if (!std::regex_search(row.note, found, pattern)) return k_imaging_interval_h;
  const bool first = found[1].matched;
  const double number = std::stod(found[first ? 1 : 3].str());
  return found[first ? 2 : 4].str().front() == 'h' ? number : 24.0 * number;
}

/// Arms of the same study, so that a control arm is placed in the trial of its drug.
std::string arms_of_study(const data::EvidenceTable& table, const data::EvidenceRow& row) {
  std::string text = row.arm + " " + row.regimen_text;
  for (const auto& other : table.rows)
    if (other.source_id == row.source_id && other.population == row.population)
      text += " " + other.arm + " " + other.regimen_text;
  return text;
}

/// The population with what its background treatment is, as scenarios.tsv speaks of it.
std::string population_of(const data::Library& library, const data::EvidenceRow& row) {
  std::string text = row.population;
  for (const auto& background : row.regimen.background) text += "; " + background_note(library, background);
  return text;
}

// A life: what lies beyond is a slip of the pen, and its course would fill the memory [h].
constexpr double k_longest_h = 876'000.0;

bool is_direction(const data::EvidenceRow& row) {
  return row.unit == "sign" || row.unit == "boolean";
}

/// Findings about rodents in general are asked of the mouse.
std::string system_of(const data::EvidenceRow& row) {
  return row.species == "rodent" && is_direction(row) ? "mouse" : row.species;
}

/// Directions, and half-lives of drugs whose kinetics are linear here.
bool any_dose_will_do(const data::EvidenceRow& row, const std::string& measure) {
  return is_direction(row) || measure == "thalf";
}

/// Whether the row must say when; outcomes in patients, unless their measure is about the time itself.
bool lacks_time(const data::EvidenceRow& row, const std::string& measure) {
  if (row.time_h || is_of_trial_layer(measure)) return false;
  return !is_follow_up(measure) || needs_time(measure);
}

bool needs_comparator(const data::EvidenceRow& row, const std::string& measure) {
  if (measure == "difference" || measure == "effect_size") return true;
  if (is_follow_up(measure)) return compares_arms(measure);
  return row.transform == data::Transform::difference_vs_comparator ||
         (row.transform == data::Transform::fold && !row.comparator.empty() &&
          row.comparator.find("own") == std::string::npos);
}

}  // namespace

std::string family_of(const data::Library& library, const data::EvidenceRow& row) {
  const auto* observable = library.find_observable(row.observable);
  if (observable == nullptr) return "not in the vocabulary";
  const std::string& group = observable->group;
  if (group == "clinic")
    return row.transform == data::Transform::rate || row.unit == "percent" ? "clinical rate"
                                                                           : "clinical score";
  if (group == "acute") return row.species == "human" ? "human acute effect" : "rodent acute effect";
  return group;
}

namespace {

/// Reasons that need no simulation.
std::string refusal(const data::Library& library, const data::EvidenceRow& row, RowPlan& plan) {
  plan.observable = library.find_observable(row.observable);
  if (plan.observable == nullptr) return "no read-out `" + row.observable + "` in the library";
  if (plan.observable->kind == data::Observable::Kind::not_represented)
    return "not represented in the model" +
           (plan.observable->note.empty() ? "" : ": " + plan.observable->note);
  plan.system = system_of(row);
  if (plan.system != "human" && plan.system != "mouse") return "the model has no " + row.species;
  if (!plan.observable->in_system(plan.system)) return "the " + plan.system + " model lacks this read-out";
  if (row.time_h && std::abs(*row.time_h) > k_longest_h) return "a time beyond a hundred years";
  if (!row.regimen_problem.empty()) return "the regimen does not parse: " + row.regimen_problem;
  if (row.unit == "a.u.") return "arbitrary units: only the shape of a series could be compared";
  plan.measure = measure_of(*plan.observable);
  if (plan.measure.empty()) return "how this summary is made is not said in observables.tsv";
  plan.whole_group = is_clinical(*plan.observable);
  plan.finding = finding_of(library, row.observable);
  plan.dose_search = dose_search_of(library, row.observable);
  plan.relation = relation_of(library, row.observable);
  if (plan.whole_group && lacks_time(row, plan.measure)) return "an outcome in patients without its time";
  return "";
}

/// What the arms of a row share.
struct ArmSetting {
  const data::Library& library;
  const run::LoadedSystem& system;
  std::string scenario;
  Settings settings;

  void add(const dose::Regimen& regimen, std::vector<ArmKey>& arms, std::string& reason) const {
    for (const auto& text : regimens_of(library, system, regimen, reason))
      arms.push_back({system.name, text, scenario, settings});
  }
};

/// Of the same study, population and time.
std::optional<double> control_value_of(const data::EvidenceTable& table, const data::EvidenceRow& row) {
  static const std::regex control("saline|vehicle|placebo", std::regex::icase);
  for (const auto& other : table.rows)
    if (other.source_id == row.source_id && other.observable == row.observable && &other != &row &&
        other.population == row.population && other.time_h == row.time_h &&
        std::regex_search(other.regimen_text, control))
      return other.value;
  return std::nullopt;
}

}  // namespace

std::set<std::string> quantities_of(const RowPlan& plan) {
  if (plan.whole_group) {
    std::set<std::string> ids = {"depression__madrs", "depression__baseline_madrs", "expectancy__belief"};
    if (plan.relation) ids.insert(plan.relation->quantity);
    return ids;
  }
  std::set<std::string> quantities = {plan.observable->symbol};
  for (const char* spine : {"formation", "elimination", "survival", "persistence"})
    if (plan.measure == spine)
      for (const auto& id : SpineCohorts::quantities()) quantities.insert(id);
  return quantities;
}

namespace {

void want_arms(const RowPlan& plan, Arms& arms) {
  const auto& row = *plan.row;
  const auto quantities = quantities_of(plan);
  for (const auto* list : {&plan.arms, &plan.comparators})
    for (const auto& key : *list) {
      if (is_follow_up(plan.measure)) {
        const auto related =
            plan.relation ? std::set<std::string>{plan.relation->quantity} : std::set<std::string>();
        arms.want_follow_up(key, related, follow_up_times_h(row, plan.measure, plan.relation));
      } else if (plan.whole_group) {
        for (const double time_h : rated_times_h(row, plan.measure)) arms.want_scores(key, time_h);
      } else {
        arms.want(key, quantities, row.time_h.value_or(0.0));
      }
    }
}

/// What the comparator of a row was given. Fills in `skipped` of the plan where it names no arm.
dose::Regimen comparator_of(const data::Library& library, RowPlan& plan, const dose::Regimen& given) {
  const auto& comparator = plan.row->comparator;
  auto stand_in = stand_in_of(library, plan.system, comparator, false);
  if (!stand_in.events.empty()) {
    plan.note +=
        (plan.note.empty() ? "" : "; ") + comparator + " is taken as " + dose::print_regimen(stand_in);
    return stand_in;
  }
  base::Diagnostics ignored;
  return dose::parse_regimen(comparator_regimen(library, given, comparator, plan.skipped), "comparator",
                             ignored);
}

}  // namespace

RowPlan plan_row(const data::Library& library, const data::EvidenceTable& table, const data::EvidenceRow& row,
                 Arms& arms) {
  RowPlan plan;
  plan.row = &row;
  plan.file = table.name;
  plan.family = family_of(library, row);
  plan.skipped = refusal(library, row, plan);
  if (!plan.skipped.empty()) return plan;
  if (is_of_trial_layer(plan.measure)) {
    plan.note = "from a number of trial_layer.tsv, not simulated";
    plan.trial_layer_number = trial_layer_number(
        library, row, plan.measure, arms_of_study(table, row) + " " + row.population, plan.skipped);
    return plan;
  }
  if (plan.finding) {
    plan_finding(library, plan, arms);
    return plan;
  }
  if (plan.dose_search) {
    plan_dose_search(library, plan, arms);
    return plan;
  }
  const auto given = given_of(library, arms.system(plan.system), row, any_dose_will_do(row, plan.measure));
  plan.note = given.note;
  ArmSetting setting{library, arms.system(plan.system), "", given.settings};
  const auto genotype = genotype_of(library, row.population, plan.skipped);
  setting.settings.insert(setting.settings.end(), genotype.begin(), genotype.end());
  if (plan.whole_group) plan.scale = scale_of_row(library, row);
  if (plan.whole_group)
    if (const auto* found =
            scenario_of(library, population_of(library, row), row.comparator, arms_of_study(table, row)))
      setting.scenario = found->id;
  if (plan.skipped.empty()) setting.add(given.regimen, plan.arms, plan.skipped);
  if (plan.skipped.empty() && plan.measure == "antagonist_sign") {
    setting.add(without_antagonists(library, given.regimen), plan.comparators, plan.skipped);
  } else if (plan.skipped.empty() && !genotype.empty() && is_wild_type(row.comparator)) {
    setting.settings = given.settings;
    setting.add(given.regimen, plan.comparators, plan.skipped);
  } else if (plan.skipped.empty() && needs_comparator(row, plan.measure)) {
    setting.add(comparator_of(library, plan, given.regimen), plan.comparators, plan.skipped);
  }
  if (plan.measure == "percent_of_control") {
    plan.control_value = control_value_of(table, row);
    if (!plan.control_value)
      plan.skipped = "only the ratio to a control arm is predicted, and the study's is not listed";
  }
  if (plan.skipped.empty()) want_arms(plan, arms);
  return plan;
}

namespace {

struct Asked {
  const RowPlan& plan;
  const Trajectory& trajectory;
  const std::string& quantity;
  std::optional<double> time_h;
  double baseline() const { return trajectory.of(quantity).front(); }
  double at_time_or_extreme() const {
    // Before the run the system is at rest.
    return time_h ? trajectory.at(quantity, std::max(*time_h, trajectory.time_h.front()))
                  : extreme(trajectory, quantity);
  }
};

/// Sum of the volumes of the module behind a quantity [L].
double steady_state_volume(const Asked& asked) {
  const std::string module = asked.quantity.substr(0, asked.quantity.find("__") + 2);
  double sum = 0.0;
  for (const auto& [id, value] : asked.trajectory.parameters)
    if (id.rfind(module, 0) == 0 && id.find("volume") != std::string::npos) sum += value;
  return sum;
}

double given_mg(const Asked& asked) {
  base::Diagnostics ignored;
  double sum = 0.0;
  for (const auto& event : dose::parse_regimen(asked.plan.arms.front().regimen, "", ignored).events)
    if (!event.amounts.empty() && event.amount_unit == "mg") sum += event.amounts.front() * event.count;
  return sum > 0.0 ? sum : k_nan;
}

/// Ways to make a number of a course, by the word after `measure=` in observables.tsv.
const std::map<std::string, std::function<double(const Asked&)>>& measures() {
  static const std::map<std::string, std::function<double(const Asked&)>> table = {
      {"course", [](const Asked& a) { return a.at_time_or_extreme(); }},
      {"sign", [](const Asked& a) { return a.at_time_or_extreme() - a.baseline(); }},
      {"percent_of_control", [](const Asked& a) { return a.at_time_or_extreme(); }},
      {"cmax", [](const Asked& a) { return extreme(a.trajectory, a.quantity); }},
      {"antagonist_sign", [](const Asked& a) { return extreme(a.trajectory, a.quantity); }},
      {"tmax",
       [](const Asked& a) {
         return time_of_extreme_h(a.trajectory, a.quantity) - a.trajectory.first_dose_h;
       }},
      {"auc", [](const Asked& a) { return area_to_infinity(a.trajectory, a.quantity); }},
      {"thalf", [](const Asked& a) { return terminal_half_life_h(a.trajectory, a.quantity); }},
      {"vss", steady_state_volume},
      // mg / (ng h/mL) = 1000 L/h
      {"clearance",
       [](const Asked& a) { return 1000.0 * given_mg(a) / area_to_infinity(a.trajectory, a.quantity); }},
      {"value", [](const Asked& a) { return a.baseline(); }},
      {"time_above", [](const Asked& a) { return time_above_h(a.trajectory, a.quantity, k_open_window); }},
      {"time_above_share",
       [](const Asked& a) {
         return time_above_h(a.trajectory, a.quantity, k_effect_share * extreme(a.trajectory, a.quantity));
       }},
      {"end_above_share",
       [](const Asked& a) {
         return last_time_above_h(a.trajectory, a.quantity,
                                  k_effect_share * extreme(a.trajectory, a.quantity)) -
                a.trajectory.first_dose_h;
       }},
      {"integral",
       [](const Asked& a) {
         const double from = a.trajectory.first_dose_h;
         return 60.0 * integral(a.trajectory, a.quantity, from, from + window_h(*a.plan.row));
       }},
      {"onset_above_share",
       [](const Asked& a) {
         return first_time_above_h(a.trajectory, a.quantity,
                                   k_effect_share * extreme(a.trajectory, a.quantity)) -
                a.trajectory.first_dose_h;
       }},
      {"formation",
       [](const Asked& a) {
         return SpineCohorts(a.trajectory).formation(a.time_h.value_or(0.0), interval_h(*a.plan.row));
       }},
      {"elimination",
       [](const Asked& a) {
         // A row without doses says how many are lost over its time.
         const bool untreated = a.plan.arms.front().regimen == "none";
         const double time = a.time_h.value_or(0.0);
         return SpineCohorts(a.trajectory)
             .elimination(time, untreated && time > 0.0 ? time : interval_h(*a.plan.row));
       }},
      {"survival",
       [](const Asked& a) {
         const double interval = interval_h(*a.plan.row);
         // Seen new in the first session after the dose, a day after it.
         return SpineCohorts(a.trajectory).survival(24.0, interval, a.time_h.value_or(0.0));
       }},
      {"persistence",
       [](const Asked& a) { return SpineCohorts(a.trajectory).persistence(0.0, a.time_h.value_or(0.0)); }},
  };
  return table;
}

double of_trajectory(RowPlan& plan, const ArmKey& key, const Arms& arms) {
  const Trajectory* trajectory = arms.trajectory(key);
  if (trajectory == nullptr) {
    plan.skipped = arms.failure(key);
    return k_nan;
  }
  const auto found = measures().find(plan.measure);
  if (found == measures().end()) {
    plan.skipped = "the measure `" + plan.measure + "` is not made from a time course";
    return k_nan;
  }
  return found->second({plan, *trajectory, plan.observable->symbol, plan.row->time_h});
}

double of_scores(RowPlan& plan, const ArmKey& key, const Arms& arms) {
  const ArmScores* scores = arms.scores(key);
  if (scores == nullptr) {
    plan.skipped = arms.failure(key);
    return k_nan;
  }
  const auto number = clinical_number(*plan.row, plan.measure, plan.scale, *scores);
  if (!number) plan.skipped = "points of the " + plan.scale.name + " cannot be made from the MADRS";
  return number.value_or(k_nan);
}

double mean_over(RowPlan& plan, const std::vector<ArmKey>& keys, const Arms& arms) {
  double sum = 0.0;
  for (const auto& key : keys) {
    sum += plan.whole_group ? of_scores(plan, key, arms) : of_trajectory(plan, key, arms);
    if (!plan.skipped.empty()) return k_nan;
  }
  return sum / static_cast<double>(keys.size());
}

double sign_of(double change, double baseline, bool percent) {
  const double threshold =
      percent ? k_moved_percent : k_moved_share * std::max(std::abs(baseline), k_moved_share);
  return change > threshold ? 1.0 : change < -threshold ? -1.0 : 0.0;
}

double resting_value(const RowPlan& plan, const Arms& arms) {
  const Trajectory* trajectory = arms.trajectory(plan.arms.front());
  return trajectory == nullptr ? 0.0 : trajectory->of(plan.observable->symbol).front();
}

/// Of both arms together, as a standardised difference takes it.
double pooled_sd_of_change(const RowPlan& plan, const Arms& arms) {
  double squares = 0.0, count = 0.0;
  for (const auto* list : {&plan.arms, &plan.comparators})
    for (const auto& key : *list) {
      const double sd = sd_of_change(*arms.scores(key), *plan.row->time_h);
      squares += sd * sd;
      count += 1.0;
    }
  return std::sqrt(squares / count);
}

double of_follow_up(RowPlan& plan, const Arms& arms) {
  const auto group = [&](const std::vector<ArmKey>& keys) {
    std::vector<const ArmScores*> all;
    for (const auto& key : keys) {
      all.push_back(arms.follow_up(key));
      if (all.back() == nullptr) plan.skipped = arms.failure(key);
    }
    return all;
  };
  const auto arm = group(plan.arms), comparator = group(plan.comparators);
  if (!plan.skipped.empty()) return k_nan;
  FollowUp asked{*plan.row, plan.scale, pooled(arm), std::nullopt, plan.relation, arms.seed()};
  if (!comparator.empty()) asked.comparator = pooled(comparator);
  return follow_up_number(asked, plan.measure, plan.skipped);
}

/// Turns the arm's number into the row's: against baseline or comparator, as difference, ratio or direction.
double transformed(const RowPlan& plan, double arm, double comparator, double resting) {
  const auto& row = *plan.row;
  const bool is_percent_change = plan.observable->unit == "percent" && resting == 0.0;
  const bool course = plan.measure == "course";
  if (is_direction(row) || plan.measure == "sign" || plan.measure == "antagonist_sign") {
    double change = arm;
    if (!plan.comparators.empty())
      change = arm - comparator;
    else if (course)
      change = arm - resting;
    return sign_of(change, resting, plan.observable->unit == "percent" || plan.whole_group);
  }
  if (plan.measure == "percent_of_control") return *plan.control_value * (1.0 + arm / 100.0);
  if (plan.measure == "difference") return arm - comparator;
  switch (row.transform) {
    case data::Transform::difference_vs_comparator:
      return arm - comparator;
    case data::Transform::fold:
      if (is_percent_change) return (100.0 + arm) / (100.0 + (plan.comparators.empty() ? 0.0 : comparator));
      return arm / (plan.comparators.empty() ? resting : comparator);
    case data::Transform::percent_of_baseline:
      return is_percent_change ? 100.0 + arm : 100.0 * arm / resting;
    case data::Transform::change_from_baseline:
      return course && !plan.whole_group ? arm - resting : arm;
    default:
      return arm;
  }
}

}  // namespace

double predict(RowPlan& plan, const Arms& arms) {
  const auto& row = *plan.row;
  if (plan.finding) return predict_finding(plan, arms);
  if (plan.dose_search) return predict_dose_search(plan, arms);
  if (plan.trial_layer_number) return *plan.trial_layer_number;
  if (is_follow_up(plan.measure)) return of_follow_up(plan, arms);
  double arm = mean_over(plan, plan.arms, arms);
  double comparator = plan.comparators.empty() ? 0.0 : mean_over(plan, plan.comparators, arms);
  if (!plan.skipped.empty()) return k_nan;
  if (plan.measure == "effect_size") return (arm - comparator) / pooled_sd_of_change(plan, arms);
  const double resting = plan.whole_group ? 0.0 : resting_value(plan, arms);
  double value = transformed(plan, arm, comparator, resting);
  const bool own_unit = row.transform == data::Transform::fold || is_direction(row) ||
                        row.transform == data::Transform::percent_of_baseline || plan.whole_group;
  if (!own_unit) {
    const auto factor = unit_factor(plan.observable->unit, row.unit);
    if (!factor) {
      plan.skipped = "its unit " + row.unit + " cannot be made from the read-out's " + plan.observable->unit;
      return k_nan;
    }
    value *= *factor;
  }
  if (!std::isfinite(value))
    plan.skipped = "the model gives no such number: the course does not reach that far";
  return value;
}

}  // namespace raad::study
