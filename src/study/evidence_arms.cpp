#include "study/evidence_arms.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <regex>
#include <thread>

#include "base/random.hpp"
#include "base/table.hpp"
#include "run/virtual_subjects.hpp"
#include "solve/ensemble.hpp"
#include "study/measures.hpp"

namespace raad::study {
namespace {

// Long enough after the last dose for half-lives and areas of every drug in the library.
constexpr double k_tail_h = 168.0;
// Fast enough for the sharpest curve near a dose; later on a quarter of an hour and then hours do.
constexpr double k_fine_h = 1.0 / 60.0, k_medium_h = 0.1, k_coarse_h = 1.0;
constexpr double k_fine_span_h = 4.0, k_medium_span_h = 36.0;
// Finely followed doses; later ones of a long course add nothing that a row asks for.
constexpr std::size_t k_most_fine_doses = 6;
constexpr double k_greatest_score = 60.0;

/// Ratings of virtual participants, and what else is read of them.
struct Ratings {
  std::set<double> times_h;
  std::set<std::string> quantities;
};

struct Wanted {
  std::set<std::string> quantities;
  std::set<double> times_h;
  Ratings scores, follow_up;
};

struct Outcome {
  std::unique_ptr<Trajectory> trajectory;
  std::unique_ptr<ArmScores> scores, follow_up;
  std::string failure;
};

/// A visit under supervision for every dose; of a daily treatment only the first.
std::vector<double> visit_times(const dose::Regimen& regimen) {
  std::set<double> times;
  for (const auto& event : regimen.events) {
    const bool daily = event.count > 1 && event.interval_h <= 24.0;
    for (int k = 0; k < (daily ? 1 : event.count); ++k) times.insert(dose::dose_time_h(event, k));
  }
  return {times.begin(), times.end()};
}

dose::Regimen parsed(const std::string& text) {
  base::Diagnostics findings;
  auto regimen = dose::parse_regimen(text, "regimen", findings);
  base::throw_if_errors(findings);
  return regimen;
}

std::vector<double> output_grid(const dose::Regimen& regimen, const std::set<double>& times_h) {
  const auto doses = dose_times_h(regimen);
  const double start =
      std::min(doses.empty() ? 0.0 : doses.front(), times_h.empty() ? 0.0 : *times_h.begin());
  double end =
      std::max(doses.empty() ? k_tail_h : doses.back() + k_tail_h, times_h.empty() ? 0.0 : *times_h.rbegin());
  std::set<double> grid(times_h.begin(), times_h.end());
  grid.insert(start);
  grid.insert(end);
  const auto add = [&](double from, double span, double step) {
    for (double t = from; t < std::min(from + span, end); t += step) grid.insert(t);
  };
  for (std::size_t i = 0; i < std::min(doses.size(), k_most_fine_doses); ++i) {
    add(doses[i], k_fine_span_h, k_fine_h);
    add(doses[i] + k_fine_span_h, k_medium_span_h, k_medium_h);
  }
  // Hours for a month, then quarters of days: a year of weekly doses stays small.
  for (double t = start; t < end; t += t - start < 720.0 ? k_coarse_h : 6.0) grid.insert(t);
  return {grid.begin(), grid.end()};
}

}  // namespace

double ArmScores::at(const std::vector<double>& values, double at_h) const {
  return value_at(time_h, values, std::max(at_h, time_h.front()));
}

struct Arms::Implementation {
  const data::Library& library;
  ArmSettings settings;
  std::map<ArmKey, Wanted> wanted;
  std::map<ArmKey, Outcome> outcomes;

