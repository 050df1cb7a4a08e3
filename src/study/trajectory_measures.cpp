#include "study/trajectory_measures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "study/measures.hpp"

namespace raad::study {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();

/// Calls `visit(t0, t1, y0, y1)` for the pieces of the course within a window.
template <typename Visit>
void for_each_piece(const Trajectory& trajectory, const std::string& quantity, double from_h, double to_h,
                    const Visit& visit) {
  const auto& time = trajectory.time_h;
  const auto& values = trajectory.of(quantity);
  for (std::size_t i = 1; i < time.size(); ++i) {
    const double begin = std::max(time[i - 1], from_h), end = std::min(time[i], to_h);
    if (!(begin < end)) continue;
    const auto value = [&](double at) {
      return values[i - 1] + (values[i] - values[i - 1]) * (at - time[i - 1]) / (time[i] - time[i - 1]);
    };
    visit(begin, end, value(begin), value(end));
  }
}

std::size_t place_of_extreme(const Trajectory& trajectory, const std::string& quantity) {
  const auto& values = trajectory.of(quantity);
  std::size_t place = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (trajectory.time_h[i] >= trajectory.first_dose_h &&
        std::abs(values[i] - values.front()) > std::abs(values[place] - values.front()))
      place = i;
  return place;
}

}  // namespace

double Trajectory::at(const std::string& quantity, double at_h) const {
  return value_at(time_h, of(quantity), at_h);
}

double extreme(const Trajectory& trajectory, const std::string& quantity) {
  return trajectory.of(quantity)[place_of_extreme(trajectory, quantity)];
}

double time_of_extreme_h(const Trajectory& trajectory, const std::string& quantity) {
  return trajectory.time_h[place_of_extreme(trajectory, quantity)];
}

double integral(const Trajectory& trajectory, const std::string& quantity, double from_h, double to_h) {
  double sum = 0.0;
  for_each_piece(trajectory, quantity, from_h, to_h, [&](double begin, double end, double low, double high) {
    sum += 0.5 * (low + high) * (end - begin);
  });
  return sum;
}

double terminal_half_life_h(const Trajectory& trajectory, const std::string& quantity) {
  const auto& time = trajectory.time_h;
  const auto& values = trajectory.of(quantity);
  const std::size_t peak = place_of_extreme(trajectory, quantity);
  if (!(values[peak] > 0.0)) return k_nan;
  // What assays still measure: down to 1 % of the maximum.
  std::size_t last = peak;
  while (last + 1 < values.size() && values[last + 1] > 0.01 * values[peak]) ++last;
  // Three half-lives are a factor of 8.
  std::size_t first = last;
  while (first > peak && values[first - 1] < 8.0 * values[last]) --first;
  if (first + 1 >= last || !(values[first] > values[last])) return k_nan;
  return std::log(2.0) * (time[last] - time[first]) / std::log(values[first] / values[last]);
}

double area_to_infinity(const Trajectory& trajectory, const std::string& quantity) {
  const double seen = integral(trajectory, quantity, trajectory.first_dose_h, trajectory.time_h.back());
  const double half_life = terminal_half_life_h(trajectory, quantity);
  const double tail = trajectory.of(quantity).back() * half_life / std::log(2.0);
  return seen + (std::isfinite(tail) ? tail : 0.0);
}

double time_above_h(const Trajectory& trajectory, const std::string& quantity, double level) {
  double sum = 0.0;
  for_each_piece(trajectory, quantity, trajectory.first_dose_h, trajectory.time_h.back(),
                 [&](double begin, double end, double low, double high) {
                   if (low > level && high > level)
                     sum += end - begin;
                   else if (low > level || high > level)
                     sum += (end - begin) * (std::max(low, high) - level) / std::abs(high - low);
                 });
  return sum;
}

double first_time_above_h(const Trajectory& trajectory, const std::string& quantity, double level) {
  double first = k_nan;
  for_each_piece(trajectory, quantity, trajectory.first_dose_h, trajectory.time_h.back(),
                 [&](double begin, double end, double low, double high) {
                   if (std::isfinite(first)) return;
                   if (low > level)
                     first = begin;
                   else if (high > level)
                     first = begin + (end - begin) * (level - low) / (high - low);
                 });
  return first;
}

