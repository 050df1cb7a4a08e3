// delay(x, d): the formula of x at an earlier time. Time becomes time - d, rules are seen through, and what
// the course itself determines (states, parameters that events set) becomes a model::FlatDelay. Before the
// start initial assignments hold at their own times (SBML L3V2 core, section 3.4.6).
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "sbml/elimination.hpp"
#include "sbml/translation.hpp"

namespace raad::sbml {

using model::apply;
using model::Formula;
using model::FormulaPointer;
using model::Operation;
using model::Role;
using model::SymbolId;

/// Formulas at a time earlier by one duration.
class EarlierTime {
 public:
  EarlierTime(Translation& in, FormulaPointer duration, bool is_fixed, const Rules& rules,
              const std::set<SymbolId>& set_by_events, std::map<std::string, FormulaPointer>& leaves)
      : in_(in),
        duration_(std::move(duration)),
        is_fixed_(is_fixed),
        rules_(rules),
        set_by_events_(set_by_events),
        leaves_(leaves) {}

  /// Throws Unsupported.
  FormulaPointer of(const FormulaPointer& formula) { return of(formula, Reach::all_times); }

 private:
  /// `before_start`: only the time before the start matters.
  enum class Reach { all_times, before_start };

  FormulaPointer of(const FormulaPointer& formula, Reach reach) {
    auto& memo = formulas_[reach == Reach::all_times ? 0 : 1];
    if (const auto known = memo.find(formula.get()); known != memo.end()) return known->second;
    auto made = make(formula, reach);
    memo.emplace(formula.get(), made);
    return made;
  }

  FormulaPointer make(const FormulaPointer& formula, Reach reach) {
    switch (formula->kind) {
      case Formula::Kind::number:
        return formula;
      case Formula::Kind::time:
        return apply(Operation::subtract, {formula, duration_});
      case Formula::Kind::rate_of:
        return of_rate(formula, reach);
      case Formula::Kind::symbol:
        return of_symbol(formula, reach);
      case Formula::Kind::apply: {
        Formula made = *formula;
        for (auto& operand : made.operands) operand = of(operand, reach);
        return std::make_shared<const Formula>(std::move(made));
      }
    }
    return nullptr;
  }

  FormulaPointer of_symbol(const FormulaPointer& formula, Reach reach) {
    const SymbolId id = formula->symbol;
    const Role role = in_.at(id).role;
    if (role == Role::assigned) return of_rule(formula, reach);
    const bool lives = role == Role::state || set_by_events_.count(id) > 0;
    const auto initial = std::ranges::find(in_.out_->initial, id, &model::Equation::symbol);
    // Before the start an initial assignment still holds, at its own time.
    const auto before =
        initial != in_.out_->initial.end() ? of(initial->formula, Reach::before_start) : formula;
    if (reach == Reach::before_start) return lives && before == formula ? leaf(formula, formula) : before;
    if (!lives && before == formula) return formula;
    const auto later = lives ? leaf(formula, before) : formula;
    // The past of a run knows constant beginnings.
    if (lives && !depends_on_time(before)) return or_itself(later, formula);
    return or_itself(
        apply(Operation::select, {apply(Operation::less, {model::time_symbol(), duration_}), before, later}),
        formula);
  }

  /// Before the start nothing moves.
  FormulaPointer of_rate(const FormulaPointer& formula, Reach reach) {
    const SymbolId id = formula->symbol;
    const auto initial = std::ranges::find(in_.out_->initial, id, &model::Equation::symbol);
    if (initial != in_.out_->initial.end() && depends_on_time(of(initial->formula, Reach::before_start)))
      throw Unsupported{"delay(...) of the rate of change of `" + in_.at(id).id + "`",
                        "its initial assignment changes with time"};
    if (reach == Reach::before_start) return model::number(0.0);
    const auto rate = std::ranges::find(in_.out_->rates, id, &model::Equation::symbol);
    if (rate == in_.out_->rates.end()) return model::number(0.0);
    return or_itself(apply(Operation::select, {apply(Operation::less, {model::time_symbol(), duration_}),
                                               model::number(0.0), of(rate->formula, reach)}),
                     formula);
  }

  FormulaPointer of_rule(const FormulaPointer& formula, Reach reach) {
    // A delay within a delay: both together.
    const auto inner = std::ranges::find(in_.delays_, formula->symbol, &Translation::Delayed::symbol);
    if (inner != in_.delays_.end()) {
      if (!is_fixed_ || !in_.is_fixed(inner->delay, rules_, set_by_events_))
        throw Unsupported{"delay(...) within delay(...) by a duration that changes",
                          "durations of the past are not kept"};
      return EarlierTime(in_, sum(inner->delay, duration_), true, rules_, set_by_events_, leaves_)
          .of(inner->value, reach);
    }
    const auto rule = rules_.find(formula->symbol);
    const std::string& id = in_.at(formula->symbol).id;
    if (rule == rules_.end()) throw Unsupported{"delay(...) of `" + id + "`", "no formula determines it"};
    if (!open_.insert(formula->symbol).second)
      throw Unsupported{"delay(...)", "`" + id + "` is determined by its own past alone"};
    auto made = of(rule->second, reach);
    open_.erase(formula->symbol);
    return made;
  }

