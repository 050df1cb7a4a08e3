#include "study/design_model.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <mutex>
#include <thread>

#include "base/random.hpp"
#include "run/simulation.hpp"
#include "solve/ensemble.hpp"
#include "study/validation.hpp"

namespace raad::study {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();
// Candidates of one task: enough to keep all lanes filled, few enough to share a generation between threads.
constexpr std::size_t k_chunk = 32;
// An effect below a tenth of a point has no course.
constexpr double k_least_effect = 0.1;

const std::vector<std::string> k_outputs = {"expectancy__acute_experience", "expectancy__peak_experience",
                                            "madrs", "spine_density"};
enum Output : std::size_t { acute, peak, madrs, spines, output_count };

/// A quarter of an hour for the first day, half days for four weeks, then days.
std::vector<double> grid(double end_h) {
  std::vector<double> times;
  for (double t = 0.0; t <= std::min(24.0, end_h); t += 0.25) times.push_back(t);
  for (double t = 36.0; t <= std::min(672.0, end_h); t += 12.0) times.push_back(t);
  for (double t = 696.0; t <= end_h; t += 24.0) times.push_back(t);
  return times;
}

struct Trajectory {
  const std::vector<double>& times;
  const double* outputs;
  double at(std::size_t time, Output output) const { return outputs[time * output_count + output]; }
  double improvement(std::size_t time) const { return at(0, madrs) - at(time, madrs); }
};

/// Onset, durability and mean on straight lines between the times.
void reduce_effect(const Trajectory& course, DesignOutcome& outcome) {
  const auto& times = course.times;
  for (std::size_t t = 0; t < times.size(); ++t)
    outcome.effect_points = std::max(outcome.effect_points, course.improvement(t));
  outcome.onset_h = times.back();
  const double half = 0.5 * outcome.effect_points;
  double area = 0.0;
  bool started = false;
  for (std::size_t t = 1; t < times.size(); ++t) {
    const double before = course.improvement(t - 1), after = course.improvement(t);
    const double length = times[t] - times[t - 1];
    area += 0.5 * (before + after) * length;
    if (outcome.effect_points < k_least_effect) continue;
    const double crossing = after == before ? 0.0 : std::clamp((half - before) / (after - before), 0.0, 1.0);
    if (before < half && after >= half) {
      if (!started) outcome.onset_h = times[t - 1] + crossing * length;
      started = true;
      outcome.durability_h += (1.0 - crossing) * length;
    } else if (before >= half) {
      outcome.durability_h += after >= half ? length : crossing * length;
    }
  }
  outcome.mean_effect_points = area / (times.back() - times.front());
}

}  // namespace

bool DesignOutcome::good() const {
  return std::isfinite(effect_points);
}

double trip_spread_percent(const data::Library& library) {
  base::Diagnostics findings;
  for (const auto& one : read_prediction_spreads(library, findings))
    if (one.family == "human acute effect" && one.unit == "percent") return one.spread;
  return DesignModelSettings().trip_spread_percent;
}

struct DesignModel::Implementation {
  const data::Library& library;
  const run::LoadedSystem& system;
  DesignModelSettings settings;
  std::vector<double> times;
  std::vector<std::vector<double>> parameters;  ///< By hypothesis
  std::vector<std::unique_ptr<solve::EnsembleSolver>> solvers;

  /// A candidate as the solver takes it, the same under every hypothesis.
  struct Planned {
    std::vector<std::pair<std::size_t, double>> parameters;
    std::vector<solve::Action> actions;
    double start_h = 0.0, dose_count = 0.0;
  };
  Planned plan(const Candidate& candidate) const;
  void build(const DesignSpace& space);
  DesignOutcome reduce(const double* outputs, const Planned& planned) const;

  class Stream;
};

class DesignModel::Implementation::Stream final : public solve::SubjectStream {
 public:
  Stream(const Implementation& owner, std::size_t hypothesis, const std::vector<Planned>& planned,
         std::size_t first, std::size_t last, std::vector<std::vector<DesignOutcome>>& outcomes)
      : owner_(owner),
        hypothesis_(hypothesis),
        planned_(planned),
        next_(first),
        last_(last),
        outcomes_(outcomes) {}
  bool next(solve::Subject& subject) override {
    if (next_ == last_) return false;
    const Planned& one = planned_[next_];
    subject.id = static_cast<std::int64_t>(next_++);
    subject.start_h = one.start_h;
    subject.parameters = owner_.parameters[hypothesis_];
    for (const auto& [index, value] : one.parameters) subject.parameters[index] = value;
    subject.actions = one.actions;
    return true;
  }
  void finished(const solve::SubjectResult& result) override {
    const auto id = static_cast<std::size_t>(result.id);
    if (result.status == solve::Status::success)
      outcomes_[id][hypothesis_] = owner_.reduce(result.outputs, planned_[id]);
  }

 private:
  const Implementation& owner_;
  std::size_t hypothesis_;
  const std::vector<Planned>& planned_;
  std::size_t next_, last_;
  std::vector<std::vector<DesignOutcome>>& outcomes_;
};

