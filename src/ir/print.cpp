// Readable listings of a system, in the syntax of the model language.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "ir/system.hpp"

namespace raad::ir {
namespace {

// Binding strength, from loose to tight (docs/language.md, expressions). `and` and `or` share a level but may
// not mix without parentheses, so each gets parentheses inside the other.
enum Strength { loosest, logic, relation, sum, product, sign, exponentiation, primary };

// Written-out subexpressions double at each level in the worst case; a longer text helps nobody.
constexpr std::size_t k_longest_formula = 20'000;

struct Text {
  std::string text;
  Strength strength = primary;
};

struct InfixForm {
  const char* symbol;
  Strength strength;
};

std::optional<InfixForm> infix_form(Operation operation) {
  switch (operation) {
    case Operation::add:
      return InfixForm{" + ", sum};
    case Operation::subtract:
      return InfixForm{" - ", sum};
    case Operation::multiply:
      return InfixForm{" * ", product};
    case Operation::divide:
      return InfixForm{" / ", product};
    case Operation::power:
      return InfixForm{"^", exponentiation};
    case Operation::less:
      return InfixForm{" < ", relation};
    case Operation::less_equal:
      return InfixForm{" <= ", relation};
    case Operation::greater:
      return InfixForm{" > ", relation};
    case Operation::greater_equal:
      return InfixForm{" >= ", relation};
    case Operation::equal:
      return InfixForm{" == ", relation};
    case Operation::not_equal:
      return InfixForm{" != ", relation};
    case Operation::logical_and:
      return InfixForm{" && ", logic};
    case Operation::logical_or:
      return InfixForm{" || ", logic};
    default:
      return std::nullopt;
  }
}

/// As the model language writes it; a choice is piecewise(value, condition, otherwise) there.
std::string_view function_name(Operation operation) {
  return operation == Operation::select ? "piecewise" : model::name_of(operation);
}

class Printer {
 public:
  explicit Printer(const System& system) : system_(system) {}

  /// From now on `node` is written as `name`.
  void name(NodeId node, const std::string& name) { names_.emplace(node, name); }
  bool is_named(NodeId node) const { return names_.count(node) > 0; }
  const std::string& name_of(NodeId node) const { return names_.at(node); }

  std::string formula(NodeId node) const { return clipped(text_of(node)); }
  /// The formula behind a named node.
  std::string definition(NodeId node) const { return clipped(written_out(node)); }

 private:
  static std::string clipped(Text text) {
    if (text.text.size() > k_longest_formula) text.text = text.text.substr(0, k_longest_formula) + " ...";
    return text.text;
  }
  Text text_of(NodeId node) const {
    const auto named = names_.find(node);
    return named != names_.end() ? Text{named->second, primary} : written_out(node);
  }
  Text written_out(NodeId id) const;
  Text truth_of(NodeId node) const;
  Text infix(const Node& node, InfixForm form) const;
  static Text number(double value);
  std::string bracketed(const Text& text, bool needed) const {
    return needed ? fmt::format("({})", text.text) : text.text;
  }

