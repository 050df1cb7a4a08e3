#include "study/comparison.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "study/assumed_values.hpp"
#include "study/groups.hpp"
#include "study/published_points.hpp"

namespace raad::study {
namespace {

// Errors of single steps add up over a run; a hundred times the tolerance of a step has been enough in
// practice for a safe "this is not numerical noise", and is still 1e-4 of the scale at the default tolerance.
constexpr double k_tolerances_to_be_moved = 100.0;

// A minute resolves the fastest curve there is (plasma ketamine after an intravenous bolus, half-life of
// distribution near 5 min) to 0.2 % by straight lines, and half an hour everything that goes on after the
// first day, where the fastest process has a time constant of hours.
constexpr double k_fine_step_h = 1.0 / 60.0;
constexpr double k_coarse_step_h = 0.5;
// Enough for two doses over a year at full resolution; beyond it (daily doses for months) the steps are
// doubled until the grid fits, so that a comparison stays a matter of seconds and its CSV file of a few
// megabytes.
constexpr std::size_t k_most_points = 25000;
// Times closer than this are one time; a tenth of a second is below what any dosing record states.
constexpr double k_same_time_h = 0.1 / 3600.0;

std::vector<double> administration_times(const dose::Schedule& schedule, double end_h) {
  std::vector<double> times;
  for (const dose::Administration& given : schedule.administrations) {
    if (given.time_h >= 0.0 && given.time_h <= end_h) times.push_back(given.time_h);
  }
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

std::vector<double> corner_times(const dose::Schedule& schedule) {
  std::vector<double> times;
  for (const dose::Administration& given : schedule.administrations) {
    times.push_back(given.time_h);
    if (given.duration_h > 0.0) times.push_back(given.time_h + given.duration_h);
  }
  return times;
}

std::string first_drug(const dose::Regimen& regimen) {
  return regimen.events.empty() ? std::string("no treatment") : regimen.events.front().drug;
}

/// "ketamine" and "psilocybin" where that tells them apart, else the texts as written.
void name_treatments(const dose::Regimen* const regimens[2], Comparison& comparison) {
  std::set<std::string> drugs[2];
  for (int i = 0; i < 2; ++i) {
    comparison.treatments[i] =
        regimens[i]->text.empty() ? dose::print_regimen(*regimens[i]) : regimens[i]->text;
    for (const dose::DoseEvent& event : regimens[i]->events) drugs[i].insert(event.drug);
  }
  const bool by_drug = drugs[0].size() <= 1 && drugs[1].size() <= 1 && drugs[0] != drugs[1];
  for (int i = 0; i < 2; ++i) {
    comparison.short_names[i] = by_drug ? first_drug(*regimens[i]) : comparison.treatments[i];
  }
}

/// The default read-outs and those for which there are measurements of either treatment, in the table's
/// order.
std::vector<std::string> choose_observables(const data::Library& library, const run::LoadedSystem& system,
                                            const dose::Regimen* const regimens[2],
                                            const data::Evidence& evidence,
                                            const ComparisonSettings& settings) {
  if (!settings.observables.empty()) return settings.observables;
  const std::vector<std::string> defaults = run::default_observables(library, system);
  std::set<std::string> wanted(defaults.begin(), defaults.end());
  for (int i = 0; i < 2; ++i) {
    for (const std::string& id : measured_observables(library, evidence, system.name, *regimens[i])) {
      wanted.insert(id);
    }
  }
  std::vector<std::string> chosen;
  for (const data::Observable& observable : library.observables) {
    const bool here = system.equations.quantities.count(observable.symbol) > 0;
    if (wanted.count(observable.id) > 0 && here) chosen.push_back(observable.id);
  }
  // A model of the user's own has states instead of read-outs.
  for (const std::string& id : defaults) {
    if (library.find_observable(id) == nullptr) chosen.push_back(id);
  }
  return chosen;
}

run::Scenario make_scenario(const dose::Regimen& regimen, const ComparisonSettings& settings) {
  run::Scenario scenario;
  scenario.regimen = regimen;
  scenario.end_h = settings.end_h;
  scenario.hypotheses = settings.hypotheses;
  scenario.settings = settings.settings;
  scenario.solver = settings.solver;
  return scenario;
}

dose::Regimen no_treatment() {
  base::Diagnostics findings;
  return dose::parse_regimen("none", "no treatment", findings);
}

std::vector<ProfileRow> make_rows(const data::Library& library, const Comparison& comparison,
                                  const run::TimeCourses untreated[2], double relative_tolerance) {
  std::vector<ProfileRow> rows;
  const std::size_t count = comparison.courses[0].series.size();
  for (std::size_t s = 0; s < count; ++s) {
    const run::Series& series = comparison.courses[0].series[s];
    const data::Observable* observable = library.find_observable(series.observable);
    ProfileRow row;
    row.observable = series.observable;
    row.display_name = series.display_name.empty() ? series.observable : series.display_name;
    row.unit = series.unit;
    row.group = observable != nullptr ? canonical_group(observable->group) : "other";
    row.log_axis = observable != nullptr && observable->log_axis;
    row.main = observable == nullptr || observable->is_default;
    Measures* const both[2] = {&row.first, &row.second};
    for (int i = 0; i < 2; ++i) {
      *both[i] = measure(comparison.courses[i].time_h, comparison.courses[i].series[s].values,
                         untreated[i].series[s].values.front());
    }
    classify(row, unmoved_threshold(library, row.unit, row.first.baseline, relative_tolerance));
    rows.push_back(std::move(row));
  }
  // Groups in the order of the mechanism; within a group the table's order stays.
  std::stable_sort(rows.begin(), rows.end(), [](const ProfileRow& a, const ProfileRow& b) {
    return group_position(a.group) < group_position(b.group);
  });
  return rows;
}

std::vector<KnownFailure> read_known_failures(const data::Library& library) {
  const std::filesystem::path file = library.file("known_failures.tsv");
  if (!std::filesystem::exists(file)) return {};
  base::Diagnostics findings;
  const base::Table table = base::Table::read(file, findings);
  table.require_columns({"failureId", "statement", "where"}, findings);
  base::throw_if_errors(findings);
  std::vector<KnownFailure> failures;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    failures.push_back(
        {table.cell(row, "failureId"), table.cell(row, "statement"), table.cell(row, "where")});
  }
  return failures;
}

void add_schedule_notes(Comparison& comparison) {
  for (int i = 0; i < 2; ++i) {
    for (const std::string& note : comparison.courses[i].schedule.notes) {
      comparison.notes.push_back(fmt::format("{}: {}", comparison.short_names[i], note));
    }
  }
}

void add_hypotheses(const data::Library& library, Comparison& comparison) {
  base::Diagnostics findings;
  for (const data::Hypothesis* hypothesis :
       data::resolve_hypotheses(library, comparison.settings.hypotheses, findings)) {
    comparison.hypotheses.emplace_back(hypothesis->id, hypothesis->description);
  }
  base::throw_if_errors(findings);
}

/// No treatment, with the parameters that the treated run has: some hypotheses apply only where a drug of a
/// class is given, and the untreated course must differ by the drug alone.
/// Both treatments with the same draws.
void add_bands(const data::Library& library, const run::LoadedSystem& system,
               const run::Scenario scenarios[2], Comparison& comparison) {
  const auto& settings = comparison.settings;
  for (int i = 0; i < 2; ++i) {
    std::vector<std::string> observables;
    for (const auto& series : comparison.courses[i].series) observables.push_back(series.observable);
    comparison.bands[i] =
        uncertainty_bands(library, system, scenarios[i], observables, settings.uncertainty_draws,
                          settings.seed, {settings.threads, {}});
  }
  comparison.notes.push_back("bands hold 90 % of " + comparison.bands[0]->basis);
}

run::Scenario untreated_scenario(const run::Simulator& simulator, const run::Scenario& treated) {
  run::Scenario untreated = treated;
  untreated.regimen = no_treatment();
  const std::vector<double> with = simulator.parameters(treated);
  const std::vector<double> without = simulator.parameters(untreated);
  const auto& parameters = simulator.system().equations.parameters;
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    // A value that a formula gives is NaN here and follows from the others.
    if (std::isfinite(with[p]) && with[p] != without[p])
      untreated.settings.emplace_back(parameters[p].id, with[p]);
  }
  return untreated;
}

}  // namespace