double last_time_above_h(const Trajectory& trajectory, const std::string& quantity, double level) {
  double last = k_nan;
  for_each_piece(trajectory, quantity, trajectory.first_dose_h, trajectory.time_h.back(),
                 [&](double begin, double end, double low, double high) {
                   if (high > level)
                     last = end;
                   else if (low > level)
                     last = begin + (end - begin) * (low - level) / (low - high);
                 });
  return last;
}

std::vector<std::string> SpineCohorts::quantities() {
  return {"spines__birth_rate", "spines__nascent_spines", "spines__mature_spines", "spines__stable_spines"};
}

std::vector<std::string> SpineCohorts::parameters() {
  return {"spines__nascent_loss_rate", "spines__nascent_maturation_rate", "spines__mature_loss_rate",
          "spines__mature_stabilisation_rate", "spines__stable_loss_rate"};
}

SpineCohorts::SpineCohorts(const Trajectory& trajectory)
    : trajectory_(trajectory),
      nascent_loss_(trajectory.parameters.at("spines__nascent_loss_rate")),
      maturation_(trajectory.parameters.at("spines__nascent_maturation_rate")),
      mature_loss_(trajectory.parameters.at("spines__mature_loss_rate")),
      stabilisation_(trajectory.parameters.at("spines__mature_stabilisation_rate")),
      stable_loss_(trajectory.parameters.at("spines__stable_loss_rate")) {}

SpineCohorts::Stages SpineCohorts::at(double time_h) const {
  // Before the run everything is at rest.
  const double inside = std::max(time_h, trajectory_.time_h.front());
  return {trajectory_.at("spines__nascent_spines", inside), trajectory_.at("spines__mature_spines", inside),
          trajectory_.at("spines__stable_spines", inside)};
}

/// The chain nascent -> mature -> stable with losses, solved exactly; rates that coincide are told apart by a
/// relative 1e-9, which the result feels in its last digits only.
SpineCohorts::Stages SpineCohorts::aged(Stages stages, double duration_h) const {
  const double a = nascent_loss_ + maturation_;
  double b = mature_loss_ + stabilisation_, c = stable_loss_;
  if (std::abs(a - b) < 1e-9 * a) b *= 1.0 + 1e-9;
  if (std::abs(a - c) < 1e-9 * a || std::abs(b - c) < 1e-9 * b) c *= 1.0 + 3e-9;
  const double ea = std::exp(-a * duration_h), eb = std::exp(-b * duration_h), ec = std::exp(-c * duration_h);
  const double n = stages.nascent, m = stages.mature;
  const double from_n = maturation_ * n / (b - a);  // mature = from_n (ea - eb) + m eb
  Stages aged;
  aged.nascent = n * ea;
  aged.mature = from_n * (ea - eb) + m * eb;
  aged.stable = stages.stable * ec +
                stabilisation_ * (from_n * (ea - ec) / (c - a) + (m - from_n) * (eb - ec) / (c - b));
  return aged;
}

SpineCohorts::Stages SpineCohorts::born(double from_h, double to_h) const {
  // Births change over a day, stages over hours to days: steps of a quarter of an hour are fine enough for
  // 1e-5.
  const int steps = std::max(1, static_cast<int>(std::ceil((to_h - from_h) / 0.25)));
  const double step = (to_h - from_h) / steps;
  Stages sum;
  for (int i = 0; i < steps; ++i) {
    const double birth_h = from_h + (i + 0.5) * step;
    const double births =
        step * trajectory_.at("spines__birth_rate", std::max(birth_h, trajectory_.time_h.front()));
    const Stages grown = aged({births, 0.0, 0.0}, to_h - birth_h);
    sum = {sum.nascent + grown.nascent, sum.mature + grown.mature, sum.stable + grown.stable};
  }
  return sum;
}

double SpineCohorts::formation(double time_h, double interval_h) const {
  return 100.0 * born(time_h - interval_h, time_h).sum() / at(time_h - interval_h).sum();
}

double SpineCohorts::elimination(double time_h, double interval_h) const {
  const Stages before = at(time_h - interval_h);
  return 100.0 * (1.0 - aged(before, interval_h).sum() / before.sum());
}

double SpineCohorts::survival(double seen_h, double interval_h, double age_h) const {
  const Stages seen = born(seen_h - interval_h, seen_h);
  return 100.0 * aged(seen, age_h).sum() / seen.sum();
}

double SpineCohorts::persistence(double from_h, double to_h) const {
  const Stages before = at(from_h);
  return 100.0 * aged(before, to_h - from_h).sum() / before.sum();
}

}  // namespace raad::study
