#include "dose/schedule.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "dose/dosing_tables.hpp"
#include "dose/factor.hpp"
#include "dose/vocabulary.hpp"

namespace raad::dose {
namespace {

using Kind = solve::Action::Kind;

/// The parameter that per-kilogram doses are multiplied by [kg].
constexpr std::string_view k_body_weight = "body_weight";

/// A row of routes.tsv for this system and these parameter values.
struct Target {
  bool sets_parameter = false;
  int index = 0;  ///< Of the state or parameter
  double factor = 0.0;
  double later_factor = 0.0;  ///< For the later devices of a session
};

/// How a drug is given by one route, all its targets together.
struct Route {
  RouteTarget settings;  ///< First row: devices, durations and whether infusions are possible
  std::vector<Target> targets;
  bool takes_level = false;  ///< Doses are levels of a parameter, not masses of a drug
};

/// One device, bolus or infusion that will be given.
struct GivenDose {
  std::string drug_id;
  const Route* route = nullptr;
  double time_h = 0.0;
  double amount = 0.0;  ///< [mg], salt corrected; or the level of an inhibitor
  double duration_h = 0.0;
  bool is_later_device = false;
};

/// A parameter held at a value for a while.
struct HeldValue {
  double start_h = 0.0;
  double end_h = 0.0;
  double value = 0.0;
};

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

class Planner {
 public:
  Planner(const DosingTables& tables, const ir::System& system, const std::string& system_name,
          const std::vector<double>& parameters, base::Diagnostics& findings)
      : tables_(tables),
        system_(system),
        system_name_(system_name),
        parameters_(parameters),
        findings_(findings),
        weight_kg_(parameter_value(system, std::string(k_body_weight), parameters)) {}

  void plan(const Regimen& regimen, Schedule& schedule) {
    for (const auto& event : regimen.events) plan_event(event, schedule);
    check_overrides(schedule);
    if (findings_.has_errors()) return;
    mark_later_devices();
    for (const auto& dose : doses_) give(dose, schedule);
    emit_held_values(schedule);
    std::stable_sort(schedule.actions.begin(), schedule.actions.end(),
                     [](const solve::Action& a, const solve::Action& b) { return a.time_h < b.time_h; });
  }

 private:
  // --- one event of the regimen ---

  void plan_event(const DoseEvent& event, Schedule& schedule) {
    base::Diagnostics known;  // classify() has reported unknown drugs
    const auto drug = find_drug(tables_, event.drug, event.place, known);
    if (!drug || drug->unsupported()) return;
    if (drug->inactive()) {
      add_once(schedule.notes, fmt::format("{}: no effect of its own in the model", drug->id));
      return;
    }
    if (!is_definite(event, *drug)) return;
    const Route* route = choose_route(event, *drug, schedule);
    if (route == nullptr) return;
    check_sharing(event, *drug, *route);
    plan_doses(event, *drug, *route, schedule);
  }

  /// A plain simulation needs one dose at one time; the evidence study makes mixtures of the others.
  bool is_definite(const DoseEvent& event, const Drug& drug) {
    if (event.choice != DoseEvent::Choice::single) {
      const bool range = event.choice == DoseEvent::Choice::range;
      findings_.error("R078", event.place,
                      fmt::format("{}: {} cannot be simulated as one run", drug.id,
                                  range ? "a range of doses" : "alternative doses"),
                      fmt::format("choose one dose, for example {} {}",
                                  base::format_number(event.amounts.back()), event.amount_unit));
      return false;
    }
    if (event.when != DoseEvent::When::at) {
      findings_.error("R078", event.place, fmt::format("{}: the time of the dose is not known", drug.id),
                      "give a time, for example @ -1 h for a pretreatment");
      return false;
    }
    return true;
  }

  const Route* choose_route(const DoseEvent& event, const Drug& drug, Schedule& schedule) {
    const auto rows = routes_of(tables_, drug.id, system_name_, findings_);
    std::vector<std::string> names;
    for (const auto& row : rows) add_once(names, row.route);
    const bool only_one = event.route.empty() && names.size() == 1;
    const std::string name = only_one ? names.front() : event.route;
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      refuse_route(event, drug, names);
      return nullptr;
    }
    const auto [found, is_new] = routes_.try_emplace(drug.id + " " + name);
    if (is_new) found->second = resolve_route(rows, name, event, drug);
    if (only_one && !found->second.takes_level)
      add_once(schedule.notes, fmt::format("{}: route not stated, {} assumed", drug.id, name));
    return &found->second;
  }

