#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/table.hpp"
#include "model/load.hpp"

namespace raad::model {
namespace {

/// How tightly an operator binds in the model language; what binds less is put in parentheses.
enum Precedence { k_logic = 1, k_relation, k_additive, k_multiplicative, k_prefix, k_power, k_primary };

struct Operator {
  std::string_view sign;
  Precedence precedence = k_primary;
};

Operator operator_of(Operation operation) {
  switch (operation) {
    case Operation::logical_or:
      return {" || ", k_logic};
    case Operation::logical_and:
      return {" && ", k_logic};
    case Operation::less:
      return {" < ", k_relation};
    case Operation::less_equal:
      return {" <= ", k_relation};
    case Operation::greater:
      return {" > ", k_relation};
    case Operation::greater_equal:
      return {" >= ", k_relation};
    case Operation::equal:
      return {" == ", k_relation};
    case Operation::not_equal:
      return {" != ", k_relation};
    case Operation::add:
      return {" + ", k_additive};
    case Operation::subtract:
      return {" - ", k_additive};
    case Operation::multiply:
      return {"*", k_multiplicative};
    case Operation::divide:
      return {"/", k_multiplicative};
    case Operation::power:
      return {"^", k_power};
    case Operation::negate:
      return {"-", k_prefix};
    case Operation::logical_not:
      return {"!", k_prefix};
    default:
      return {};
  }
}

class FormulaPrinter {
 public:
  explicit FormulaPrinter(const FlatModel& model) : model_(model) {}

  std::string print(const Formula& formula) const {
    switch (formula.kind) {
      case Formula::Kind::number:
        return number(formula.value);
      case Formula::Kind::symbol:
        return id(formula.symbol);
      case Formula::Kind::time:
        return "time";
      case Formula::Kind::rate_of:
        return "rateOf(" + id(formula.symbol) + ")";
      case Formula::Kind::apply:
        return applied(formula);
    }
    return "";
  }

 private:
  const std::string& id(SymbolId symbol) const { return model_.symbols[static_cast<std::size_t>(symbol)].id; }

  static std::string number(double value) {
    if (std::isnan(value)) return "notanumber";
    if (std::isinf(value)) return value > 0.0 ? "infinity" : "-infinity";
    return base::format_number(value);
  }

  static Precedence precedence(const Formula& formula) {
    if (formula.kind == Formula::Kind::number) return std::signbit(formula.value) ? k_prefix : k_primary;
    return formula.kind == Formula::Kind::apply ? operator_of(formula.operation).precedence : k_primary;
  }

  std::string operand(const Formula& formula, Precedence least) const {
    return precedence(formula) >= least ? print(formula) : "(" + print(formula) + ")";
  }

  std::string applied(const Formula& formula) const {
    if (formula.operation == Operation::select) return piecewise(formula);
    const auto [sign, precedence] = operator_of(formula.operation);
    if (sign.empty()) return call(std::string(name_of(formula.operation)), formula);
    if (precedence == k_prefix) return std::string(sign) + operand(*formula.operands[0], k_prefix);
    if (precedence == k_power)
      return operand(*formula.operands[0], k_primary) + "^" + operand(*formula.operands[1], k_prefix);
    if (precedence == k_logic) return logic(formula, sign);
    // Relations do not chain; sums and products associate to the left.
    const auto next = static_cast<Precedence>(precedence + 1);
    std::string text = operand(*formula.operands[0], precedence == k_relation ? next : precedence);
    for (std::size_t i = 1; i < formula.operands.size(); ++i)
      text += std::string(sign) + operand(*formula.operands[i], next);
    return text;
  }

  // `&&` and `||` may not mix without parentheses (R022).
  std::string logic(const Formula& formula, std::string_view sign) const {
    std::string text;
    for (std::size_t i = 0; i < formula.operands.size(); ++i) {
      const auto& part = *formula.operands[i];
      const bool same = i == 0 && part.kind == Formula::Kind::apply && part.operation == formula.operation;
      text += (i == 0 ? "" : std::string(sign)) + operand(part, same ? k_logic : k_relation);
    }
    return text;
  }

  std::string call(const std::string& function, const Formula& formula) const {
    std::string text = function + "(";
    for (std::size_t i = 0; i < formula.operands.size(); ++i)
      text += (i == 0 ? "" : ", ") + print(*formula.operands[i]);
    return text + ")";
  }

  std::string piecewise(const Formula& formula) const {
    std::string text = "piecewise(";
    const Formula* rest = &formula;
    while (rest->kind == Formula::Kind::apply && rest->operation == Operation::select) {
      text += print(*rest->operands[1]) + ", " + print(*rest->operands[0]) + ", ";
      rest = rest->operands[2].get();
    }
    return text + print(*rest) + ")";
  }

