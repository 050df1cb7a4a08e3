#include "solve/delays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "solve/step_control.hpp"

namespace raad::solve {

namespace {

// Of an integrator of order 5 a jump in a derivative above the fifth does not disturb the error test.
constexpr int k_highest_order = 5;

constexpr double k_infinity = std::numeric_limits<double>::infinity();

/// Place of an interpolation node within a piece, from 0 to 1.
constexpr double node(std::size_t i, std::size_t count) {
  return static_cast<double>(i) / static_cast<double>(count - 1);
}

}  // namespace

Delays::Delays(const ir::System& system) : system_(&system) {
  for (const ir::Delay& delay : system.delays) {
    const bool is_state = delay.of == ir::Delay::Of::state;
    auto known = std::ranges::find_if(signals_, [&](const Signal& signal) {
      return signal.is_state == is_state && signal.index == delay.index;
    });
    signal_of_.push_back(static_cast<std::size_t>(known - signals_.begin()));
    if (known == signals_.end()) signals_.push_back({is_state, delay.index});
    duration_formulas_.emplace_back(system.graph, std::vector{delay.duration});
  }
}

double Delays::duration(std::size_t delay, double time, const double* states,
                        const std::vector<double>& parameters) const {
  double value = 0.0;
  duration_formulas_[delay].evaluate(time, states, parameters.data(), &value);
  return value;
}

std::vector<double> Delays::fixed_durations(const std::vector<double>& parameters) const {
  std::vector<double> values;
  for (std::size_t i = 0; i < system_->delays.size(); ++i)
    if (system_->delays[i].is_fixed) values.push_back(duration(i, 0.0, nullptr, parameters));
  return values;
}

double Delays::shortest(const std::vector<double>& parameters) const {
  double shortest = k_infinity;
  for (const double lasts : fixed_durations(parameters))
    if (lasts > 0.0) shortest = std::min(shortest, lasts);
  return shortest;
}

double Delays::current(std::size_t signal, const double* states,
                       const std::vector<double>& parameters) const {
  const Signal& one = signals_[signal];
  return one.is_state ? states[one.index] : parameters[static_cast<std::size_t>(one.index)];
}

StepOutcome Delays::start(double time, const double* states, const std::vector<double>& parameters) {
  start_ = time;
  fixed_durations_ = fixed_durations(parameters);
  greatest_ = 0.0;
  for (std::size_t i = 0; i < system_->delays.size(); ++i) {
    const ir::Delay& delay = system_->delays[i];
    const double lasts = duration(i, time, states, parameters);
    greatest_ = delay.is_fixed ? std::max(greatest_, lasts) : k_infinity;
    if (!(lasts >= 0.0))
      return {Status::event_failure,
              fmt::format("the duration of `{}` is {}",
                          system_->parameters[static_cast<std::size_t>(delay.value)].id, lasts)};
  }
  before_.clear();
  for (std::size_t k = 0; k < signals_.size(); ++k) before_.push_back(current(k, states, parameters));
  note_jump(time, 0);
  return {};
}

StepOutcome Delays::require_fixed(const std::vector<double>& parameters) const {
  if (fixed_durations(parameters) == fixed_durations_) return {};
  return {Status::event_failure, "the duration of a delay changes during the run"};
}

void Delays::set_smooth_interval(double begin, double end) {
  begin_ = begin;
  end_ = end;
}

/// `search` says on which side of a jump, `time` at which place.
Delays::Value Delays::value_at(std::size_t signal, double time, double search) const {
  if (past_.empty() || search < start_) return {before_[signal], 0.0};
  auto piece = std::ranges::upper_bound(past_, search, {}, &Piece::begin);
  if (piece != past_.begin()) --piece;
  const double length = piece->end - piece->begin;
  const double place = std::clamp((time - piece->begin) / length, 0.0, 1.0);
  const double* coefficients = piece->coefficients.data() + signal * k_coefficients;
  Value result{coefficients[k_coefficients - 1], 0.0};
  for (std::size_t i = k_coefficients - 1; i-- > 0;) {
    const double from_node = place - node(i, k_coefficients);
    result.slope = result.slope * from_node + result.value;
    result.value = result.value * from_node + coefficients[i];
  }
  result.slope /= length;
  return result;
}

void Delays::put(double time, const double* states, Side side, std::vector<double>& parameters) const {
  for (std::size_t i = 0, fixed = 0; i < system_->delays.size(); ++i) {
    const ir::Delay& delay = system_->delays[i];
    const double lasts = delay.is_fixed ? fixed_durations_[fixed++] : duration(i, time, states, parameters);
    const double then = time - lasts;
    // Breaking points and the difference of two times are each rounded.
    const double rounding =
        k_same_instant_roundings * std::numeric_limits<double>::epsilon() * std::max(std::fabs(time), lasts);
    double search = then + rounding;
    if (side == Side::within)
      search = std::min(std::max(then, begin_ - lasts + rounding), end_ - lasts - rounding);
    constexpr double k_unknown = std::numeric_limits<double>::quiet_NaN();
    const Value value = lasts >= 0.0 ? value_at(signal_of_[i], then, search) : Value{k_unknown, k_unknown};
    parameters[static_cast<std::size_t>(delay.value)] = value.value;
    parameters[static_cast<std::size_t>(delay.slope)] = value.slope;
  }
}

void Delays::remember(double from, double to, const StatesAt& states_at,
                      const std::vector<double>& parameters) {
  if (!any() || !(to > from)) return;
  Piece piece{from, to, std::vector<double>(signals_.size() * k_coefficients)};
  for (std::size_t i = 0; i < k_coefficients; ++i) {
    const double time = i + 1 == k_coefficients ? to : from + (to - from) * node(i, k_coefficients);
    const double* states = states_at(time);
    for (std::size_t k = 0; k < signals_.size(); ++k)
      piece.coefficients[k * k_coefficients + i] = current(k, states, parameters);
  }
  // Values at the nodes become divided differences.
  for (std::size_t k = 0; k < signals_.size(); ++k) {
    double* values = piece.coefficients.data() + k * k_coefficients;
    for (std::size_t order = 1; order < k_coefficients; ++order)
      for (std::size_t i = k_coefficients; i-- > order;)
        values[i] = (values[i] - values[i - 1]) / (node(i, k_coefficients) - node(i - order, k_coefficients));
  }
  past_.push_back(std::move(piece));
  // Read-outs within the stretch look back from its beginning. One piece more, for times that are rounded.
  while (past_.size() > 2 && past_[1].end < from - greatest_) past_.pop_front();
}

void Delays::forget_after(double time) {
  while (!past_.empty() && past_.back().end > time) past_.pop_back();
}

void Delays::note_jump(double time, int order) {
  if (order >= k_highest_order) return;
  for (const double duration : fixed_durations_) {
    if (!(duration > 0.0) || std::isinf(duration)) continue;
    const auto [known, is_new] = jumps_.emplace(time + duration, order + 1);
    if (!is_new) known->second = std::min(known->second, order + 1);
  }
}

int Delays::order_at(double time) const {
  const auto found = jumps_.find(time);
  return found != jumps_.end() ? found->second : k_highest_order + 1;
}

double Delays::next_jump(double time) const {
  const auto found = jumps_.upper_bound(time);
  return found != jumps_.end() ? found->first : k_infinity;
}

}  // namespace raad::solve
