// delay(x, d) of what depends on time and constants only: the same formula at an earlier time. Values of
// states would need a memory of the course and are refused.
#include <algorithm>

#include "sbml/elimination.hpp"
#include "sbml/translation.hpp"

namespace raad::sbml {

using model::apply;
using model::Formula;
using model::FormulaPointer;
using model::Operation;
using model::Role;

FormulaPointer Translation::delayed(const FormulaPointer& value, const FormulaPointer& delay) {
  const auto id = add_hidden("delayed_" + std::to_string(delays_.size() + 1), Role::assigned, "", 0);
  delays_.push_back({id, value, delay});
  return model::symbol(id);
}

/// The formula at an earlier time; null where it depends on the course.
FormulaPointer Translation::at_earlier_time(const FormulaPointer& formula, const FormulaPointer& delay,
                                            const Rules& rules) const {
  switch (formula->kind) {
    case Formula::Kind::number:
      return formula;
    case Formula::Kind::time:
      return apply(Operation::subtract, {formula, delay});
    case Formula::Kind::rate_of:
      return nullptr;
    case Formula::Kind::symbol: {
      const auto& symbol = out_->symbols[static_cast<std::size_t>(formula->symbol)];
      if (symbol.role == Role::state) return nullptr;
      if (symbol.role == Role::parameter) {
        const auto found = determined_.find(symbol.id);
        if (found != determined_.end() && found->second.by_event) return nullptr;
        // Before the start an initial assignment still holds, at its own time.
        const auto initial = std::ranges::find(out_->initial, formula->symbol, &model::Equation::symbol);
        if (initial == out_->initial.end()) return formula;
        auto before = at_earlier_time(initial->formula, delay, rules);
        if (before == nullptr) return nullptr;
        return apply(Operation::select,
                     {apply(Operation::less, {model::time_symbol(), delay}), std::move(before), formula});
      }
      const auto rule = rules.find(formula->symbol);
      return rule == rules.end() ? nullptr : at_earlier_time(rule->second, delay, rules);
    }
    case Formula::Kind::apply: {
      Formula made = *formula;
      for (auto& operand : made.operands) {
        operand = at_earlier_time(operand, delay, rules);
        if (operand == nullptr) return nullptr;
      }
      return std::make_shared<const Formula>(std::move(made));
    }
  }
  return nullptr;
}

void Translation::solve_delays() {
  if (delays_.empty() || findings_.has_errors()) return;
  Rules rules;
  for (const auto& rule : out_->rules) rules[rule.symbol] = rule.formula;
  for (const auto& one : delays_) {
    // No delay at all is the value itself, whatever it depends on.
    const bool none = one.delay->kind == Formula::Kind::number && one.delay->value == 0.0;
    auto value = none ? one.value : at_earlier_time(one.value, one.delay, rules);
    if (value == nullptr) {
      findings_.error(
          "R101", {file_, 0, 0},
          "delay(...) of a quantity that the course determines is not simulated: values of the past are not "
          "kept",
          "a chain of first-order steps comes near it");
      continue;
    }
    rules[one.symbol] = value;
    out_->rules.push_back({one.symbol, std::move(value), {file_, 0, 0}});
  }
}

}  // namespace raad::sbml
