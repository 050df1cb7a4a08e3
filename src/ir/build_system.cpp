// From a flat model to a system: formulas become nodes, rules are substituted, derivatives are added.
#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <utility>

#include "ir/differentiate.hpp"
#include "ir/event_root.hpp"
#include "ir/system.hpp"

namespace raad::ir {
namespace {

using model::Equation;
using model::FlatModel;
using model::Formula;
using model::Role;
using model::SymbolId;

/// When a formula is evaluated: at the start a state stands for its initial formula.
enum class Moment { running, start };

/// What is being worked out, to find cycles and name their members.
struct Task {
  enum class Kind { value, rate, parameter_order };
  Kind kind = Kind::value;
  SymbolId symbol = -1;
};

class SystemBuilder {
 public:
  explicit SystemBuilder(const FlatModel& model);
  System build();

 private:
  struct Memo {
    std::vector<NodeId> values;  ///< By symbol; -1 not yet made
    std::vector<NodeId> rates;
    std::unordered_map<const Formula*, NodeId> formulas;  ///< Inlined functions share formulas
  };

  void number_states();
  void number_parameters();
  void visit_parameter(SymbolId symbol);
  void visit_formula(const Formula& formula);
  void add_events();
  void add_delays();
  bool rates_use(int parameter) const;
  void add_quantities();

  NodeId value(SymbolId symbol, Moment moment);
  NodeId make_value(SymbolId symbol, Moment moment);
  NodeId rate(SymbolId symbol, Moment moment);
  NodeId convert(const Formula& formula, Moment moment);
  NodeId make(const Formula& formula, Moment moment);

  void enter(Task task);
  [[noreturn]] void report_cycle(Task repeated) const;

  const model::Symbol& symbol_of(SymbolId id) const { return model_.symbols[static_cast<std::size_t>(id)]; }
  const Formula* at(const std::vector<const Formula*>& table, SymbolId id) const {
    return table[static_cast<std::size_t>(id)];
  }
  Memo& memo(Moment moment) { return memos_[moment == Moment::running ? 0 : 1]; }

