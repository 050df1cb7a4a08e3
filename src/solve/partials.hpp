// Total derivatives of a few formulas along directions in the space of parameters.
#pragma once

#include <optional>
#include <vector>

#include "ir/differentiate.hpp"
#include "ir/graph.hpp"
#include "solve/formula.hpp"

namespace raad::solve {

/// Derivatives of a run's quantities by direction: states and parameters, one row a direction.
struct Tangents {
  std::size_t direction_count = 0;
  std::vector<std::vector<double>> states;      ///< [direction][state]
  std::vector<std::vector<double>> parameters;  ///< [direction][parameter]
};

/// Where the structural non-zeros of d formulas / d (states, parameters, time) are, and their nodes.
struct PartialPattern {
  struct Entry {
    int row = 0;  ///< Which formula
    ir::Node::Kind kind = ir::Node::Kind::state;
    int index = 0;  ///< Of the state or parameter
  };
  std::vector<Entry> entries;
  std::vector<ir::NodeId> nodes;  ///< One an entry
};
/// The graph grows.
PartialPattern partials_of(ir::Graph& graph, const std::vector<ir::NodeId>& formulas, int state_count,
                           const std::vector<int>& parameters);

/// Adds to result[row] what the entries with their values contribute along one direction; `instant` is the
/// derivative of the time at which the formulas are read.
void add_total(const PartialPattern& pattern, const double* values, const double* state_tangent,
               const double* parameter_tangent, double instant, double* result);

/// The same, evaluated by the reference meaning of every operation. One thread uses one copy.
class Partials {
 public:
  Partials() = default;
  Partials(ir::Graph& graph, const std::vector<ir::NodeId>& formulas, int state_count,
           const std::vector<int>& parameters);
  bool empty() const { return pattern_.entries.empty(); }
  const PartialPattern& pattern() const { return pattern_; }

  void evaluate(double time, const double* states, const double* parameters);
  /// Derivative of formula `row` along a direction, at the point of the last evaluate().
  double total(int row, const double* state_tangent, const double* parameter_tangent, double instant) const;

 private:
  PartialPattern pattern_;
  std::optional<FormulaEvaluator> formulas_;
  std::vector<double> values_;
  std::vector<std::vector<std::size_t>> entries_of_;  ///< By row
};

}  // namespace raad::solve