  static FormulaPointer sum(const FormulaPointer& a, const FormulaPointer& b) {
    if (a->kind == Formula::Kind::number && b->kind == Formula::Kind::number)
      return model::number(a->value + b->value);
    return apply(Operation::add, {a, b});
  }

  /// No delay at all is the value itself.
  FormulaPointer or_itself(const FormulaPointer& earlier, const FormulaPointer& formula) const {
    if (duration_->kind == Formula::Kind::number) return earlier;
    return apply(Operation::select,
                 {apply(Operation::greater, {duration_, model::number(0.0)}), earlier, formula});
  }

  bool depends_on_time(const FormulaPointer& formula) {
    const auto [known, is_new] = time_dependent_.emplace(formula.get(), false);
    if (!is_new) return known->second;
    bool depends = formula->kind == Formula::Kind::time;
    for (const auto& operand : formula->operands) depends = depends_on_time(operand) || depends;
    return time_dependent_[formula.get()] = depends;
  }

  /// What the solver puts in. One for each symbol and duration.
  FormulaPointer leaf(const FormulaPointer& formula, const FormulaPointer& before) {
    auto& known = leaves_[std::to_string(formula->symbol) + " " + key_of(duration_)];
    if (known != nullptr) return known;
    const std::string id = in_.at(formula->symbol).id;
    const SymbolId value =
        in_.add_hidden(id + "__delayed", Role::parameter, in_.at(formula->symbol).unit_text, 0);
    const SymbolId slope = in_.add_hidden(id + "__delayed_rate", Role::parameter, "", 0);
    in_.out_->parameter_values[static_cast<std::size_t>(slope)] = 0.0;
    in_.out_->initial.push_back({value, before, in_.at(formula->symbol).place});
    in_.out_->delays.push_back(
        {value, slope, formula->symbol, duration_, is_fixed_, in_.at(formula->symbol).place});
    known = model::symbol(value);
    return known;
  }

  static std::string key_of(const FormulaPointer& duration) {
    if (duration->kind == Formula::Kind::number) return fmt::format("{}", duration->value);
    if (duration->kind == Formula::Kind::symbol) return "symbol " + std::to_string(duration->symbol);
    return fmt::format("formula {}", static_cast<const void*>(duration.get()));
  }

  Translation& in_;
  FormulaPointer duration_;
  bool is_fixed_;
  const Rules& rules_;
  const std::set<SymbolId>& set_by_events_;
  std::map<std::string, FormulaPointer>& leaves_;
  std::unordered_map<const Formula*, FormulaPointer> formulas_[2];  ///< By reach
  std::unordered_map<const Formula*, bool> time_dependent_;
  std::set<SymbolId> open_;  ///< Rules being seen through
};

FormulaPointer Translation::delayed(const FormulaPointer& value, const FormulaPointer& delay) {
  // No delay at all is the value itself, whatever it depends on.
  if (delay->kind == Formula::Kind::number && delay->value == 0.0) return value;
  const auto id = add_hidden("delayed_" + std::to_string(delays_.size() + 1), Role::assigned, "", 0);
  delays_.push_back({id, value, delay});
  return model::symbol(id);
}

/// Whether a duration is the same throughout a run.
bool Translation::is_fixed(const FormulaPointer& duration, const Rules& rules,
                           const std::set<SymbolId>& set_by_events) const {
  std::set<const Formula*> seen;
  const auto is_constant = [&](const auto& self, const FormulaPointer& formula) -> bool {
    if (!seen.insert(formula.get()).second) return true;
    if (formula->kind == Formula::Kind::time || formula->kind == Formula::Kind::rate_of) return false;
    if (formula->kind == Formula::Kind::symbol) {
      const SymbolId id = formula->symbol;
      if (at(id).role == Role::state || set_by_events.count(id) > 0) return false;
      // Of delayed values some may be constant; it is not worth knowing.
      if (std::ranges::find(delays_, id, &Delayed::symbol) != delays_.end()) return false;
      if (const auto rule = rules.find(id); rule != rules.end()) return self(self, rule->second);
    }
    return std::ranges::all_of(formula->operands, [&](const auto& operand) { return self(self, operand); });
  };
  return is_constant(is_constant, duration);
}

void Translation::solve_delays() {
  if (delays_.empty() || findings_.has_errors()) return;
  Rules rules;
  for (const auto& rule : out_->rules) rules[rule.symbol] = rule.formula;
  std::set<SymbolId> set_by_events;
  for (const auto& event : out_->events)
    for (const auto& assignment : event.assignments) set_by_events.insert(assignment.symbol);
  std::map<std::string, FormulaPointer> leaves;
  // A delay within a delay stands before it.
  for (const auto& one : delays_) {
    try {
      const bool fixed = is_fixed(one.delay, rules, set_by_events);
      auto value = EarlierTime(*this, one.delay, fixed, rules, set_by_events, leaves).of(one.value);
      rules[one.symbol] = value;
      out_->rules.push_back({one.symbol, std::move(value), {file_, 0, 0}});
    } catch (const Unsupported& refused) {
      findings_.error("R101", {file_, 0, 0}, refused.what + " is not simulated: " + refused.reason);
    }
  }
}

}  // namespace raad::sbml
