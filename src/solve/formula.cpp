#include "solve/formula.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "solve/crossing.hpp"

namespace raad::solve {

using ir::Node;
using ir::NodeId;

namespace {

bool is_relation(const Node& node) {
  return node.kind == Node::Kind::apply && node.operation >= ir::Operation::less &&
         node.operation <= ir::Operation::not_equal;
}

}  // namespace

FormulaEvaluator::FormulaEvaluator(const ir::Graph& graph, std::vector<NodeId> nodes) {
  std::set<NodeId> needed;
  std::vector<NodeId> open = nodes;
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (!needed.insert(id).second) continue;
    for (int i = 0; i < graph[id].operand_count; ++i) open.push_back(graph[id].operands[i]);
  }
  std::map<NodeId, int> places;
  for (NodeId id : needed) {  // ascending: operands have smaller ids
    Step step{graph[id], {-1, -1, -1}};
    for (int i = 0; i < step.node.operand_count; ++i) step.operands[i] = places.at(step.node.operands[i]);
    places[id] = static_cast<int>(steps_.size());
    steps_.push_back(step);
  }
  for (NodeId id : nodes) result_places_.push_back(places.at(id));
  values_.resize(steps_.size());
}

void FormulaEvaluator::evaluate(double time, const double* states, const double* parameters,
                                double* result) const {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Node& node = steps_[i].node;
    switch (node.kind) {
      case Node::Kind::constant:
        values_[i] = node.value;
        break;
      case Node::Kind::time:
        values_[i] = time;
        break;
      case Node::Kind::state:
        values_[i] = states[node.index];
        break;
      case Node::Kind::parameter:
        values_[i] = parameters[node.index];
        break;
      case Node::Kind::apply: {
        std::array<double, 3> operands{};
        for (std::size_t k = 0; k < node.operand_count; ++k) {
          operands[k] = values_[static_cast<std::size_t>(steps_[i].operands[k])];
        }
        values_[i] = model::evaluate(node.operation, std::span(operands.data(), node.operand_count));
        break;
      }
    }
  }
  for (std::size_t i = 0; i < result_places_.size(); ++i) {
    result[i] = values_[static_cast<std::size_t>(result_places_[i])];
  }
}

std::vector<int> FormulaEvaluator::parameters() const {
  std::vector<int> indices;
  for (const Step& step : steps_) {
    if (step.node.kind == Node::Kind::parameter) indices.push_back(step.node.index);
  }
  return indices;
}

TimeSwitches::TimeSwitches(const ir::Graph& graph, double start_h, double end_h)
    : start_h_(start_h), end_h_(end_h) {
  for (std::size_t i = 0; i < graph.size(); ++i) {
    const NodeId id = static_cast<NodeId>(i);
    if (!is_relation(graph[id])) continue;
    const ir::Graph::Dependence dependence = graph.dependence(id);
    if (!dependence.on_time || dependence.on_states) continue;
    relations_.emplace_back(graph, std::vector<NodeId>{id, graph[id].operands[0], graph[id].operands[1]});
  }
}

void TimeSwitches::add_switches(std::size_t relation, const std::vector<double>& parameters) {
  const auto values_at = [&](double time) {
    std::array<double, 3> values{};
    relations_[relation].evaluate(time, nullptr, parameters.data(), values.data());
    return values;
  };
  const auto difference_at = [&](double time) {
    const auto values = values_at(time);
    return values[1] - values[2];
  };
  const auto search = [&](double low, double high) {
    const bool before = values_at(low)[0] != 0.0;
    if (before == (values_at(high)[0] != 0.0)) return false;
    const auto probe = [&](double time) {
      const auto values = values_at(time);
      const double difference = values[1] - values[2];
      return Probe{(values[0] != 0.0) != before, difference};
    };
    times_.push_back(locate_rise(low, high, probe));
    return true;
  };

  const double span = end_h_ - start_h_, middle = start_h_ + 0.5 * span;
  const double first = difference_at(start_h_), centre = difference_at(middle), last = difference_at(end_h_);
  const double size = std::max({std::fabs(first), std::fabs(last), std::fabs(centre)});
  // A linear function bends by rounding only, a few units of 1e-16; a rhythm bends by its amplitude.
  if (std::fabs(first - 2.0 * centre + last) <= 1e-12 * size) {
    const double slope = (last - first) / span;
    const double root = slope == 0.0 ? std::numeric_limits<double>::infinity() : start_h_ - first / slope;
    if (!(root >= start_h_ && root <= end_h_)) return;
    const double margin = 1e-9 * std::max(span, std::fabs(root));
    // An equation holds at one instant only and has equal truth on both sides: stop at the instant.
    if (!search(std::max(start_h_, root - margin), root + margin)) times_.push_back(root);
    return;
  }
  constexpr int k_grid = 20'000;
  double low = start_h_;
  for (int i = 1; i <= k_grid; ++i) {
    const double high = start_h_ + span * i / k_grid;
    search(low, high);
    low = high;
  }
}

void TimeSwitches::update(const std::vector<double>& parameters) {
  times_.clear();
  if (!(end_h_ > start_h_)) return;
  for (std::size_t i = 0; i < relations_.size(); ++i) add_switches(i, parameters);
  std::ranges::sort(times_);
}

double TimeSwitches::next(double time) const {
  const auto found = std::ranges::upper_bound(times_, time);
  return found == times_.end() ? std::numeric_limits<double>::infinity() : *found;
}

}  // namespace raad::solve