  const System& system_;
  std::map<NodeId, std::string> names_;
};

Text Printer::number(double value) {
  if (std::isnan(value)) return {"notanumber", primary};
  if (std::isinf(value)) return value > 0 ? Text{"infinity", primary} : Text{"-infinity", sign};
  return {fmt::format("{}", value), value < 0 ? sign : primary};
}

// Where a truth value is expected the language takes `true`, not 1.
Text Printer::truth_of(NodeId id) const {
  const Node& node = system_.graph[id];
  if (node.kind != Node::Kind::constant) return text_of(id);
  return {node.value != 0.0 ? "true" : "false", primary};
}

Text Printer::infix(const Node& node, InfixForm form) const {
  // A number comes first in a product, as people write it; the product is the same.
  const bool swap =
      node.operation == Operation::multiply && system_.graph[node.operands[1]].kind == Node::Kind::constant;
  const auto operand = [&](int i) {
    return form.strength == logic ? truth_of(node.operands[i]) : text_of(node.operands[i]);
  };
  Text left = operand(swap ? 1 : 0);
  if (left.text.size() > k_longest_formula) return left;
  const Text right = operand(swap ? 0 : 1);
  const bool power = node.operation == Operation::power;
  const bool mixes = form.strength == logic || form.strength == relation;
  // a - (b - c) keeps its parentheses; so do (a^b)^c, and a relation inside a relation.
  const bool bracket_left =
      left.strength < form.strength || ((power || mixes) && left.strength == form.strength);
  const bool bracket_right = power ? right.strength < primary : right.strength <= form.strength;
  return {bracketed(left, bracket_left) + form.symbol + bracketed(right, bracket_right), form.strength};
}

Text Printer::written_out(NodeId id) const {
  const Node& node = system_.graph[id];
  switch (node.kind) {
    case Node::Kind::constant:
      return number(node.value);
    case Node::Kind::time:
      return {"time", primary};
    case Node::Kind::state:
      return {system_.states[static_cast<std::size_t>(node.index)].id, primary};
    case Node::Kind::parameter:
      return {system_.parameters[static_cast<std::size_t>(node.index)].id, primary};
    case Node::Kind::apply:
      break;
  }
  if (const auto form = infix_form(node.operation)) return infix(node, *form);
  if (node.operation == Operation::negate || node.operation == Operation::logical_not) {
    const Text inner = text_of(node.operands[0]);
    const char* symbol = node.operation == Operation::negate ? "-" : "!";
    return {fmt::format("{}{}", symbol, bracketed(inner, inner.strength <= sign)), sign};
  }
  const bool choice = node.operation == Operation::select;
  std::string text = std::string(function_name(node.operation)) + "(";
  for (int i = 0; i < node.operand_count && text.size() < k_longest_formula; ++i) {
    const int operand = choice && i < 2 ? 1 - i : i;
    const bool truth = node.operation == Operation::logical_xor || (choice && operand == 0);
    const NodeId part = node.operands[operand];
    text += (i > 0 ? ", " : "") + (truth ? truth_of(part) : text_of(part)).text;
  }
  return {text + ")", primary};
}

bool is_leaf(const Node& node) {
  return node.kind != Node::Kind::apply;
}

/// Names the nodes of rules; the alphabetically first of several names for one node wins, without aliases
/// first.
std::vector<NodeId> name_rules(const System& system, Printer& printer) {
  std::vector<NodeId> rules;
  for (const auto& [id, quantity] : system.quantities) {
    if (is_leaf(system.graph[quantity.node]) || printer.is_named(quantity.node)) continue;
    printer.name(quantity.node, id);
    rules.push_back(quantity.node);
  }
  std::sort(rules.begin(), rules.end());
  return rules;
}

/// Nodes below `roots` that occur more than once and are more than a sign: worth a name of their own.
std::vector<NodeId> shared_nodes(const System& system, const std::vector<NodeId>& roots,
                                 const Printer& printer) {
  std::vector<int> uses(system.graph.size(), 0);
  std::vector<NodeId> pending(roots);
  while (!pending.empty()) {
    const NodeId id = pending.back();
    pending.pop_back();
    if (is_leaf(system.graph[id]) || printer.is_named(id)) continue;
    if (++uses[static_cast<std::size_t>(id)] > 1) continue;
    const Node& node = system.graph[id];
    pending.insert(pending.end(), node.operands, node.operands + node.operand_count);
  }
  std::vector<NodeId> shared;
  for (std::size_t id = 0; id < uses.size(); ++id)
    if (uses[id] > 1 && system.graph[static_cast<NodeId>(id)].operation != Operation::negate)
      shared.push_back(static_cast<NodeId>(id));
  return shared;
}

std::string with_unit(const std::string& unit) {
  return unit.empty() ? std::string() : fmt::format("  # {}", unit);
}

std::string print_event(const Event& event, const System& system, const Printer& printer) {
  std::string text = "  " + event.id + ": at ";
  if (event.delay >= 0) text += printer.formula(event.delay) + " after ";
  text += printer.formula(event.trigger);
  if (event.priority >= 0) text += ", priority = " + printer.formula(event.priority);
  text += fmt::format(", t0 = {}, fromTrigger = {}, persistent = {}:", !event.fire_at_start_if_true,
                      event.use_values_from_trigger_time, event.persistent);
  for (const auto& assignment : event.assignments) {
    const auto index = static_cast<std::size_t>(assignment.index);
    const auto& target = assignment.target == EventAssignment::Target::state ? system.states[index].id
                                                                             : system.parameters[index].id;
    text += (&assignment == event.assignments.data() ? " " : ", ") + target + " = " +
            printer.formula(assignment.value);
  }
  return text + fmt::format("\n    root = {}\n", printer.formula(event.root));
}

}  // namespace

std::string print_node(const System& system, NodeId node) {
  return Printer(system).formula(node);
}

std::string print_equations(const System& system) {
  Printer printer(system);
  std::string text =
      fmt::format("system {}: {} states, {} parameters, {} events, {} graph nodes\n", system.name,
                  system.states.size(), system.parameters.size(), system.events.size(), system.graph.size());
  // Parameters and initial values use parameters only; they are written out before rules get their names.
  text += "\nparameters given by a formula\n";
  for (const auto& parameter : system.parameters)
    if (parameter.initial)
      text += fmt::format("  {} = {}{}\n", parameter.id, printer.formula(*parameter.initial),
                          with_unit(parameter.unit));
  text += "\ninitial values\n";
  for (std::size_t i = 0; i < system.states.size(); ++i)
    text += fmt::format("  {} = {}{}\n", system.states[i].id, printer.formula(system.initial_states[i]),
                        with_unit(system.states[i].unit));
  text += "\nrules\n";
  for (const NodeId rule : name_rules(system, printer))
    text += fmt::format("  {} := {}{}\n", printer.name_of(rule), printer.definition(rule),
                        with_unit(system.quantities.at(printer.name_of(rule)).unit));
  text += "\nrates of change\n";
  for (std::size_t i = 0; i < system.states.size(); ++i)
    text += fmt::format("  {}' = {}\n", system.states[i].id, printer.formula(system.rates[i]));
  if (!system.events.empty()) text += "\nevents\n";
  for (const auto& event : system.events) text += print_event(event, system, printer);
  return text;
}

std::string print_jacobian(const System& system) {
  Printer printer(system);
  const auto& jacobian = system.jacobian;
  const double cells = static_cast<double>(jacobian.row_count) * jacobian.column_count;
  std::string text = fmt::format("jacobian of {}: {} x {}, {} structural non-zeros ({:.1f} %)\n", system.name,
                                 jacobian.row_count, jacobian.column_count, jacobian.nonzeros(),
                                 cells > 0 ? 100.0 * jacobian.nonzeros() / cells : 0.0);
  name_rules(system, printer);  // Rules are listed by print_equations; here their names suffice.
  std::vector<NodeId> roots = jacobian.entries;
  roots.insert(roots.end(), system.time_derivative.begin(), system.time_derivative.end());
  text += "\nshared subexpressions\n";
  int number = 0;
  for (const NodeId shared : shared_nodes(system, roots, printer)) {
    text += fmt::format("  _{} := {}\n", ++number, printer.formula(shared));
    printer.name(shared, fmt::format("_{}", number));
  }
  text += "\nentries\n";
  for (int column = 0; column < jacobian.column_count; ++column)
    for (int k = jacobian.column_starts[static_cast<std::size_t>(column)];
         k < jacobian.column_starts[static_cast<std::size_t>(column) + 1]; ++k) {
      const auto at = static_cast<std::size_t>(k);
      text += fmt::format(
          "  d {}' / d {} = {}\n", system.states[static_cast<std::size_t>(jacobian.rows[at])].id,
          system.states[static_cast<std::size_t>(column)].id, printer.formula(jacobian.entries[at]));
    }
  text += "\nexplicit time derivatives\n";
  for (std::size_t i = 0; i < system.time_derivative.size(); ++i)
    if (!system.graph.is_constant(system.time_derivative[i], 0.0))
      text += fmt::format("  d {}' / d time = {}\n", system.states[i].id,
                          printer.formula(system.time_derivative[i]));
  return text;
}

}  // namespace raad::ir
