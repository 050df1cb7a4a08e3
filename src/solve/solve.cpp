#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "solve/evaluator.hpp"
#include "solve/events.hpp"
#include "solve/formula.hpp"
#include "solve/problem.hpp"
#include "solve/step_control.hpp"
#include "solve/stepper.hpp"
#include "solve/tangent_run.hpp"

namespace raad::solve {

namespace {

void check(const Problem& problem) {
  const auto require = [](bool condition, const char* message) {
    if (!condition) throw std::logic_error(message);
  };
  require(std::isfinite(problem.start_h) && std::isfinite(problem.end_h) && problem.start_h <= problem.end_h,
          "solve: the end lies before the start");
  require(std::ranges::is_sorted(problem.output_times), "solve: output times do not ascend");
  require(problem.output_times.empty() || (problem.output_times.front() >= problem.start_h &&
                                           problem.output_times.back() <= problem.end_h),
          "solve: output times outside the run");
  require(problem.initial_states.empty() || problem.initial_states.size() == problem.system->states.size(),
          "solve: not one initial value for each state");
  for (const Action& action : problem.actions) {
    require(action.time_h >= problem.start_h && std::isfinite(action.value),
            "solve: action before the start or not finite");
    const std::size_t count = action.kind == Action::Kind::set_parameter ? problem.system->parameters.size()
                                                                         : problem.system->states.size();
    require(action.index >= 0 && static_cast<std::size_t>(action.index) < count, "solve: action on nothing");
  }
}

/// With steps short enough for what is delayed.
Options limited(Options options, double shortest_delay_h) {
  if (options.max_step_h <= 0.0 || shortest_delay_h < options.max_step_h)
    options.max_step_h = std::isinf(shortest_delay_h) ? options.max_step_h : shortest_delay_h;
  return options;
}

/// One solution in the making: stretches of smooth integration between instants at which something happens.
class Run {
 public:
  /// `tangents` may be null.
  Run(const Problem& problem, const Options& options, TangentRun* tangents)
      : problem_(problem),
        delays_(*problem.system),
        options_(limited(options, delays_.shortest(problem.parameters))),
        tangents_(tangents),
        evaluator_(problem),
        stepper_(tangents != nullptr ? tangents->make_stepper(evaluator_, options_)
                                     : make_stepper(evaluator_, options_)),
        events_(evaluator_, options),
        switches_(problem.system->graph, problem.start_h, problem.end_h),
        actions_(problem.actions),
        time_(problem.start_h),
        states_(evaluator_.state_count()),
        scratch_(evaluator_.state_count()),
        output_(evaluator_.output_count()) {
    std::ranges::stable_sort(actions_, {}, &Action::time_h);
    events_.set_listener(tangents);
  }

  Solution execute();

 private:
  bool keep_going(StepOutcome outcome);
  bool start_past();
  bool note_jump(bool changed);
  double next_stop() const;
  bool integrate_to(double limit);
  double look_for_events(double from, double to);
  bool arrive();
  bool apply_actions();
  void record_until(double time);
  void record(double time, const double* states, TangentRun::Place place);
  const double* states_at(double time);

