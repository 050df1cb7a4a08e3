// Step sizes and instants: what the driver of single runs, the scalar stepper and the lanes have in common.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace raad::solve {

// The elementary controller of Hairer and Wanner (1996), section IV.2; equation (S6) of
// docs/theory/solvers.md. The safety factor aims at an error of 0.9^5 = 0.6 of the tolerance, so that about 1
// step in 100 is rejected; the bounds keep one odd estimate from ruining the sequence.
inline constexpr double k_safety = 0.9;
inline constexpr double k_least_factor = 0.2;
inline constexpr double k_greatest_factor = 6.0;

// After a step below 0 (ir::non_negative_states) the error estimate says little: half the step is tried next.
inline constexpr double k_guard_factor = 0.5;

// Below this many rounding units of the time a step no longer advances it in a meaningful way.
inline constexpr double k_least_step_roundings = 4.0;

/// Factor for the next step after a scaled error, before any bounds.
inline double wanted_factor(double error, int error_order) {
  return error > 0.0 ? k_safety * std::pow(error, -1.0 / (error_order + 1)) : k_greatest_factor;
}

/// The size proposed after an accepted step. A step cut short by a limit says nothing against the size that
/// was proposed.
inline double next_step_h(double step_h, double proposed_h, double factor) {
  const bool cut_short = step_h < proposed_h && factor >= 1.0;
  return cut_short ? std::max(step_h * factor, proposed_h) : step_h * factor;
}

/// The next attempt's length: never beyond the limit, and two even steps rather than a long one and a sliver.
inline double step_towards(double remaining_h, double wanted_h) {
  if (wanted_h >= remaining_h) return remaining_h;
  return 2.0 * wanted_h > remaining_h ? 0.5 * remaining_h : wanted_h;
}

inline bool step_is_too_small(double time_h, double step_h) {
  const double least = k_least_step_roundings * std::numeric_limits<double>::epsilon() * std::fabs(time_h);
  return step_h <= least || time_h + step_h == time_h;
}

// Two instants closer than this many rounding units of the time are integrated over as one: 0.1 + 0.2 h and
// 0.3 h are meant to be the same moment, and no integrator can step between them.
inline constexpr double k_same_instant_roundings = 8.0;

// At time 0 the rounding unit vanishes: `time > 0` switches at the first double after it, 5e-324. Nothing
// moves within 1e-100 of any unit of time, and the inverse of a shorter step would soon overflow.
inline constexpr double k_same_instant_at_zero = 1e-100;

inline bool is_same_instant(double time_h, double later_h) {
  const double rounding =
      std::numeric_limits<double>::epsilon() * std::max(std::fabs(time_h), std::fabs(later_h));
  return later_h - time_h <= std::max(k_same_instant_roundings * rounding, k_same_instant_at_zero);
}

// Starting step of Hairer, Noersett and Wanner (Solving Ordinary Differential Equations I, 2nd ed. 1993,
// section II.4, "Starting step size"): such that an explicit Euler step and the first term of the local error
// are small. After a dose the old step size says nothing about the new transient, which may be a thousand
// times faster.

// The book's choice when values or rates vanish; 1e-6 h = 3.6 ms, faster than any process in a model of this
// field.
inline constexpr double k_first_step_when_flat_h = 1e-6;

/// Length of the Euler probe from the scaled sizes of states and rates.
inline double probe_step_h(double size, double speed) {
  return size < 1e-5 || speed < 1e-5 ? k_first_step_when_flat_h : 0.01 * size / speed;
}

/// The first step from the probe: `curvature` is the scaled change of the rates over the probe divided by it.
inline double first_step_h(double probe_h, double speed, double curvature, int order) {
  // A non-finite probe says only that it is far too long.
  if (!std::isfinite(curvature)) return 1e-3 * probe_h;
  const double greatest = std::max(speed, curvature);
  const double bound = greatest <= 1e-15 ? std::max(k_first_step_when_flat_h, 1e-3 * probe_h)
                                         : std::pow(0.01 / greatest, 1.0 / (order + 1));
  return std::min(100.0 * probe_h, bound);
}

}  // namespace raad::solve