  const FlatModel& model_;
};

std::string_view name_of(Override::Kind kind) {
  switch (kind) {
    case Override::Kind::replaced:
      return "replaced";
    case Override::Kind::cleared:
      return "cleared";
    case Override::Kind::deleted:
      return "deleted";
  }
  return "";
}

std::string source_text(const Provenance& provenance) {
  if (provenance.kind.empty()) return "";
  std::string text = provenance.kind;
  if (!provenance.source_id.empty()) text += " " + provenance.source_id;
  if (!provenance.locator.empty()) text += " (" + provenance.locator + ")";
  return text;
}

/// Writes one section after another; empty sections are left out.
class ModelPrinter {
 public:
  explicit ModelPrinter(const FlatModel& model) : model_(model), formulas_(model) {}

  std::string print() {
    const auto count = [this](Role role) {
      return std::count_if(model_.symbols.begin(), model_.symbols.end(),
                           [role](const Symbol& symbol) { return symbol.role == role; });
    };
    line("model {} ({}), time in {}", model_.name, model_.system, model_.time_unit);
    line("{} states, {} rules, {} parameters, {} events; content {}", count(Role::state), model_.rules.size(),
         count(Role::parameter), model_.events.size(), model_.content_hash);
    parameters();
    equations("initial values", model_.initial, "{} = {}");
    equations("rules", model_.rules, "{} := {}");
    equations("rates", model_.rates, "{}' = {}", "/" + model_.time_unit);
    events();
    rest();
    return std::move(text_);
  }

 private:
  template <typename... Values>
  void line(const char* pattern, const Values&... values) {
    text_ += fmt::format(fmt::runtime(pattern), values...) + "\n";
  }

  void heading(const char* title) { line("\n{}", title); }

  const Symbol& at(SymbolId id) const { return model_.symbols[static_cast<std::size_t>(id)]; }

  static std::string unit(const Symbol& symbol, const std::string& per = {}) {
    return symbol.unit_text.empty() ? "" : " [" + symbol.unit_text + per + "]";
  }

  void parameters() {
    bool first = true;
    for (std::size_t i = 0; i < model_.symbols.size(); ++i) {
      const auto& symbol = model_.symbols[i];
      if (symbol.role != Role::parameter || std::isnan(model_.parameter_values[i])) continue;
      if (first) heading("parameters");
      first = false;
      const auto source = source_text(symbol.provenance);
      line("  {} = {}{}{}", symbol.id, base::format_number(model_.parameter_values[i]), unit(symbol),
           source.empty() ? "" : "  # " + source);
    }
  }

  void equations(const char* title, const std::vector<Equation>& equations, const char* pattern,
                 const std::string& per = {}) {
    if (!equations.empty()) heading(title);
    for (const auto& equation : equations) {
      const auto& symbol = at(equation.symbol);
      text_ += "  " + fmt::format(fmt::runtime(pattern), symbol.id, formulas_.print(*equation.formula)) +
               unit(symbol, per) + "\n";
    }
  }

  void events() {
    if (!model_.events.empty()) heading("events");
    for (const auto& event : model_.events) {
      std::string text = formulas_.print(*event.trigger);
      if (event.delay) text = formulas_.print(*event.delay) + " after " + text;
      if (event.priority) text += ", priority = " + formulas_.print(*event.priority);
      if (event.fire_at_start_if_true) text += ", t0 = false";
      if (!event.use_values_from_trigger_time) text += ", fromTrigger = false";
      if (!event.persistent) text += ", persistent = false";
      line("  {}: at {}", event.id, text);
      for (const auto& assignment : event.assignments)
        line("    {} = {}", at(assignment.symbol).id, formulas_.print(*assignment.formula));
    }
  }

  void rest() {
    if (!model_.constraints.empty()) heading("constraints");
    for (const auto& constraint : model_.constraints)
      line("  {}: {}", constraint.id, formulas_.print(*constraint.condition));
    if (!model_.aliases.empty()) heading("other names");
    for (const auto& [alias, symbol] : model_.aliases) line("  {} is {}", alias, at(symbol).id);
    if (!model_.overrides.empty()) heading("changed by a parent");
    for (const auto& entry : model_.overrides)
      line("  {} {} by {}", entry.id, name_of(entry.kind), entry.by_module);
  }

  const FlatModel& model_;
  FormulaPrinter formulas_;
  std::string text_;
};

}  // namespace

std::string print_formula(const Formula& formula, const FlatModel& model) {
  return FormulaPrinter(model).print(formula);
}

std::string print_flat_model(const FlatModel& model) {
  return ModelPrinter(model).print();
}

}  // namespace raad::model
