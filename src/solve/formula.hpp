// Values of a few nodes of the expression graph, for what generated code does not cover: truth of triggers,
// switches in time, and parameters given by formulas.
#pragma once

#include <vector>

#include "ir/graph.hpp"

namespace raad::solve {

/// Evaluates chosen nodes with the reference meaning of every operation (model::evaluate).
class FormulaEvaluator {
 public:
  /// The graph must outlive this object and not grow meanwhile.
  FormulaEvaluator(const ir::Graph& graph, std::vector<ir::NodeId> nodes);

  /// `result` has one place for each node. `states` may be null when no node depends on states.
  void evaluate(double time, const double* states, const double* parameters, double* result) const;
  /// Parameters that the nodes read, directly or through others.
  std::vector<int> parameters() const;

 private:
  struct Step {
    ir::Node node;
    int operands[3] = {-1, -1, -1};  ///< Places in values_
  };
  std::vector<Step> steps_;  ///< Operands first
  std::vector<int> result_places_;
  mutable std::vector<double> values_;
};

/// Times at which a relation among time and parameters, such as `time >= 8`, changes its truth. Rates may
/// jump there, so steps end there. Relations that are linear in time are solved; others (a daily rhythm
/// through `%` or `floor`) are searched on a grid of 20,000 points over the run, so an on-off pair closer
/// than that can be missed.
class TimeSwitches {
 public:
  TimeSwitches(const ir::Graph& graph, double start_h, double end_h);

  /// Looks at another stretch of time from the next update() on.
  void start(double start_h, double end_h) {
    start_h_ = start_h;
    end_h_ = end_h;
  }
  /// Finds the switches for these parameters.
  void update(const std::vector<double>& parameters);
  /// First switch after `time`, or +infinity.
  double next(double time) const;
  bool is_at(double time) const;

 private:
  struct Relation {
    FormulaEvaluator formula;  ///< Results: truth, left side, right side
    bool linear = false;
  };
  struct Values {
    bool truth = false;
    double difference = 0.0;  ///< Left minus right side
  };

  static Values values_at(const Relation& relation, double time, const std::vector<double>& parameters);
  bool search(const Relation& relation, double low, double high, const std::vector<double>& parameters);
  void add_linear(const Relation& relation, const std::vector<double>& parameters);
  void add_other(const Relation& relation, const std::vector<double>& parameters);

  double start_h_, end_h_;
  std::vector<Relation> relations_;
  std::vector<double> times_;  ///< Ascending
};

}  // namespace raad::solve