  const Problem& problem_;
  Delays delays_;
  const Options options_;
  TangentRun* tangents_;
  Evaluator evaluator_;
  std::unique_ptr<Stepper> stepper_;
  Events events_;
  TimeSwitches switches_;
  std::vector<Action> actions_;
  std::size_t next_action_ = 0;
  std::size_t next_output_ = 0;
  bool triggered_ = false;  ///< Whether the last look found an event
  double time_;
  std::vector<double> states_, scratch_, output_;
  Solution solution_;
};

Solution Run::execute() {
  if (problem_.initial_states.empty())
    evaluator_.initial_states(time_, states_.data());
  else
    states_ = problem_.initial_states;
  std::string fault = describe_non_finite(evaluator_.system(), states_.data(), "initial value of");
  if (!fault.empty()) {
    keep_going({Status::not_finite, std::move(fault)});
    return std::move(solution_);
  }
  if (!start_past()) return std::move(solution_);
  events_.start(time_, states_.data());
  switches_.update(evaluator_.parameters());
  bool going = arrive();
  while (going && time_ < problem_.end_h) going = integrate_to(next_stop()) && arrive();
  solution_.statistics = stepper_->statistics();
  return std::move(solution_);
}

/// Notes a failure. False ends the run.
bool Run::keep_going(StepOutcome outcome) {
  if (outcome.status == Status::success) return true;
  solution_.status = outcome.status;
  solution_.message = fmt::format("at time {}: {} ({})", time_, outcome.reason, describe(outcome.status));
  return false;
}

bool Run::start_past() {
  if (!delays_.any()) return true;
  if (!keep_going(delays_.start(time_, states_.data(), evaluator_.parameters()))) return false;
  evaluator_.use(delays_);
  return true;
}

/// Every stop may be a jump that comes back from the past later. False ends the run.
bool Run::note_jump(bool changed) {
  if (!delays_.any()) return true;
  constexpr int k_in_values = 0, k_in_rates = 1;
  const bool at_switch = switches_.is_at(time_);
  delays_.note_jump(time_, changed ? k_in_values : at_switch ? k_in_rates : delays_.order_at(time_));
  return !changed || keep_going(delays_.require_fixed(evaluator_.parameters()));
}

double Run::next_stop() const {
  double stop =
      std::min({problem_.end_h, events_.next_due(), switches_.next(time_), delays_.next_jump(time_)});
  if (next_action_ < actions_.size()) stop = std::min(stop, actions_[next_action_].time_h);
  return stop;
}

const double* Run::states_at(double time) {
  if (time >= stepper_->time()) return stepper_->states();
  stepper_->interpolate(time, scratch_.data());
  return scratch_.data();
}

/// First time in (from, to] at which an event is triggered, or `to` when none is.
double Run::look_for_events(double from, double to) {
  const auto rise = events_.first_rise(from, to, [this](double time) { return states_at(time); });
  triggered_ = rise.has_value();
  return rise.value_or(to);
}

/// Moves time and states to `limit` or to the first event before it, recording outputs on the way.
bool Run::integrate_to(double limit) {
  if (is_same_instant(time_, limit)) {
    time_ = limit;
    return true;
  }
  if (tangents_ != nullptr) tangents_->leave(time_, states_.data());
  evaluator_.set_smooth_interval(time_, limit);
  if (tangents_ != nullptr) tangents_->enter(time_, states_.data());
  if (!keep_going(stepper_->restart(time_, states_.data(), limit))) return false;
  while (time_ < limit) {
    const Statistics so_far = stepper_->statistics();
    const StepOutcome outcome = stepper_->step(options_.max_steps - so_far.steps - so_far.rejected_steps);
    if (!keep_going(outcome)) return false;
    const double reached = stepper_->time();
    const auto remember = [&](double end) {
      delays_.remember(time_, end, [this](double time) { return states_at(time); }, evaluator_.parameters());
    };
    remember(reached);
    const double stop = look_for_events(time_, reached);
    if (stop < reached) {
      delays_.forget_after(time_);
      remember(stop);
    }
    record_until(stop);

    std::copy_n(states_at(stop), states_.size(), states_.begin());
    time_ = stop;
    if (tangents_ != nullptr) tangents_->moved(stop);
    if (triggered_) break;
  }
  return true;
}

/// Everything that happens at one instant, then the outputs that are asked for it.
bool Run::arrive() {
  if (!keep_going(events_.process(time_, states_, solution_.events))) return false;
  bool changed = events_.executed();
  if (next_action_ < actions_.size() && actions_[next_action_].time_h <= time_) {
    if (!apply_actions() || !keep_going(events_.process(time_, states_, solution_.events))) return false;
    changed = true;
  }
  if (!note_jump(changed)) return false;
  if (changed) switches_.update(evaluator_.parameters());
  while (next_output_ < problem_.output_times.size() && problem_.output_times[next_output_] <= time_) {
    record(problem_.output_times[next_output_++], states_.data(), TangentRun::Place::now);
  }
  return true;
}

bool Run::apply_actions() {
  for (; next_action_ < actions_.size() && actions_[next_action_].time_h <= time_; ++next_action_) {
    const Action& action = actions_[next_action_];
    const auto index = static_cast<std::size_t>(action.index);
    switch (action.kind) {
      case Action::Kind::add_to_state:
        states_[index] += action.value;
        break;
      case Action::Kind::add_to_rate:
        evaluator_.add_input(index, action.value);
        break;
      case Action::Kind::set_parameter:
        evaluator_.set_parameter(index, action.value);
        if (tangents_ != nullptr) tangents_->parameter_set(index);
        break;
    }
  }
  std::string fault = describe_non_finite(evaluator_.system(), states_.data(), "after a dose the value of");
  return keep_going(fault.empty() ? StepOutcome{} : StepOutcome{Status::not_finite, std::move(fault)});
}

/// Records the outputs before `time`, within the last step. Those at `time` wait for arrive() or the next
/// step.
void Run::record_until(double time) {
  while (next_output_ < problem_.output_times.size() && problem_.output_times[next_output_] < time) {
    const double wanted = problem_.output_times[next_output_++];
    record(wanted, states_at(wanted), TangentRun::Place::inside_step);
  }
}

void Run::record(double time, const double* states, TangentRun::Place place) {
  evaluator_.outputs(time, states, output_.data());
  solution_.times.push_back(time);
  solution_.outputs.insert(solution_.outputs.end(), output_.begin(), output_.end());
  solution_.states.insert(solution_.states.end(), states, states + states_.size());
  if (tangents_ != nullptr) tangents_->record(time, states, place);
}

}  // namespace

std::string_view describe(Status status) {
  switch (status) {
    case Status::success:
      return "the run reached its end";
    case Status::too_many_steps:
      return "the run needs more steps than allowed";
    case Status::step_too_small:
      return "the step size fell to the rounding of the time";
    case Status::not_finite:
      return "a value became infinite or undefined";
    case Status::event_failure:
      return "an event cannot be carried out";
  }
  throw std::logic_error("solve: unknown status");
}

Solution solve(const Problem& problem, const Options& options) {
  check(problem);
  return Run(problem, options, nullptr).execute();
}

TangentSolution solve_with_tangents(const Problem& problem, const TangentProblem& tangents,
                                    const Options& options) {
  check(problem);
  if (problem.kernel != &tangents.code->kernel()) throw std::logic_error("solve: kernel of another code");
  TangentRun beside(problem, tangents);
  TangentSolution result;
  result.solution = Run(problem, options, &beside).execute();
  result.output_tangents = std::move(beside.output_tangents);
  result.end = beside.now();
  // The kernel's outputs end in derivatives, which are part of the tangents above.
  const auto all = static_cast<std::size_t>(problem.kernel->programs().output_count);
  const auto kept = static_cast<std::size_t>(tangents.code->implementation().output_count);
  std::vector<double>& outputs = result.solution.outputs;
  for (std::size_t row = 0; row < result.solution.times.size(); ++row)
    for (std::size_t i = 0; i < kept; ++i) outputs[row * kept + i] = outputs[row * all + i];
  outputs.resize(result.solution.times.size() * kept);
  return result;
}

}  // namespace raad::solve