std::string_view name_of(Shared shared) {
  switch (shared) {
    case Shared::shared:
      return "shared";
    case Shared::distinct:
      return "distinct";
    case Shared::unmoved:
      return "unmoved";
  }
  return "";
}

std::string_view describe(SharedReason reason) {
  switch (reason) {
    case SharedReason::same_direction:
      return "same direction";
    case SharedReason::first_only:
      return "first only";
    case SharedReason::second_only:
      return "second only";
    case SharedReason::opposite:
      return "opposite directions";
    case SharedReason::below_tolerance:
      return "neither moves it";
  }
  return "";
}

void classify(ProfileRow& row, double threshold) {
  const double first = row.first.peak_effect, second = row.second.peak_effect;
  const double larger = std::max(std::abs(first), std::abs(second));
  if (!(larger > threshold)) {
    row.shared = Shared::unmoved;
    row.reason = SharedReason::below_tolerance;
    return;
  }
  const double limit = k_lasting_share * larger;
  if (std::abs(first) > limit && std::abs(second) > limit) {
    const bool same = (first > 0.0) == (second > 0.0);
    row.shared = same ? Shared::shared : Shared::distinct;
    row.reason = same ? SharedReason::same_direction : SharedReason::opposite;
    return;
  }
  row.shared = Shared::distinct;
  row.reason = std::abs(first) > std::abs(second) ? SharedReason::first_only : SharedReason::second_only;
}

double unmoved_threshold(const data::Library& library, const std::string& unit, double baseline,
                         double relative_tolerance) {
  const auto found = library.nominal_scales.find(unit);
  const double unit_scale = found != library.nominal_scales.end() ? found->second : 1.0;
  return k_tolerances_to_be_moved * relative_tolerance * std::max(std::abs(baseline), unit_scale);
}

