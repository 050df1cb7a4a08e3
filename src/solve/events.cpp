#include "solve/events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace raad::solve {

namespace {

// Layout of an event's part of Routine::event_values.
constexpr std::size_t k_delay = 0, k_priority = 1, k_assignments = 2;

// Executions at one instant after which the model is taken to chase its own tail. Real cascades have a
// handful.
constexpr int k_most_executions_at_once = 10'000;

std::vector<ir::NodeId> trigger_nodes(const ir::System& system) {
  std::vector<ir::NodeId> nodes;
  for (const ir::Event& event : system.events) nodes.push_back(event.trigger);
  return nodes;
}

}  // namespace

Events::Events(Evaluator& evaluator)
    : evaluator_(evaluator),
      count_(evaluator.system().events.size()),
      triggers_(evaluator.system().graph, trigger_nodes(evaluator.system())),
      before_(count_, 0),
      now_(count_, 0) {
  for (const ir::Event& event : evaluator.system().events) {
    first_value_.push_back(value_count_);
    value_count_ += k_assignments + event.assignments.size();
  }
}

void Events::evaluate_truths(double time, const double* states, std::vector<char>& truths) const {
  std::vector<double> values(count_);
  triggers_.evaluate(time, states, evaluator_.parameters().data(), values.data());
  for (std::size_t e = 0; e < count_; ++e) truths[e] = values[e] != 0.0 ? 1 : 0;
}

void Events::start(double time, const double* states) {
  if (!any()) return;
  evaluate_truths(time, states, before_);
  for (std::size_t e = 0; e < count_; ++e) {
    if (evaluator_.system().events[e].fire_at_start_if_true) before_[e] = 0;
  }
}

bool Events::rises(double time, const double* states) {
  evaluate_truths(time, states, now_);
  for (std::size_t e = 0; e < count_; ++e) {
    if (!before_[e] && now_[e]) return true;
  }
  return false;
}

void Events::cancel_fallen(const std::vector<char>& now) {
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    return !evaluator_.system().events[waiting.event].persistent && before_[waiting.event] &&
           !now[waiting.event];
  });
}

void Events::pass() {
  cancel_fallen(now_);
  before_ = now_;
}

double Events::earliest_rise(double low, double high, const std::function<const double*(double)>& states_at) {
  std::vector<char> truths(count_);
  std::vector<double> roots(count_);
  std::vector<std::size_t> risen;
  for (std::size_t e = 0; e < count_; ++e) {
    if (!before_[e] && now_[e]) risen.push_back(e);
  }
  double earliest = high;
  for (std::size_t e : risen) {
    const auto probe = [&](double time) {
      const double* states = states_at(time);
      evaluate_truths(time, states, truths);
      evaluator_.event_roots(time, states, roots.data());
      return Probe{truths[e] != 0, roots[e]};
    };
    // An earlier event may have narrowed the search to where this one is still false: then it is not the
    // first.
    if (earliest < high && !probe(earliest).truth) continue;
    earliest = locate_rise(low, earliest, probe);
  }
  return earliest;
}

double Events::next_due() const {
  double due = std::numeric_limits<double>::infinity();
  for (const Waiting& waiting : waiting_) due = std::min(due, waiting.due);
  return due;
}

StepOutcome Events::queue_triggered(double time, const double* states) {
  evaluate_truths(time, states, now_);
  cancel_fallen(now_);
  std::vector<double> values;
  for (std::size_t e = 0; e < count_; ++e) {
    if (before_[e] || !now_[e]) continue;
    if (values.empty()) {
      values.resize(value_count_);
      evaluator_.event_values(time, states, values.data());
    }
    const ir::Event& event = evaluator_.system().events[e];
    const double* own = values.data() + first_value_[e];
    if (!(own[k_delay] >= 0.0)) {
      return {Status::event_failure, fmt::format("the delay of event `{}` is {}", event.id, own[k_delay])};
    }
    Waiting waiting{e, time + own[k_delay], {}};
    if (event.use_values_from_trigger_time) {
      waiting.values.assign(own + k_assignments, own + k_assignments + event.assignments.size());
    }
    waiting_.push_back(std::move(waiting));
  }
  before_ = now_;
  return {};
}

/// The due event of highest priority at the present state; among equals the first declared, then the first
/// triggered.
std::vector<Events::Waiting>::iterator Events::choose_due(double time, const double* states) {
  auto chosen = waiting_.end();
  std::vector<double> values(value_count_);
  evaluator_.event_values(time, states, values.data());
  const auto priority = [&](const Waiting& waiting) {
    const double value = values[first_value_[waiting.event] + k_priority];
    return std::isnan(value) ? -std::numeric_limits<double>::infinity() : value;
  };
  for (auto waiting = waiting_.begin(); waiting != waiting_.end(); ++waiting) {
    if (waiting->due > time) continue;
    const bool better = chosen == waiting_.end() || priority(*waiting) > priority(*chosen) ||
                        (priority(*waiting) == priority(*chosen) && waiting->event < chosen->event);
    if (better) chosen = waiting;
  }
  return chosen;
}

StepOutcome Events::execute(const Waiting& waiting, double time, std::vector<double>& states) {
  const ir::Event& event = evaluator_.system().events[waiting.event];
  std::vector<double> values = waiting.values;
  if (!event.use_values_from_trigger_time) {
    std::vector<double> all(value_count_);
    evaluator_.event_values(time, states.data(), all.data());
    const auto own = all.begin() + static_cast<std::ptrdiff_t>(first_value_[waiting.event] + k_assignments);
    values.assign(own, own + static_cast<std::ptrdiff_t>(event.assignments.size()));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const ir::EventAssignment& assignment = event.assignments[i];
    const auto index = static_cast<std::size_t>(assignment.index);
    if (assignment.target == ir::EventAssignment::Target::parameter) {
      evaluator_.set_parameter(index, values[i]);
    } else if (std::isfinite(values[i])) {
      states[index] = values[i];
    } else {
      return {Status::not_finite, fmt::format("event `{}` sets `{}` to {}", event.id,
                                              evaluator_.system().states[index].id, values[i])};
    }
  }
  return {};
}

StepOutcome Events::process(double time, std::vector<double>& states, std::vector<EventRecord>& records) {
  executed_ = false;
  if (!any()) return {};
  for (int executions = 0; executions < k_most_executions_at_once; ++executions) {
    StepOutcome outcome = queue_triggered(time, states.data());
    if (outcome.status != Status::success) return outcome;
    if (next_due() > time) return {};
    const auto chosen = choose_due(time, states.data());
    const Waiting waiting = *chosen;
    waiting_.erase(chosen);
    outcome = execute(waiting, time, states);
    if (outcome.status != Status::success) return outcome;
    executed_ = true;
    records.push_back({time, static_cast<int>(waiting.event)});
  }
  return {Status::event_failure,
          fmt::format("event `{}` and others keep triggering each other without time passing",
                      evaluator_.system().events[static_cast<std::size_t>(records.back().event)].id)};
}

}  // namespace raad::solve
