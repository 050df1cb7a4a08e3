#include "solve/tangent_run.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace raad::solve {

namespace {

// A switch is located to neighbouring doubles; its two sides then agree to a few roundings of the time.
constexpr double k_same_instant = 1e-9;

void add_product(const ir::SparseNodes& matrix, const double* values, std::size_t column, double factor,
                 double* result) {
  if (factor == 0.0) return;
  for (int at = matrix.column_starts[column]; at < matrix.column_starts[column + 1]; ++at)
    result[matrix.rows[static_cast<std::size_t>(at)]] += values[at] * factor;
}

}  // namespace

Tangents tangents_at_start(const Problem& problem, const TangentProblem& given) {
  const auto& code = given.code->implementation();
  const auto& system = *code.system;
  Tangents made;
  made.direction_count = given.directions.size();
  made.parameters = given.directions;
  made.states.assign(made.direction_count, std::vector<double>(system.states.size(), 0.0));
  Partials formulas = code.parameter_formulas, initial = code.initial_states;
  formulas.evaluate(0.0, nullptr, problem.parameters.data());
  initial.evaluate(problem.start_h, nullptr, problem.parameters.data());
  for (std::size_t k = 0; k < made.direction_count; ++k) {
    for (std::size_t i = 0; i < system.parameters.size(); ++i)
      if (system.parameters[i].initial)
        made.parameters[k][i] = formulas.total(static_cast<int>(i), nullptr, made.parameters[k].data(), 0.0);
    if (!problem.initial_states.empty()) continue;
    for (std::size_t i = 0; i < system.states.size(); ++i)
      made.states[k][i] = initial.total(static_cast<int>(i), nullptr, made.parameters[k].data(), 0.0);
  }
  if (!given.initial_tangents.empty()) made.states = given.initial_tangents;
  return made;
}

TangentRun::TangentRun(const Problem& problem, const TangentProblem& tangents)
    : code_(tangents.code->implementation()),
      start_h_(problem.start_h),
      now_(tangents_at_start(problem, tangents)),
      events_(code_.events),
      switches_(code_.switches),
      last_execution_(std::numeric_limits<double>::quiet_NaN()) {
  if (code_.switch_values) switch_values_.push_back(*code_.switch_values);
  for (std::size_t k = 0; k < now_.direction_count; ++k) {
    bool moves = std::ranges::any_of(now_.states[k], [](double value) { return value != 0.0; });
    for (const int index : code_.active) {
      const auto at = static_cast<std::size_t>(index);
      moves = moves || (code_.read_by_runs[at] != 0 && now_.parameters[k][at] != 0.0);
    }
    if (moves && !code_.system->states.empty()) moving_.push_back(k);
  }
  jacobian_.resize(static_cast<std::size_t>(code_.system->jacobian.nonzeros()));
  parameter_jacobian_.resize(static_cast<std::size_t>(code_.parameter_jacobian.nonzeros()));
  outputs_.resize(static_cast<std::size_t>(code_.output_count) + code_.outputs.nodes.size());
  list_parameters();
}

/// Which columns of the parameter Jacobian count for each moving direction.
void TangentRun::list_parameters() {
  columns_.assign(moving_.size(), {});
  for (std::size_t m = 0; m < moving_.size(); ++m)
    for (std::size_t column = 0; column < code_.active.size(); ++column)
      if (const double factor = now_.parameters[moving_[m]][static_cast<std::size_t>(code_.active[column])];
          factor != 0.0)
        columns_[m].emplace_back(column, factor);
}

std::unique_ptr<Stepper> TangentRun::make_stepper(Evaluator& evaluator, const Options& options) {
  evaluator_ = &evaluator;
  if (evaluator.state_count() == 0) return solve::make_stepper(evaluator, options);
  auto made = std::make_unique<CvodesStepper>(evaluator, options, this);
  if (!moving_.empty()) stepper_ = made.get();
  return made;
}

void TangentRun::tangent_rates(double time, const double* states, const double* tangents, double* result) {
  evaluator_->jacobian(time, states, jacobian_.data());
  evaluator_->parameter_jacobian(time, states, parameter_jacobian_.data());
  const std::size_t n = code_.system->states.size();
  std::fill_n(result, n * moving_.size(), 0.0);
  for (std::size_t m = 0; m < moving_.size(); ++m, tangents += n, result += n) {
    for (std::size_t j = 0; j < n; ++j)
      add_product(code_.system->jacobian, jacobian_.data(), j, tangents[j], result);
    for (const auto& [column, factor] : columns_[m])
      add_product(code_.parameter_jacobian, parameter_jacobian_.data(), column, factor, result);
  }
}

std::vector<double> TangentRun::rates_at(double time, const double* states) {
  std::vector<double> rates(code_.system->states.size());
  evaluator_->rates(time, states, rates.data());
  return rates;
}

