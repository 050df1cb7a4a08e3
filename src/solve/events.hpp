// Model events: triggers, delays, priorities and assignments, with the semantics of SBML Level 3.
#pragma once

#include <optional>
#include <vector>

#include "base/random.hpp"
#include "solve/crossing.hpp"
#include "solve/evaluator.hpp"
#include "solve/formula.hpp"
#include "solve/stepper.hpp"

namespace raad::solve {

/// Told what events do, one at a time; `ticket` tells waiting events apart.
class EventListener {
 public:
  virtual ~EventListener() = default;
  /// A trigger has become true.
  virtual void triggered(std::size_t event, long ticket, double time, const double* states) = 0;
  /// Before and after the assignments of a due event.
  virtual void executing(std::size_t event, long ticket, double time, const double* states) = 0;
  virtual void executed(double time, const double* states) = 0;
};

/// Keeps the truth of every trigger and the events waiting for execution (SBML L3V2 Core section 4.12).
class Events {
 public:
  using StatesAt = std::function<const double*(double)>;

  Events(Evaluator& evaluator, const Options& options);

  bool any() const { return count_ > 0; }
  /// The listener must outlive this object; null: none.
  void set_listener(EventListener* listener) { listener_ = listener; }
  /// Truths at the start. A trigger that is true then fires at once only if the event says so (`t0 = false`).
  void start(double time, const double* states);

  /// Goes through a smooth stretch (from, to], looking at all triggers at quarters of it and wherever a part
  /// of a compound trigger switches between two looks, so that `x > 1 && x < 1.01` is not stepped over. The
  /// first time at which a trigger has become true, or nothing. `states_at` gives the states within the
  /// stretch.
  std::optional<double> first_rise(double from, double to, const StatesAt& states_at);

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
    long ticket = 0;
    std::vector<double> values;  ///< From trigger time; empty when evaluated at execution
  };

  /// Takes the truths at a later time. True when some trigger has become true since the last call; then
  /// nothing is changed and earliest_rise() tells when.
  bool rises(double time, const double* states);
  /// Records the truths of the last rises() that said no: triggers that fell cancel what is not persistent.
  void pass();
  double earliest_rise(double low, double high, const StatesAt& states_at);
  std::vector<double> looks(double low, double high, const StatesAt& states_at) const;
  double priority_of(const Waiting& waiting, const std::vector<double>& values) const;
  void evaluate_truths(double time, const double* states, std::vector<char>& truths) const;
  StepOutcome queue_triggered(double time, const double* states);
  void cancel_fallen(const std::vector<char>& now);
  std::vector<Waiting>::iterator choose_due(double time, const double* states);
  StepOutcome execute(const Waiting& waiting, double time, std::vector<double>& states);

  Evaluator& evaluator_;
  std::size_t count_;
  FormulaEvaluator triggers_;
  FormulaEvaluator parts_;  ///< Relations within compound triggers
  std::size_t part_count_;
  std::optional<base::RandomStream> order_;  ///< Draws among equals; nothing: first declared
  std::vector<std::size_t> first_value_;     ///< Of each event within the results of Routine::event_values
  std::size_t value_count_ = 0;
  std::vector<char> before_, now_;  ///< Truths; char because vector<bool> has no plain elements
  std::vector<Waiting> waiting_;    ///< In order of triggering
  bool executed_ = false;
  EventListener* listener_ = nullptr;
  long next_ticket_ = 0;
};

}  // namespace raad::solve
