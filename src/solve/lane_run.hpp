// Drives a lane group: refills lanes, chooses steps, accepts or rejects them, each lane by itself.
#pragma once

#include <string>
#include <vector>

#include "solve/lane_course.hpp"
#include "solve/lane_group.hpp"
#include "solve/lane_method.hpp"

namespace raad::solve {

/// Takes subjects from a stream until it has no more. A lane that finishes gets the next subject at once;
/// each lane has its own time, step size and error control (equations S4 to S6 of docs/theory/solvers.md), so
/// a subject's numbers depend on no other subject.
class LaneRun {
 public:
  LaneRun(const LaneMethod& method, const Ensemble& ensemble, SubjectStream& stream);
  void run();

 private:
  enum class Phase {
    idle,
    starting,    ///< Has a subject, needs its initial states
    arriving,    ///< At an instant at which something may happen
    restarting,  ///< Before the first step of a smooth stretch
    stepping,
  };
  struct Lane {
    LaneCourse course;
    Phase phase = Phase::idle;
    double limit_h = 0.0;     ///< End of the smooth stretch
    double proposed_h = 0.0;  ///< Next step size
    double step_h = 0.0;      ///< Of the attempt
    double greatest_factor = 0.0;
    bool accepted = false;
    double reached_h = 0.0;  ///< By an accepted step
    double stop_h = 0.0;     ///< Where the lane stands after it: there, or at an event before
    bool triggered = false;
    Statistics statistics;
  };

  bool prepare();
  bool refill();
  void start_subjects();
  void arrive_all();
  void record_at_instant();
  void leave_instant(Lane& lane, std::size_t at);

  void step();
  void find_first_steps();
  double trial_step(const Lane& lane) const;
  void judge(std::size_t at);
  void reject(std::size_t at, bool finite, double wanted);
  void record_within_step();
  void advance();

  void finish(std::size_t at, const StepOutcome& outcome);
  std::string worst_state(std::size_t at) const;

  const LaneMethod& method_;
  SubjectStream& stream_;
  LaneGroup group_;
  std::vector<Lane> lanes_;
  Subject subject_;
  bool exhausted_ = false;
  std::vector<double> errors_, distances_, norms_;  ///< [lane], norms_ [2][lane]
};

}  // namespace raad::solve