void TangentRun::leave(double time, const double* states) {
  switch_instants_.clear();
  const bool had_stretch = std::exchange(has_left_, true);
  if (!had_stretch || code_.switch_nodes.empty()) return;
  switches_.evaluate(time, nullptr, evaluator_->parameters().data());
  std::vector<double> sides(code_.switch_nodes.size());
  switch_values_.front().evaluate(time, nullptr, evaluator_->parameters().data(), sides.data());
  for (std::size_t i = 0; i < sides.size(); ++i) {
    const int row = static_cast<int>(i);
    const double by_time = switches_.total(row, nullptr, nullptr, 1.0);
    if (by_time == 0.0 || !(std::abs(sides[i] / by_time) <= k_same_instant * std::max(1.0, std::abs(time))))
      continue;
    std::vector<double> instants(now_.direction_count);
    for (std::size_t k = 0; k < instants.size(); ++k)
      instants[k] = -switches_.total(row, nullptr, now_.parameters[k].data(), 0.0) / by_time;
    if (std::ranges::all_of(instants, [](double one) { return one == 0.0; })) continue;
    switch_instants_ = std::move(instants);
    break;
  }
  if (!switch_instants_.empty()) rates_before_ = rates_at(time, states);
}

void TangentRun::enter(double time, const double* states) {
  if (!switch_instants_.empty()) {
    const auto after = rates_at(time, states);
    for (std::size_t k = 0; k < now_.direction_count; ++k)
      for (std::size_t i = 0; i < after.size(); ++i)
        now_.states[k][i] += (rates_before_[i] - after[i]) * switch_instants_[k];
  }
  if (stepper_ == nullptr) return;
  std::vector<double> begin;
  for (const std::size_t k : moving_) begin.insert(begin.end(), now_.states[k].begin(), now_.states[k].end());
  stepper_->set_tangents(std::move(begin));
}

void TangentRun::moved(double time) {
  if (stepper_ == nullptr) return;
  stepper_->tangents_at(time, inside_);
  const std::size_t n = code_.system->states.size();
  for (std::size_t m = 0; m < moving_.size(); ++m)
    std::copy_n(inside_.data() + m * n, n, now_.states[moving_[m]].data());
}

void TangentRun::parameter_set(std::size_t index) {
  for (auto& tangent : now_.parameters) tangent[index] = 0.0;
  list_parameters();
}

void TangentRun::record(double time, const double* states, Place place) {
  evaluator_->outputs(time, states, outputs_.data());
  if (place == Place::inside_step && stepper_ != nullptr) stepper_->tangents_at(time, inside_);
  const auto count = static_cast<std::size_t>(code_.output_count);
  const std::size_t directions = now_.direction_count;
  std::vector<double> totals(count);
  const std::size_t first = output_tangents.size();
  output_tangents.resize(first + count * directions);
  for (std::size_t k = 0; k < directions; ++k) {
    const double* tangent = now_.states[k].data();
    if (place == Place::inside_step)
      for (std::size_t m = 0; m < moving_.size(); ++m)
        if (moving_[m] == k) tangent = inside_.data() + m * code_.system->states.size();
    std::ranges::fill(totals, 0.0);
    add_total(code_.outputs, outputs_.data() + count, tangent, now_.parameters[k].data(), 0.0, totals.data());
    for (std::size_t i = 0; i < count; ++i) output_tangents[first + i * directions + k] = totals[i];
  }
}

std::vector<double> TangentRun::trigger_instants(std::size_t event, double time, const double* states) {
  std::vector<double> instants(now_.direction_count, 0.0);
  // What an event sets off at once moves with it; at the start nothing moves.
  if (time == last_execution_) return last_instants_;
  if (time <= start_h_) return instants;
  Partials& root = events_[event].root;
  root.evaluate(time, states, evaluator_->parameters().data());
  const double speed = root.total(0, rates_at(time, states).data(), nullptr, 1.0);
  for (std::size_t k = 0; k < instants.size(); ++k) {
    const double shift = root.total(0, now_.states[k].data(), now_.parameters[k].data(), 0.0);
    // A root that does not move with the parameters stays, however flat it is; 0/0 would be no number.
    if (shift != 0.0) instants[k] = -shift / speed;
  }
  return instants;
}

std::vector<double> TangentRun::carried(std::size_t direction, const std::vector<double>& rates,
                                        double instant) const {
  auto tangent = now_.states[direction];
  for (std::size_t i = 0; i < tangent.size(); ++i) tangent[i] += rates[i] * instant;
  return tangent;
}

std::vector<std::vector<double>> TangentRun::assignment_tangents(std::size_t event, double time,
                                                                 const double* states,
                                                                 const std::vector<double>& instants) {
  Partials& partials = events_[event].assignments;
  partials.evaluate(time, states, evaluator_->parameters().data());
  const auto rates = rates_at(time, states);
  std::vector<std::vector<double>> tangents(now_.direction_count);
  for (std::size_t k = 0; k < tangents.size(); ++k) {
    const auto along = carried(k, rates, instants[k]);
    for (std::size_t i = 0; i < code_.system->events[event].assignments.size(); ++i)
      tangents[k].push_back(
          partials.total(static_cast<int>(i), along.data(), now_.parameters[k].data(), instants[k]));
  }
  return tangents;
}

