#include "study/assumed_values.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace raad::study {
namespace {

// Large against the solver's tolerance, small against the spread of what is assumed.
constexpr double k_relative_step = 0.1;
// For a value of 0 a relative step says nothing; the parameters concerned are weights and shares of order 1.
constexpr double k_step_from_zero = 0.1;
// Below this a wrong guess by a factor of two changes the read-out by less than about 10 %.
constexpr double k_influential = 0.1;
// Baselines of perturbed runs are read at time 0; the solver needs some interval to run over.
constexpr double k_shortest_run_h = 1e-3;

/// Peak effect and area of every row under both treatments, or nothing when a run fails.
using RowMeasures = std::vector<Measures>;
struct BothMeasures {
  RowMeasures treatment[2];
};

std::optional<RowMeasures> measure_rows(const run::Simulator& simulator, const run::Scenario& scenario,
                                        const std::vector<ProfileRow>& rows) {
  run::Scenario untreated = scenario;
  base::Diagnostics findings;
  untreated.regimen = dose::parse_regimen("none", "no treatment", findings);
  untreated.end_h = std::min(k_shortest_run_h, scenario.end_h);
  untreated.output_times_h = {0.0};
  try {
    const run::TimeCourses before = simulator.run(untreated);
    const run::TimeCourses after = simulator.run(scenario);
    RowMeasures result;
    for (const ProfileRow& row : rows) {
      const double baseline = before.find(row.observable)->values.front();
      result.push_back(measure(after.time_h, after.find(row.observable)->values, baseline));
    }
    return result;
  } catch (const base::NumericalError&) {
    return std::nullopt;
  } catch (const base::InputError&) {
    return std::nullopt;  // The changed value is outside what the model allows
  }
}

std::optional<BothMeasures> measure_both(const run::Simulator& simulator, const run::Scenario scenarios[2],
                                         const std::vector<ProfileRow>& rows) {
  BothMeasures both;
  for (int i = 0; i < 2; ++i) {
    std::optional<RowMeasures> measures = measure_rows(simulator, scenarios[i], rows);
    if (!measures) return std::nullopt;
    both.treatment[i] = std::move(*measures);
  }
  return both;
}

struct Perturbation {
  BothMeasures measures;
  double relative_step = 0.0;
};

/// Up by 10 %; down where that run fails (a share that would exceed 1, for example).
std::optional<Perturbation> perturb(const run::Simulator& simulator, const run::Scenario scenarios[2],
                                    const std::string& id, const double nominal[2],
                                    const std::vector<ProfileRow>& rows) {
  for (const double direction : {1.0, -1.0}) {
    run::Scenario changed[2] = {scenarios[0], scenarios[1]};
    for (int i = 0; i < 2; ++i) {
      const double value =
          nominal[i] == 0.0 ? direction * k_step_from_zero : nominal[i] * (1.0 + direction * k_relative_step);
      changed[i].settings.emplace_back(id, value);
    }
    if (auto measures = measure_both(simulator, changed, rows)) {
      return Perturbation{std::move(*measures), direction * k_relative_step};
    }
  }
  return std::nullopt;
}

/// Parameters that some hypothesis sets: at 0 they are switches, and a step would mix two hypotheses.
std::set<std::string> switch_parameters(const data::Library& library) {
  std::set<std::string> ids;
  for (const data::Hypothesis& hypothesis : library.hypotheses) {
    for (const data::HypothesisSetting& setting : hypothesis.settings) ids.insert(setting.parameter_id);
  }
  return ids;
}

/// The largest elasticity over the treatments that move the row by its rule.
double row_elasticity(const ProfileRow& row, std::size_t index, const BothMeasures& nominal,
                      const Perturbation& perturbation) {
  const Measures* const both[2] = {&row.first, &row.second};
  const double larger = std::max(std::abs(row.first.peak_effect), std::abs(row.second.peak_effect));
  double largest = 0.0;
  for (int i = 0; i < 2; ++i) {
    if (std::abs(both[i]->peak_effect) <= k_lasting_share * larger) continue;
    const double elasticity = effect_elasticity(
        nominal.treatment[i][index], perturbation.measures.treatment[i][index], perturbation.relative_step);
    if (std::abs(elasticity) > std::abs(largest)) largest = elasticity;
  }
  return largest;
}

/// Rows (by position) that lie downstream of each assumed parameter.
std::map<std::string, std::vector<std::size_t>> rows_behind(const data::Library& library,
                                                            const run::LoadedSystem& system,
                                                            std::vector<ProfileRow>& rows) {
  std::map<std::string, std::vector<std::size_t>> result;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const data::Observable* observable = library.find_observable(rows[r].observable);
    const std::string& symbol = observable != nullptr ? observable->symbol : rows[r].observable;
    for (const std::string& id : run::assumed_parameters_behind(system, symbol)) {
      result[id].push_back(r);
      rows[r].depends_on_assumed = true;
    }
  }
  return result;
}

