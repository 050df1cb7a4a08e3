#include "solve/rosenbrock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "solve/step_control.hpp"

namespace raad::solve {

RosenbrockStep::RosenbrockStep(const RosenbrockTableau& tableau, Evaluator& evaluator)
    : tableau_(tableau),
      evaluator_(evaluator),
      pattern_(LuPattern::analyse(static_cast<int>(evaluator.state_count()),
                                  evaluator.system().jacobian.column_starts,
                                  evaluator.system().jacobian.rows)),
      lu_(pattern_) {
  const std::size_t n = evaluator.state_count();
  for (std::vector<double>* values :
       {&states_, &rates_, &time_derivative_, &stage_states_, &new_states_, &error_}) {
    values->assign(n, 0.0);
  }
  jacobian_.resize(static_cast<std::size_t>(evaluator.system().jacobian.nonzeros()));
  stages_.resize(n * static_cast<std::size_t>(tableau.stages));
  dense_.resize(n * tableau.dense.size());
}

void RosenbrockStep::linearise(double time, const std::vector<double>& states) {
  time_ = time;
  states_ = states;
  evaluator_.rates(time, states_.data(), rates_.data());
  evaluator_.jacobian(time, states_.data(), jacobian_.data());
  if (!evaluator_.autonomous()) evaluator_.time_derivative(time, states_.data(), time_derivative_.data());
}

void RosenbrockStep::stage(std::size_t i, double h) {
  const std::size_t n = states_.size();
  double* k = stages_.data() + i * n;
  if (i == 0) {
    std::ranges::copy(rates_, k);
  } else {
    std::ranges::copy(states_, stage_states_.begin());
    for (std::size_t j = 0; j < i; ++j) {
      const double a = tableau_.a[i][j];
      const double* earlier = stages_.data() + j * n;
      for (std::size_t s = 0; s < n; ++s) stage_states_[s] += a * earlier[s];
    }
    evaluator_.rates(time_ + tableau_.nodes[i] * h, stage_states_.data(), k);
    for (std::size_t j = 0; j < i; ++j) {
      const double c = tableau_.c[i][j] / h;
      const double* earlier = stages_.data() + j * n;
      for (std::size_t s = 0; s < n; ++s) k[s] += c * earlier[s];
    }
  }
  if (!evaluator_.autonomous() && tableau_.time_weights[i] != 0.0) {
    const double weight = tableau_.time_weights[i] * h;
    for (std::size_t s = 0; s < n; ++s) k[s] += weight * time_derivative_[s];
  }
  lu_.solve(k);
  ++solves_;
}

// Equations (S2) and (S3) of docs/theory/solvers.md.
void RosenbrockStep::attempt(double h) {
  lu_.factor(1.0 / (tableau_.gamma * h), jacobian_.data());
  ++factorisations_;
  dense_ready_ = false;
  const std::size_t n = states_.size();
  const std::size_t stages = static_cast<std::size_t>(tableau_.stages);
  for (std::size_t i = 0; i < stages; ++i) stage(i, h);
  new_states_ = states_;
  std::ranges::fill(error_, 0.0);
  for (std::size_t i = 0; i < stages; ++i) {
    const double weight = tableau_.weights[i], error_weight = tableau_.error_weights[i];
    const double* k = stages_.data() + i * n;
    for (std::size_t s = 0; s < n; ++s) new_states_[s] += weight * k[s];
    if (error_weight == 0.0) continue;
    for (std::size_t s = 0; s < n; ++s) error_[s] += error_weight * k[s];
  }
}

void RosenbrockStep::prepare_dense_output() {
  const std::size_t n = states_.size();
  std::ranges::fill(dense_, 0.0);
  for (std::size_t row = 0; row < tableau_.dense.size(); ++row) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(tableau_.stages); ++i) {
      const double weight = tableau_.dense[row][i];
      const double* k = stages_.data() + i * n;
      for (std::size_t s = 0; s < n; ++s) dense_[row * n + s] += weight * k[s];
    }
  }
  dense_ready_ = true;
}

void RosenbrockStep::interpolate(double s, double* states) {
  if (!dense_ready_) prepare_dense_output();
  const std::size_t n = states_.size();
  const double rest = 1.0 - s;
  for (std::size_t i = 0; i < n; ++i) {
    double inner = 0.0;
    for (std::size_t row = tableau_.dense.size(); row-- > 0;) inner = inner * s + dense_[row * n + i];
    states[i] = rest * states_[i] + s * (new_states_[i] + rest * inner);
  }
}

RosenbrockStepper::RosenbrockStepper(const RosenbrockTableau& tableau, Evaluator& evaluator,
                                     const Options& options)
    : tableau_(tableau),
      evaluator_(evaluator),
      options_(options),
      absolute_(absolute_tolerances(evaluator.system(), options)),
      step_(tableau, evaluator),
      states_(evaluator.state_count()) {}

