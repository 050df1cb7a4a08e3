// Model events: triggers, delays, priorities and assignments, with the semantics of SBML Level 3.
#pragma once

#include <optional>
#include <vector>

#include "solve/crossing.hpp"
#include "solve/evaluator.hpp"
#include "solve/formula.hpp"
#include "solve/stepper.hpp"

namespace raad::solve {

/// Times within a step at which triggers are looked at, its end included.
inline constexpr int k_looks_per_step = 4;

/// Keeps the truth of every trigger and the events waiting for execution (SBML L3V2 Core section 4.12).
class Events {
 public:
  explicit Events(Evaluator& evaluator);

  bool any() const { return count_ > 0; }
  /// Truths at the start. A trigger that is true then fires at once only if the event says so (`t0 = false`).
  void start(double time, const double* states);

  /// Takes the truths at a later time of a smooth stretch. True when some trigger has become true since the
  /// last call; then nothing is changed and earliest_rise() tells when.
  bool rises(double time, const double* states);
  /// Records the truths of the last rises() that said no: triggers that fell cancel what is not persistent.
  void pass();
  /// First time in (low, high] at which one of the triggers found by rises() is true; `states_at` gives the
  /// states.
  double earliest_rise(double low, double high, const std::function<const double*(double)>& states_at);

  /// Time of the next delayed execution, or +infinity.
  double next_due() const;
  /// At one instant: queues newly triggered events and executes all that are due, re-evaluating triggers
  /// after each.
  StepOutcome process(double time, std::vector<double>& states, std::vector<EventRecord>& records);
  /// Whether the last process() changed anything.
  bool executed() const { return executed_; }

 private:
  struct Waiting {
    std::size_t event = 0;
    double due = 0.0;
    std::vector<double> values;  ///< From trigger time; empty when evaluated at execution
  };

  void evaluate_truths(double time, const double* states, std::vector<char>& truths) const;
  StepOutcome queue_triggered(double time, const double* states);
  void cancel_fallen(const std::vector<char>& now);
  std::vector<Waiting>::iterator choose_due(double time, const double* states);
  StepOutcome execute(const Waiting& waiting, double time, std::vector<double>& states);

  Evaluator& evaluator_;
  std::size_t count_;
  FormulaEvaluator triggers_;
  std::vector<std::size_t> first_value_;  ///< Of each event within the results of Routine::event_values
  std::size_t value_count_ = 0;
  std::vector<char> before_, now_;  ///< Truths; char because vector<bool> has no plain elements
  std::vector<Waiting> waiting_;    ///< In order of triggering
  bool executed_ = false;
};

}  // namespace raad::solve
