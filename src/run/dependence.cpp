// Which parameters can influence a quantity at all: reachability over rules, rates and initial values.
#include <algorithm>
#include <set>

#include "run/simulation.hpp"

namespace raad::run {
namespace {

/// Collects the states and parameters below a node, each node visited once.
class Reach {
 public:
  explicit Reach(const ir::System& system)
      : system_(system), node_seen_(system.graph.size(), false), state_seen_(system.states.size(), false) {}

  void from(ir::NodeId start) {
    pending_.push_back(start);
    while (!pending_.empty()) {
      const ir::NodeId id = pending_.back();
      pending_.pop_back();
      if (id < 0 || node_seen_[static_cast<std::size_t>(id)]) continue;
      node_seen_[static_cast<std::size_t>(id)] = true;
      visit(system_.graph[id]);
    }
  }
  const std::set<int>& parameters() const { return parameters_; }

 private:
  void visit(const ir::Node& node) {
    if (node.kind == ir::Node::Kind::state) {
      const auto state = static_cast<std::size_t>(node.index);
      if (state_seen_[state]) return;
      state_seen_[state] = true;
      pending_.push_back(system_.rates[state]);
      pending_.push_back(system_.initial_states[state]);
    } else if (node.kind == ir::Node::Kind::parameter) {
      if (!parameters_.insert(node.index).second) return;
      const auto& initial = system_.parameters[static_cast<std::size_t>(node.index)].initial;
      if (initial) pending_.push_back(*initial);
    } else if (node.kind == ir::Node::Kind::apply) {
      for (int i = 0; i < node.operand_count; ++i) pending_.push_back(node.operands[i]);
    }
  }

  const ir::System& system_;
  std::vector<bool> node_seen_, state_seen_;
  std::vector<ir::NodeId> pending_;
  std::set<int> parameters_;
};

}  // namespace

std::set<int> parameters_behind(const ir::System& system, const std::vector<ir::NodeId>& nodes) {
  Reach reach(system);
  for (const ir::NodeId node : nodes) reach.from(node);
  return reach.parameters();
}

std::vector<std::string> assumed_parameters_behind(const LoadedSystem& system,
                                                   const std::string& quantity_id) {
  const auto quantity = system.equations.quantities.find(quantity_id);
  if (quantity == system.equations.quantities.end())
    throw base::InputError("R074", {}, "unknown quantity `" + quantity_id + "`");
  Reach reach(system.equations);
  reach.from(quantity->second.node);
  std::vector<std::string> assumed;
  for (const int index : reach.parameters()) {
    const auto& parameter = system.equations.parameters[static_cast<std::size_t>(index)];
    if (system.model->symbols[static_cast<std::size_t>(parameter.symbol)].provenance.kind == "assumed")
      assumed.push_back(parameter.id);
  }
  std::sort(assumed.begin(), assumed.end());
  return assumed;
}

}  // namespace raad::run
