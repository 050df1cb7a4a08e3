#include "solve/evaluator.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace raad::solve {

using codegen::Routine;

namespace {

/// Whether a routine's results are all the constant 0.
bool all_zero(const codegen::Program& program) {
  return std::ranges::all_of(program.results, [&](std::int32_t slot) {
    if (slot < 0 || static_cast<std::size_t>(slot) >= program.inputs.size()) return false;
    const codegen::Program::Input& input = program.inputs[static_cast<std::size_t>(slot)];
    return input.kind == codegen::Program::Input::Kind::constant && input.value == 0.0;
  });
}

/// x^0.5 at x = 0 has a finite value and an infinite slope. Both integrators need slopes only to be fast,
/// their error tests hold without them; with an infinite one no step of any length would work.
void leave_out_infinite(double* slopes, std::size_t count) {
  std::replace_if(slopes, slopes + count, [](double slope) { return !std::isfinite(slope); }, 0.0);
}

void require(bool condition, const char* message) {
  if (!condition) throw std::logic_error(message);
}

}  // namespace

Evaluator::Evaluator(const Problem& problem)
    : system_(problem.system), kernel_(problem.kernel), parameters_(problem.parameters) {
  require(system_ != nullptr && kernel_ != nullptr, "solve: problem without system or kernel");
  require(kernel_->width() == 1, "solve: the kernel must have width 1");
  const codegen::Programs& programs = kernel_->programs();
  state_count_ = system_->states.size();
  output_count_ = static_cast<std::size_t>(programs.output_count);
  require(static_cast<std::size_t>(programs.state_count) == state_count_, "solve: kernel of another system");
  require(parameters_.size() == system_->parameters.size(), "solve: wrong number of parameters");
  require(programs.jacobian_nonzeros == system_->jacobian.nonzeros(), "solve: kernel of another system");
  autonomous_ = all_zero(programs[Routine::time_derivative]);
  hoisted_.resize(static_cast<std::size_t>(programs.hoisted_count));
  inputs_.assign(state_count_, 0.0);
  running_.reset(state_count_);
  refresh_hoisted();
}

void Evaluator::set_parameter(std::size_t index, double value) {
  parameters_[index] = value;
  refresh_hoisted();
}

double RunningInputs::add(std::size_t state, double rate) {
  std::vector<double>& running = contributions_[state];
  const auto opposite = std::ranges::find(running, -rate);
  if (opposite != running.end()) {
    running.erase(opposite);
  } else {
    running.push_back(rate);
  }
  return std::accumulate(running.begin(), running.end(), 0.0);
}

void Evaluator::add_input(std::size_t state, double rate) {
  inputs_[state] = running_.add(state, rate);
}

void Evaluator::set_smooth_interval(double begin, double end) {
  first_time_ = std::nextafter(begin, end);
  last_time_ = std::max(first_time_, std::nextafter(end, begin));
  if (delays_ != nullptr) delays_->set_smooth_interval(begin, end);
}

double Evaluator::inside(double time) const {
  return std::clamp(time, first_time_, last_time_);
}

void Evaluator::take_past(double time, const double* states, Delays::Side side) const {
  if (delays_ == nullptr) return;
  delays_->put(time, states, side, parameters_);
  refresh_hoisted();
}

const std::vector<double>& Evaluator::parameters_at(double time, const double* states) const {
  take_past(time, states, Delays::Side::after);
  return parameters_;
}

void Evaluator::run(Routine routine, double time, const double* states, double* result) const {
  kernel_->run(routine, {&time, states, parameters_.data(), hoisted_.data()}, result);
}

/// On the side of every jump on which the smooth interval lies.
void Evaluator::run_inside(Routine routine, double time, const double* states, double* result) const {
  take_past(time, states, Delays::Side::within);
  run(routine, inside(time), states, result);
}

void Evaluator::refresh_hoisted() const {
  // Hoisted values depend on parameters only, so time and states are not read.
  if (!hoisted_.empty()) run(Routine::hoist, 0.0, nullptr, hoisted_.data());
}

void Evaluator::initial_states(double time, double* states) const {
  run(Routine::initial_states, time, nullptr, states);
}

void Evaluator::rates(double time, const double* states, double* result) {
  ++rate_evaluations_;
  run_inside(Routine::rates, time, states, result);
  for (std::size_t i = 0; i < state_count_; ++i) result[i] += inputs_[i];
}

void Evaluator::jacobian(double time, const double* states, double* values) {
  ++jacobian_evaluations_;
  run_inside(Routine::jacobian, time, states, values);
  leave_out_infinite(values, static_cast<std::size_t>(system_->jacobian.nonzeros()));
}

void Evaluator::parameter_jacobian(double time, const double* states, double* values) const {
  run(Routine::parameter_jacobian, inside(time), states, values);
}

void Evaluator::time_derivative(double time, const double* states, double* result) {
  run_inside(Routine::time_derivative, time, states, result);
  leave_out_infinite(result, state_count_);
}

void Evaluator::outputs(double time, const double* states, double* result) const {
  if (output_count_ == 0) return;
  take_past(time, states, Delays::Side::after);
  run(Routine::outputs, time, states, result);
}

void Evaluator::event_roots(double time, const double* states, double* result) const {
  take_past(time, states, Delays::Side::after);
  run(Routine::event_roots, time, states, result);
}

void Evaluator::event_values(double time, const double* states, double* result) const {
  take_past(time, states, Delays::Side::after);
  run(Routine::event_values, time, states, result);
}

}  // namespace raad::solve