  run::Scenario scenario_of_arm(const ArmKey& key, const run::LoadedSystem& system) const;
  void run_trajectory(const ArmKey& key, const Wanted& wanted, const run::LoadedSystem& system,
                      Outcome& outcome) const;
  std::unique_ptr<ArmScores> run_scores(const ArmKey& key, const Ratings& asked,
                                        const run::LoadedSystem& system) const;
};

/// The arm's doses and, in a trial, what enrolment and visits do to patients.
run::Scenario Arms::Implementation::scenario_of_arm(const ArmKey& key,
                                                    const run::LoadedSystem& system) const {
  run::Scenario scenario;
  scenario.regimen = parsed(key.regimen);
  scenario.hypotheses = settings.hypotheses;
  scenario.settings = settings_in(system, settings.settings);
  for (const auto& [id, value] : key.settings)
    if (system.equations.find_parameter(id)) scenario.settings.emplace_back(id, value);
  scenario.solver = settings.solver;
  const auto found = std::ranges::find(library.scenarios, key.scenario, &data::TrialScenario::id);
  if (found == library.scenarios.end()) return scenario;
  const auto visits = visit_times(scenario.regimen);
  const double first = visits.empty() ? 0.0 : std::max(0.0, visits.front());
  for (const auto& [id, value] : found->values) {
    if (system.equations.find_parameter(id)) {
      scenario.settings.insert(scenario.settings.begin(), {id, value});
      continue;
    }
    const auto state = system.equations.find_state(id);
    if (!state || value == 0.0 || visits.empty()) continue;
    // The marker of a session comes with every visit, the inputs of the placebo response with the first.
    const bool every_visit = id == "expectancy__session_marker";
    for (const double visit : visits) {
      if (visit < first) continue;
      scenario.extra_actions.push_back({visit, solve::Action::Kind::add_to_state, *state, value});
      if (!every_visit) break;
    }
  }
  return scenario;
}

void Arms::Implementation::run_trajectory(const ArmKey& key, const Wanted& asked,
                                          const run::LoadedSystem& system, Outcome& outcome) const {
  auto scenario = scenario_of_arm(key, system);
  scenario.output_times_h = output_grid(scenario.regimen, asked.times_h);
  scenario.end_h = scenario.output_times_h.back();
  const std::vector<std::string> names(asked.quantities.begin(), asked.quantities.end());
  const run::Simulator simulator(library, system, names);
  const auto courses = simulator.run(scenario);
  auto trajectory = std::make_unique<Trajectory>();
  trajectory->time_h = courses.time_h;
  for (std::size_t k = 0; k < names.size(); ++k) trajectory->values[names[k]] = courses.series[k].values;
  const auto parameters = simulator.parameters(scenario);
  for (std::size_t i = 0; i < parameters.size(); ++i)
    trajectory->parameters[system.equations.parameters[i].id] = parameters[i];
  const auto doses = dose_times_h(scenario.regimen);
  trajectory->first_dose_h = doses.empty() ? 0.0 : doses.front();
  outcome.trajectory = std::move(trajectory);
}

namespace {

class ScoreStream final : public solve::SubjectStream {
 public:
  ScoreStream(const run::VirtualSubjects& subjects, std::size_t outputs,
              std::map<std::int64_t, std::vector<double>>& kept)
      : subjects_(subjects), outputs_(outputs), kept_(kept) {}
  bool next(solve::Subject& subject) override {
    if (next_ == subjects_.count()) return false;
    subjects_.make(next_, made_);
    std::swap(subject, made_.subject);
    subject.id = next_++;
    return true;
  }
  void finished(const solve::SubjectResult& result) override {
    if (result.status == solve::Status::success)
      kept_[result.id].assign(result.outputs, result.outputs + outputs_);
    else if (failure_.empty())
      failure_ = result.message;
  }
  /// Of the first participant whose run failed.
  const std::string& failure() const { return failure_; }