  /// Finds the targets and evaluates their formulas, once for each route of a run.
  Route resolve_route(const std::vector<RouteTarget>& rows, const std::string& name, const DoseEvent& event,
                      const Drug& drug) {
    Route route;
    route.takes_level = drug.dosed_by_level();
    for (const auto& row : rows) {
      if (row.route != name) continue;
      if (route.settings.target.empty()) route.settings = row;
      const auto index =
          row.sets_parameter ? parameter_index(system_, row.target) : state_index(system_, row.target);
      if (!index)
        findings_.error(
            "R079", event.place,
            fmt::format("{} {} goes to the {} `{}`, which the system {} does not have", drug.id, name,
                        row.sets_parameter ? "parameter" : "state", row.target, system_name_),
            "drugs are for systems of the library's modules; give doses as records with CMT "
            "(docs/regimens.md)");
      const auto factor = evaluate_factor(row.factor, row.place, system_, parameters_, findings_);
      const auto later = row.later_factor.empty()
                             ? factor
                             : evaluate_factor(row.later_factor, row.place, system_, parameters_, findings_);
      if (index && factor && later) route.targets.push_back({row.sets_parameter, *index, *factor, *later});
    }
    return route;
  }

  void refuse_route(const DoseEvent& event, const Drug& drug, const std::vector<std::string>& routes) {
    if (const std::string reason = unsupported_reason(tables_, drug.id, event.route);
        !event.route.empty() && !reason.empty()) {
      findings_.error("R078", event.place, fmt::format("{} {}: {}", drug.id, event.route, reason),
                      routes_hint(drug, routes));
    } else if (routes.empty()) {
      findings_.error(
          "R078", event.place,
          fmt::format("{} is known, but nothing in the system {} stands for it", drug.id, system_name_),
          drug.note);
    } else if (event.route.empty()) {
      findings_.error("R072", event.place, fmt::format("{}: the route is missing", drug.id),
                      routes_hint(drug, routes));
    } else {
      findings_.error(
          "R072", event.place,
          fmt::format("{} cannot be given {} in the system {}", drug.id, event.route, system_name_),
          routes_hint(drug, routes));
    }
  }

  static std::string routes_hint(const Drug& drug, const std::vector<std::string>& routes) {
    return routes.empty() ? std::string() : fmt::format("routes of {}: {}", drug.id, fmt::join(routes, ", "));
  }

  void plan_doses(const DoseEvent& event, const Drug& drug, const Route& route, Schedule& schedule) {
    const auto duration = choose_duration(event, drug, route, schedule);
    if (!duration) return;
    const bool level = route.takes_level;
    const auto amount = level ? level_of(event, drug) : mass_of(event, drug, *duration);
    if (!amount) return;
    const auto devices = level ? std::optional<int>(1) : device_count(event, drug, route.settings, *amount);
    if (!devices) return;
    GivenDose dose{drug.id, &route, 0.0, *amount / *devices, *duration, false};
    if (!level) dose.amount *= drug.salt_factor;
    if (!level && drug.salt_factor != 1.0)
      add_once(schedule.notes, fmt::format("{}: 1 mg as stated counts as {} mg of {}", drug.id,
                                           base::format_number(drug.salt_factor), drug.active_moiety));
    for (int k = 0; k < event.count; ++k) {
      for (int device = 0; device < *devices; ++device) {
        dose.time_h = dose_time_h(event, k) + device * route.settings.unit_dose_interval_h.value_or(0.0);
        doses_.push_back(dose);
      }
    }
  }

