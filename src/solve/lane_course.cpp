#include "solve/lane_course.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>

#include "solve/step_control.hpp"

namespace raad::solve {
namespace {

std::vector<int> places_of(const std::vector<int>& kept, std::size_t whole_count) {
  std::vector<int> places(whole_count, -1);
  for (std::size_t k = 0; k < kept.size(); ++k)
    places[static_cast<std::size_t>(kept[k])] = static_cast<int>(k);
  return places;
}

}  // namespace

LaneCourse::LaneCourse(const LaneMethod& method, const Ensemble& ensemble, LaneGroup& group, std::size_t lane)
    : method_(method),
      ensemble_(ensemble),
      group_(group),
      lane_(lane),
      state_places_(places_of(method.reduced.states, ensemble.system->states.size())),
      parameter_places_(places_of(method.reduced.parameters, ensemble.system->parameters.size())),
      parameters_(method.assumed_parameters),
      states_(method.state_count),
      scratch_(method.state_count),
      outputs_(method.output_times.size() * method.output_count),
      switches_(method.reduced.system.graph, 0.0, 0.0) {}

std::size_t LaneCourse::reduced_state(int index) const {
  const int place = state_places_[static_cast<std::size_t>(index)];
  if (place < 0 || !ensemble_.acted_states[static_cast<std::size_t>(index)])
    throw std::logic_error("ensemble: action on a state that is not declared as acted on");
  return static_cast<std::size_t>(place);
}

std::size_t LaneCourse::reduced_parameter(int index) const {
  const int place = parameter_places_[static_cast<std::size_t>(index)];
  if (place < 0) throw std::logic_error("ensemble: action on a parameter that is not declared as varying");
  return static_cast<std::size_t>(place);
}

void LaneCourse::withdraw_guard() {
  group_.set_value(k_value_guard, lane_, std::numeric_limits<double>::infinity());
}

/// The guard was derived for parameters of certain signs.
void LaneCourse::set_parameter(std::size_t parameter, double value) {
  parameters_[parameter] = value;
  group_.set_parameter(parameter, lane_, value);
  const double assumed = method_.assumed_parameters[parameter];
  if ((value > 0.0) != (assumed > 0.0) || (value < 0.0) != (assumed < 0.0)) withdraw_guard();
}

void LaneCourse::begin(Subject& subject) {
  std::swap(subject_, subject);
  for (std::size_t i = 0; i < ensemble_.parameters.size(); ++i) {
    // What was folded into the code cannot differ. Bits, so that a NaN equals itself.
    if (!ensemble_.varying_parameters[i] && std::bit_cast<std::uint64_t>(subject_.parameters[i]) !=
                                                std::bit_cast<std::uint64_t>(ensemble_.parameters[i]))
      throw std::logic_error("ensemble: a subject differs in a parameter that is not declared as varying");
  }
  std::ranges::stable_sort(subject_.actions, {}, &Action::time_h);
  time_ = subject_.start_h;
  next_action_ = next_output_ = 0;
  records_.clear();
  inputs_.reset(method_.state_count);
  std::ranges::fill(outputs_, std::numeric_limits<double>::quiet_NaN());
  group_.set_value(k_value_guard, lane_, 0.0);
  group_.set_time(lane_, time_);
  for (std::size_t k = 0; k < method_.reduced.parameters.size(); ++k)
    set_parameter(k, subject_.parameters[static_cast<std::size_t>(method_.reduced.parameters[k])]);
  for (std::size_t k = method_.reduced.parameters.size(); k < parameters_.size(); ++k) {
    parameters_[k] = 0.0;  // No infusion runs.
    group_.set_parameter(k, lane_, 0.0);
  }
  switches_.start(subject_.start_h, method_.end_h);
}

StepOutcome LaneCourse::start() {
  group_.copy_states(lane_, states_.data());
  const ir::System& system = method_.reduced.system;
  std::string fault = describe_non_finite(system, states_.data(), "initial value of");
  if (!fault.empty()) return {Status::not_finite, std::move(fault)};
  for (std::size_t i = 0; i < states_.size(); ++i)
    if (states_[i] < 0.0 && std::isfinite(method_.guards[i])) withdraw_guard();
  if (method_.lane_kernel) {
    Problem problem;
    problem.system = &system;
    problem.kernel = method_.lane_kernel.get();
    problem.parameters = parameters_;
    evaluator_ = std::make_unique<Evaluator>(problem);
    events_ = std::make_unique<Events>(*evaluator_, method_.options);
    events_->start(time_, states_.data());
  }
  switches_.update(parameters_);
  return {};
}

double LaneCourse::next_stop() const {
  double stop = std::min(method_.end_h, switches_.next(time_));
  if (events_) stop = std::min(stop, events_->next_due());
  if (next_action_ < subject_.actions.size()) stop = std::min(stop, subject_.actions[next_action_].time_h);
  return stop;
}

bool LaneCourse::skip_sliver(double limit) {
  if (!is_same_instant(time_, limit)) return false;
  time_ = limit;
  return true;
}

StepOutcome LaneCourse::process_events(bool& changed) {
  if (!events_) return {};
  StepOutcome outcome = events_->process(time_, states_, records_);
  changed = changed || events_->executed();
  return outcome;
}

StepOutcome LaneCourse::apply_actions(bool& parameters_changed) {
  for (; next_action_ < subject_.actions.size() && subject_.actions[next_action_].time_h <= time_;
       ++next_action_) {
    const Action& action = subject_.actions[next_action_];
    if (action.kind == Action::Kind::set_parameter) {
      const std::size_t parameter = reduced_parameter(action.index);
      set_parameter(parameter, action.value);
      if (evaluator_) evaluator_->set_parameter(parameter, action.value);
      parameters_changed = true;
      continue;
    }
    const std::size_t state = reduced_state(action.index);
    if (action.kind == Action::Kind::add_to_state) {
      states_[state] += action.value;
      if (states_[state] < 0.0) withdraw_guard();
      continue;
    }
    const int input = method_.reduced.input_of_state[state];
    if (input < 0) throw std::logic_error("ensemble: action on a state that is not declared as acted on");
    const double sum = inputs_.add(state, action.value);
    if (sum < 0.0) withdraw_guard();
    parameters_[static_cast<std::size_t>(input)] = sum;
    group_.set_parameter(static_cast<std::size_t>(input), lane_, sum);
    if (evaluator_) evaluator_->set_parameter(static_cast<std::size_t>(input), sum);
  }
  std::string fault =
      describe_non_finite(method_.reduced.system, states_.data(), "after a dose the value of");
  return fault.empty() ? StepOutcome{} : StepOutcome{Status::not_finite, std::move(fault)};
}

StepOutcome LaneCourse::arrive(bool& parameters_changed) {
  const bool due = next_action_ < subject_.actions.size() && subject_.actions[next_action_].time_h <= time_;
  group_.set_time(lane_, time_);
  if (!events_ && !due) return {};
  group_.copy_states(lane_, states_.data());
  bool events_changed = false, actions_changed = false;
  StepOutcome outcome = process_events(events_changed);
  if (outcome.status == Status::success && due) {
    outcome = apply_actions(actions_changed);
    if (outcome.status == Status::success) outcome = process_events(events_changed);
  }
  for (std::size_t i = 0; i < states_.size(); ++i) group_.set_state(i, lane_, states_[i]);
  if (events_changed)
    for (std::size_t k = 0; k < method_.reduced.parameters.size(); ++k)
      set_parameter(k, evaluator_->parameters()[k]);
  if (events_changed || actions_changed) switches_.update(parameters_);
  parameters_changed = parameters_changed || events_changed || actions_changed;
  return outcome;
}

double LaneCourse::look_for_events(double reached, bool& triggered) {
  triggered = false;
  if (!events_) return reached;
  const double from = time_, length = reached - from;
  const auto states_at = [&](double time) -> const double* {
    if (time >= reached)
      group_.copy_new_states(lane_, scratch_.data());
    else
      group_.interpolate_lane(lane_, (time - from) / length, scratch_.data());
    return scratch_.data();
  };
  const auto rise = events_->first_rise(from, reached, states_at);
  if (!rise) return reached;
  triggered = true;
  states_at(*rise);
  return *rise;
}

double LaneCourse::next_output_h() const {
  return next_output_ < method_.output_times.size() ? method_.output_times[next_output_]
                                                    : std::numeric_limits<double>::infinity();
}

void LaneCourse::record_output() {
  double* to = outputs_.data() + next_output_ * method_.output_count;
  for (std::size_t k = 0; k < method_.output_count; ++k) to[k] = group_.output(k, lane_);
  ++next_output_;
}

SubjectResult LaneCourse::result(Status status, std::string message, const Statistics& statistics) const {
  return {subject_.id, status, std::move(message), outputs_.data(), statistics};
}

}  // namespace raad::solve
