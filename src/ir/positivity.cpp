#include "ir/positivity.hpp"

#include <cmath>
#include <cstdint>
#include <functional>

namespace raad::ir {
namespace {

/// The signs that a value may have, as a set.
using Signs = std::uint8_t;
constexpr Signs k_negative = 1, k_zero = 2, k_positive = 4, k_any = 7, k_not_negative = k_zero | k_positive;

Signs sign_of(double value) {
  if (std::isnan(value)) return k_any;
  return value < 0.0 ? k_negative : value > 0.0 ? k_positive : k_zero;
}

/// The union over all pairs of single signs.
Signs pairwise(Signs a, Signs b, const std::function<Signs(Signs, Signs)>& of_pair) {
  Signs all = 0;
  for (const Signs one : {k_negative, k_zero, k_positive})
    for (const Signs other : {k_negative, k_zero, k_positive})
      if ((a & one) != 0 && (b & other) != 0) all = static_cast<Signs>(all | of_pair(one, other));
  return all;
}

Signs negated(Signs a) {
  return static_cast<Signs>((a & k_zero) | ((a & k_negative) != 0 ? k_positive : 0) |
                            ((a & k_positive) != 0 ? k_negative : 0));
}

Signs sum(Signs a, Signs b) {
  return pairwise(a, b, [](Signs one, Signs other) {
    if (one == k_zero) return other;
    if (other == k_zero || one == other) return one;
    return k_any;
  });
}

Signs product(Signs a, Signs b) {
  return pairwise(a, b, [](Signs one, Signs other) {
    if (one == k_zero || other == k_zero) return k_zero;
    return one == other ? k_positive : k_negative;
  });
}

/// A divisor of 0 gives no number that a sign could be told of.
Signs quotient(Signs a, Signs b) {
  return (b & k_zero) != 0 ? k_any : product(a, b);
}

Signs least(Signs a, Signs b) {
  return pairwise(a, b, [](Signs one, Signs other) { return one < other ? one : other; });
}

Signs greatest(Signs a, Signs b) {
  return pairwise(a, b, [](Signs one, Signs other) { return one > other ? one : other; });
}

Signs power(Signs base, Signs exponent, const Node& exponent_node) {
  const bool even = exponent_node.kind == Node::Kind::constant && std::fmod(exponent_node.value, 2.0) == 0.0;
  if (base == k_positive) return k_positive;
  if (base == k_zero && exponent == k_positive) return k_zero;
  return (base & k_negative) == 0 || even ? k_not_negative : k_any;
}

Signs unary(Operation operation, Signs a) {
  switch (operation) {
    case Operation::negate:
      return negated(a);
    case Operation::exponential:
    case Operation::cosh:
    case Operation::factorial:
      return k_positive;
    case Operation::absolute:
      return (a & k_zero) == 0 ? k_positive : k_not_negative;
    case Operation::square_root:
      return static_cast<Signs>(a & k_not_negative);
    case Operation::sign:
    case Operation::arctangent:
    case Operation::sinh:
    case Operation::tanh:
    case Operation::arcsinh:
    case Operation::arctanh:
    case Operation::arcsine:
      return a;
    case Operation::floor:
      return (a & k_negative) == 0 ? k_not_negative : k_any;
    case Operation::ceiling:
      return a == k_positive ? k_positive : (a & k_negative) == 0 ? k_not_negative : k_any;
    default:
      return model::is_truth_valued(operation) ? k_not_negative : k_any;
  }
}

/// Signs of all nodes of a graph for given signs of its leaves.
class SignTable {
 public:
  SignTable(const Graph& graph, const std::vector<Signs>& states, const std::vector<Signs>& parameters) {
    signs_.reserve(graph.size());
    for (std::size_t i = 0; i < graph.size(); ++i)
      signs_.push_back(of(graph, graph[static_cast<NodeId>(i)], states, parameters));
  }
  Signs operator[](NodeId id) const { return signs_[static_cast<std::size_t>(id)]; }

 private:
  Signs of(const Graph& graph, const Node& node, const std::vector<Signs>& states,
           const std::vector<Signs>& parameters) const {
    switch (node.kind) {
      case Node::Kind::constant:
        return sign_of(node.value);
      case Node::Kind::time:
        return k_any;
      case Node::Kind::state:
        return states[static_cast<std::size_t>(node.index)];
      case Node::Kind::parameter:
        return parameters[static_cast<std::size_t>(node.index)];
      case Node::Kind::apply:
        break;
    }
    const Signs a = (*this)[node.operands[0]];
    if (node.operand_count == 1) return unary(node.operation, a);
    const Signs b = (*this)[node.operands[1]];
    switch (node.operation) {
      case Operation::add:
        return sum(a, b);
      case Operation::subtract:
        return sum(a, negated(b));
      case Operation::multiply:
        return product(a, b);
      case Operation::divide:
        return quotient(a, b);
      case Operation::power:
        return power(a, b, graph[node.operands[1]]);
      case Operation::minimum:
        return least(a, b);
      case Operation::maximum:
        return greatest(a, b);
      case Operation::select:
        return static_cast<Signs>(b | (*this)[node.operands[2]]);
      default:
        return model::is_truth_valued(node.operation) ? k_not_negative : k_any;
    }
  }

  std::vector<Signs> signs_;
};

}  // namespace

std::vector<char> non_negative_states(const System& system, const std::vector<double>& parameters) {
  std::vector<Signs> parameter_signs;
  for (const double value : parameters) parameter_signs.push_back(sign_of(value));
  std::vector<char> candidates(system.states.size(), 1);
  for (const Event& event : system.events)
    for (const EventAssignment& assignment : event.assignments) {
      const auto index = static_cast<std::size_t>(assignment.index);
      if (assignment.target == EventAssignment::Target::state)
        candidates[index] = 0;
      else
        parameter_signs[index] = k_any;
    }
  // States drop out one by one until those left vouch for each other.
  for (bool dropped = true; dropped;) {
    dropped = false;
    std::vector<Signs> states(system.states.size(), k_any);
    for (std::size_t i = 0; i < states.size(); ++i)
      if (candidates[i]) states[i] = k_not_negative;
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (!candidates[i]) continue;
      states[i] = k_zero;
      const SignTable signs(system.graph, states, parameter_signs);
      states[i] = k_not_negative;
      if ((signs[system.rates[i]] & k_negative) == 0) continue;
      candidates[i] = 0;
      states[i] = k_any;
      dropped = true;
    }
  }
  return candidates;
}

}  // namespace raad::ir
