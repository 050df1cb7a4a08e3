#include "solve/lane_group.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace raad::solve {

using codegen::Routine;

namespace {

// A cache line: a vector of 8 lanes never straddles two.
constexpr std::size_t k_alignment = 64 / sizeof(double);

/// Hands out aligned pieces of one allocation: first counts, then places.
class Layout {
 public:
  std::size_t reserve(std::size_t count) {
    const std::size_t place = size_;
    size_ += (count + k_alignment - 1) / k_alignment * k_alignment;
    return place;
  }
  std::size_t size() const { return size_ + k_alignment; }

 private:
  std::size_t size_ = 0;
};

double* aligned(double* pointer) {
  const auto address = reinterpret_cast<std::uintptr_t>(pointer);
  constexpr std::uintptr_t line = k_alignment * sizeof(double);
  return reinterpret_cast<double*>((address + line - 1) / line * line);
}

}  // namespace

LaneGroup::LaneGroup(const LaneMethod& method)
    : method_(method), width_(method.width), state_count_(method.state_count) {
  const codegen::Programs& programs = method.kernel->programs();
  const std::size_t array_count = lane_array_count(method.tableau);
  Layout layout;
  std::vector<std::size_t> places(array_count);
  for (std::size_t a = 0; a < array_count; ++a) {
    // The Jacobian follows the rates at the start: one routine gives both.
    if (a == k_array_jacobian) continue;
    const std::size_t count = state_count_ + (a == k_array_first_rates ? method.nonzeros : 0);
    places[a] = layout.reserve(count * width_);
  }
  places[k_array_jacobian] = places[k_array_first_rates] + state_count_ * width_;
  const std::size_t parameters = layout.reserve(method.parameter_count * width_);
  const std::size_t hoisted = layout.reserve(static_cast<std::size_t>(programs.hoisted_count) * width_);
  const std::size_t factors = layout.reserve(programs[Routine::factor].results.size() * width_);
  const std::size_t outputs = layout.reserve(method.output_count * width_);
  const std::size_t no_sum = layout.reserve(state_count_ * width_);
  const std::size_t values = layout.reserve(k_lane_value_count * width_);
  const std::size_t time = layout.reserve(width_), stage_time = layout.reserve(width_);
  const std::size_t first_time = layout.reserve(width_), last_time = layout.reserve(width_);
  const std::size_t reductions = layout.reserve(2 * width_);
  storage_.assign(layout.size(), 0.0);
  double* base = aligned(storage_.data());
  for (const std::size_t place : places) arrays_.push_back(base + place);
  parameters_ = base + parameters;
  hoisted_ = base + hoisted;
  factors_ = base + factors;
  outputs_ = base + outputs;
  no_sum_ = base + no_sum;
  values_ = base + values;
  time_ = base + time;
  stage_time_ = base + stage_time;
  first_time_ = base + first_time;
  last_time_ = base + last_time;
  reductions_ = base + reductions;
  tables_ = {method.absolute_tolerances.data(), method.guards.data()};
  // Lanes not yet in use compute along: with plausible numbers, because arithmetic on NaN is slow on some
  // processors.
  for (std::size_t lane = 0; lane < width_; ++lane) {
    for (std::size_t p = 0; p < method.parameter_count; ++p)
      set_parameter(p, lane, method.assumed_parameters[p]);
    set_value(k_value_step, lane, 1.0);
    set_value(k_value_inverse_step, lane, 1.0);
  }
}

void LaneGroup::set_smooth_interval(std::size_t lane, double begin_h, double end_h) {
  first_time_[lane] = std::nextafter(begin_h, end_h);
  last_time_[lane] = std::max(first_time_[lane], std::nextafter(end_h, begin_h));
}

void LaneGroup::copy_lane(int array, std::size_t count, std::size_t lane, double* to) const {
  const double* from = block(array) + lane;
  for (std::size_t i = 0; i < count; ++i) to[i] = from[i * width_];
}

void LaneGroup::interpolate_lane(std::size_t lane, double fraction, double* states) const {
  const double rest = 1.0 - fraction;
  const int rows = static_cast<int>(method_.tableau.dense.size());
  for (std::size_t i = 0; i < method_.dense_state_count; ++i) {
    const std::size_t place = i * width_ + lane;
    double inner = 0.0;
    for (int row = rows - 1; row >= 0; --row)
      inner = inner * fraction + block(dense_array(method_.tableau, row))[place];
    states[i] =
        rest * block(k_array_states)[place] + fraction * (block(k_array_new_states)[place] + rest * inner);
  }
}

std::size_t LaneGroup::worst_state(std::size_t lane) const {
  std::size_t worst = 0;
  double greatest = -1.0;
  for (std::size_t i = 0; i < state_count_; ++i) {
    double error = 0.0;
    for (std::size_t k = 0; k < static_cast<std::size_t>(method_.tableau.stages); ++k)
      error += method_.tableau.error_weights[k] * block(stage_array(static_cast<int>(k)))[i * width_ + lane];
    const double scale =
        method_.absolute_tolerances[i] + method_.options.relative_tolerance * std::fabs(state(i, lane));
    if (std::fabs(error) / scale > greatest) {
      greatest = std::fabs(error) / scale;
      worst = i;
    }
  }
  return worst;
}

