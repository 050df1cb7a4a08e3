// What happens to one subject of a lane besides its equations: doses, events, outputs, the end.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "solve/ensemble.hpp"
#include "solve/evaluator.hpp"
#include "solve/events.hpp"
#include "solve/formula.hpp"
#include "solve/lane_group.hpp"
#include "solve/lane_method.hpp"
#include "solve/stepper.hpp"

namespace raad::solve {

/// One lane's subject between begin() and its result. The rules are those of solve(): at one instant first
/// events caused by what happened up to it, then actions in their order, then events caused by the actions,
/// then outputs.
class LaneCourse {
 public:
  LaneCourse(const LaneMethod& method, const Ensemble& ensemble, LaneGroup& group, std::size_t lane);

  /// Takes the subject over and puts its parameters into the lane.
  void begin(Subject& subject);
  /// Judges the initial states, which stand in the lane, and starts the triggers.
  StepOutcome start();

  double time_h() const { return time_; }
  bool ended() const { return time_ >= method_.end_h; }

  /// Everything that happens at the present instant. True in `parameters_changed` asks for new hoisted
  /// values.
  StepOutcome arrive(bool& parameters_changed);
  /// Next time at which something happens by plan: action, delayed event, switch or end.
  double next_stop() const;
  /// Moves over an interval too short to integrate (docs/theory/solvers.md, section 1).
  bool skip_sliver(double limit);

  /// First event within the accepted step (time_h(), reached], else `reached`; `states` then holds the states
  /// at the event. Needs the dense output of the lane.
  double look_for_events(double reached, bool& triggered);
  const std::vector<double>& event_states() const { return scratch_; }
  void move_to(double time_h) { time_ = time_h; }

  /// The next output time, or +infinity.
  double next_output_h() const;
  /// Files the group's outputs of this lane under the next output time.
  void record_output();

  SubjectResult result(Status status, std::string message, const Statistics& statistics) const;

 private:
  StepOutcome process_events(bool& changed);
  StepOutcome apply_actions(bool& parameters_changed);
  void set_parameter(std::size_t parameter, double value);
  void withdraw_guard();
  std::size_t reduced_state(int index) const;
  std::size_t reduced_parameter(int index) const;

  const LaneMethod& method_;
  const Ensemble& ensemble_;
  LaneGroup& group_;
  std::size_t lane_;
  std::vector<int> state_places_, parameter_places_;  ///< Of the whole system's in the reduced one; -1: none

  Subject subject_;
  double time_ = 0.0;
  std::size_t next_action_ = 0, next_output_ = 0;
  RunningInputs inputs_;
  std::vector<double> parameters_;  ///< Of the reduced system, as they are now
  std::vector<double> states_, scratch_;
  std::vector<double> outputs_;           ///< [output time][output]
  std::unique_ptr<Evaluator> evaluator_;  ///< Systems with events only, as is what follows
  std::unique_ptr<Events> events_;
  std::vector<EventRecord> records_;
  TimeSwitches switches_;
};

}  // namespace raad::solve
