// The tangents of one run, beside the states that the driver in solve.cpp moves.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "solve/cvodes.hpp"
#include "solve/events.hpp"
#include "solve/tangent_code.hpp"

namespace raad::solve {

/// The driver calls these in the order: start, then for every smooth stretch leave, enter, moved..., with
/// events in between.
class TangentRun final : public TangentEquations, public EventListener {
 public:
  TangentRun(const Problem& problem, const TangentProblem& tangents);

  std::unique_ptr<Stepper> make_stepper(Evaluator& evaluator, const Options& options);
  /// Before a smooth stretch begins, with rates still those of the stretch that ends.
  void leave(double time, const double* states);
  /// With the rates of the new stretch.
  void enter(double time, const double* states);
  /// The driver has gone to `time`, within the last step.
  void moved(double time);
  /// An action has set a parameter to a number.
  void parameter_set(std::size_t index);
  /// Tangents of the outputs, the states at `time` given: inside the last step, or now.
  enum class Place { inside_step, now };
  void record(double time, const double* states, Place place);

  std::vector<double> output_tangents;  ///< [time][output][direction]
  const Tangents& now() const { return now_; }

  std::size_t direction_count() const override { return moving_.size(); }
  void tangent_rates(double time, const double* states, const double* tangents, double* result) override;
  void triggered(std::size_t event, long ticket, double time, const double* states) override;
  void executing(std::size_t event, long ticket, double time, const double* states) override;
  void executed(double time, const double* states) override;

 private:
  struct Trigger {
    std::vector<double> instants;             ///< d time of execution, by direction
    std::vector<std::vector<double>> values;  ///< [direction][assignment]; empty: at execution
  };
  std::vector<double> rates_at(double time, const double* states);
  std::vector<double> trigger_instants(std::size_t event, double time, const double* states);
  std::vector<std::vector<double>> assignment_tangents(std::size_t event, double time, const double* states,
                                                       const std::vector<double>& instants);
  /// Tangent of the states along the moving instant: S + f dtau.
  std::vector<double> carried(std::size_t direction, const std::vector<double>& rates, double instant) const;
  void list_parameters();

  const TangentCode::Implementation& code_;
  Evaluator* evaluator_ = nullptr;
  CvodesStepper* stepper_ = nullptr;  ///< Null where nothing moves
  double start_h_;
  Tangents now_;
  std::vector<std::size_t> moving_;  ///< Directions whose states move
  /// By moving direction: columns of the parameter Jacobian that count, with factors.
  std::vector<std::vector<std::pair<std::size_t, double>>> columns_;
  std::vector<double> jacobian_, parameter_jacobian_, outputs_;
  std::vector<double> inside_;  ///< Tangents within a step, [moving direction][state]

  std::vector<EventPartials> events_;
  Partials switches_;
  std::vector<FormulaEvaluator> switch_values_;  ///< One, or none
  std::map<long, Trigger> waiting_;
  Trigger executing_;
  std::size_t executing_event_ = 0;
  bool has_left_ = false;  ///< A stretch lies behind
  std::vector<double> rates_before_;
  std::vector<double> switch_instants_;  ///< By direction; empty: no switch moves here
  /// Where and how the last executed event moved: what it triggers moves with it.
  double last_execution_;
  std::vector<double> last_instants_;
};

/// Tangents of parameters, and of states that start as the system says.
Tangents tangents_at_start(const Problem& problem, const TangentProblem& tangents);

}  // namespace raad::solve
