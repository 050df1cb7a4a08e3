#include "run/parameter_runs.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "solve/formula.hpp"

namespace raad::run {
namespace {

// Sets handed to a thread at once: enough to fill the lanes several times over.
constexpr std::size_t k_chunk = 64;

}  // namespace

struct ParameterRuns::Implementation {
  const data::Library& library;
  const LoadedSystem& system;
  Scenario scenario;
  std::vector<std::string> varying;
  std::vector<std::size_t> places;   ///< Of the varying parameters in the system
  std::vector<std::size_t> derived;  ///< Parameters that follow from them, in order
  std::vector<double> typical;
  std::vector<solve::Action> actions;  ///< Of the scenario itself
  bool plan_each = false;              ///< Doses depend on what varies
  std::vector<Series> headers;
  std::unique_ptr<solve::EnsembleSolver> solver;

  std::vector<solve::Action> plan(const std::vector<double>& parameters) const;
  std::vector<double> parameters_of(const std::vector<double>& set) const;
  void find_derived(std::vector<char>& flags);
};

std::vector<solve::Action> ParameterRuns::Implementation::plan(const std::vector<double>& parameters) const {
  base::Diagnostics findings;
  auto schedule = dose::plan(scenario.regimen, library.dosing, system.equations, system.model->system,
                             parameters, findings);
  throw_if_errors(findings);
  auto& all = schedule.actions;
  all.insert(all.end(), scenario.extra_actions.begin(), scenario.extra_actions.end());
  std::erase_if(all, [&](const solve::Action& action) { return action.time_h > scenario.end_h; });
  return std::move(all);
}

std::vector<double> ParameterRuns::Implementation::parameters_of(const std::vector<double>& set) const {
  auto parameters = typical;
  for (std::size_t k = 0; k < places.size(); ++k) parameters[places[k]] = set[k];
  for (const std::size_t i : derived)
    solve::FormulaEvaluator(system.equations.graph, {*system.equations.parameters[i].initial})
        .evaluate(0.0, nullptr, parameters.data(), &parameters[i]);
  return parameters;
}

/// Those whose formula reads what varies, unless the scenario gives another value.
void ParameterRuns::Implementation::find_derived(std::vector<char>& flags) {
  for (std::size_t i = 0; i < typical.size(); ++i) {
    const auto& initial = system.equations.parameters[i].initial;
    if (!initial || flags[i]) continue;
    const solve::FormulaEvaluator formula(system.equations.graph, {*initial});
    double value = 0.0;
    formula.evaluate(0.0, nullptr, typical.data(), &value);
    const bool reads_varying = std::ranges::any_of(
        formula.parameters(), [&](int index) { return flags[static_cast<std::size_t>(index)] != 0; });
    if (value != typical[i] || !reads_varying) continue;
    flags[i] = 1;
    derived.push_back(i);
  }
}

ParameterRuns::ParameterRuns(const data::Library& library, const LoadedSystem& system, Scenario scenario,
                             std::vector<std::string> observables, std::vector<std::string> varying)
    : implementation_(std::make_unique<Implementation>(Implementation{
          library, system, std::move(scenario), std::move(varying), {}, {}, {}, {}, false, {}, {}})) {
  auto& self = *implementation_;
  const Simulator simulator(library, system, std::move(observables));
  self.headers = simulator.observables();
  self.typical = simulator.parameters(self.scenario);
  std::vector<char> flags(self.typical.size(), 0);
  for (const auto& id : self.varying) {
    const auto index = system.equations.find_parameter(id);
    if (!index) {
      std::vector<std::string> known;
      for (const auto& parameter : system.equations.parameters) known.push_back(parameter.id);
      const std::string nearest = base::nearest_name(id, known);
      throw base::InputError("R079", {}, "unknown parameter `" + id + "`",
                             nearest.empty() ? "`raad show --stage model` lists the parameters"
                                             : "did you mean `" + nearest + "`?");
    }
    self.places.push_back(static_cast<std::size_t>(*index));
    flags[self.places.back()] = 1;
  }
  self.find_derived(flags);
  self.actions = self.plan(self.typical);
  std::vector<char> acted(system.equations.states.size(), 0);
  for (const auto& action : self.actions)
    (action.kind == solve::Action::Kind::set_parameter ? flags
                                                       : acted)[static_cast<std::size_t>(action.index)] = 1;
  // Amounts follow smooth formulas of bioavailabilities and weight: a change of all shows whether they do.
  auto other = self.typical;
  for (const auto place : self.places) other[place] *= 1.0625;
  const auto moved = self.plan(other);
  self.plan_each = !std::ranges::equal(moved, self.actions, [](const auto& one, const auto& two) {
    return one.time_h == two.time_h && one.kind == two.kind && one.index == two.index &&
           one.value == two.value;
  });

  solve::Ensemble ensemble;
  ensemble.system = &system.equations;
  ensemble.outputs = simulator.observable_nodes();
  ensemble.output_times = self.scenario.output_times_h;
  ensemble.end_h = self.scenario.end_h;
  ensemble.parameters = self.typical;
  ensemble.varying_parameters = std::move(flags);
  ensemble.acted_states = std::move(acted);
  solve::EnsembleOptions options;
  options.solver = self.scenario.solver;
  self.solver = std::make_unique<solve::EnsembleSolver>(std::move(ensemble), options);
}

ParameterRuns::~ParameterRuns() = default;
ParameterRuns::ParameterRuns(ParameterRuns&&) noexcept = default;

const std::vector<std::string>& ParameterRuns::varying() const {
  return implementation_->varying;
}
const std::vector<Series>& ParameterRuns::observables() const {
  return implementation_->headers;
}
const std::vector<double>& ParameterRuns::times_h() const {
  return implementation_->scenario.output_times_h;
}

std::vector<double> ParameterRuns::nominal() const {
  std::vector<double> values;
  for (const auto place : implementation_->places) values.push_back(implementation_->typical[place]);
  return values;
}

namespace {

using MakeSubject = std::function<void(std::size_t, solve::Subject&)>;
using KeepResult = std::function<void(const solve::SubjectResult&)>;

/// Takes sets in chunks from a counter that all threads share.
class SetStream final : public solve::SubjectStream {
 public:
  SetStream(std::atomic<std::size_t>& next_chunk, std::size_t count, const MakeSubject& make,
            const KeepResult& keep)
      : next_chunk_(next_chunk), count_(count), make_(make), keep_(keep) {}

