#include "solve/lane_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "solve/step_control.hpp"

namespace raad::solve {

LaneRun::LaneRun(const LaneMethod& method, const Ensemble& ensemble, SubjectStream& stream)
    : method_(method),
      stream_(stream),
      group_(method),
      errors_(method.width),
      distances_(method.width),
      norms_(2 * method.width) {
  lanes_.reserve(method.width);
  for (std::size_t at = 0; at < method.width; ++at)
    lanes_.push_back(Lane{.course = LaneCourse(method, ensemble, group_, at), .statistics = {}});
}

void LaneRun::run() {
  while (prepare()) step();
}

/// Brings every lane to where it can step. False when no lane has anything left to do.
bool LaneRun::prepare() {
  const auto any = [&](Phase phase) {
    return std::ranges::any_of(lanes_, [&](const Lane& lane) { return lane.phase == phase; });
  };
  while ((any(Phase::idle) && refill()) || any(Phase::arriving)) {
    if (any(Phase::starting)) start_subjects();
    arrive_all();
    record_at_instant();
    for (std::size_t at = 0; at < lanes_.size(); ++at)
      if (lanes_[at].phase == Phase::arriving) leave_instant(lanes_[at], at);
  }
  return any(Phase::restarting) || any(Phase::stepping);
}

/// False when no lane got a subject.
bool LaneRun::refill() {
  bool filled = false;
  for (Lane& lane : lanes_) {
    if (lane.phase != Phase::idle || exhausted_) continue;
    if (!stream_.next(subject_)) {
      exhausted_ = true;
      break;
    }
    lane.course.begin(subject_);
    lane.phase = Phase::starting;
    lane.statistics = {};
    filled = true;
  }
  return filled;
}

void LaneRun::start_subjects() {
  group_.hoist();
  const double* initial = group_.initial_states();
  for (std::size_t at = 0; at < lanes_.size(); ++at) {
    Lane& lane = lanes_[at];
    if (lane.phase != Phase::starting) continue;
    for (std::size_t i = 0; i < method_.state_count; ++i)
      group_.set_state(i, at, initial[i * group_.width() + at]);
    lane.phase = Phase::arriving;
    const StepOutcome outcome = lane.course.start();
    if (outcome.status != Status::success) finish(at, outcome);
  }
}

void LaneRun::arrive_all() {
  bool parameters_changed = false;
  for (std::size_t at = 0; at < lanes_.size(); ++at) {
    if (lanes_[at].phase != Phase::arriving) continue;
    const StepOutcome outcome = lanes_[at].course.arrive(parameters_changed);
    if (outcome.status != Status::success) finish(at, outcome);
  }
  if (parameters_changed) group_.hoist();
}

void LaneRun::record_at_instant() {
  bool evaluated = false;
  for (Lane& lane : lanes_) {
    if (lane.phase != Phase::arriving) continue;
    while (lane.course.next_output_h() <= lane.course.time_h()) {
      if (!std::exchange(evaluated, true)) group_.outputs_at_start();
      lane.course.record_output();
    }
  }
}

void LaneRun::leave_instant(Lane& lane, std::size_t at) {
  if (lane.course.ended()) {
    finish(at, {});
    return;
  }
  lane.limit_h = lane.course.next_stop();
  if (lane.course.skip_sliver(lane.limit_h)) return;
  group_.set_smooth_interval(at, lane.course.time_h(), lane.limit_h);
  lane.phase = Phase::restarting;
}

void LaneRun::step() {
  group_.linearise();
  find_first_steps();
  for (std::size_t at = 0; at < lanes_.size(); ++at) {
    Lane& lane = lanes_[at];
    lane.accepted = false;
    if (lane.phase != Phase::stepping) continue;
    lane.step_h = trial_step(lane);
    group_.set_value(k_value_step, at, lane.step_h);
  }
  group_.attempt(errors_.data(), distances_.data());
  for (std::size_t at = 0; at < lanes_.size(); ++at)
    if (lanes_[at].phase == Phase::stepping) judge(at);
  record_within_step();
  advance();
}

/// Starting steps of the lanes that begin a smooth stretch (docs/theory/solvers.md, section 2.3).
void LaneRun::find_first_steps() {
  bool needed = false;
  std::vector<double> rates(method_.state_count);
  for (std::size_t at = 0; at < lanes_.size(); ++at) {
    if (lanes_[at].phase != Phase::restarting) continue;
    group_.copy_first_rates(at, rates.data());
    std::string fault = describe_non_finite(method_.reduced.system, rates.data(), "rate of");
    if (!fault.empty())
      finish(at, {Status::not_finite, std::move(fault)});
    else
      needed = true;
  }
  if (!needed) return;
  group_.start_norms(norms_.data());
  const double* speeds = norms_.data() + group_.width();
  std::vector<double> trials(group_.width());
  for (std::size_t at = 0; at < group_.width(); ++at) {
    trials[at] = probe_step_h(norms_[at], speeds[at]);
    group_.set_value(k_value_probe_step, at, trials[at]);
  }
  group_.probe_curvature(errors_.data());
  for (std::size_t at = 0; at < lanes_.size(); ++at) {
    Lane& lane = lanes_[at];
    if (lane.phase != Phase::restarting) continue;
    lane.proposed_h = first_step_h(trials[at], speeds[at], errors_[at], method_.tableau.order);
    lane.greatest_factor = k_greatest_factor;
    lane.phase = Phase::stepping;
  }
}

double LaneRun::trial_step(const Lane& lane) const {
  const double cap = method_.options.max_step_h;
  return step_towards(lane.limit_h - lane.course.time_h(),
                      cap > 0.0 ? std::min(lane.proposed_h, cap) : lane.proposed_h);
}

/// Accepts or rejects the attempt of one lane.
void LaneRun::judge(std::size_t at) {
  Lane& lane = lanes_[at];
  Statistics& work = lane.statistics;
  const auto stages = static_cast<long>(method_.tableau.stages);
  work.rate_evaluations += stages;
  work.jacobian_evaluations += 1;
  work.factorisations += 1;
  work.solves += stages;
  const double error = errors_[at];
  const bool finite = std::isfinite(error);
  const double wanted = wanted_factor(error, method_.tableau.error_order);
  if (!finite || error > 1.0 || distances_[at] < 0.0) {
    reject(at, finite, distances_[at] < 0.0 ? std::min(wanted, k_guard_factor) : wanted);
    return;
  }
  ++work.steps;
  lane.accepted = true;
  const double factor = std::clamp(wanted, k_least_factor, lane.greatest_factor);
  lane.greatest_factor = k_greatest_factor;
  lane.proposed_h = next_step_h(lane.step_h, lane.proposed_h, factor);
  const double remaining = lane.limit_h - lane.course.time_h();
  lane.reached_h = lane.stop_h = lane.step_h >= remaining ? lane.limit_h : lane.course.time_h() + lane.step_h;
}

void LaneRun::reject(std::size_t at, bool finite, double wanted) {
  Lane& lane = lanes_[at];
  ++lane.statistics.rejected_steps;
  lane.greatest_factor = 1.0;  // No growth right after a rejection.
  lane.proposed_h = lane.step_h * (finite ? std::clamp(wanted, k_least_factor, 1.0) : k_least_factor);
  if (step_is_too_small(lane.course.time_h(), lane.proposed_h)) {
    std::vector<double> values(method_.state_count);
    group_.copy_first_rates(at, values.data());
    std::string fault = describe_non_finite(method_.reduced.system, values.data(), "rate of");
    if (fault.empty()) {
      group_.copy_new_states(at, values.data());
      fault = describe_non_finite(method_.reduced.system, values.data(), "value of");
    }
    if (!fault.empty())
      finish(at, {Status::not_finite, std::move(fault)});
    else
      finish(at, {Status::step_too_small, worst_state(at)});
    return;
  }
  if (lane.statistics.steps + lane.statistics.rejected_steps >= method_.options.max_steps)
    finish(at, {Status::too_many_steps, worst_state(at)});
}

/// Finds events within the accepted steps and files the outputs up to them.
void LaneRun::record_within_step() {
  const bool events = method_.lane_kernel != nullptr;
  const bool needed = std::ranges::any_of(lanes_, [&](const Lane& lane) {
    return lane.accepted && (events || lane.course.next_output_h() < lane.reached_h);
  });
  if (!needed) return;
  group_.prepare_dense_output();
  for (Lane& lane : lanes_)
    if (lane.accepted) lane.stop_h = lane.course.look_for_events(lane.reached_h, lane.triggered);
  for (;;) {
    bool any = false;
    for (std::size_t at = 0; at < lanes_.size(); ++at) {
      const Lane& lane = lanes_[at];
      const double wanted = lane.course.next_output_h();
      if (!lane.accepted || !(wanted < lane.stop_h)) continue;
      const double start = lane.course.time_h();
      group_.set_value(k_value_fraction, at, (wanted - start) / (lane.reached_h - start));
      group_.set_time(at, wanted);
      any = true;
    }
    if (!any) return;
    group_.outputs_within_step();
    for (Lane& lane : lanes_)
      if (lane.accepted && lane.course.next_output_h() < lane.stop_h) lane.course.record_output();
  }
}

/// Moves the accepted lanes to where their steps, or events within them, have brought them.
void LaneRun::advance() {
  for (std::size_t at = 0; at < lanes_.size(); ++at)
    group_.set_value(k_value_accepted, at, lanes_[at].accepted ? 1.0 : 0.0);
  group_.commit();
  for (std::size_t at = 0; at < lanes_.size(); ++at) {
    Lane& lane = lanes_[at];
    if (!lane.accepted) continue;
    if (std::exchange(lane.triggered, false)) {
      const auto& states = lane.course.event_states();
      for (std::size_t i = 0; i < states.size(); ++i) group_.set_state(i, at, states[i]);
      lane.phase = Phase::arriving;
    }
    lane.course.move_to(lane.stop_h);
    group_.set_time(at, lane.stop_h);
    if (lane.stop_h >= lane.limit_h) lane.phase = Phase::arriving;
    const long tried = lane.statistics.steps + lane.statistics.rejected_steps;
    if (lane.phase == Phase::stepping && tried >= method_.options.max_steps)
      finish(at, {Status::too_many_steps, worst_state(at)});
  }
}

std::string LaneRun::worst_state(std::size_t at) const {
  if (method_.state_count == 0) return "there is no state";
  return fmt::format("the error of `{}` stays above its tolerance",
                     method_.reduced.system.states[group_.worst_state(at)].id);
}

void LaneRun::finish(std::size_t at, const StepOutcome& outcome) {
  Lane& lane = lanes_[at];
  std::string message;
  if (outcome.status != Status::success)
    message =
        fmt::format("at time {}: {} ({})", lane.course.time_h(), outcome.reason, describe(outcome.status));
  stream_.finished(lane.course.result(outcome.status, std::move(message), lane.statistics));
  lane.phase = Phase::idle;
  lane.accepted = false;
}

}  // namespace raad::solve