void TangentRun::triggered(std::size_t event, long ticket, double time, const double* states) {
  Trigger made;
  made.instants = trigger_instants(event, time, states);
  const ir::Event& meant = code_.system->events[event];
  if (meant.use_values_from_trigger_time)
    made.values = assignment_tangents(event, time, states, made.instants);
  if (meant.delay >= 0) {
    Partials& delay = events_[event].delay;
    delay.evaluate(time, states, evaluator_->parameters().data());
    const auto rates = rates_at(time, states);
    for (std::size_t k = 0; k < made.instants.size(); ++k)
      made.instants[k] += delay.total(0, carried(k, rates, made.instants[k]).data(),
                                      now_.parameters[k].data(), made.instants[k]);
  }
  waiting_[ticket] = std::move(made);
}

void TangentRun::executing(std::size_t event, long ticket, double time, const double* states) {
  executing_event_ = event;
  executing_ = std::move(waiting_.at(ticket));
  waiting_.erase(ticket);
  if (executing_.values.empty())
    executing_.values = assignment_tangents(event, time, states, executing_.instants);
  // States between before and after: along the moving instant.
  const auto rates = rates_at(time, states);
  for (std::size_t k = 0; k < now_.direction_count; ++k)
    now_.states[k] = carried(k, rates, executing_.instants[k]);
}

void TangentRun::executed(double time, const double* states) {
  const auto& assignments = code_.system->events[executing_event_].assignments;
  for (std::size_t k = 0; k < now_.direction_count; ++k)
    for (std::size_t i = 0; i < assignments.size(); ++i) {
      const bool state = assignments[i].target == ir::EventAssignment::Target::state;
      auto& tangent = state ? now_.states[k] : now_.parameters[k];
      tangent[static_cast<std::size_t>(assignments[i].index)] = executing_.values[k][i];
    }
  const auto rates = rates_at(time, states);
  for (std::size_t k = 0; k < now_.direction_count; ++k)
    now_.states[k] = carried(k, rates, -executing_.instants[k]);
  last_execution_ = time;
  last_instants_ = executing_.instants;
  list_parameters();
}

Tangents initial_tangents(const Problem& problem, const TangentProblem& tangents) {
  return tangents_at_start(problem, tangents);
}

std::vector<double> read_outputs(const Problem& problem, const TangentProblem& tangents,
                                 const std::vector<double>& times, const std::vector<double>& states,
                                 std::vector<double>& output_tangents) {
  const auto& code = tangents.code->implementation();
  const std::size_t n = code.system->states.size();
  const auto count = static_cast<std::size_t>(code.output_count);
  Evaluator evaluator(problem);
  const auto along = tangents_at_start(problem, tangents).parameters;
  const std::vector<double> at_rest(n, 0.0);
  std::vector<double> values(count + code.outputs.nodes.size()), totals(count), outputs;
  output_tangents.clear();
  for (std::size_t row = 0; row < times.size(); ++row) {
    evaluator.outputs(times[row], states.data() + row * n, values.data());
    outputs.insert(outputs.end(), values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count));
    const std::size_t first = output_tangents.size();
    output_tangents.resize(first + count * along.size());
    for (std::size_t k = 0; k < along.size(); ++k) {
      std::ranges::fill(totals, 0.0);
      add_total(code.outputs, values.data() + count, at_rest.data(), along[k].data(), 0.0, totals.data());
      for (std::size_t i = 0; i < count; ++i) output_tangents[first + i * along.size() + k] = totals[i];
    }
  }
  return outputs;
}

std::vector<std::vector<double>> tangent_rates(const Problem& problem, const TangentProblem& tangents,
                                               double time, const double* states, const Tangents& at) {
  const auto& code = tangents.code->implementation();
  const auto& system = *code.system;
  Evaluator evaluator(problem);
  std::vector<double> jacobian(static_cast<std::size_t>(system.jacobian.nonzeros()));
  std::vector<double> by_parameter(static_cast<std::size_t>(code.parameter_jacobian.nonzeros()));
  evaluator.jacobian(time, states, jacobian.data());
  evaluator.parameter_jacobian(time, states, by_parameter.data());
  std::vector<std::vector<double>> result(at.direction_count, std::vector<double>(system.states.size(), 0.0));
  for (std::size_t k = 0; k < at.direction_count; ++k) {
    for (std::size_t j = 0; j < system.states.size(); ++j)
      add_product(system.jacobian, jacobian.data(), j, at.states[k][j], result[k].data());
    for (std::size_t column = 0; column < code.active.size(); ++column)
      add_product(code.parameter_jacobian, by_parameter.data(), column,
                  at.parameters[k][static_cast<std::size_t>(code.active[column])], result[k].data());
  }
  return result;
}

}  // namespace raad::solve