std::string shared_rule(double relative_tolerance) {
  return fmt::format(
      "A read-out is shared when both treatments move it the same way, each by more than 10 % of the larger "
      "peak effect; distinct when one alone moves it that far or they move it in opposite ways; unmoved when "
      "no effect exceeds {:g} of its baseline or of its unit's nominal scale, {:g} times the solver's "
      "relative tolerance. The effect is the deviation from the value before the first dose.",
      k_tolerances_to_be_moved * relative_tolerance, k_tolerances_to_be_moved);
}

std::vector<double> measuring_grid(const std::vector<double>& dose_times_h,
                                   const std::vector<double>& corners_h, double end_h, double fine_step_h,
                                   double coarse_step_h) {
  for (double stretch = 1.0;; stretch *= 2.0) {
    std::vector<double> exact = {0.0, 2.0, 24.0, 7 * 24.0, 28 * 24.0, end_h};
    exact.insert(exact.end(), corners_h.begin(), corners_h.end());
    std::vector<double> times;
    for (double t = 0.0; t < end_h; t += coarse_step_h * stretch) times.push_back(t);
    const auto steps = static_cast<int>(std::floor(24.0 / (fine_step_h * stretch)));
    for (const double dose : dose_times_h) {
      for (int k = 0; k <= steps; ++k) times.push_back(dose + k * fine_step_h * stretch);
    }
    std::sort(exact.begin(), exact.end());
    std::sort(times.begin(), times.end());

    // Exact times win over those of the grid that fall beside them.
    std::vector<double> merged;
    std::merge(exact.begin(), exact.end(), times.begin(), times.end(), std::back_inserter(merged));
    std::vector<double> grid;
    for (const double t : merged) {
      if (t < 0.0 || t > end_h) continue;
      if (!grid.empty() && t - grid.back() < k_same_time_h) {
        if (std::binary_search(exact.begin(), exact.end(), t) &&
            !std::binary_search(exact.begin(), exact.end(), grid.back())) {
          grid.back() = t;
        }
        continue;
      }
      grid.push_back(t);
    }
    if (grid.size() <= k_most_points || stretch > 1e6) return grid;
  }
}

const std::vector<double>* Comparison::band(int treatment, const std::string& observable,
                                            std::size_t quantile) const {
  if (!bands[treatment]) return nullptr;
  const auto& series = courses[treatment].series;
  const auto found = std::ranges::find(series, observable, &run::Series::observable);
  if (found == series.end()) return nullptr;
  return &bands[treatment]->quantiles[static_cast<std::size_t>(found - series.begin())][quantile];
}

Comparison compare(const data::Library& library, const run::LoadedSystem& system, const dose::Regimen& first,
                   const dose::Regimen& second, const data::Evidence& evidence,
                   const ComparisonSettings& settings) {
  const dose::Regimen* const regimens[2] = {&first, &second};
  Comparison comparison;
  comparison.system = system.name;
  comparison.settings = settings;
  comparison.rule = shared_rule(settings.solver.relative_tolerance);
  name_treatments(regimens, comparison);
  add_hypotheses(library, comparison);
  comparison.known_failures = read_known_failures(library);

  const run::Simulator simulator(library, system,
                                 choose_observables(library, system, regimens, evidence, settings));
  run::Scenario scenarios[2] = {make_scenario(first, settings), make_scenario(second, settings)};

  // A first look at the schedules tells where the curves need a fine grid.
  std::vector<double> doses, corners;
  for (int i = 0; i < 2; ++i) {
    scenarios[i].output_times_h = {0.0, settings.end_h};
    const dose::Schedule schedule = simulator.run(scenarios[i]).schedule;
    comparison.dose_times_h[i] = administration_times(schedule, settings.end_h);
    doses.insert(doses.end(), comparison.dose_times_h[i].begin(), comparison.dose_times_h[i].end());
    const std::vector<double> of_schedule = corner_times(schedule);
    corners.insert(corners.end(), of_schedule.begin(), of_schedule.end());
  }
  run::TimeCourses untreated[2];
  for (int i = 0; i < 2; ++i) {
    scenarios[i].output_times_h =
        measuring_grid(doses, corners, settings.end_h, k_fine_step_h, k_coarse_step_h);
    comparison.courses[i] = simulator.run(scenarios[i]);
    untreated[i] = simulator.run(untreated_scenario(simulator, scenarios[i]));
  }
  add_schedule_notes(comparison);
  if (settings.uncertainty_draws > 0) add_bands(library, system, scenarios, comparison);
  comparison.rows = make_rows(library, comparison, untreated, settings.solver.relative_tolerance);
  place_measurements(library, evidence, regimens, untreated, comparison);
  if (settings.find_assumed) {
    for (int i = 0; i < 2; ++i) {
      scenarios[i].output_times_h = elasticity_grid(doses, corners, settings.end_h);
    }
    find_assumed_values(library, simulator, scenarios, comparison);
  }
  return comparison;
}

}  // namespace raad::study