void LaneGroup::sweep(std::size_t number, std::size_t count) {
  method_.kernel->sweep(number,
                        {arrays_.data(), values_, tables_.data(), reductions_, static_cast<int>(count)});
}

void LaneGroup::run(Routine routine, const double* states, double* results) {
  method_.kernel->run(routine, {stage_time_, states, parameters_, hoisted_}, results);
}

void LaneGroup::stage_times(double node) {
  const double* step = values_ + k_value_step * width_;
  for (std::size_t lane = 0; lane < width_; ++lane)
    stage_time_[lane] = std::clamp(time_[lane] + node * step[lane], first_time_[lane], last_time_[lane]);
}

void LaneGroup::hoist() {
  run(Routine::hoist, nullptr, hoisted_);
}

const double* LaneGroup::initial_states() {
  std::copy_n(time_, width_, stage_time_);
  run(Routine::initial_states, nullptr, block(k_array_new_states));
  return block(k_array_new_states);
}

void LaneGroup::linearise() {
  stage_times(0.0);
  run(Routine::linearisation, block(k_array_states), block(k_array_first_rates));
  sweep(method_.sweeps.clean_jacobian, method_.nonzeros);
  if (!method_.autonomous)
    run(Routine::time_derivative, block(k_array_states), block(k_array_time_derivative));
}

void LaneGroup::root_mean_square(const double* sums, double* norms) const {
  const double count = std::max(1.0, static_cast<double>(state_count_));
  for (std::size_t lane = 0; lane < width_; ++lane) norms[lane] = std::sqrt(sums[lane] / count);
}

void LaneGroup::start_norms(double* norms) {
  sweep(method_.sweeps.start_norms, state_count_);
  root_mean_square(reductions_, norms);
  root_mean_square(reductions_ + width_, norms + width_);
}

void LaneGroup::probe_curvature(double* norms) {
  const double* probe = values_ + k_value_probe_step * width_;
  for (std::size_t lane = 0; lane < width_; ++lane)
    stage_time_[lane] = std::clamp(time_[lane] + probe[lane], first_time_[lane], last_time_[lane]);
  sweep(method_.sweeps.probe, state_count_);
  run(Routine::rates, block(k_array_stage_states), block(k_array_rates));
  sweep(method_.sweeps.curvature, state_count_);
  root_mean_square(reductions_, norms);
  for (std::size_t lane = 0; lane < width_; ++lane) norms[lane] /= probe[lane];
}

void LaneGroup::attempt(double* errors, double* distances) {
  const RosenbrockTableau& tableau = method_.tableau;
  const double* step = values_ + k_value_step * width_;
  double* inverse_step = values_ + k_value_inverse_step * width_;
  for (std::size_t lane = 0; lane < width_; ++lane) {
    inverse_step[lane] = 1.0 / step[lane];
    reductions_[lane] = 1.0 / (tableau.gamma * step[lane]);  // The shift of equation (S2)
  }
  method_.kernel->run(Routine::factor, {nullptr, block(k_array_jacobian), reductions_, nullptr}, factors_);
  for (int i = 0; i < tableau.stages; ++i) {
    const double* rates = block(k_array_first_rates);
    const double* sum = method_.autonomous ? no_sum_ : block(k_array_stage_sum);
    if (i == 0 && !method_.autonomous) sweep(method_.sweeps.first_stage_sum, state_count_);
    if (i > 0) {
      sweep(method_.sweeps.stages[static_cast<std::size_t>(i)], state_count_);
      stage_times(tableau.nodes[static_cast<std::size_t>(i)]);
      run(Routine::rates, block(k_array_stage_states), block(k_array_rates));
      rates = block(k_array_rates);
      sum = block(k_array_stage_sum);
    }
    method_.kernel->run(Routine::substitute, {nullptr, rates, sum, factors_}, block(stage_array(i)));
  }
  sweep(method_.sweeps.finish, state_count_);
  root_mean_square(reductions_, errors);
  std::copy_n(reductions_ + width_, width_, distances);
}

void LaneGroup::prepare_dense_output() {
  sweep(method_.sweeps.dense_rows, method_.dense_state_count);
}

void LaneGroup::outputs_within_step() {
  sweep(method_.sweeps.interpolate, method_.dense_state_count);
  std::copy_n(time_, width_, stage_time_);
  run(Routine::outputs, block(k_array_interpolated), outputs_);
}

void LaneGroup::outputs_at_start() {
  std::copy_n(time_, width_, stage_time_);
  run(Routine::outputs, block(k_array_states), outputs_);
}

void LaneGroup::commit() {
  sweep(method_.sweeps.commit, state_count_);
}

}  // namespace raad::solve
