// Random expressions over every operation, kept inside the domains of their functions.
#pragma once

#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "ir/graph_evaluation.hpp"

namespace raad::test {

/// Draws operations over three states, three parameters and time. Each new node is evaluated at a random
/// point and thrown away unless its value is moderate, so that compositions stay in the domains of their
/// functions.
class RandomGraph {
 public:
  enum class Kinks { avoided, allowed };

  RandomGraph(unsigned seed, Kinks kinks) : generator_(seed), kinks_(kinks) {
    // Standard distributions differ between libraries; only the generator's bits are used.
    point_.time = uniform(0.2, 2.0);
    for (int i = 0; i < 3; ++i) {
      point_.states.push_back(uniform(0.2, 2.0));
      point_.parameters.push_back(uniform(0.2, 2.0));
      add(graph_.state(i));
      add(graph_.parameter(i));
    }
    add(graph_.time());
    for (const double value : {0.5, 1.0, 2.0, 3.0, -1.5, 0.75}) add(graph_.constant(value));
  }

  /// Adds `count` accepted nodes.
  void grow(int count) {
    for (int made = 0; made < count;) made += try_one() ? 1 : 0;
  }

  ir::Graph& graph() { return graph_; }
  const Point<double>& point() const { return point_; }
  const std::vector<ir::NodeId>& numbers() const { return numbers_; }
  const std::vector<ir::NodeId>& truths() const { return truths_; }
  double uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(generator_() >> 11) * 0x1p-53;
  }
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(generator_() % limit); }

 private:
  static constexpr int k_operation_count = static_cast<int>(ir::Operation::select) + 1;

  void add(ir::NodeId node) { numbers_.push_back(node); }
  // Recent nodes are preferred, which makes deep expressions.
  ir::NodeId pick(const std::vector<ir::NodeId>& from) {
    const std::size_t recent = std::min<std::size_t>(from.size(), 8);
    return below(2) == 0 ? from[from.size() - 1 - below(recent)] : from[below(from.size())];
  }
  double value(ir::NodeId node) const { return evaluate_all(graph_, point_)[static_cast<std::size_t>(node)]; }

  /// A kink, jump or edge of the domain so near that finite differences would see it.
  bool near_kink(ir::Operation operation, const std::array<double, 3>& x) const {
    if (kinks_ == Kinks::allowed) return false;
    constexpr double k_distance = 0.03;  // The first finite-difference step is a tenth of this.
    switch (operation) {
      case ir::Operation::minimum:
      case ir::Operation::maximum:
      case ir::Operation::less:
      case ir::Operation::less_equal:
      case ir::Operation::greater:
      case ir::Operation::greater_equal:
      case ir::Operation::equal:
      case ir::Operation::not_equal:
        return std::abs(x[0] - x[1]) < k_distance;
      case ir::Operation::absolute:
      case ir::Operation::sign:
        return std::abs(x[0]) < k_distance;
      case ir::Operation::floor:
      case ir::Operation::ceiling:
        return std::abs(x[0] - std::round(x[0])) < k_distance;
      case ir::Operation::arcsine:
      case ir::Operation::arccosine:
      case ir::Operation::arctanh:
        return std::abs(x[0]) > 1.0 - k_distance;
      case ir::Operation::arccosh:
        return x[0] < 1.0 + k_distance;
      case ir::Operation::power:  // Whole exponents apart, x^y ends at x = 0.
        return x[0] < k_distance;
      default:
        return false;
    }
  }

  bool try_one() {
    const auto operation = static_cast<ir::Operation>(below(k_operation_count));
    // A derivative of a factorial does not exist between whole numbers.
    if (operation == ir::Operation::factorial) return false;
    const bool logic = operation >= ir::Operation::logical_and && operation <= ir::Operation::logical_not;
    if ((logic || operation == ir::Operation::select) && truths_.empty()) return false;
    const auto arity = static_cast<std::size_t>(model::arity_of(operation));
    std::array<ir::NodeId, 3> operands{};
    std::array<double, 3> values{};
    for (std::size_t i = 0; i < arity; ++i) {
      const bool truth = logic || (operation == ir::Operation::select && i == 0);
      operands[i] = pick(truth ? truths_ : numbers_);
      values[i] = value(operands[i]);
    }
    if (near_kink(operation, values)) return false;
    const double result = model::evaluate(operation, std::span<const double>(values).first(arity));
    const bool truth_valued = model::is_truth_valued(operation);
    // Moderate values keep later functions inside their domains and differences well scaled.
    if (!truth_valued && !(std::abs(result) < 20.0 && std::abs(result) > 0.01)) return false;
    const ir::NodeId made = graph_.apply(operation, std::span<const ir::NodeId>(operands).first(arity));
    (truth_valued ? truths_ : numbers_).push_back(made);
    return true;
  }

  std::mt19937_64 generator_;
  Kinks kinks_;
  ir::Graph graph_;
  Point<double> point_;
  std::vector<ir::NodeId> numbers_;
  std::vector<ir::NodeId> truths_;
};

}  // namespace raad::test
