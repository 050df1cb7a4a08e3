// The past of a run, for equations in which quantities enter with a delay.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "ir/system.hpp"
#include "solve/formula.hpp"
#include "solve/problem.hpp"

namespace raad::solve {

/// Keeps what ir::System::delays ask for as polynomials, one a step, and says where the past makes the
/// present rough. The method of steps (Bellen and Zennaro, Numerical Methods for Delay Differential
/// Equations, 2003, chapter 3): no step is longer than the shortest duration, so what a step reads is known
/// before it starts, and steps end where a jump of the past arrives. Durations that change are for read-outs
/// and events only: no rate depends on them.
class Delays {
 public:
  using StatesAt = std::function<const double*(double)>;

  /// Which side of a jump a value of the past is taken from.
  enum class Side {
    within,  ///< That of the smooth stretch being integrated
    after,   ///< The later one: what holds at an instant once everything has happened
  };

  explicit Delays(const ir::System& system);

  bool any() const { return !system_->delays.empty(); }
  /// Begins a run. Before `time` everything had the values given here. Fails for durations that are negative
  /// or undefined.
  StepOutcome start(double time, const double* states, const std::vector<double>& parameters);
  /// Fails when an action has changed a duration that is taken as fixed.
  StepOutcome require_fixed(const std::vector<double>& parameters) const;
  /// Shortest duration above 0, the longest step that needs no value of its own; +infinity: none.
  double shortest(const std::vector<double>& parameters) const;

  void set_smooth_interval(double begin, double end);
  /// Puts the values of the past, and their rates of change, as seen from `time` into their places; NaN for a
  /// duration below 0. `states` are those of `time`.
  void put(double time, const double* states, Side side, std::vector<double>& parameters) const;

  /// Takes a smooth stretch into the past. `states_at` gives the states within it.
  void remember(double from, double to, const StatesAt& states_at, const std::vector<double>& parameters);

  /// A jump at this time in a derivative of that order (0: in the values): it comes back after each duration,
  /// one order higher (ibid., section 2.2).
  void note_jump(double time, int order);
  /// Forgets the stretches that end after `time`, where an event cuts a step short.
  void forget_after(double time);
  /// Order of the jump that comes back at this time, or one more than matters.
  int order_at(double time) const;
  /// First time after `time` at which a jump comes back, or +infinity.
  double next_jump(double time) const;

 private:
  // The dense outputs are polynomials of degree 4 (Rodas5P) and at most 5 (CVODES).
  static constexpr std::size_t k_coefficients = 6;

  struct Signal {
    bool is_state = false;
    int index = 0;
  };
  struct Piece {
    double begin = 0.0, end = 0.0;
    std::vector<double> coefficients;  ///< [signal][k_coefficients], Newton's form over the nodes of k_node
  };
  struct Value {
    double value = 0.0, slope = 0.0;
  };

  double duration(std::size_t delay, double time, const double* states,
                  const std::vector<double>& parameters) const;
  std::vector<double> fixed_durations(const std::vector<double>& parameters) const;
  Value value_at(std::size_t signal, double time, double search) const;
  double current(std::size_t signal, const double* states, const std::vector<double>& parameters) const;

  const ir::System* system_;
  std::vector<Signal> signals_;
  std::vector<std::size_t> signal_of_;               ///< By delay
  std::vector<FormulaEvaluator> duration_formulas_;  ///< By delay
  std::vector<double> fixed_durations_;
  double greatest_ = 0.0;       ///< Of all durations; those that change may reach back to the start
  std::vector<double> before_;  ///< By signal: values before the start
  double start_ = 0.0;
  double begin_ = 0.0, end_ = 0.0;  ///< Smooth interval
  std::deque<Piece> past_;          ///< Ascending
  std::map<double, int> jumps_;     ///< Time to order
};

}  // namespace raad::solve