/// An assumed parameter to perturb.
struct Candidate {
  std::string id;
  double nominal[2] = {0.0, 0.0};  ///< Under each treatment
  const std::vector<std::size_t>* rows = nullptr;
};

/// Calls `work` once for each index below `count` on up to `threads` threads; rethrows the first exception.
template <typename Work>
void for_each_index(std::size_t count, int threads, Work work) {
  std::atomic<std::size_t> next{0};
  std::mutex guard;
  std::exception_ptr problem;
  const auto worker = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard<std::mutex> lock(guard);
        if (!problem) problem = std::current_exception();
        return;
      }
    }
  };
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back(worker);
  worker();
  for (std::thread& other : others) other.join();
  if (problem) std::rethrow_exception(problem);
}

}  // namespace

double effect_elasticity(const Measures& nominal, const Measures& perturbed, double relative_step) {
  if (nominal.peak_effect == 0.0) return 0.0;
  const double peak_change = (perturbed.peak_effect - nominal.peak_effect) / nominal.peak_effect;
  const double area_scale =
      std::max(std::abs(nominal.area), 0.1 * std::abs(nominal.peak_effect) * nominal.duration_h);
  const double area_sign = nominal.area < 0.0 ? -1.0 : 1.0;
  const double area_change =
      area_scale > 0.0 ? area_sign * (perturbed.area - nominal.area) / area_scale : 0.0;
  const double change = std::abs(area_change) > std::abs(peak_change) ? area_change : peak_change;
  return change / relative_step;
}

std::vector<double> elasticity_grid(const std::vector<double>& dose_times_h,
                                    const std::vector<double>& corners_h, double end_h) {
  return measuring_grid(dose_times_h, corners_h, end_h, 1.0 / 6.0, 4.0);
}

void find_assumed_values(const data::Library& library, const run::Simulator& simulator,
                         const run::Scenario scenarios[2], Comparison& comparison) {
  comparison.assumed_rule = fmt::format(
      "Each assumed value upstream of a read-out is raised by {:g} % and both treatments are run again; "
      "named are those that change the peak effect or the area by more than {:g} % per 10 % (elasticity of "
      "{:g} or more), most influential first. \"Weakly\": assumed values are upstream, none of them that "
      "influential.",
      100 * k_relative_step, 100 * k_relative_step * k_influential, k_influential);
  const auto downstream = rows_behind(library, simulator.system(), comparison.rows);
  const std::set<std::string> switches = switch_parameters(library);
  const std::vector<double> values[2] = {simulator.parameters(scenarios[0]),
                                         simulator.parameters(scenarios[1])};
  const auto nominal = measure_both(simulator, scenarios, comparison.rows);
  if (!nominal) throw std::logic_error("a run that succeeded before failed on another output grid");

  std::vector<Candidate> candidates;
  for (const auto& [id, row_indices] : downstream) {
    const std::optional<int> index = simulator.system().equations.find_parameter(id);
    if (!index) continue;
    const auto p = static_cast<std::size_t>(*index);
    // NaN: a formula gives the value, and the parameters in it are perturbed instead.
    if (!std::isfinite(values[0][p]) || !std::isfinite(values[1][p])) continue;
    if (values[0][p] == 0.0 && values[1][p] == 0.0 && switches.count(id) > 0) continue;
    candidates.push_back({id, {values[0][p], values[1][p]}, &row_indices});
  }
  // Each candidate has its own place in the results, so the order of the threads is of no consequence.
  std::vector<std::optional<Perturbation>> perturbations(candidates.size());
  for_each_index(candidates.size(), comparison.settings.threads, [&](std::size_t i) {
    perturbations[i] =
        perturb(simulator, scenarios, candidates[i].id, candidates[i].nominal, comparison.rows);
  });

  std::string failed;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!perturbations[i]) {
      failed += failed.empty() ? candidates[i].id : ", " + candidates[i].id;
      continue;
    }
    for (const std::size_t r : *candidates[i].rows) {
      ProfileRow& row = comparison.rows[r];
      if (row.shared == Shared::unmoved) continue;
      const double elasticity = row_elasticity(row, r, *nominal, *perturbations[i]);
      if (std::abs(elasticity) >= k_influential) row.assumed.push_back({candidates[i].id, elasticity});
    }
  }
  for (ProfileRow& row : comparison.rows) {
    std::stable_sort(row.assumed.begin(), row.assumed.end(), [](const auto& a, const auto& b) {
      return std::abs(a.elasticity) > std::abs(b.elasticity);
    });
  }
  if (!failed.empty()) {
    comparison.notes.push_back("assumed values that could not be changed by 10 % either way: " + failed);
  }
}

}  // namespace raad::study
