#include "sbml/elimination.hpp"

#include <unordered_map>

namespace raad::sbml {
namespace {

using model::apply;
using model::Formula;
using model::FormulaPointer;
using model::number;
using model::Operation;
using model::SymbolId;

bool is_number(const FormulaPointer& formula, double value) {
  return formula->kind == Formula::Kind::number && formula->value == value;
}

FormulaPointer sum(const FormulaPointer& a, const FormulaPointer& b) {
  if (is_number(a, 0.0)) return b;
  if (is_number(b, 0.0)) return a;
  return apply(Operation::add, {a, b});
}

FormulaPointer product(const FormulaPointer& a, const FormulaPointer& b) {
  if (is_number(a, 1.0)) return b;
  if (is_number(b, 1.0)) return a;
  if (is_number(a, 0.0) || is_number(b, 0.0)) return number(0.0);
  return apply(Operation::multiply, {a, b});
}

FormulaPointer negative(const FormulaPointer& a) {
  if (a == nullptr || is_number(a, 0.0)) return a;
  if (a->kind == Formula::Kind::number) return number(-a->value);
  return apply(Operation::negate, {a});
}

/// Null stands for 0.
FormulaPointer slope_sum(const FormulaPointer& a, const FormulaPointer& b) {
  if (a == nullptr) return b;
  return b == nullptr ? a : sum(a, b);
}

class Decomposition {
 public:
  Decomposition(SymbolId x, const Rules& rules) : x_(x), rules_(rules) {}

  std::optional<LinearForm> of(const FormulaPointer& formula) {
    const auto known = memo_.find(formula.get());
    if (known != memo_.end()) return known->second;
    auto made = make(formula);
    memo_.emplace(formula.get(), made);
    return made;
  }

 private:
  std::optional<LinearForm> make(const FormulaPointer& formula) {
    switch (formula->kind) {
      case Formula::Kind::number:
      case Formula::Kind::time:
        return LinearForm{nullptr, formula};
      case Formula::Kind::symbol: {
        if (formula->symbol == x_) return LinearForm{number(1.0), number(0.0)};
        const auto rule = rules_.find(formula->symbol);
        if (rule == rules_.end()) return LinearForm{nullptr, formula};
        auto seen = of(rule->second);
        if (seen && seen->slope == nullptr) return LinearForm{nullptr, formula};
        return seen;
      }
      case Formula::Kind::rate_of:
        return std::nullopt;  // It may depend on x by way of rates.
      case Formula::Kind::apply:
        return of_operation(formula);
    }
    return std::nullopt;
  }

  std::optional<LinearForm> of_operation(const FormulaPointer& formula) {
    std::vector<LinearForm> parts;
    bool depends = false;
    for (const auto& operand : formula->operands) {
      const auto part = of(operand);
      if (!part) return std::nullopt;
      depends = depends || part->slope != nullptr;
      parts.push_back(*part);
    }
    if (!depends) return LinearForm{nullptr, formula};
    switch (formula->operation) {
      case Operation::negate:
        return LinearForm{negative(parts[0].slope), negative(parts[0].rest)};
      case Operation::add:
        return LinearForm{slope_sum(parts[0].slope, parts[1].slope), sum(parts[0].rest, parts[1].rest)};
      case Operation::subtract:
        return LinearForm{slope_sum(parts[0].slope, negative(parts[1].slope)),
                          sum(parts[0].rest, negative(parts[1].rest))};
      case Operation::multiply: {
        if (parts[0].slope != nullptr && parts[1].slope != nullptr) return std::nullopt;
        const auto& with = parts[0].slope != nullptr ? parts[0] : parts[1];
        const auto& factor = parts[0].slope != nullptr ? formula->operands[1] : formula->operands[0];
        return LinearForm{product(with.slope, factor), product(with.rest, factor)};
      }
      case Operation::divide: {
        if (parts[1].slope != nullptr) return std::nullopt;
        const auto& divisor = formula->operands[1];
        const auto over = [&](const FormulaPointer& a) {
          return is_number(a, 0.0) ? a : apply(Operation::divide, {a, divisor});
        };
        return LinearForm{over(parts[0].slope), over(parts[0].rest)};
      }
      case Operation::select: {
        if (parts[0].slope != nullptr) return std::nullopt;
        const auto chosen = [&](const FormulaPointer& a, const FormulaPointer& b) {
          return apply(Operation::select, {formula->operands[0], a != nullptr ? a : number(0.0),
                                           b != nullptr ? b : number(0.0)});
        };
        return LinearForm{chosen(parts[1].slope, parts[2].slope), chosen(parts[1].rest, parts[2].rest)};
      }
      default:
        return std::nullopt;
    }
  }

  SymbolId x_;
  const Rules& rules_;
  std::unordered_map<const Formula*, std::optional<LinearForm>> memo_;
};

}  // namespace

std::optional<LinearForm> linear_in(const FormulaPointer& formula, SymbolId x, const Rules& rules) {
  return Decomposition(x, rules).of(formula);
}

std::vector<std::size_t> eliminate(const std::vector<FormulaPointer>& equations, std::set<SymbolId> unknowns,
                                   Rules& rules) {
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < equations.size(); ++i) left.push_back(i);
  // A solved equation can make another one linear, so the rest is tried again as long as something comes of
  // it.
  for (bool progress = true; progress && !left.empty();) {
    progress = false;
    std::vector<std::size_t> still;
    for (const std::size_t i : left) {
      bool solved = false;
      for (const SymbolId x : unknowns) {
        const auto form = linear_in(equations[i], x, rules);
        if (!form || form->slope == nullptr) continue;
        rules[x] = apply(Operation::divide, {negative(form->rest), form->slope});
        unknowns.erase(x);
        solved = progress = true;
        break;
      }
      if (!solved) still.push_back(i);
    }
    left = std::move(still);
  }
  return left;
}

}  // namespace raad::sbml
