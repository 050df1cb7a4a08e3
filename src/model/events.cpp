#include "model/events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace raad::model {
namespace {

using base::Diagnostics;

class EventMaker {
 public:
  EventMaker(const Composition& composition, const FlatLayout& layout, Lowering& lowering,
             Diagnostics& findings)
      : composition_(composition), layout_(layout), lowering_(lowering), findings_(findings) {}

  FlatEvent make(const Element<text::Event>& element) {
    const auto& syntax = *element.syntax;
    owner_ = element.owner;
    FlatEvent event;
    event.id = element.id;
    event.place = element.place;
    event.fire_at_start_if_true = !syntax.t0.value_or(true);
    event.use_values_from_trigger_time = syntax.from_trigger.value_or(true);
    event.persistent = syntax.persistent.value_or(true);
    auto trigger = lowering_.lower(*syntax.trigger, *owner_);
    lowering_.checker().require_truth(trigger, "the trigger of an event");
    event.trigger = trigger.formula;
    if (syntax.delay) event.delay = make_delay(*syntax.delay);
    if (syntax.priority) {
      auto priority = lowering_.lower(*syntax.priority, *owner_);
      lowering_.checker().require_number(priority, "a priority");
      lowering_.checker().require_dimensionless(priority, "a priority");
      event.priority = priority.formula;
    }
    for (const auto& assignment : syntax.assignments) add_assignment(event, assignment);
    return event;
  }

 private:
  FormulaPointer make_delay(const text::Expression& expression) {
    auto delay = lowering_.lower(expression, *owner_);
    lowering_.checker().require_number(delay, "a delay");
    lowering_.checker().require_unit(delay, owner_->scope->time_unit, owner_->scope->time_unit_text,
                                     "a delay");
    return times(delay.formula, lowering_.time_conversion(*owner_));
  }

  void add_assignment(FlatEvent& event, const text::EventAssignment& assignment) {
    const auto raw = composition_.require(assignment.target, *owner_, findings_);
    auto value = lowering_.lower(*assignment.value, *owner_);
    if (!raw) return;
    const auto& named = composition_.at(*raw);
    lowering_.checker().require_number(value, "`" + named.local->name + "`");
    lowering_.checker().require_unit(value, named.unit, named.unit_text, named.local->name);
    const auto target = follow(composition_, *raw);
    const auto found = layout_.symbol_of.find(target.leader);
    if (found == layout_.symbol_of.end()) {
      findings_.error("R001", assignment.target.place, "`" + assignment.target.dotted() + "` was deleted",
                      "remove the assignment or the `delete`");
      return;
    }
    if (!may_set(named, found->second, assignment.target)) return;
    for (const RawId factor : target.factors)
      value.formula = times(value.formula, symbol(layout_.symbol_of.at(composition_.leader(factor))));
    event.assignments.push_back({found->second, value.formula, assignment.target.place});
  }

  bool may_set(const RawSymbol& named, SymbolId id, const text::Name& written) {
    if (named.local->is_constant && named.owner == owner_) {
      findings_.error("R009", written.place, "an event sets `" + written.dotted() + "`, which is const",
                      "declare it without `const`");
      return false;
    }
    if (layout_.at(id).role != Role::assigned || layout_.diluted.contains(id)) return true;
    findings_.error("R009", written.place, "an event sets `" + written.dotted() + "`, which has a rule",
                    "a rule holds at all times; set what the rule depends on");
    return false;
  }

  const Composition& composition_;
  const FlatLayout& layout_;
  Lowering& lowering_;
  Diagnostics& findings_;
  const Instance* owner_ = nullptr;
};

// What an event says about a concentration holds for the amount: n = c V, with the size that the same event
// sets, if it does (SBML L3V2, section 4.11.5: assignments of one event take effect together).
void set_amounts(FlatEvent& event, const FlatLayout& layout) {
  const auto original = event.assignments;
  for (auto& assignment : event.assignments) {
    const auto diluted = layout.diluted.find(assignment.symbol);
    if (diluted == layout.diluted.end()) continue;
    FormulaPointer size = symbol(diluted->second.compartment);
    for (const auto& other : original)
      if (other.symbol == diluted->second.compartment) size = other.formula;
    assignment = {diluted->second.amount, times(assignment.formula, size), assignment.place};
  }
}

void collect_symbols(const Formula& formula, std::set<SymbolId>& symbols) {
  if (formula.kind == Formula::Kind::symbol) symbols.insert(formula.symbol);
  for (const auto& operand : formula.operands) collect_symbols(*operand, symbols);
}

/// True when one of two events reads or writes what the other writes, so that their order matters.
bool interfere(const FlatEvent& a, const FlatEvent& b) {
  std::set<SymbolId> written_a, written_b, read_a, read_b;
  const auto gather = [](const FlatEvent& event, std::set<SymbolId>& written, std::set<SymbolId>& read) {
    for (const auto& assignment : event.assignments) {
      written.insert(assignment.symbol);
      collect_symbols(*assignment.formula, read);
    }
    collect_symbols(*event.trigger, read);
  };
  gather(a, written_a, read_a);
  gather(b, written_b, read_b);
  const auto meet = [](const std::set<SymbolId>& left, const std::set<SymbolId>& right) {
    return std::any_of(left.begin(), left.end(), [&](SymbolId id) { return right.contains(id); });
  };
  return meet(written_a, written_b) || meet(written_a, read_b) || meet(written_b, read_a);
}

void warn_of_order(const std::vector<FlatEvent>& events, Diagnostics& findings) {
  for (std::size_t i = 0; i < events.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      if ((events[i].priority && events[j].priority) || !interfere(events[i], events[j])) continue;
      findings.warning(
          "R028", events[i].place,
          fmt::format("should the events in lines {} and {} happen at one time, they run in this order",
                      events[j].place.line, events[i].place.line),
          "give both `priority = ...` to settle the order");
      break;
    }
}

}  // namespace

std::vector<FlatEvent> make_events(const Composition& composition, const FlatLayout& layout,
                                   Lowering& lowering, Diagnostics& findings) {
  EventMaker maker(composition, layout, lowering, findings);
  std::vector<FlatEvent> events;
  for (const auto& element : composition.events) {
    if (element.is_deleted) continue;
    auto event = maker.make(element);
    set_amounts(event, layout);
    events.push_back(std::move(event));
  }
  warn_of_order(events, findings);
  return events;
}

}  // namespace raad::model