  std::optional<double> choose_duration(const DoseEvent& event, const Drug& drug, const Route& route,
                                        Schedule& schedule) {
    const RouteTarget& first = route.settings;
    const bool level = route.takes_level;
    if (event.duration_h) {
      if (*event.duration_h > 0.0 && !first.infusion) {
        findings_.error("R078", event.place,
                        fmt::format("{} {} cannot be given over a time", drug.id, first.route),
                        "leave the duration out");
        return std::nullopt;
      }
      if (level && *event.duration_h == 0.0) {
        findings_.error("R076", event.place, fmt::format("{} for no time at all does nothing", drug.id),
                        "give a positive duration, or none for ever");
        return std::nullopt;
      }
      return event.duration_h;
    }
    const auto unit = find_dose_unit(event.amount_unit);
    if (unit && unit->is_rate()) {
      findings_.error("R078", event.place,
                      fmt::format("{}: an infusion rate without a length is no dose", drug.id),
                      "add the length, for example iv 40 min");
      return std::nullopt;
    }
    if (!first.default_duration_h) return 0.0;
    add_once(schedule.notes, fmt::format("{} {}: length not stated, {} min assumed", drug.id, first.route,
                                         base::format_number(std::round(*first.default_duration_h * 60.0))));
    return first.default_duration_h;
  }

  // --- amounts ---

  std::optional<double> level_of(const DoseEvent& event, const Drug& drug) {
    if (event.amounts.empty()) return 1.0;
    const double value = event.amounts.front();
    const auto unit = find_dose_unit(event.amount_unit);
    if (!unit || unit->kind != DoseUnit::Kind::level) {
      findings_.error("R073", event.place,
                      fmt::format("{} is set to a level; `{}` is none", drug.id, event.amount_unit),
                      "fraction, fold or IC50; or no dose for the full effect");
      return std::nullopt;
    }
    if (!std::isfinite(value) || value < 0.0 || (unit->name == "fraction" && value > 1.0)) {
      findings_.error("R076", event.place,
                      fmt::format("{}: {} {} cannot be", drug.id, base::format_number(value), unit->name),
                      "a fraction lies between 0 and 1, other levels are positive");
      return std::nullopt;
    }
    return value;
  }

  /// The dose as stated in mg of the stated product.
  std::optional<double> mass_of(const DoseEvent& event, const Drug& drug, double duration_h) {
    if (event.amounts.empty()) {
      findings_.error("R078", event.place, fmt::format("{}: the dose is not stated", drug.id),
                      "write a number with its unit after the drug");
      return std::nullopt;
    }
    const auto unit = find_dose_unit(event.amount_unit);
    const auto factor = unit ? milligrams_per_unit(*unit, event, drug, duration_h) : std::nullopt;
    if (!factor) return std::nullopt;
    const double mass_mg = event.amounts.front() * *factor;
    if (!is_plausible(mass_mg, event, drug)) return std::nullopt;
    return mass_mg;
  }

  std::optional<double> milligrams_per_unit(const DoseUnit& unit, const DoseEvent& event, const Drug& drug,
                                            double duration_h) {
    using UnitKind = DoseUnit::Kind;
    const bool per_weight = unit.kind == UnitKind::mass_per_weight || unit.kind == UnitKind::mass_per_70kg ||
                            unit.kind == UnitKind::mass_rate_per_weight;
    if (per_weight && !weight_kg_) {
      findings_.error("R079", event.place,
                      fmt::format("the system {} has no parameter {}", system_name_, k_body_weight),
                      "give the dose in mg");
      return std::nullopt;
    }
    switch (unit.kind) {
      case UnitKind::mass:
        return unit.factor;
      case UnitKind::mass_per_weight:
        return unit.factor * *weight_kg_;
      case UnitKind::mass_per_70kg:
        return unit.factor * *weight_kg_ / 70.0;
      case UnitKind::mass_rate:
        return unit.factor * duration_h;
      case UnitKind::mass_rate_per_weight:
        return unit.factor * *weight_kg_ * duration_h;
      case UnitKind::substance:
        findings_.error("R073", event.place,
                        fmt::format("{}: a dose in {} needs the molar mass of the form that was given",
                                    drug.id, unit.name),
                        "convert to mg or mg/kg");
        return std::nullopt;
      case UnitKind::concentration:
      case UnitKind::level:
        break;
    }
    findings_.error("R073", event.place, fmt::format("{}: `{}` is no dose of a body", drug.id, unit.name),
                    "give mg, ug, mg/kg or mg/70kg");
    return std::nullopt;
  }

