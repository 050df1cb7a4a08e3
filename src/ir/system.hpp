// A system of ordinary differential equations on one expression graph, ready for a code generator.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ir/graph.hpp"
#include "model/flat_model.hpp"

namespace raad::ir {

/// Compressed sparse columns; `entries` are nodes in the same order as `rows`.
struct SparseNodes {
  int row_count = 0;
  int column_count = 0;
  std::vector<int> column_starts;  ///< column_count + 1
  std::vector<int> rows;           ///< ascending within a column
  std::vector<NodeId> entries;
  int nonzeros() const { return static_cast<int>(rows.size()); }
};

struct StateInfo {
  std::string id;
  std::string unit;
  double nominal_scale = 1.0;
  model::SymbolId symbol = -1;
};

/// Parameters given by a formula stand after all those they use: one pass in order, each value put in its
/// place before the next is evaluated, gives all of them.
struct ParameterInfo {
  std::string id;
  std::string unit;
  double value = 0.0;             ///< Value of the table; NaN where `initial` gives it
  std::optional<NodeId> initial;  ///< Formula over earlier parameters (and time), evaluated once at start
  model::SymbolId symbol = -1;
};

/// A named quantity that can be asked for: a state, a rule or a parameter.
struct Quantity {
  std::string id;
  std::string unit;
  NodeId node = -1;
};

struct EventAssignment {
  enum class Target { state, parameter } target = Target::state;
  int index = 0;
  NodeId value = -1;
};

struct Event {
  std::string id;
  NodeId trigger = -1;   ///< Truth value
  NodeId root = -1;      ///< Continuous function, > 0 where the trigger is true (event_root.hpp)
  NodeId delay = -1;     ///< -1: none
  NodeId priority = -1;  ///< -1: none
  bool fire_at_start_if_true = false;
  bool use_values_from_trigger_time = true;
  bool persistent = true;
  std::vector<EventAssignment> assignments;
};

/// A parameter that holds what a state or another parameter was some time ago. Whoever solves the system puts
/// the values there; a solver that keeps no past refuses such systems.
struct Delay {
  enum class Of { state, parameter } of = Of::state;
  int index = 0;  ///< Among states or parameters
  NodeId duration = -1;
  /// The duration is the same throughout a run. One that is not may use delayed values that stand before, and
  /// no rate depends on what it delays.
  bool is_fixed = true;
  int value = 0;  ///< Parameter that takes the value
  int slope = 0;  ///< Parameter that takes the value's rate of change
};

/// Time [h] is the independent variable (or the model's own time unit for foreign models).
struct System {
  std::string name;
  Graph graph;
  std::vector<StateInfo> states;
  std::vector<ParameterInfo> parameters;
  std::vector<NodeId> initial_states;  ///< Depend on parameters (and time) only
  std::vector<NodeId> rates;
  std::vector<Event> events;
  std::vector<Delay> delays;
  std::map<std::string, Quantity> quantities;  ///< By flat id, bound aliases included
  SparseNodes jacobian;  ///< d rates / d states, structural non-zeros; the diagonal is always present
  std::vector<NodeId> time_derivative;  ///< Explicit d rates / d time, by way of delayed values included

  std::optional<int> find_state(const std::string& id) const;
  std::optional<int> find_parameter(const std::string& id) const;
};

/// Builds graph, Jacobian and time derivative of a checked model. Throws InputError R008 for a cycle that
/// only shows after flattening.
System build_system(const model::FlatModel& model);

/// Fills `jacobian` and `time_derivative` from `rates`; for systems put together without a model.
void add_jacobian(System& system);

/// d rates / d parameters for the chosen parameters (columns in the order given).
SparseNodes parameter_jacobian(System& system, const std::vector<int>& parameters);

/// Readable listings for `raad show --stage equations` and `--stage jacobian`.
std::string print_equations(const System& system);
std::string print_jacobian(const System& system);
/// One node as a formula with the ids of states and parameters; shared subexpressions are written out.
std::string print_node(const System& system, NodeId node);

}  // namespace raad::ir