/// Root mean square of values / (absolute + relative x greater of |state|, |other|).
// Equations (S4) and (S5) of docs/theory/solvers.md.
double RosenbrockStepper::norm(const std::vector<double>& values, const std::vector<double>& other) const {
  double sum = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double size = std::max(std::fabs(states_[i]), std::fabs(other[i]));
    const double scaled = values[i] / (absolute_[i] + options_.relative_tolerance * size);
    sum += scaled * scaled;
  }
  return values.empty() ? 0.0 : std::sqrt(sum / static_cast<double>(values.size()));
}

double RosenbrockStepper::first_step() {
  const std::vector<double>& rates = step_.rates();
  const double size = norm(states_, states_), speed = norm(rates, states_);
  const double probe = probe_step_h(size, speed);
  const std::size_t n = states_.size();
  std::vector<double> moved(n), change(n);
  for (std::size_t i = 0; i < n; ++i) moved[i] = states_[i] + probe * rates[i];
  evaluator_.rates(time_ + probe, moved.data(), change.data());
  for (std::size_t i = 0; i < n; ++i) change[i] = (change[i] - rates[i]) / probe;
  return first_step_h(probe, speed, norm(change, states_), tableau_.order);
}

StepOutcome RosenbrockStepper::restart(double time, const double* states, double limit) {
  time_ = previous_time_ = time;
  limit_ = limit;
  std::copy_n(states, states_.size(), states_.begin());
  step_.linearise(time_, states_);
  std::string fault = describe_non_finite(evaluator_.system(), step_.rates().data(), "rate of");
  if (!fault.empty()) return {Status::not_finite, std::move(fault)};
  linearised_ = true;
  proposed_ = first_step();
  return {};
}

std::string RosenbrockStepper::worst_state() const {
  std::size_t worst = 0;
  double greatest = -1.0;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const double scaled =
        std::fabs(step_.error()[i]) / (absolute_[i] + options_.relative_tolerance * std::fabs(states_[i]));
    if (scaled > greatest) {
      greatest = scaled;
      worst = i;
    }
  }
  return fmt::format("the error of `{}` stays above its tolerance", evaluator_.system().states[worst].id);
}

double RosenbrockStepper::trial_step() const {
  const double cap = options_.max_step_h;
  return step_towards(limit_ - time_, cap > 0.0 ? std::min(proposed_, cap) : proposed_);
}

void RosenbrockStepper::accept(double h, double factor) {
  proposed_ = next_step_h(h, proposed_, factor);
  previous_time_ = time_;
  time_ = h >= limit_ - time_ ? limit_ : time_ + h;
  states_ = step_.new_states();
  linearised_ = false;
  ++accepted_;
}

StepOutcome RosenbrockStepper::step(long tries_left) {
  if (!linearised_) {
    step_.linearise(time_, states_);
    linearised_ = true;
    std::string fault = describe_non_finite(evaluator_.system(), step_.rates().data(), "rate of");
    if (!fault.empty()) return {Status::not_finite, std::move(fault)};
  }
  double greatest_factor = k_greatest_factor;
  for (; tries_left > 0; --tries_left) {
    const double h = trial_step();
    step_.attempt(h);
    const double error = norm(step_.error(), step_.new_states());
    const bool finite = std::isfinite(error);
    const double wanted = wanted_factor(error, tableau_.error_order);
    if (finite && error <= 1.0) {
      accept(h, std::clamp(wanted, k_least_factor, greatest_factor));
      return {};
    }
    ++rejected_;
    greatest_factor = 1.0;  // no growth right after a rejection
    proposed_ = h * (finite ? std::max(wanted, k_least_factor) : k_least_factor);
    if (step_is_too_small(time_, proposed_)) {
      std::string fault = describe_non_finite(evaluator_.system(), step_.new_states().data(), "value of");
      if (!fault.empty()) return {Status::not_finite, std::move(fault)};
      return {Status::step_too_small, worst_state()};
    }
  }
  return {Status::too_many_steps, worst_state()};
}

void RosenbrockStepper::interpolate(double time, double* states) {
  const double length = time_ - previous_time_;
  step_.interpolate(length > 0.0 ? (time - previous_time_) / length : 1.0, states);
}

Statistics RosenbrockStepper::statistics() const {
  Statistics statistics;
  statistics.steps = accepted_;
  statistics.rejected_steps = rejected_;
  statistics.rate_evaluations = evaluator_.rate_evaluations();
  statistics.jacobian_evaluations = evaluator_.jacobian_evaluations();
  statistics.factorisations = step_.factorisations();
  statistics.solves = step_.solves();
  return statistics;
}

}  // namespace raad::solve