DesignModel::Implementation::Planned DesignModel::Implementation::plan(const Candidate& candidate) const {
  base::Diagnostics findings;
  auto regimen = dose::parse_regimen(candidate.regimen, "--regimen", findings);
  base::throw_if_errors(findings);
  double count = 0.0;
  for (const auto& event : regimen.events) count += event.count;
  const auto schedule = dose::plan(regimen, library.dosing, system.equations, system.model->system,
                                   parameters.front(), findings);
  base::throw_if_errors(findings);
  Planned planned;
  planned.dose_count = count;
  planned.actions = schedule.actions;
  const auto depot = system.equations.find_state("compound__depot_amount");
  for (auto& action : planned.actions) {
    if (depot && action.kind == solve::Action::Kind::add_to_state && action.index == *depot)
      action.value *= candidate.compound_dose_factor;
    planned.start_h = std::min(planned.start_h, action.time_h);
  }
  std::erase_if(planned.actions, [&](const solve::Action& action) { return action.time_h > settings.end_h; });
  for (const auto& [id, value] : candidate.parameters)
    if (const auto index = system.equations.find_parameter(id))
      planned.parameters.emplace_back(static_cast<std::size_t>(*index), value);
  return planned;
}

void DesignModel::Implementation::build(const DesignSpace& space) {
  // The lowest, the highest and the middle of every axis: together they take every kind of action that the
  // space has.
  std::vector<Candidate> corners;
  for (const double coordinate : {0.0, 0.5, 1.0})
    corners.push_back(space.decode(std::vector<double>(space.axes().size(), coordinate)));
  run::Scenario scenario;
  base::Diagnostics findings;
  scenario.regimen = dose::parse_regimen(corners[1].regimen, "--regimen", findings);
  base::throw_if_errors(findings);
  scenario.end_h = settings.end_h;
  scenario.output_times_h = times;
  scenario.settings = settings.settings;
  const run::Simulator simulator(library, system, k_outputs);
  for (const auto& hypothesis : settings.hypotheses) {
    scenario.hypotheses = {hypothesis};
    parameters.push_back(simulator.parameters(scenario));
  }
  std::vector<char> varies(system.equations.parameters.size(), 0), acted(system.equations.states.size(), 0);
  for (const auto& corner : corners) {
    const auto planned = plan(corner);
    for (const auto& one : planned.parameters) varies[one.first] = 1;
    for (const auto& action : planned.actions) {
      const auto index = static_cast<std::size_t>(action.index);
      (action.kind == solve::Action::Kind::set_parameter ? varies : acted)[index] = 1;
    }
  }
  for (const auto& values : parameters) {
    solve::Ensemble ensemble;
    ensemble.system = &system.equations;
    ensemble.outputs = simulator.observable_nodes();
    ensemble.output_times = times;
    ensemble.end_h = settings.end_h;
    ensemble.parameters = values;
    ensemble.varying_parameters = varies;
    ensemble.acted_states = acted;
    solve::EnsembleOptions options;
    options.solver = settings.solver;
    solvers.push_back(std::make_unique<solve::EnsembleSolver>(std::move(ensemble), options));
  }
}

DesignOutcome DesignModel::Implementation::reduce(const double* outputs, const Planned& planned) const {
  const Trajectory course{times, outputs};
  DesignOutcome outcome;
  reduce_effect(course, outcome);
  double experience = 0.0, spine_change = 0.0;
  for (std::size_t t = 0; t < times.size(); ++t) {
    // The first day is seen directly; later doses through the model's own memory of the strongest experience.
    experience = std::max({experience, course.at(t, acute), course.at(t, peak)});
    const double change = course.at(t, spines) - course.at(0, spines);
    if (std::abs(change) > std::abs(spine_change)) spine_change = change;
  }
  outcome.intensity_percent = 100.0 * experience;
  outcome.trip_probability =
      base::normal_probability((outcome.intensity_percent - k_trip_percent) / settings.trip_spread_percent);
  outcome.plasticity_percent = spine_change;
  outcome.dose_count = planned.dose_count;
  return outcome;
}

DesignModel::DesignModel(const data::Library& library, const run::LoadedSystem& system,
                         const DesignSpace& space, const DesignModelSettings& settings)
    : implementation_(std::make_unique<Implementation>(
          Implementation{library, system, settings, grid(settings.end_h), {}, {}})) {
  implementation_->build(space);
}
DesignModel::~DesignModel() = default;

const std::vector<std::string>& DesignModel::hypotheses() const {
  return implementation_->settings.hypotheses;
}

std::vector<std::vector<DesignOutcome>> DesignModel::evaluate(const std::vector<Candidate>& candidates,
                                                              int threads) const {
  const auto& self = *implementation_;
  std::vector<Implementation::Planned> planned;
  for (const auto& candidate : candidates) planned.push_back(self.plan(candidate));
  DesignOutcome failed;
  failed.effect_points = k_nan;
  std::vector<std::vector<DesignOutcome>> outcomes(candidates.size(),
                                                   std::vector<DesignOutcome>(self.solvers.size(), failed));
  const std::size_t chunks = (candidates.size() + k_chunk - 1) / k_chunk;
  std::atomic<std::size_t> next = 0;
  std::mutex failing;
  std::exception_ptr failure;
  const auto work = [&] {
    for (std::size_t task = next++; task < chunks * self.solvers.size(); task = next++) {
      try {
        const std::size_t first = task / self.solvers.size() * k_chunk,
                          hypothesis = task % self.solvers.size();
        Implementation::Stream stream(self, hypothesis, planned, first,
                                      std::min(first + k_chunk, candidates.size()), outcomes);
        self.solvers[hypothesis]->run(stream);
      } catch (...) {
        const std::lock_guard lock(failing);
        failure = std::current_exception();
      }
    }
  };
  std::vector<std::thread> workers;
  for (int i = 1; i < threads; ++i) workers.emplace_back(work);
  work();
  for (auto& worker : workers) worker.join();
  if (failure) std::rethrow_exception(failure);
  return outcomes;
}

}  // namespace raad::study