  bool is_plausible(double mass_mg, const DoseEvent& event, const Drug& drug) {
    const std::string stated =
        fmt::format("{} {} {}", drug.id, base::format_number(event.amounts.front()), event.amount_unit);
    if (!std::isfinite(mass_mg) || mass_mg <= 0.0) {
      findings_.error("R076", event.place, fmt::format("{} is no dose", stated),
                      "a dose is a positive number; leave the event out for no drug");
      return false;
    }
    if (!weight_kg_) return true;
    // A part in a thousand of slack: doses at the very limit are converted through weights and back.
    const double per_kg = mass_mg / *weight_kg_;
    const bool low = drug.minimum_mg_per_kg && per_kg < *drug.minimum_mg_per_kg * 0.999;
    const bool high = drug.maximum_mg_per_kg && per_kg > *drug.maximum_mg_per_kg * 1.001;
    if (!low && !high) return true;
    const double least = drug.minimum_mg_per_kg.value_or(0.0);
    const double most = drug.maximum_mg_per_kg.value_or(per_kg);
    findings_.error(
        "R076", event.place,
        fmt::format("{} is {:.3g} mg/kg, {} than any plausible dose", stated, per_kg, low ? "less" : "more"),
        fmt::format("plausible: {} to {} mg/kg, here {:.3g} to {:.3g} mg", least, most, least * *weight_kg_,
                    most * *weight_kg_));
    return false;
  }

  std::optional<int> device_count(const DoseEvent& event, const Drug& drug, const RouteTarget& target,
                                  double mass_mg) {
    if (!target.unit_dose_mg) return 1;
    const double count = mass_mg / *target.unit_dose_mg;
    // Whole to rounding: the dose and the content are decimals that went through one division.
    if (std::abs(count - std::round(count)) <= 1e-9 * count) return static_cast<int>(std::round(count));
    findings_.error("R076", event.place,
                    fmt::format("{} {} {} is no whole number of devices of {} mg", drug.id,
                                base::format_number(event.amounts.front()), event.amount_unit,
                                base::format_number(*target.unit_dose_mg)),
                    fmt::format("for example {} mg", base::format_number(std::max(1.0, std::round(count)) *
                                                                         *target.unit_dose_mg)));
    return std::nullopt;
  }

  // --- actions ---

  /// A device that follows another of the same drug and route within the session counts with the later
  /// factor.
  void mark_later_devices() {
    std::stable_sort(doses_.begin(), doses_.end(),
                     [](const GivenDose& a, const GivenDose& b) { return a.time_h < b.time_h; });
    std::map<std::string, double> last_device_h;
    for (auto& dose : doses_) {
      const RouteTarget& target = dose.route->settings;
      if (!target.session_gap_h) continue;
      const auto [last, first_one] =
          last_device_h.try_emplace(dose.drug_id + " " + target.route, dose.time_h);
      dose.is_later_device = !first_one && dose.time_h - last->second < *target.session_gap_h;
      last->second = dose.time_h;
    }
  }

  void give(const GivenDose& dose, Schedule& schedule) {
    const Route& route = *dose.route;
    schedule.administrations.push_back({dose.time_h, dose.drug_id, route.settings.route,
                                        route.takes_level ? 0.0 : dose.amount, dose.duration_h});
    for (const auto& target : route.targets) {
      const double amount = dose.amount * (dose.is_later_device ? target.later_factor : target.factor);
      if (target.sets_parameter) {
        const double forever = std::numeric_limits<double>::infinity();
        const double end_h = dose.duration_h > 0.0 ? dose.time_h + dose.duration_h : forever;
        held_[target.index].push_back({dose.time_h, end_h, amount});
      } else if (dose.duration_h > 0.0) {
        const double rate = amount / dose.duration_h;
        schedule.actions.push_back({dose.time_h, Kind::add_to_rate, target.index, rate});
        schedule.actions.push_back({dose.time_h + dose.duration_h, Kind::add_to_rate, target.index, -rate});
      } else {
        schedule.actions.push_back({dose.time_h, Kind::add_to_state, target.index, amount});
      }
    }
  }

