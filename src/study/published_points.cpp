#include "study/published_points.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "base/table.hpp"
#include "base/units.hpp"
#include "dose/vocabulary.hpp"
#include "study/evidence_arms.hpp"
#include "study/groups.hpp"

namespace raad::study {
namespace {

// The body weight behind mg/70kg and behind the fixed doses that papers give for 0.3 and 0.5 mg/kg.
constexpr double k_reference_weight_kg = 70.0;
// 25 mg and 24.5 mg (0.35 mg/kg) are different arms in the evidence; rounding of a converted dose is below 1
// %.
constexpr double k_dose_tolerance = 0.01;
constexpr double k_time_tolerance_h = 1.0 / 60.0;
// A baseline of 0 that is computed, such as 100 x (density - 1), is 0 to rounding; read-outs are of order 1
// to 100.
constexpr double k_zero = 1e-9;

/// One administration, comparable between regimens.
struct Given {
  double time_h = 0.0;
  std::string drug, route;
  double amount_mg = 0.0;
  std::optional<double> duration_h;
};

std::optional<double> amount_in_mg(const dose::DoseEvent& event) {
  const std::optional<dose::DoseUnit> unit = dose::find_dose_unit(event.amount_unit);
  if (!unit || event.choice != dose::DoseEvent::Choice::single || event.amounts.size() != 1)
    return std::nullopt;
  const double amount = event.amounts.front() * unit->factor;
  switch (unit->kind) {
    case dose::DoseUnit::Kind::mass:
    case dose::DoseUnit::Kind::mass_per_70kg:
      return amount;
    case dose::DoseUnit::Kind::mass_per_weight:
      return amount * k_reference_weight_kg;
    default:
      return std::nullopt;
  }
}

/// All administrations in order of time, from the first one on; nothing when a dose is not one stated amount.
std::optional<std::vector<Given>> administrations(const dose::Regimen& regimen) {
  std::vector<Given> all;
  for (const dose::DoseEvent& event : regimen.events) {
    const std::optional<double> amount = amount_in_mg(event);
    if (!amount || event.when != dose::DoseEvent::When::at) return std::nullopt;
    for (int k = 0; k < event.count; ++k) {
      all.push_back(
          {event.time_h + k * event.interval_h, event.drug, event.route, *amount, event.duration_h});
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Given& a, const Given& b) {
    return a.time_h != b.time_h ? a.time_h < b.time_h : a.drug < b.drug;
  });
  const double start = all.empty() ? 0.0 : all.front().time_h;
  for (Given& given : all) given.time_h -= start;
  return all;
}

bool close(double a, double b, double relative) {
  return std::abs(a - b) <= relative * std::max(std::abs(a), std::abs(b));
}

bool same(const Given& a, const Given& b) {
  const bool same_duration =
      !a.duration_h || !b.duration_h || close(*a.duration_h, *b.duration_h, k_dose_tolerance);
  return a.drug == b.drug && a.route == b.route && close(a.amount_mg, b.amount_mg, k_dose_tolerance) &&
         std::abs(a.time_h - b.time_h) <= k_time_tolerance_h && same_duration;
}

double first_dose_h(const dose::Regimen& regimen) {
  const auto doses = dose_times_h(regimen);
  return doses.empty() ? 0.0 : doses.front();
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

/// Whether the library follows `id` over time in this system.
const data::Observable* find_timecourse(const data::Library& library, const std::string& id,
                                        const std::string& system) {
  const data::Observable* observable = library.find_observable(id);
  const bool usable = observable != nullptr && observable->kind == data::Observable::Kind::timecourse &&
                      observable->in_system(system);
  return usable ? observable : nullptr;
}

/// On which curve a measurement is drawn, and how its value is turned into the curve's.
struct Placement {
  enum class Curve { itself, change, difference } curve = Curve::itself;
  std::string base;      ///< The time course behind the curve; empty: none
  bool at_peak = false;  ///< A maximum: drawn at the reported time of it, else at the curve's own
  std::string reason;    ///< Why there is none
};

/// The read-out that is shown for a quantity: several names can stand for one symbol, and a default one among
/// them has a panel already.
std::string shown_name(const data::Library& library, const data::Observable& observable,
                       const std::string& system) {
  for (const data::Observable& other : library.observables) {
    if (other.is_default && other.symbol == observable.symbol && other.unit == observable.unit &&
        find_timecourse(library, other.id, system) != nullptr) {
      return other.id;
    }
  }
  return observable.id;
}

Placement on_curve(const data::Library& library, const data::Observable& base, const std::string& system,
                   Placement::Curve curve, bool at_peak) {
  // The library says so in the read-out's note: the scales differ, and a mark over the curve would mislead.
  if (base.note.rfind("sign", 0) == 0) return {curve, "", at_peak, "compared otherwise: " + base.note};
  return {curve, shown_name(library, base, system), at_peak, ""};
}

/// The time course that a name in the evidence speaks of.
Placement find_curve(const data::Library& library, const std::string& name, const std::string& system) {
  if (const data::Observable* itself = find_timecourse(library, name, system)) {
    return on_curve(library, *itself, system, Placement::Curve::itself, false);
  }
  struct Suffix {
    std::string_view text;
    Placement::Curve curve;
    bool at_peak;
  };
  static constexpr Suffix suffixes[] = {{"_change", Placement::Curve::change, false},
                                        {"_difference", Placement::Curve::difference, false},
                                        {"_cmax", Placement::Curve::itself, true},
                                        {"_max", Placement::Curve::itself, true}};
  for (const Suffix& suffix : suffixes) {
    if (!ends_with(name, suffix.text)) continue;
    const std::string base = name.substr(0, name.size() - suffix.text.size());
    // `occupancy_5ht2a_max` is a fitted constant, not the maximum of a course: the summary's symbol tells.
    const data::Observable* summary = library.find_observable(name);
    const data::Observable* course = find_timecourse(library, base, system);
    if (course != nullptr && (summary == nullptr || summary->symbol == course->symbol)) {
      return on_curve(library, *course, system, suffix.curve, suffix.at_peak);
    }
  }
  const data::Observable* known = library.find_observable(name);
  if (known == nullptr) return {{}, "", false, "no read-out of this name in the library"};
  if (known->kind == data::Observable::Kind::not_represented) {
    return {{}, "", false, "not represented in the model" + (known->note.empty() ? "" : ": " + known->note)};
  }
  return {{}, "", false, "a summary or a relation, not a value on a curve"};
}

bool is_sign_or_shape(const std::string& unit) {
  return unit == "sign" || unit == "boolean" || unit == "a.u.";
}

bool same_unit(const std::string& a, const std::string& b) {
  if (a == b) return true;
  static const base::UnitTable units;
  const auto first = units.parse(a), second = units.parse(b);
  return first && second && first->equivalent(*second);
}

/// Rows of both files with the treatment's species and doses.
struct Candidate {
  const data::EvidenceRow* row = nullptr;
  std::string file;
  RegimenMatch match = RegimenMatch::different;
};

std::vector<Candidate> candidates(const data::Evidence& evidence, const std::string& system,
                                  const dose::Regimen& regimen) {
  std::vector<Candidate> found;
  for (const data::EvidenceTable* table : {&evidence.calibration, &evidence.validation}) {
    for (const data::EvidenceRow& row : table->rows) {
      if (row.species != system || !row.regimen_problem.empty()) continue;
      const RegimenMatch match = match_regimen(regimen, row.regimen);
      if (match != RegimenMatch::different) found.push_back({&row, table->name, match});
    }
  }
  return found;
}

/// Adds the points of one treatment.
class Placer {
 public:
  Placer(const data::Library& library, const run::TimeCourses untreated[2], Comparison& comparison)
      : library_(library), untreated_(untreated), comparison_(comparison) {}

  void place(const Candidate& candidate, int treatment, double start_h) {
    MeasuredPoint point;
    const data::EvidenceRow& row = *candidate.row;
    point.treatment = treatment;
    point.value = row.value;
    point.half_width = row.half_width_95();
    point.unit = row.unit;
    point.population = row.population;
    point.comparator = row.comparator;
    point.evidence_id = row.id;
    point.source = row.source_id;
    point.file = candidate.file;
    const std::string reason = try_to_place(candidate, start_h, point);
    if (reason.empty()) {
      comparison_.points.push_back(std::move(point));
    } else {
      comparison_.undrawn.push_back({row.id, row.observable, treatment, candidate.file, reason});
    }
  }

 private:
  /// Returns why the row cannot be drawn; "" when `point` is complete.
  std::string try_to_place(const Candidate& candidate, double start_h, MeasuredPoint& point) {
    const data::EvidenceRow& row = *candidate.row;
    if (candidate.match == RegimenMatch::same_with_background) {
      return "given with another treatment in the background";
    }
    const Placement placement = find_curve(library_, row.observable, comparison_.system);
    if (placement.base.empty()) return placement.reason;
    if (is_sign_or_shape(row.unit)) return "gives a direction or a shape only (unit " + row.unit + ")";
    const run::Series* series = comparison_.courses[point.treatment].find(placement.base);
    if (series == nullptr) return "its read-out was not asked for";
    const bool percent_of_baseline = row.transform == data::Transform::percent_of_baseline;
    if (!same_unit(row.unit, series->unit)) {
      return fmt::format("its unit {} is not the read-out's {}", row.unit, series->unit);
    }
    const std::string reason = choose_curve(row, placement, *series, point);
    if (!reason.empty()) return reason;
    if (percent_of_baseline) point.value -= 100.0;
    return choose_time(row, placement, start_h, point);
  }

  /// Which curve fits the row's transform.
  std::string choose_curve(const data::EvidenceRow& row, const Placement& placement,
                           const run::Series& series, MeasuredPoint& point) {
    // A read-out that starts at 0 is a change already.
    const bool is_change = std::abs(untreated_value(placement.base, point.treatment)) <= k_zero;
    Placement::Curve curve = placement.curve;
    switch (row.transform) {
      case data::Transform::absolute:
        break;
      case data::Transform::fold:
        if (is_change) return "a ratio cannot be drawn over a change";
        break;
      case data::Transform::percent_of_baseline:
        if (!is_change) return "percent of baseline cannot be drawn over an absolute read-out";
        break;
      case data::Transform::change_from_baseline:
        if (!is_change) curve = Placement::Curve::change;
        break;
      case data::Transform::difference_vs_comparator:
        if (!is_change) curve = Placement::Curve::difference;
        point.note =
            "difference to " + (row.comparator.empty() ? std::string("its control") : row.comparator);
        break;
      case data::Transform::rate:
        return "a share of subjects or events, not a typical subject's value";
    }
    // The symptoms of an arm fall with trial, care and expectation too; a difference to a control takes them
    // out.
    const data::Observable* base = library_.find_observable(placement.base);
    point.whole_arm = base != nullptr && canonical_group(base->group) == "clinic" &&
                      row.transform != data::Transform::difference_vs_comparator;
    if (point.whole_arm) add_note(point, "the whole arm's response; the curve is the drug's part of it");
    point.observable = curve_id(placement.base, curve, series);
    return "";
  }

  std::string choose_time(const data::EvidenceRow& row, const Placement& placement, double start_h,
                          MeasuredPoint& point) {
    const std::vector<double>& times = comparison_.courses[point.treatment].time_h;
    const std::vector<double>& curve = curve_values(point.observable, point.treatment);
    if (row.time_h) {
      point.time_h = *row.time_h + start_h;
    } else if (placement.at_peak) {
      const double baseline = untreated_value(placement.base, point.treatment);
      point.time_h = measure(times, curve, baseline).peak_time_h;
      add_note(point, "its time is not reported: drawn at the curve's own maximum");
      if (!std::isfinite(point.time_h)) return "its time is not reported and the curve does not move";
    } else {
      return "not tied to a time";
    }
    point.predicted = value_at(times, curve, point.time_h);
    if (placement.at_peak) point.predicted = peak_value(point, curve, placement.base);
    if (!std::isfinite(point.predicted)) {
      return fmt::format("its time ({:g} h) is outside the run", point.time_h);
    }
    return "";
  }

  /// A maximum is compared with the curve's maximum, wherever either lies.
  double peak_value(const MeasuredPoint& point, const std::vector<double>& curve,
                    const std::string& base) const {
    return measure(comparison_.courses[point.treatment].time_h, curve, untreated_value(base, point.treatment))
        .peak;
  }

  static void add_note(MeasuredPoint& point, const std::string& text) {
    point.note += point.note.empty() ? text : "; " + text;
  }

  double untreated_value(const std::string& base, int treatment) const {
    return untreated_[treatment].find(base)->values.front();
  }

  const std::vector<double>& curve_values(const std::string& id, int treatment) const {
    for (const DerivedCurve& derived : comparison_.derived) {
      if (derived.id == id) return derived.values[treatment];
    }
    return comparison_.courses[treatment].find(id)->values;
  }

  /// The id of the curve; a derived one is made the first time it is needed, for both treatments.
  std::string curve_id(const std::string& base, Placement::Curve curve, const run::Series& series) {
    if (curve == Placement::Curve::itself) return base;
    const bool change = curve == Placement::Curve::change;
    DerivedCurve derived;
    derived.id = base + (change ? "_change" : "_difference");
    for (const DerivedCurve& existing : comparison_.derived) {
      if (existing.id == derived.id) return derived.id;
    }
    derived.display_name =
        series.display_name + (change ? ", change from baseline" : ", difference to no treatment");
    derived.unit = series.unit;
    derived.base_observable = base;
    for (int i = 0; i < 2; ++i) {
      const std::vector<double>& treated = comparison_.courses[i].find(base)->values;
      const std::vector<double>& without = untreated_[i].find(base)->values;
      for (std::size_t k = 0; k < treated.size(); ++k) {
        derived.values[i].push_back(treated[k] - (change ? without.front() : without[k]));
      }
    }
    comparison_.derived.push_back(std::move(derived));
    return comparison_.derived.back().id;
  }

  const data::Library& library_;
  const run::TimeCourses* untreated_;
  Comparison& comparison_;
};

}  // namespace

RegimenMatch match_regimen(const dose::Regimen& treatment, const dose::Regimen& published) {
  const auto first = administrations(treatment), second = administrations(published);
  if (!first || !second || first->empty() || first->size() != second->size()) return RegimenMatch::different;
  for (std::size_t i = 0; i < first->size(); ++i) {
    if (!same((*first)[i], (*second)[i])) return RegimenMatch::different;
  }
  const std::set<std::string> background(treatment.background.begin(), treatment.background.end());
  const std::set<std::string> published_background(published.background.begin(), published.background.end());
  return background == published_background ? RegimenMatch::same : RegimenMatch::same_with_background;
}

std::vector<std::string> measured_observables(const data::Library& library, const data::Evidence& evidence,
                                              const std::string& system, const dose::Regimen& regimen) {
  std::vector<std::string> ids;
  for (const Candidate& candidate : candidates(evidence, system, regimen)) {
    if (is_sign_or_shape(candidate.row->unit)) continue;
    const Placement placement = find_curve(library, candidate.row->observable, system);
    if (!placement.base.empty()) ids.push_back(placement.base);
  }
  return ids;
}

void place_measurements(const data::Library& library, const data::Evidence& evidence,
                        const dose::Regimen* const regimens[2], const run::TimeCourses untreated[2],
                        Comparison& comparison) {
  comparison.points_rule = fmt::format(
      "Drawn are rows of the evidence for the same species, drug, route, times and dose (mg for {:g} kg, to "
      "{:g} %) whose read-out is followed over time. Bars are 95 % intervals of the reported mean, from its "
      "spread and number of subjects. The curve is a typical subject of the model under the drug alone, not "
      "the population of a study: symptom scores of one arm also hold the response to trial, care and "
      "expectation, and only differences to a control compare like with like.",
      k_reference_weight_kg, 100 * k_dose_tolerance);
  Placer placer(library, untreated, comparison);
  for (int i = 0; i < 2; ++i) {
    for (const Candidate& candidate : candidates(evidence, comparison.system, *regimens[i])) {
      placer.place(candidate, i, first_dose_h(*regimens[i]));
    }
  }
  const auto position = [&](const MeasuredPoint& point) {
    const auto row = std::find_if(comparison.rows.begin(), comparison.rows.end(),
                                  [&](const ProfileRow& one) { return one.observable == point.observable; });
    return row - comparison.rows.begin();  // Derived curves come after all rows, as their panels do
  };
  std::stable_sort(comparison.points.begin(), comparison.points.end(), [&](const auto& a, const auto& b) {
    return std::make_tuple(position(a), a.observable, a.treatment, a.time_h) <
           std::make_tuple(position(b), b.observable, b.treatment, b.time_h);
  });
}

}  // namespace raad::study