 private:
  std::string failure_;
  const run::VirtualSubjects& subjects_;
  std::size_t outputs_;
  std::map<std::int64_t, std::vector<double>>& kept_;
  run::VirtualSubject made_;
  std::int64_t next_ = 0;
};

}  // namespace

std::unique_ptr<ArmScores> Arms::Implementation::run_scores(const ArmKey& key, const Ratings& asked,
                                                            const run::LoadedSystem& system) const {
  run::PopulationDesign design;
  design.scenario = scenario_of_arm(key, system);
  design.seed = settings.seed;
  design.subject_count = settings.subjects;
  std::set<double> times = asked.times_h;
  times.insert(std::min(0.0, *times.begin()));
  design.scenario.output_times_h.assign(times.begin(), times.end());
  design.scenario.end_h = design.scenario.output_times_h.back();
  std::vector<std::string> outputs_asked = {"madrs", "depression__baseline_madrs", "belief"};
  const std::size_t own_outputs = outputs_asked.size();
  outputs_asked.insert(outputs_asked.end(), asked.quantities.begin(), asked.quantities.end());
  const std::size_t output_count = outputs_asked.size();
  const run::Simulator simulator(library, system, outputs_asked);
  const run::VirtualSubjects subjects(library, system, design);
  solve::Ensemble ensemble;
  ensemble.system = &system.equations;
  ensemble.outputs = simulator.observable_nodes();
  ensemble.output_times = design.scenario.output_times_h;
  ensemble.end_h = design.scenario.end_h;
  ensemble.parameters = subjects.typical_parameters();
  ensemble.varying_parameters = subjects.varying_parameters();
  for (const auto& id : settings.also_varying)
    if (const auto index = system.equations.find_parameter(id_in_system(id, system.name)))
      ensemble.varying_parameters[static_cast<std::size_t>(*index)] = 1;
  ensemble.acted_states = subjects.acted_states();
  solve::EnsembleOptions options;
  options.solver = settings.solver;
  const auto solver = settings.cache->solver(std::move(ensemble), options);
  const std::size_t time_count = design.scenario.output_times_h.size();
  std::map<std::int64_t, std::vector<double>> kept;
  ScoreStream stream(subjects, output_count * time_count, kept);
  solver->run(stream);
  if (kept.empty())
    throw base::NumericalError("no virtual participant could be simulated: " + stream.failure());

  auto scores = std::make_unique<ArmScores>();
  scores->time_h = design.scenario.output_times_h;
  scores->mean.assign(time_count, 0.0);
  scores->change.assign(time_count, 0.0);
  scores->belief.assign(time_count, 0.0);
  const auto error = system.equations.find_parameter("depression__measurement_error_sd");
  const double unexplained_sd = trial_layer_value(library, "unexplained_change_sd");
  const double error_sd = error ? subjects.typical_parameters()[static_cast<std::size_t>(*error)] : 0.0;
  for (const auto& [id, outputs] : kept) {
    base::RandomStream draw({settings.seed, 0, id, base::purpose_of("measurement error of the score")});
    // What makes people's courses differ beyond the model's variabilities stays with the person.
    const double unexplained = unexplained_sd * draw.normal();
    std::vector<double> observed = {std::clamp(outputs[1] + error_sd * draw.normal(), 0.0, k_greatest_score)};
    for (std::size_t t = 0; t < time_count; ++t) {
      const double* now = outputs.data() + output_count * t;
      const double score = now[0], share = 1.0 / static_cast<double>(kept.size());
      scores->mean[t] += share * score;
      scores->change[t] += share * (score - now[1]);
      scores->belief[t] += share * now[2];
      observed.push_back(std::clamp(score + unexplained + error_sd * draw.normal(), 0.0, k_greatest_score));
    }
    scores->observed.push_back(std::move(observed));
    for (std::size_t k = own_outputs; k < output_count; ++k) {
      auto& course = scores->courses[outputs_asked[k]].emplace_back();
      for (std::size_t t = 0; t < time_count; ++t) course.push_back(outputs[output_count * t + k]);
    }
  }
  return scores;
}

std::string id_in_system(const std::string& qualified_id, const std::string& system) {
  const auto colon = qualified_id.find(':');
  if (colon == std::string::npos) return qualified_id;
  return qualified_id.substr(0, colon) == system ? qualified_id.substr(colon + 1) : "";
}

std::vector<double> dose_times_h(const dose::Regimen& regimen) {
  std::set<double> times;
  for (const auto& event : regimen.events)
    for (int k = 0; k < event.count; ++k) times.insert(dose::dose_time_h(event, k));
  return {times.begin(), times.end()};
}

std::vector<std::pair<std::string, double>> settings_in(
    const run::LoadedSystem& system, const std::vector<std::pair<std::string, double>>& settings) {
  std::vector<std::pair<std::string, double>> known;
  for (const auto& [qualified, value] : settings) {
    const auto id = id_in_system(qualified, system.name);
    if (system.equations.find_parameter(id)) known.emplace_back(id, value);
  }
  return known;
}

void check_settings(const std::vector<const run::LoadedSystem*>& systems,
                    const std::vector<std::pair<std::string, double>>& settings) {
  std::vector<std::string> known;
  for (const auto* system : systems)
    for (const auto& parameter : system->equations.parameters) known.push_back(parameter.id);
  for (const auto& setting : settings) {
    if (std::ranges::any_of(systems, [&](const auto* one) { return !settings_in(*one, {setting}).empty(); }))
      continue;
    const auto nearest = base::nearest_name(setting.first, known);
    throw base::InputError("R079", {"--set"}, "unknown parameter `" + setting.first + "`",
                           nearest.empty() ? "`raad show human --stage model` lists the parameters"
                                           : "did you mean `" + nearest + "`?");
  }
}

Arms::Arms(const data::Library& library, ArmSettings settings)
    : implementation_(
          std::make_unique<Implementation>(Implementation{library, std::move(settings), {}, {}})) {
  auto& cache = implementation_->settings.cache;
  if (cache == nullptr) cache = std::make_shared<ArmCache>(library);
}
Arms::~Arms() = default;

const run::LoadedSystem& Arms::system(const std::string& name) {
  return implementation_->settings.cache->system(name);
}

run::Scenario Arms::scenario(const ArmKey& key) {
  return implementation_->scenario_of_arm(key, system(key.system));
}

void Arms::want(const ArmKey& key, const std::set<std::string>& quantities, double time_h) {
  auto& wanted = implementation_->wanted[key];
  wanted.quantities.insert(quantities.begin(), quantities.end());
  wanted.times_h.insert(time_h);
}

void Arms::want_scores(const ArmKey& key, double time_h) {
  implementation_->wanted[key].scores.times_h.insert(time_h);
}

void Arms::want_follow_up(const ArmKey& key, const std::set<std::string>& quantities,
                          const std::vector<double>& times_h) {
  auto& wanted = implementation_->wanted[key].follow_up;
  wanted.quantities.insert(quantities.begin(), quantities.end());
  wanted.times_h.insert(times_h.begin(), times_h.end());
}

void Arms::run() {
  auto& all = *implementation_;
  std::vector<std::pair<const ArmKey*, const Wanted*>> work;
  for (const auto& [key, wanted] : all.wanted) {
    system(key.system);
    all.outcomes[key];
    work.emplace_back(&key, &wanted);
  }
  std::atomic<std::size_t> next = 0;
  const auto worker = [&] {
    for (std::size_t i = next++; i < work.size(); i = next++) {
      const auto& [key, wanted] = work[i];
      Outcome& outcome = all.outcomes.at(*key);
      const auto& loaded = system(key->system);
      try {
        if (!wanted->quantities.empty()) all.run_trajectory(*key, *wanted, loaded, outcome);
        if (!wanted->scores.times_h.empty()) outcome.scores = all.run_scores(*key, wanted->scores, loaded);
        if (!wanted->follow_up.times_h.empty())
          outcome.follow_up = all.run_scores(*key, wanted->follow_up, loaded);
      } catch (const base::InputError& error) {
        outcome.failure = error.findings().all().empty() ? "refused" : error.findings().all().front().message;
      } catch (const base::NumericalError& error) {
        outcome.failure = std::string("the run failed: ") + error.what();
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < all.settings.threads; ++i) threads.emplace_back(worker);
  worker();
  for (auto& thread : threads) thread.join();
}

const Trajectory* Arms::trajectory(const ArmKey& key) const {
  const auto found = implementation_->outcomes.find(key);
  return found == implementation_->outcomes.end() ? nullptr : found->second.trajectory.get();
}

const ArmScores* Arms::scores(const ArmKey& key) const {
  const auto found = implementation_->outcomes.find(key);
  return found == implementation_->outcomes.end() ? nullptr : found->second.scores.get();
}

const ArmScores* Arms::follow_up(const ArmKey& key) const {
  const auto found = implementation_->outcomes.find(key);
  return found == implementation_->outcomes.end() ? nullptr : found->second.follow_up.get();
}

std::string Arms::failure(const ArmKey& key) const {
  const auto found = implementation_->outcomes.find(key);
  return found == implementation_->outcomes.end() ? "" : found->second.failure;
}

std::uint64_t Arms::seed() const {
  return implementation_->settings.seed;
}

int Arms::count() const {
  return static_cast<int>(implementation_->outcomes.size());
}

int Arms::failed_count() const {
  return static_cast<int>(std::ranges::count_if(implementation_->outcomes,
                                                [](const auto& one) { return !one.second.failure.empty(); }));
}

namespace {

std::string describe(const ArmKey& key) {
  std::string text = key.system + ", " + key.regimen;
  for (const auto& [id, value] : key.settings) text += " " + id + "=" + base::format_number(value);
  return text;
}

}  // namespace

std::string Arms::first_failure() const {
  for (const auto& [key, outcome] : implementation_->outcomes)
    if (!outcome.failure.empty()) return describe(key) + ": " + outcome.failure;
  return "";
}

}  // namespace raad::study
