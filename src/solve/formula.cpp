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

/// How a node depends on time. Judged by its form: a sampled rhythm can look linear.
enum class TimeForm : char { free, linear, other };

std::vector<TimeForm> time_forms(const ir::Graph& graph) {
  std::vector<TimeForm> forms(graph.size(), TimeForm::free);
  for (std::size_t i = 0; i < graph.size(); ++i) {
    const NodeId id = static_cast<NodeId>(i);
    if (!graph.dependence(id).on_time) continue;
    const Node& node = graph[id];
    if (node.kind == Node::Kind::time) {
      forms[i] = TimeForm::linear;
      continue;
    }
    const auto form = [&](int operand) { return forms[static_cast<std::size_t>(node.operands[operand])]; };
    bool linear = false;
    switch (node.operation) {
      case ir::Operation::add:
      case ir::Operation::subtract:
        linear = form(0) != TimeForm::other && form(1) != TimeForm::other;
        break;
      case ir::Operation::negate:
        linear = form(0) == TimeForm::linear;
        break;
      case ir::Operation::multiply:
        linear = (form(0) == TimeForm::linear && form(1) == TimeForm::free) ||
                 (form(0) == TimeForm::free && form(1) == TimeForm::linear);
        break;
      case ir::Operation::divide:
        linear = form(0) == TimeForm::linear && form(1) == TimeForm::free;
        break;
      default:
        break;
    }
    forms[i] = linear ? TimeForm::linear : TimeForm::other;
  }
  return forms;
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
  const std::vector<TimeForm> forms = time_forms(graph);
  for (std::size_t i = 0; i < graph.size(); ++i) {
    const NodeId id = static_cast<NodeId>(i);
    const ir::Graph::Dependence dependence = graph.dependence(id);
    if (!is_relation(graph[id]) || !dependence.on_time || dependence.on_states) continue;
    const NodeId left = graph[id].operands[0], right = graph[id].operands[1];
    const bool linear = forms[static_cast<std::size_t>(left)] != TimeForm::other &&
                        forms[static_cast<std::size_t>(right)] != TimeForm::other;
    relations_.push_back({FormulaEvaluator(graph, {id, left, right}), linear});
  }
}

TimeSwitches::Values TimeSwitches::values_at(const Relation& relation, double time,
                                             const std::vector<double>& parameters) {
  std::array<double, 3> values{};
  relation.formula.evaluate(time, nullptr, parameters.data(), values.data());
  return {values[0] != 0.0, values[1] - values[2]};
}

/// Adds the switch within (low, high] if the truth differs at the two.
bool TimeSwitches::search(const Relation& relation, double low, double high,
                          const std::vector<double>& parameters) {
  const bool before = values_at(relation, low, parameters).truth;
  if (before == values_at(relation, high, parameters).truth) return false;
  times_.push_back(locate_rise(low, high, [&](double time) {
    const Values values = values_at(relation, time, parameters);
    return Probe{values.truth != before, values.difference};
  }));
  return true;
}

void TimeSwitches::add_linear(const Relation& relation, const std::vector<double>& parameters) {
  const double span = end_h_ - start_h_;
  const double first = values_at(relation, start_h_, parameters).difference;
  const double last = values_at(relation, end_h_, parameters).difference;
  const double root = start_h_ - first * (span / (last - first));
  if (!(root >= start_h_ && root <= end_h_)) return;
  // The root is right to a few roundings of the numbers involved; the search makes it exact.
  const double margin = 1e-9 * std::max(span, std::fabs(root));
  // An equation holds at one instant only and has equal truth on both sides: stop at the instant.
  if (!search(relation, std::max(start_h_, root - margin), root + margin, parameters)) times_.push_back(root);
}

void TimeSwitches::add_other(const Relation& relation, const std::vector<double>& parameters) {
  constexpr int k_grid = 20'000;
  double low = start_h_;
  for (int i = 1; i <= k_grid; ++i) {
    const double high = start_h_ + (end_h_ - start_h_) * i / k_grid;
    search(relation, low, high, parameters);
    low = high;
  }
}

void TimeSwitches::update(const std::vector<double>& parameters) {
  times_.clear();
  if (!(end_h_ > start_h_)) return;
  for (const Relation& relation : relations_) {
    if (relation.linear) {
      add_linear(relation, parameters);
    } else {
      add_other(relation, parameters);
    }
  }
  std::ranges::sort(times_);
}

double TimeSwitches::next(double time) const {
  const auto found = std::ranges::upper_bound(times_, time);
  return found == times_.end() ? std::numeric_limits<double>::infinity() : *found;
}

bool TimeSwitches::is_at(double time) const {
  return std::ranges::binary_search(times_, time);
}

}  // namespace raad::solve
