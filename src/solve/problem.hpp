// An initial value problem with doses, and its solution.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/kernel.hpp"
#include "ir/system.hpp"

namespace raad::solve {

/// Something that happens at a known time; the integrator stops exactly there.
struct Action {
  enum class Kind {
    add_to_state,   ///< jump: state[index] += value
    add_to_rate,    ///< constant input: d state[index]/dt += value from now on (an infusion ends by adding
                    ///< -value)
    set_parameter,  ///< parameter[index] = value from now on
  };
  double time_h = 0.0;
  Kind kind = Kind::add_to_state;
  int index = 0;
  double value = 0.0;
};

struct Problem {
  const ir::System* system = nullptr;
  const codegen::Kernel* kernel = nullptr;  ///< Width 1, made from *system
  std::vector<double> parameters;           ///< One for each ir::System::parameters
  std::vector<double> initial_states = {};  ///< One for each state; empty: those of the system
  double start_h = 0.0;
  double end_h = 0.0;
  std::vector<Action> actions;       ///< Any order; simultaneous ones run in the order given
  std::vector<double> output_times;  ///< Ascending, within [start_h, end_h]
};

enum class Method {
  cvodes,                   ///< Variable-order BDF with KLU: the reference (Hindmarsh et al. 2005,
                            ///< doi:10.1145/1089014.1089020)
  rosenbrock,               ///< Rodas5P, order 5, L-stable (Steinebach 2023, doi:10.1007/s10543-023-00967-x)
  rosenbrock_conservative,  ///< Rodas4P, order 4, L-stable (Steinebach 1995): more work, shorter tail of
                            ///< errors
};

struct Options {
  Method method = Method::rosenbrock;
  double relative_tolerance = 1e-6;
  /// Absolute tolerance of a state = this x its nominal scale.
  double absolute_tolerance_per_scale = 1e-9;
  /// No absolute tolerance is above this, in the state's unit: for parameters so far from those that the
  /// nominal scales come from that states are smaller by many decades.
  double greatest_absolute_tolerance = std::numeric_limits<double>::infinity();
  double max_step_h = 0.0;  ///< 0: no limit
  /// Events due at one instant with one priority run in an order drawn from this seed (SBML L3V2 section
  /// 4.12.6); nothing: in the order of declaration.
  std::optional<std::uint64_t> event_order_seed = {};
  long max_steps = 2'000'000;  ///< Per run; a run that needs more is reported, not continued silently
};

struct Statistics {
  long steps = 0, rejected_steps = 0, rate_evaluations = 0, jacobian_evaluations = 0, factorisations = 0,
       solves = 0;
};

enum class Status { success, too_many_steps, step_too_small, not_finite, event_failure };

/// What became of a step, or of what happened at one instant.
struct StepOutcome {
  Status status = Status::success;
  std::string reason;  ///< State and reason when not successful; the time of the integrator says when
};

/// Says what each status means, in a sentence.
std::string_view describe(Status status);

struct EventRecord {
  double time_h = 0.0;
  int event = 0;
};

struct Solution {
  Status status = Status::success;
  std::string message;          ///< Time, state and reason when not successful
  std::vector<double> times;    ///< The output times reached
  std::vector<double> outputs;  ///< [time][output]; at an action's or event's time: the value after it
  std::vector<double> states;   ///< [time][state]
  std::vector<EventRecord> events;
  Statistics statistics;
};

/// Solves the problem. Output values come from the method's dense output, so asking for more times changes no
/// bit of the solution. Never steps over an action or a switch in time (`time >= 8`); locates events by root
/// finding on the dense output, to neighbouring doubles.
///
/// At one instant: events caused by what happened up to it, then actions in their order, then events caused
/// by the actions; an event's trigger at the start is judged before the actions of that instant. Semantics of
/// events as in SBML L3V2 section 4.12; among equal or missing priorities the order of declaration decides.
/// An event whose trigger turns true and false again within a quarter of a step can be missed;
/// Options::max_step_h guards. Numerical trouble is a Status with a message. std::logic_error for a malformed
/// problem (sizes, order, range of times).
Solution solve(const Problem& problem, const Options& options);

/// Greatest over states of |d state/dt| x 1 h / (nominal scale) at the initial values: 0 for an exact
/// baseline.
double baseline_drift(const ir::System& system, const codegen::Kernel& kernel,
                      const std::vector<double>& parameters);

/// Parameters of the table with formula-given ones evaluated (ParameterInfo::initial).
std::vector<double> initial_parameters(const ir::System& system);
/// Works out the parameters that formulas give from the others among `values`.
void complete_parameters(const ir::System& system, std::vector<double>& values);

}  // namespace raad::solve
