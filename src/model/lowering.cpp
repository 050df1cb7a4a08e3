#include "model/lowering.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numbers>

#include "model/functions.hpp"
#include "text/vocabulary.hpp"

namespace raad::model {
namespace {

// Avogadro's number as SBML L3V1 section 3.4.6 fixes it, so that imported models keep their numbers.
constexpr double k_avogadro = 6.02214179e23;

// A formula written out beyond this would take minutes and gigabytes downstream; functions that double their
// argument reach it in twenty nested calls.
constexpr double k_largest_formula = 1e6;
// Later stages walk formulas recursively; written ones are at most 2,000 deep (text/expression_parser.cpp),
// and functions add to that. 4,000 levels fit into the smallest thread stack in use, 2 MB, at 500 bytes a
// level.
constexpr int k_deepest_formula = 4000;
constexpr std::size_t k_deepest_calls = 256;

}  // namespace

Lowering::Lowering(const Composition& composition, const FlatLayout& layout, base::Diagnostics& findings)
    : composition_(composition), layout_(layout), findings_(findings), checker_(findings) {}

TypedFormula Lowering::lower(const text::Expression& expression, const Instance& owner) {
  return lower(expression, owner, nullptr);
}

TypedFormula Lowering::lower(const text::Expression& expression, const Instance& owner,
                             const Arguments* arguments) {
  using Kind = text::Expression::Kind;
  switch (expression.kind) {
    case Kind::number:
      return lower_number(expression, owner);
    case Kind::name:
      return lower_name(expression.name, owner, arguments);
    case Kind::boolean: {
      auto result = literal(expression.value, false, expression.place);
      result.is_truth = true;
      return result;
    }
    case Kind::call:
      return limited(lower_call(expression, owner, arguments));
    case Kind::unary:
      return limited(apply_prefix(expression.text, lower(*expression.arguments[0], owner, arguments),
                                  expression.place, findings_));
    case Kind::binary:
      return limited(apply_operator(expression.text, lower(*expression.arguments[0], owner, arguments),
                                    lower(*expression.arguments[1], owner, arguments), expression.place,
                                    findings_));
  }
  return unknown(expression.place);
}

TypedFormula Lowering::limited(TypedFormula result) {
  if (result.size <= k_largest_formula && result.depth <= k_deepest_formula) return result;
  findings_.error("R078", result.place, "the formula is too large when its functions are written out",
                  "give the repeated part a name of its own with `:=`");
  return unknown(result.place);
}

TypedFormula Lowering::lower_number(const text::Expression& expression, const Instance& owner) {
  auto result = literal(expression.value, owner.scope->checks_units, expression.place);
  if (!expression.unit) return result;
  const auto unit = owner.scope->units.parse(expression.unit->text);
  if (!unit)
    findings_.error("R073", expression.unit->place, "unknown unit `" + expression.unit->text + "`",
                    "define it: `unit " + expression.unit->text + " = ...`");
  result.unit = unit;
  result.unit_text = expression.unit->text;
  result.is_literal = false;
  return result;
}

TypedFormula Lowering::lower_name(const text::Name& name, const Instance& owner, const Arguments* arguments) {
  if (name.parts.size() == 1) {
    if (arguments) {
      if (const auto found = arguments->find(name.parts.front()); found != arguments->end())
        return found->second;
    }
    if (auto constant = lower_constant(name.parts.front(), owner, name.place)) return *constant;
  }
  if (arguments) {
    std::vector<std::string> parameters;
    for (const auto& [parameter, value] : *arguments) parameters.push_back(parameter);
    findings_.error("R001", name.place, "`" + name.dotted() + "` is no argument of the function",
                    nearest_hint(name.dotted(), parameters, "a function sees its arguments only; add one"));
    return unknown(name.place);
  }
  const auto symbol = symbol_of(name, owner);
  if (!symbol) return unknown(name.place);
  const auto& raw = composition_.at(*composition_.find(name, owner));
  TypedFormula result;
  Formula formula;
  formula.kind = Formula::Kind::symbol;
  formula.symbol = *symbol;
  formula.place = name.place;
  result.formula = std::make_shared<const Formula>(std::move(formula));
  result.place = name.place;
  if (!owner.scope->checks_units || !raw.unit) return result;
  result.unit = raw.unit;
  result.unit_text = raw.unit_text;
  return result;
}

std::optional<SymbolId> Lowering::symbol_of(const text::Name& name, const Instance& owner) {
  const auto raw = composition_.require(name, owner, findings_);
  if (!raw) return std::nullopt;
  const auto found = layout_.symbol_of.find(composition_.leader(*raw));
  if (found != layout_.symbol_of.end()) return found->second;
  findings_.error("R001", name.place, "`" + name.dotted() + "` was deleted",
                  "remove its use or the `delete`");
  return std::nullopt;
}

std::optional<TypedFormula> Lowering::lower_constant(const std::string& name, const Instance& owner,
                                                     const base::SourcePlace& place) {
  const bool checks_units = owner.scope->checks_units;
  if (name == "pi") return literal(std::numbers::pi, checks_units, place);
  if (name == "exponentiale") return literal(std::numbers::e, checks_units, place);
  if (name == "avogadro") return literal(k_avogadro, checks_units, place);
  if (name == "infinity") return literal(std::numeric_limits<double>::infinity(), checks_units, place);
  if (name == "notanumber") return literal(std::numeric_limits<double>::quiet_NaN(), checks_units, place);
  if (name != "time") return std::nullopt;
  TypedFormula result;
  result.formula = over(time_symbol(), time_conversion(owner));
  result.place = place;
  result.unit = owner.scope->time_unit;
  result.unit_text = owner.scope->time_unit_text;
  return result;
}

TypedFormula Lowering::lower_call(const text::Expression& call, const Instance& owner,
                                  const Arguments* arguments) {
  if (call.text == "rateOf") return lower_rate_of(call, owner, arguments);
  const auto& functions = composition_.sources->functions;
  const auto function = functions.find(call.text);
  const bool built_in = is_built_in_function(call.text);
  if (!built_in && function == functions.end()) {
    auto names = text::builtin_function_names();
    for (const auto& [name, definition] : functions) names.push_back(name);
    findings_.error("R020", call.place, "no function `" + call.text + "`",
                    nearest_hint(call.text, names, "define or import it; for a product write `*`"));
    return unknown(call.place);
  }
  std::vector<TypedFormula> values;
  for (const auto& argument : call.arguments) values.push_back(lower(*argument, owner, arguments));
  if (built_in) return apply_function(call.text, std::move(values), call.place, findings_);
  return lower_function(*function->second, call, std::move(values), owner);
}

// The body sees its arguments as finished formulas, so that no name of the caller can be captured by it.
TypedFormula Lowering::lower_function(const text::Function& function, const text::Expression& call,
                                      std::vector<TypedFormula> values, const Instance& owner) {
  if (values.size() != function.parameters.size()) {
    findings_.error("R020", call.place,
                    fmt::format("`{}` takes {} arguments, not {}", function.name, function.parameters.size(),
                                values.size()),
                    fmt::format("it is defined in {}, line {}", function.place.file, function.place.line));
    return unknown(call.place);
  }
  if (std::find(open_functions_.begin(), open_functions_.end(), function.name) != open_functions_.end()) {
    std::string members;
    for (const auto& open : open_functions_) members += open + " -> ";
    findings_.error("R008", call.place, "functions call themselves: " + members + function.name,
                    "a function may not be recursive");
    return unknown(call.place);
  }
  if (!function.body) return unknown(call.place);
  if (open_functions_.size() >= k_deepest_calls) {
    findings_.error("R078", call.place,
                    fmt::format("functions call each other more than {} deep", k_deepest_calls),
                    "write some of them out");
    return unknown(call.place);
  }
  Arguments arguments;
  for (std::size_t i = 0; i < values.size(); ++i)
    arguments.insert_or_assign(function.parameters[i], std::move(values[i]));
  open_functions_.push_back(function.name);
  auto result = lower(*function.body, owner, &arguments);
  open_functions_.pop_back();
  result.place = call.place;
  return result;
}

TypedFormula Lowering::lower_rate_of(const text::Expression& call, const Instance& owner,
                                     const Arguments* arguments) {
  const auto fail = [&](const std::string& message) {
    findings_.error("R020", call.place, message, "rateOf(x) is for a quantity with a rate of change");
    return unknown(call.place);
  };
  if (call.arguments.size() != 1)
    return fail(fmt::format("`rateOf` takes 1 argument, not {}", call.arguments.size()));
  const auto argument = lower(*call.arguments[0], owner, arguments);
  if (argument.formula->kind != Formula::Kind::symbol) {
    if (argument.formula->kind == Formula::Kind::number && !argument.constant)
      return argument;  // Already reported
    return fail("`rateOf` needs a name");
  }
  TypedFormula result;
  result.place = call.place;
  result.formula = rate_of(argument.formula->symbol);
  if (!result.formula) return fail("`" + layout_.at(argument.formula->symbol).id + "` has no rate of change");
  // The child's clock runs at its own pace: d/dt_child = d/dt x factor.
  if (const auto factor = time_conversion(owner)) result.formula = times(result.formula, factor);
  if (argument.unit && owner.scope->time_unit) result.unit = *argument.unit / *owner.scope->time_unit;
  return result;
}

FormulaPointer Lowering::rate_of(SymbolId id) const {
  const auto node = [](SymbolId state) {
    Formula formula;
    formula.kind = Formula::Kind::rate_of;
    formula.symbol = state;
    return std::make_shared<const Formula>(std::move(formula));
  };
  if (layout_.at(id).role == Role::state) return node(id);
  const auto diluted = layout_.diluted.find(id);
  if (diluted == layout_.diluted.end()) return nullptr;
  const auto& [amount, concentration, compartment] = diluted->second;
  const bool reacts = layout_.at(amount).role == Role::state;
  switch (layout_.at(compartment).role) {
    case Role::parameter:  // Set by events only
      return reacts ? over(node(amount), symbol(compartment)) : nullptr;
    case Role::state: {
      // c = n/V, so dc/dt = (dn/dt - c dV/dt)/V.
      const auto dilution = apply(Operation::multiply, {symbol(concentration), node(compartment)});
      const auto change = reacts ? apply(Operation::subtract, {node(amount), dilution})
                                 : apply(Operation::negate, {dilution});
      return over(change, symbol(compartment));
    }
    case Role::assigned:
      return nullptr;  // The rule of the size would have to be differentiated.
  }
  return nullptr;
}

FormulaPointer Lowering::time_conversion(const Instance& instance) const {
  return conversion(instance, &Instance::time_conversion);
}

FormulaPointer Lowering::extent_conversion(const Instance& instance) const {
  return conversion(instance, &Instance::extent_conversion);
}

FormulaPointer Lowering::conversion(const Instance& instance,
                                    std::optional<ConversionFactor> Instance::* factor) const {
  if (!instance.parent) return nullptr;
  const auto above = conversion(*instance.parent, factor);
  const auto& own = instance.*factor;
  if (!own) return above;
  if (const auto* value = std::get_if<double>(&*own)) return times(number(*value), above);
  const auto raw = composition_.find(std::get<text::Name>(*own), *instance.parent);
  const auto found = raw ? layout_.symbol_of.find(composition_.leader(*raw)) : layout_.symbol_of.end();
  // An unknown name was reported when the instance was made.
  return found == layout_.symbol_of.end() ? above : times(symbol(found->second), above);
}

FormulaPointer times(const FormulaPointer& a, const FormulaPointer& b) {
  if (!a) return b;
  return b ? apply(Operation::multiply, {a, b}) : a;
}

FormulaPointer over(const FormulaPointer& a, const FormulaPointer& b) {
  return b ? apply(Operation::divide, {a ? a : number(1.0), b}) : a;
}

}  // namespace raad::model
