#include "solve/events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

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

/// Relations inside triggers that are more than one relation.
std::vector<ir::NodeId> part_nodes(const ir::System& system) {
  std::vector<ir::NodeId> parts;
  std::set<ir::NodeId> seen;
  const auto visit = [&](const auto& self, ir::NodeId id, bool whole) -> void {
    const ir::Node& node = system.graph[id];
    if (node.kind != ir::Node::Kind::apply || !seen.insert(id).second) return;
    switch (node.operation) {
      case ir::Operation::less:
      case ir::Operation::less_equal:
      case ir::Operation::greater:
      case ir::Operation::greater_equal:
      case ir::Operation::equal:
      case ir::Operation::not_equal:
        if (!whole) parts.push_back(id);
        break;
      default:
        break;
    }
    for (std::size_t i = 0; i < node.operand_count; ++i) self(self, node.operands[i], false);
  };
  for (const ir::Event& event : system.events) visit(visit, event.trigger, true);
  return parts;
}

/// Times within a step at which triggers are looked at, its end included.
constexpr int k_looks_per_step = 4;

}  // namespace

Events::Events(Evaluator& evaluator, const Options& options)
    : evaluator_(evaluator),
      count_(evaluator.system().events.size()),
      triggers_(evaluator.system().graph, trigger_nodes(evaluator.system())),
      parts_(evaluator.system().graph, part_nodes(evaluator.system())),
      part_count_(part_nodes(evaluator.system()).size()),
      before_(count_, 0),
      now_(count_, 0) {
  for (const ir::Event& event : evaluator.system().events) {
    first_value_.push_back(value_count_);
    value_count_ += k_assignments + event.assignments.size();
  }
  if (options.event_order_seed)
    order_.emplace(base::StreamKey{*options.event_order_seed, 0, 0, base::purpose_of("order of events")});
}

void Events::evaluate_truths(double time, const double* states, std::vector<char>& truths) const {
  std::vector<double> values(count_);
  triggers_.evaluate(time, states, evaluator_.parameters_at(time, states).data(), values.data());
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

double Events::earliest_rise(double low, double high, const StatesAt& states_at) {
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

/// Where to look between `low` and `high`: at switches of parts of compound triggers, and at the end.
std::vector<double> Events::looks(double low, double high, const StatesAt& states_at) const {
  std::vector<double> times;
  if (part_count_ > 0) {
    std::vector<double> before(part_count_), after(part_count_), now(part_count_);
    const auto evaluate = [&](double time, std::vector<double>& truths) {
      const double* states = states_at(time);
      parts_.evaluate(time, states, evaluator_.parameters_at(time, states).data(), truths.data());
    };
    evaluate(low, before);
    evaluate(high, after);
    for (std::size_t part = 0; part < part_count_; ++part) {
      if (before[part] == after[part]) continue;
      times.push_back(locate_rise(low, high, [&](double time) {
        evaluate(time, now);
        const bool switched = now[part] == after[part];
        return Probe{switched, switched ? 1.0 : -1.0};
      }));
    }
    std::ranges::sort(times);
  }
  if (times.empty() || times.back() < high) times.push_back(high);
  return times;
}

std::optional<double> Events::first_rise(double from, double to, const StatesAt& states_at) {
  if (!any()) return std::nullopt;
  double low = from;
  for (int look = 1; look <= k_looks_per_step; ++look) {
    const double high = look == k_looks_per_step ? to : from + (to - from) * look / k_looks_per_step;
    for (const double time : looks(low, high, states_at)) {
      if (rises(time, states_at(time))) return earliest_rise(low, time, states_at);
      pass();
      low = time;
    }
  }
  return std::nullopt;
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
    Waiting waiting{e, time + own[k_delay], next_ticket_++, {}};
    if (listener_ != nullptr) listener_->triggered(e, waiting.ticket, time, states);
    if (event.use_values_from_trigger_time) {
      waiting.values.assign(own + k_assignments, own + k_assignments + event.assignments.size());
    }
    waiting_.push_back(std::move(waiting));
  }
  before_ = now_;
  return {};
}

double Events::priority_of(const Waiting& waiting, const std::vector<double>& values) const {
  const double value = values[first_value_[waiting.event] + k_priority];
  return std::isnan(value) ? -std::numeric_limits<double>::infinity() : value;
}

/// The due event of highest priority at the present state; among equals one that is drawn, else the first
/// declared, then the first triggered.
std::vector<Events::Waiting>::iterator Events::choose_due(double time, const double* states) {
  std::vector<double> values(value_count_);
  evaluator_.event_values(time, states, values.data());
  std::vector<std::vector<Waiting>::iterator> best;
  for (auto waiting = waiting_.begin(); waiting != waiting_.end(); ++waiting) {
    if (waiting->due > time) continue;
    const double priority = priority_of(*waiting, values);
    const double known = best.empty() ? priority : priority_of(*best.front(), values);
    if (priority > known) best.clear();
    if (priority >= known) best.push_back(waiting);
  }
  if (order_ && best.size() > 1)
    return best[static_cast<std::size_t>(order_->uniform() * static_cast<double>(best.size()))];
  return *std::ranges::min_element(best, {}, [](const auto& waiting) { return waiting->event; });
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
    if (listener_ != nullptr) listener_->executing(waiting.event, waiting.ticket, time, states.data());
    outcome = execute(waiting, time, states);
    if (outcome.status != Status::success) return outcome;
    if (listener_ != nullptr) listener_->executed(time, states.data());
    executed_ = true;
    records.push_back({time, static_cast<int>(waiting.event)});
  }
  return {Status::event_failure,
          fmt::format("event `{}` and others keep triggering each other without time passing",
                      evaluator_.system().events[static_cast<std::size_t>(records.back().event)].id)};
}

}  // namespace raad::solve