  /// Where holds overlap, the one that started last counts; after the last one the value before all of them
  /// returns.
  void emit_held_values(Schedule& schedule) {
    for (const auto& [parameter, holds] : held_) {
      std::set<double> changes;
      for (const auto& held : holds) {
        changes.insert(held.start_h);
        if (std::isfinite(held.end_h)) changes.insert(held.end_h);
      }
      for (const double time : changes) {
        double value = parameters_.at(static_cast<std::size_t>(parameter));
        for (const auto& held : holds) {  // in order of start
          if (held.start_h <= time && time < held.end_h) value = held.value;
        }
        schedule.actions.push_back({time, Kind::set_parameter, parameter, value});
      }
    }
  }

  void check_overrides(const Schedule& schedule) {
    for (const auto& override_ : schedule.overrides) {
      if (!parameter_index(system_, override_.parameter_id))
        findings_.error(
            "R079", override_.place,
            fmt::format("`{}` is no parameter of the system {}", override_.parameter_id, system_name_),
            "correct library/compounds.tsv");
    }
  }

  /// Two molecules that share states can be told apart only when they share their parameters too.
  void check_sharing(const DoseEvent& event, const Drug& drug, const Route& route) {
    for (const auto& target : route.targets) {
      if (target.sets_parameter) continue;
      const auto [user, is_new] = users_.try_emplace(target.index, drug);
      if (is_new || user->second.compound_id == drug.compound_id) continue;
      // Two profiles in one run have been reported by classify().
      if (!user->second.compound_id.empty() && !drug.compound_id.empty()) continue;
      findings_.error("R078", event.place,
                      fmt::format("{} and {} in one run: both would be the model's one generic compound",
                                  user->second.id, drug.id),
                      "simulate them apart");
      return;
    }
  }

  const DosingTables& tables_;
  const ir::System& system_;
  const std::string& system_name_;
  const std::vector<double>& parameters_;
  base::Diagnostics& findings_;
  std::optional<double> weight_kg_;
  std::map<int, Drug> users_;            ///< First drug that reaches a state
  std::map<std::string, Route> routes_;  ///< By drug and route
  std::vector<GivenDose> doses_;
  std::map<int, std::vector<HeldValue>> held_;
};

}  // namespace

Schedule classify(const Regimen& regimen, const DosingTables& tables, const std::string& /*system_name*/,
                  base::Diagnostics& findings) {
  Schedule schedule;
  std::string compound_of;  // drug that set the compound's profile
  std::string compound_id;
  for (const auto& event : regimen.events) {
    const auto drug = find_drug(tables, event.drug, event.place, findings);
    if (!drug) continue;
    if (drug->unsupported()) {
      findings.error(
          "R078", event.place,
          fmt::format("{} cannot be simulated{}{}", drug->id, drug->note.empty() ? "" : ": ", drug->note),
          "name the drug that was given");
      continue;
    }
    if (drug->inactive()) continue;
    add_once(schedule.drug_classes, drug->drug_class);
    if (drug->compound_id.empty() || drug->compound_id == compound_id) continue;
    if (!compound_id.empty()) {
      findings.error("R078", event.place,
                     fmt::format("{} and {} in one run: the model has room for one compound of the library "
                                 "beside psilocybin and ketamine",
                                 compound_of, drug->id),
                     "simulate them apart");
      continue;
    }
    compound_id = drug->compound_id;
    compound_of = drug->id;
    schedule.overrides = compound_overrides(tables, compound_id, findings);
    if (schedule.overrides.empty())
      findings.error("R078", event.place,
                     fmt::format("{}: compounds.tsv has no values for `{}`", drug->id, compound_id));
  }
  for (const auto& background : regimen.background)
    add_once(schedule.notes, fmt::format("background treatment `{}` is not simulated", background));
  return schedule;
}

Schedule plan(const Regimen& regimen, const DosingTables& tables, const ir::System& system,
              const std::string& system_name, const std::vector<double>& parameters,
              base::Diagnostics& findings) {
  base::Diagnostics found;
  Schedule schedule = classify(regimen, tables, system_name, found);
  Planner(tables, system, system_name, parameters, found).plan(regimen, schedule);
  findings.append(found);
  return schedule;
}

}  // namespace raad::dose
