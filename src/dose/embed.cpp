#include "dose/embed.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "base/table.hpp"
#include "solve/evaluator.hpp"

namespace raad::dose {
namespace {

using model::apply;
using model::Operation;
using model::SymbolId;
using solve::Action;

class Writer {
 public:
  Writer(const model::FlatModel& model, const ir::System& system) : made_(model), system_(system) {}

  model::FlatModel write(const std::vector<double>& parameters, std::vector<Action> actions) {
    set_parameters(parameters);
    add_schedule(std::move(actions));
    return std::move(made_);
  }

  model::FlatModel write_arms(const std::vector<double>& parameters,
                              const std::vector<std::vector<Action>>& schedules, const std::string& arm) {
    set_parameters(parameters);
    model::Symbol symbol;
    symbol.id = arm;
    symbol.display_name = "arm of a study";
    symbol.unit_text = "1";
    symbol.provenance.kind = "derived";
    symbol.provenance.note = "chooses whose doses are given";
    gate_ = add_symbol(std::move(symbol));
    for (const auto& schedule : schedules) {
      ++arm_;
      add_schedule(schedule);
    }
    return std::move(made_);
  }

 private:
  void add_schedule(std::vector<Action> actions) {
    std::ranges::stable_sort(actions, {}, &Action::time_h);
    running_.reset(system_.states.size());
    for (std::size_t first = 0; first < actions.size();) {
      std::size_t end = first;
      while (end < actions.size() && actions[end].time_h == actions[first].time_h) ++end;
      add_event({actions.begin() + static_cast<std::ptrdiff_t>(first),
                 actions.begin() + static_cast<std::ptrdiff_t>(end)});
      first = end;
    }
  }

  SymbolId add_symbol(model::Symbol symbol) {
    const auto id = static_cast<SymbolId>(made_.symbols.size());
    made_.index[symbol.id] = id;
    made_.symbols.push_back(std::move(symbol));
    made_.parameter_values.push_back(0.0);
    return id;
  }

  void set_parameters(const std::vector<double>& parameters) {
    // What formulas give with these values of the others.
    std::vector<double> expected = parameters;
    solve::complete_parameters(system_, expected);
    std::set<SymbolId> overridden;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const SymbolId symbol = system_.parameters[i].symbol;
      if (symbol < 0) continue;
      const bool given = system_.parameters[i].initial.has_value();
      if (given && expected[i] == parameters[i]) continue;
      set_value(symbol, parameters[i]);
      if (given) overridden.insert(symbol);
    }
    std::erase_if(made_.initial, [&](const auto& one) { return overridden.count(one.symbol) > 0; });
  }

  /// A value that the run has in place of the table's loses the table's source.
  void set_value(SymbolId symbol, double value) {
    double& held = made_.parameter_values[static_cast<std::size_t>(symbol)];
    if (held == value) return;
    auto& from = made_.symbols[static_cast<std::size_t>(symbol)].provenance;
    if (std::isfinite(held) && !from.kind.empty()) {
      from.note = "set for this run in place of " + base::format_number(held) + " (" + from.kind +
                  (from.source_id.empty() ? "" : ", " + from.source_id) + ")";
      from.kind = "assumed";
      from.source_id = "internal:assumed";
      from.locator.clear();
      from.spread.clear();
    }
    held = value;
  }

  /// Assignments of one instant, each symbol once: jumps at one state add up.
  void add_event(const std::vector<Action>& actions) {
    std::map<SymbolId, double> jumps, values;
    for (const auto& action : actions) {
      const auto index = static_cast<std::size_t>(action.index);
      switch (action.kind) {
        case Action::Kind::add_to_state:
          jumps[system_.states[index].symbol] += action.value;
          break;
        case Action::Kind::add_to_rate:
          values[input_of(index)] = running_.add(index, action.value);
          break;
        case Action::Kind::set_parameter:
          values[system_.parameters[index].symbol] = action.value;
          break;
      }
    }
    model::FlatEvent event;
    event.id = free_id("regimen_" + std::to_string(++count_));
    event.trigger =
        apply(Operation::greater_equal, {model::time_symbol(), model::number(actions.front().time_h)});
    if (gate_)
      event.trigger =
          apply(Operation::logical_and,
                {event.trigger, apply(Operation::equal, {model::symbol(*gate_), model::number(arm_)})});
    event.fire_at_start_if_true = true;
    for (const auto& [symbol, jump] : jumps)
      event.assignments.push_back(
          {symbol, apply(Operation::add, {model::symbol(symbol), model::number(jump)}), {}});
    for (const auto& [symbol, value] : values)
      event.assignments.push_back({symbol, model::number(value), {}});
    made_.events.push_back(std::move(event));
  }

  /// The constant input of a state, made when it is first needed.
  SymbolId input_of(std::size_t state) {
    if (const auto known = inputs_.find(state); known != inputs_.end()) return known->second;
    const SymbolId driven = system_.states[state].symbol;
    model::Symbol symbol;
    const auto& original = made_.symbols[static_cast<std::size_t>(driven)];
    symbol.id = free_id("regimen_input_" + original.id);
    symbol.display_name =
        "infusion into " + (original.display_name.empty() ? original.id : original.display_name);
    if (!original.unit_text.empty()) {
      symbol.unit_text = original.unit_text + "/" + made_.time_unit;
      if (const auto time = base::UnitTable().parse(made_.time_unit)) symbol.unit = original.unit / *time;
    }
    symbol.provenance.kind = "derived";
    symbol.provenance.note = "set by the events of the regimen";
    const auto id = add_symbol(std::move(symbol));
    for (auto& rate : made_.rates)
      if (rate.symbol == driven) rate.formula = apply(Operation::add, {rate.formula, model::symbol(id)});
    inputs_[state] = id;
    return id;
  }

  std::string free_id(std::string id) const {
    const auto taken = [&] {
      return made_.index.count(id) > 0 ||
             std::ranges::any_of(made_.events, [&](const auto& event) { return event.id == id; });
    };
    while (taken()) id += "_";
    return id;
  }

  model::FlatModel made_;
  const ir::System& system_;
  solve::RunningInputs running_;
  std::map<std::size_t, SymbolId> inputs_;
  std::optional<SymbolId> gate_;
  int arm_ = 0;
  int count_ = 0;
};

}  // namespace

model::FlatModel with_schedule(const model::FlatModel& model, const ir::System& system,
                               const std::vector<double>& parameters, const std::vector<Action>& actions) {
  return Writer(model, system).write(parameters, actions);
}

model::FlatModel with_schedules(const model::FlatModel& model, const ir::System& system,
                                const std::vector<double>& parameters,
                                const std::vector<std::vector<Action>>& schedules, const std::string& arm) {
  return Writer(model, system).write_arms(parameters, schedules, arm);
}

}  // namespace raad::dose
