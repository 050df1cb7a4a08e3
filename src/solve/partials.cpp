#include "solve/partials.hpp"

namespace raad::solve {

using ir::Node;

PartialPattern partials_of(ir::Graph& graph, const std::vector<ir::NodeId>& formulas, int state_count,
                           const std::vector<int>& parameters) {
  std::vector<ir::Variable> variables;
  for (int i = 0; i < state_count; ++i) variables.push_back({Node::Kind::state, i});
  for (const int index : parameters) variables.push_back({Node::Kind::parameter, index});
  variables.push_back({Node::Kind::time, 0});
  PartialPattern pattern;
  const auto all = ir::differentiate(graph, formulas, variables);
  for (std::size_t v = 0; v < variables.size(); ++v)
    for (std::size_t row = 0; row < formulas.size(); ++row) {
      if (graph.is_constant(all[v][row], 0.0)) continue;
      pattern.entries.push_back({static_cast<int>(row), variables[v].kind, variables[v].index});
      pattern.nodes.push_back(all[v][row]);
    }
  return pattern;
}

namespace {

double along(const PartialPattern::Entry& entry, const double* state_tangent, const double* parameter_tangent,
             double instant) {
  if (entry.kind == Node::Kind::time) return instant;
  const double* tangent = entry.kind == Node::Kind::state ? state_tangent : parameter_tangent;
  return tangent == nullptr ? 0.0 : tangent[entry.index];
}

}  // namespace

void add_total(const PartialPattern& pattern, const double* values, const double* state_tangent,
               const double* parameter_tangent, double instant, double* result) {
  for (std::size_t i = 0; i < pattern.entries.size(); ++i) {
    // An infinite slope counts only where something moves along it.
    const double moved = along(pattern.entries[i], state_tangent, parameter_tangent, instant);
    if (moved != 0.0) result[pattern.entries[i].row] += values[i] * moved;
  }
}

Partials::Partials(ir::Graph& graph, const std::vector<ir::NodeId>& formulas, int state_count,
                   const std::vector<int>& parameters)
    : pattern_(partials_of(graph, formulas, state_count, parameters)),
      values_(pattern_.nodes.size()),
      entries_of_(formulas.size()) {
  for (std::size_t i = 0; i < pattern_.entries.size(); ++i)
    entries_of_[static_cast<std::size_t>(pattern_.entries[i].row)].push_back(i);
  if (!pattern_.nodes.empty()) formulas_.emplace(graph, pattern_.nodes);
}

void Partials::evaluate(double time, const double* states, const double* parameters) {
  if (formulas_) formulas_->evaluate(time, states, parameters, values_.data());
}

double Partials::total(int row, const double* state_tangent, const double* parameter_tangent,
                       double instant) const {
  double sum = 0.0;
  if (entries_of_.empty()) return sum;
  for (const std::size_t i : entries_of_[static_cast<std::size_t>(row)]) {
    const double moved = along(pattern_.entries[i], state_tangent, parameter_tangent, instant);
    if (moved != 0.0) sum += values_[i] * moved;
  }
  return sum;
}

}  // namespace raad::solve