  const FlatModel& model_;
  System system_;
  std::vector<const Formula*> initial_, rules_, rates_;  ///< By symbol; null where there is none
  std::vector<int> state_index_, parameter_index_;       ///< By symbol; -1 where it is not one
  std::array<Memo, 2> memos_;
  std::vector<Task> stack_;  ///< What is being worked out, outermost first
  std::vector<bool> order_seen_;
};

std::vector<const Formula*> by_symbol(const std::vector<Equation>& equations, std::size_t symbol_count) {
  std::vector<const Formula*> table(symbol_count, nullptr);
  for (const auto& equation : equations)
    table[static_cast<std::size_t>(equation.symbol)] = equation.formula.get();
  return table;
}

SystemBuilder::SystemBuilder(const FlatModel& model)
    : model_(model),
      initial_(by_symbol(model.initial, model.symbols.size())),
      rules_(by_symbol(model.rules, model.symbols.size())),
      rates_(by_symbol(model.rates, model.symbols.size())),
      state_index_(model.symbols.size(), -1),
      parameter_index_(model.symbols.size(), -1),
      order_seen_(model.symbols.size(), false) {
  for (auto& memo : memos_) {
    memo.values.assign(model.symbols.size(), -1);
    memo.rates.assign(model.symbols.size(), -1);
  }
}

System SystemBuilder::build() {
  system_.name = model_.name;
  number_states();
  number_parameters();
  for (const auto& state : system_.states) {
    system_.rates.push_back(rate(state.symbol, Moment::running));
    system_.initial_states.push_back(value(state.symbol, Moment::start));
  }
  for (auto& parameter : system_.parameters)
    if (const Formula* formula = at(initial_, parameter.symbol))
      parameter.initial = convert(*formula, Moment::start);
  add_quantities();
  add_events();
  add_delays();
  return std::move(system_);
}

void SystemBuilder::number_states() {
  for (SymbolId id = 0; id < static_cast<SymbolId>(model_.symbols.size()); ++id) {
    const auto& symbol = symbol_of(id);
    if (symbol.role != Role::state) continue;
    state_index_[static_cast<std::size_t>(id)] = static_cast<int>(system_.states.size());
    system_.states.push_back({symbol.id, symbol.unit_text, symbol.nominal_scale, id});
  }
}

// In order of declaration, except that a parameter given by a formula waits for those it uses.
void SystemBuilder::number_parameters() {
  for (SymbolId id = 0; id < static_cast<SymbolId>(model_.symbols.size()); ++id)
    if (symbol_of(id).role == Role::parameter && at(initial_, id) == nullptr) visit_parameter(id);
  for (SymbolId id = 0; id < static_cast<SymbolId>(model_.symbols.size()); ++id)
    if (symbol_of(id).role == Role::parameter) visit_parameter(id);
}

void SystemBuilder::visit_parameter(SymbolId id) {
  if (order_seen_[static_cast<std::size_t>(id)]) return;
  enter({Task::Kind::parameter_order, id});
  const auto& symbol = symbol_of(id);
  const Formula* formula = symbol.role == Role::assigned ? at(rules_, id) : at(initial_, id);
  if (formula != nullptr) visit_formula(*formula);
  stack_.pop_back();
  order_seen_[static_cast<std::size_t>(id)] = true;
  if (symbol.role != Role::parameter) return;
  parameter_index_[static_cast<std::size_t>(id)] = static_cast<int>(system_.parameters.size());
  const double table_value = formula != nullptr ? std::numeric_limits<double>::quiet_NaN()
                                                : model_.parameter_values[static_cast<std::size_t>(id)];
  system_.parameters.push_back({symbol.id, symbol.unit_text, table_value, std::nullopt, id});
}

void SystemBuilder::visit_formula(const Formula& formula) {
  if (formula.kind == Formula::Kind::symbol) visit_parameter(formula.symbol);
  if (formula.kind == Formula::Kind::rate_of && at(rates_, formula.symbol) != nullptr) {
    enter({Task::Kind::rate, formula.symbol});
    visit_formula(*at(rates_, formula.symbol));
    stack_.pop_back();
  }
  for (const auto& operand : formula.operands) visit_formula(*operand);
}

void SystemBuilder::enter(Task task) {
  const auto same = [&](const Task& other) { return other.kind == task.kind && other.symbol == task.symbol; };
  if (std::any_of(stack_.begin(), stack_.end(), same)) report_cycle(task);
  stack_.push_back(task);
}

void SystemBuilder::report_cycle(Task repeated) const {
  const auto name = [&](const Task& task) {
    const auto& id = symbol_of(task.symbol).id;
    return task.kind == Task::Kind::rate ? "rateOf(" + id + ")" : id;
  };
  auto first = std::find_if(stack_.begin(), stack_.end(), [&](const Task& task) {
    return task.kind == repeated.kind && task.symbol == repeated.symbol;
  });
  std::string members;
  for (; first != stack_.end(); ++first) members += name(*first) + " -> ";
  throw base::InputError("R008", symbol_of(repeated.symbol).place,
                         "values depend on each other in a circle: " + members + name(repeated),
                         "give one of them a rate of change or a number");
}

NodeId SystemBuilder::value(SymbolId id, Moment moment) {
  const NodeId known = memo(moment).values[static_cast<std::size_t>(id)];
  if (known >= 0) return known;
  enter({Task::Kind::value, id});
  const NodeId made = make_value(id, moment);
  stack_.pop_back();
  memo(moment).values[static_cast<std::size_t>(id)] = made;
  return made;
}

NodeId SystemBuilder::make_value(SymbolId id, Moment moment) {
  const auto& symbol = symbol_of(id);
  switch (symbol.role) {
    case Role::parameter:
      return system_.graph.parameter(parameter_index_[static_cast<std::size_t>(id)]);
    case Role::state:
      if (moment == Moment::running) return system_.graph.state(state_index_[static_cast<std::size_t>(id)]);
      if (const Formula* formula = at(initial_, id)) return convert(*formula, moment);
      throw base::InputError("R011", symbol.place,
                             "`" + symbol.id + "` has a rate of change but no initial value",
                             "add `" + symbol.id + " = ...`");
    case Role::assigned:
      if (const Formula* formula = at(rules_, id)) return convert(*formula, moment);
      throw std::logic_error("assigned symbol without a rule: " + symbol.id);
  }
  throw std::logic_error("unknown role");
}

NodeId SystemBuilder::rate(SymbolId id, Moment moment) {
  const NodeId known = memo(moment).rates[static_cast<std::size_t>(id)];
  if (known >= 0) return known;
  const auto& symbol = symbol_of(id);
  if (symbol.role == Role::parameter) return system_.graph.constant(0.0);
  const Formula* formula = at(rates_, id);
  if (formula == nullptr) throw std::logic_error("no rate of change for " + symbol.id);
  enter({Task::Kind::rate, id});
  const NodeId made = convert(*formula, moment);
  stack_.pop_back();
  memo(moment).rates[static_cast<std::size_t>(id)] = made;
  return made;
}

NodeId SystemBuilder::convert(const Formula& formula, Moment moment) {
  const auto found = memo(moment).formulas.find(&formula);
  if (found != memo(moment).formulas.end()) return found->second;
  const NodeId made = make(formula, moment);
  memo(moment).formulas.emplace(&formula, made);
  return made;
}

NodeId SystemBuilder::make(const Formula& formula, Moment moment) {
  switch (formula.kind) {
    case Formula::Kind::number:
      return system_.graph.constant(formula.value);
    case Formula::Kind::time:
      return system_.graph.time();
    case Formula::Kind::symbol:
      return value(formula.symbol, moment);
    case Formula::Kind::rate_of:
      return rate(formula.symbol, moment);
    case Formula::Kind::apply: {
      std::vector<NodeId> operands;
      operands.reserve(formula.operands.size());
      for (const auto& operand : formula.operands) operands.push_back(convert(*operand, moment));
      return system_.graph.apply(formula.operation, operands);
    }
  }
  throw std::logic_error("unknown kind of formula");
}

void SystemBuilder::add_quantities() {
  const auto add = [&](const std::string& name, SymbolId id) {
    const auto& symbol = symbol_of(id);
    system_.quantities[name] = {name, symbol.unit_text, value(id, Moment::running)};
  };
  for (SymbolId id = 0; id < static_cast<SymbolId>(model_.symbols.size()); ++id) add(symbol_of(id).id, id);
  for (const auto& [alias, id] : model_.aliases) add(alias, id);
}

void SystemBuilder::add_events() {
  for (const auto& flat : model_.events) {
    Event event;
    event.id = flat.id;
    event.trigger = convert(*flat.trigger, Moment::running);
    event.root = event_root(system_.graph, event.trigger);
    if (flat.delay) event.delay = convert(*flat.delay, Moment::running);
    if (flat.priority) event.priority = convert(*flat.priority, Moment::running);
    event.fire_at_start_if_true = flat.fire_at_start_if_true;
    event.use_values_from_trigger_time = flat.use_values_from_trigger_time;
    event.persistent = flat.persistent;
    for (const auto& equation : flat.assignments) {
      EventAssignment assignment;
      const auto& symbol = symbol_of(equation.symbol);
      if (symbol.role == Role::assigned)
        throw std::logic_error("event " + flat.id + " assigns to " + symbol.id + ", which has a rule");
      assignment.target =
          symbol.role == Role::state ? EventAssignment::Target::state : EventAssignment::Target::parameter;
      const auto& index = symbol.role == Role::state ? state_index_ : parameter_index_;
      assignment.index = index[static_cast<std::size_t>(equation.symbol)];
      assignment.value = convert(*equation.formula, Moment::running);
      event.assignments.push_back(assignment);
    }
    system_.events.push_back(std::move(event));
  }
}

void SystemBuilder::add_delays() {
  const auto index = [](const std::vector<int>& table, SymbolId id) {
    return table[static_cast<std::size_t>(id)];
  };
  for (const auto& flat : model_.delays) {
    Delay delay;
    const bool is_state = symbol_of(flat.of).role == Role::state;
    delay.of = is_state ? Delay::Of::state : Delay::Of::parameter;
    delay.index = index(is_state ? state_index_ : parameter_index_, flat.of);
    delay.duration = convert(*flat.duration, Moment::running);
    delay.is_fixed = flat.is_fixed;
    delay.value = index(parameter_index_, flat.symbol);
    delay.slope = index(parameter_index_, flat.slope);
    if (!delay.is_fixed && rates_use(delay.value))
      throw base::InputError("R101", flat.place,
                             "a rate of change depends on `" + symbol_of(flat.of).id +
                                 "` delayed by a duration that changes, which is not simulated",
                             "give the delay a fixed duration");
    system_.delays.push_back(delay);
  }
}

bool SystemBuilder::rates_use(int parameter) const {
  std::vector<NodeId> open = system_.rates;
  std::vector<char> seen(system_.graph.size(), 0);
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (std::exchange(seen[static_cast<std::size_t>(id)], 1) != 0) continue;
    const Node& node = system_.graph[id];
    if (node.kind == Node::Kind::parameter && node.index == parameter) return true;
    for (int i = 0; i < node.operand_count; ++i) open.push_back(node.operands[i]);
  }
  return false;
}

}  // namespace

System build_system(const model::FlatModel& model) {
  System system = SystemBuilder(model).build();
  add_jacobian(system);
  return system;
}

}  // namespace raad::ir
