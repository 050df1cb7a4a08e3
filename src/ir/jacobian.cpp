// Structural derivatives of the rates in compressed columns.
#include "ir/differentiate.hpp"
#include "ir/system.hpp"

namespace raad::ir {
namespace {

enum class Diagonal { always, where_nonzero };

SparseNodes rate_derivatives(System& system, std::span<const Variable> columns, Diagonal diagonal) {
  SparseNodes matrix;
  matrix.row_count = static_cast<int>(system.rates.size());
  matrix.column_count = static_cast<int>(columns.size());
  matrix.column_starts.push_back(0);
  const auto all = differentiate(system.graph, system.rates, columns);
  for (std::size_t column = 0; column < columns.size(); ++column) {
    const auto& derivatives = all[column];
    for (std::size_t row = 0; row < derivatives.size(); ++row) {
      const bool keep = diagonal == Diagonal::always && row == column;
      if (!keep && system.graph.is_constant(derivatives[row], 0.0)) continue;
      matrix.rows.push_back(static_cast<int>(row));
      matrix.entries.push_back(derivatives[row]);
    }
    matrix.column_starts.push_back(matrix.nonzeros());
  }
  return matrix;
}

}  // namespace

void add_jacobian(System& system) {
  std::vector<Variable> states;
  states.reserve(system.states.size());
  for (int index = 0; index < static_cast<int>(system.states.size()); ++index)
    states.push_back({Node::Kind::state, index});
  system.jacobian = rate_derivatives(system, states, Diagonal::always);
  system.time_derivative = differentiate(system.graph, system.rates, {Node::Kind::time, 0});
  // What comes from the past changes with time alone.
  for (const Delay& delay : system.delays) {
    if (delay.of == Delay::Of::parameter) continue;  // They jump and rest.
    const auto by_value = differentiate(system.graph, system.rates, {Node::Kind::parameter, delay.value});
    const NodeId slope = system.graph.parameter(delay.slope);
    for (std::size_t row = 0; row < by_value.size(); ++row)
      system.time_derivative[row] =
          system.graph.add(system.time_derivative[row], system.graph.multiply(by_value[row], slope));
  }
}

SparseNodes parameter_jacobian(System& system, const std::vector<int>& parameters) {
  std::vector<Variable> columns;
  columns.reserve(parameters.size());
  for (const int index : parameters) columns.push_back({Node::Kind::parameter, index});
  return rate_derivatives(system, columns, Diagonal::where_nonzero);
}

namespace {

// By quantity first, so that the names of bound submodel inputs find what they are bound to.
std::optional<int> find_leaf(const System& system, Node::Kind kind, const std::string& id) {
  const auto quantity = system.quantities.find(id);
  if (quantity == system.quantities.end()) return std::nullopt;
  const Node& node = system.graph[quantity->second.node];
  if (node.kind != kind) return std::nullopt;
  return node.index;
}

}  // namespace

std::optional<int> System::find_state(const std::string& id) const {
  return find_leaf(*this, Node::Kind::state, id);
}

std::optional<int> System::find_parameter(const std::string& id) const {
  return find_leaf(*this, Node::Kind::parameter, id);
}

}  // namespace raad::ir