  bool next(solve::Subject& subject) override {
    if (next_ == end_) {
      next_ = std::min(count_, k_chunk * next_chunk_++);
      end_ = std::min(count_, next_ + k_chunk);
    }
    if (next_ == end_) return false;
    make_(next_++, subject);
    return true;
  }
  void finished(const solve::SubjectResult& result) override { keep_(result); }

 private:
  std::atomic<std::size_t>& next_chunk_;
  std::size_t count_, next_ = 0, end_ = 0;
  const MakeSubject& make_;
  const KeepResult& keep_;
};

}  // namespace

std::vector<ParameterRun> ParameterRuns::run(const std::vector<std::vector<double>>& sets,
                                             const std::function<std::vector<double>(const double*)>& reduce,
                                             const ParameterRunOptions& options) const {
  const auto& self = *implementation_;
  std::vector<ParameterRun> results(sets.size());
  std::mutex progress_mutex;
  std::size_t done = 0;
  const MakeSubject make = [&](std::size_t index, solve::Subject& subject) {
    subject.id = static_cast<std::int64_t>(index);
    subject.parameters = self.parameters_of(sets[index]);
    subject.actions = self.plan_each ? self.plan(subject.parameters) : self.actions;
    subject.start_h = std::min(0.0, self.scenario.output_times_h.front());
    for (const auto& action : subject.actions) subject.start_h = std::min(subject.start_h, action.time_h);
  };
  const KeepResult keep = [&](const solve::SubjectResult& result) {
    auto& run = results[static_cast<std::size_t>(result.id)];
    if (result.status == solve::Status::success)
      run.numbers = reduce(result.outputs);
    else
      run.failure = result.message;
    if (!options.progress) return;
    const std::lock_guard lock(progress_mutex);
    options.progress(++done);
  };
  std::atomic<std::size_t> next_chunk = 0;
  std::exception_ptr error;
  std::mutex error_mutex;
  const auto worker = [&] {
    try {
      SetStream stream(next_chunk, sets.size(), make, keep);
      self.solver->run(stream);
    } catch (...) {
      const std::lock_guard lock(error_mutex);
      if (!error) error = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < options.threads; ++i) threads.emplace_back(worker);
  worker();
  for (auto& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);
  return results;
}

}  // namespace raad::run
