#include "data/foreign_code.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/table.hpp"
#include "model/export_limits.hpp"

namespace raad::data {

using model::Formula;
using model::Operation;
using model::Role;
using model::SymbolId;

namespace {

/// Functions that are called by the same name in both languages.
const char* plain_function(Operation operation) {
  switch (operation) {
    case Operation::exponential:
      return "exp";
    case Operation::logarithm:
      return "log";
    case Operation::logarithm10:
      return "log10";
    case Operation::square_root:
      return "sqrt";
    case Operation::floor:
      return "floor";
    case Operation::ceiling:
      return "ceil";
    case Operation::sine:
      return "sin";
    case Operation::cosine:
      return "cos";
    case Operation::tangent:
      return "tan";
    case Operation::arcsine:
      return "asin";
    case Operation::arccosine:
      return "acos";
    case Operation::arctangent:
      return "atan";
    case Operation::sinh:
      return "sinh";
    case Operation::cosh:
      return "cosh";
    case Operation::tanh:
      return "tanh";
    case Operation::arcsinh:
      return "asinh";
    case Operation::arccosh:
      return "acosh";
    case Operation::arctanh:
      return "atanh";
    case Operation::arctangent2:
      return "atan2";
    default:
      return nullptr;
  }
}

const char* sign_of(Operation operation) {
  switch (operation) {
    case Operation::add:
      return " + ";
    case Operation::subtract:
      return " - ";
    case Operation::multiply:
      return "*";
    case Operation::divide:
      return "/";
    case Operation::less:
      return " < ";
    case Operation::less_equal:
      return " <= ";
    case Operation::greater:
      return " > ";
    case Operation::greater_equal:
      return " >= ";
    case Operation::equal:
      return " == ";
    case Operation::not_equal:
      return " != ";
    case Operation::logical_and:
      return " && ";
    case Operation::logical_or:
      return " || ";
    default:
      return nullptr;
  }
}

bool joins_truths(Operation operation) {
  return operation == Operation::logical_and || operation == Operation::logical_or ||
         operation == Operation::logical_xor || operation == Operation::logical_not;
}

/// Letters, digits and single underscores, beginning with a letter.
std::string plain_name(const std::string& id) {
  std::string made;
  for (const char c : id) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (plain || made.empty() || made.back() != '_') made += plain ? c : '_';
  }
  if (made.empty() || std::isalpha(static_cast<unsigned char>(made.front())) == 0) made = "x" + made;
  return made;
}

}  // namespace

std::string foreign_description(const model::Symbol& symbol) {
  std::string text = symbol.display_name.empty() ? symbol.id : symbol.display_name;
  if (!symbol.unit_text.empty()) text += " (" + symbol.unit_text + ")";
  const auto& from = symbol.provenance;
  if (!from.kind.empty() && from.kind != "unknown") {
    text += ", " + from.kind;
    if (!from.source_id.empty()) text += " [" + from.source_id + "]";
  }
  // Separators and comment signs of the languages.
  std::ranges::replace_if(
      text, [](char c) { return c == ':' || c == '#' || c == '"' || c == '\n' || c == '@'; }, ' ');
  return text;
}

ForeignCode::ForeignCode(const model::FlatModel& model, ForeignDialect dialect,
                         const std::vector<ForeignVariability>& varying, base::Diagnostics& findings)
    : model_(model), dialect_(std::move(dialect)), findings_(findings) {
  for (const auto& one : varying) varying_[one.parameter] = one;
  for (const auto& one : model_.initial) initial_[one.symbol] = one.formula;
  for (const auto& one : model_.rules) rules_[one.symbol] = one.formula;
  for (const auto& one : model_.rates) rates_[one.symbol] = one.formula;
  name_symbols();
  model::refuse_delays(model_, dialect_.name, findings_);
  for (const auto& event : model_.events)
    findings_.error("R151", event.place,
                    dialect_.name + " has no events such as `" + event.id + "` of the model",
                    "export the model as SBML");
}

std::string ForeignCode::free_name(const std::string& wanted) {
  std::string made = plain_name(wanted);
  if (dialect_.reserved.count(base::to_lower(made)) > 0) made += "_";
  // Names that differ in capitals only are told apart for readers, too.
  const std::string stem = made;
  for (int i = 2; !taken_.insert(base::to_lower(made)).second; ++i) made = fmt::format("{}_{}", stem, i);
  return made;
}

void ForeignCode::name_symbols() {
  for (const auto& symbol : model_.symbols) {
    names_.push_back(free_name(symbol.id));
    if (names_.back() != symbol.id) renamed_.emplace_back(symbol.id, names_.back());
  }
  for (std::size_t i = 0; i < model_.symbols.size(); ++i)
    if (varying_.count(model_.symbols[i].id) > 0)
      effects_[static_cast<SymbolId>(i)] = free_name("eta_" + names_[i]);
}

std::vector<SymbolId> ForeignCode::of_role(Role role) const {
  std::vector<SymbolId> found;
  for (std::size_t i = 0; i < model_.symbols.size(); ++i)
    if (model_.symbols[i].role == role) found.push_back(static_cast<SymbolId>(i));
  return found;
}

std::vector<SymbolId> ForeignCode::constants() const {
  auto found = of_role(Role::parameter);
  std::erase_if(found, [&](SymbolId id) { return initial_.count(id) > 0; });
  return found;
}

double ForeignCode::value(SymbolId id) const {
  return model_.parameter_values[static_cast<std::size_t>(id)];
}

std::string ForeignCode::effect(SymbolId id) const {
  const auto found = effects_.find(id);
  return found == effects_.end() ? "" : found->second;
}

std::string ForeignCode::start_name(SymbolId state) {
  return reference(state, false, start_);
}

std::string ForeignCode::start_section() {
  start_ = {};
  start_.at_start = true;
  start_.declaration = dialect_.declaration;
  start_.time = dialect_.is_cpp ? "0.0" : "0";
  for (const SymbolId id : of_role(Role::parameter)) reference(id, false, start_);
  for (const SymbolId id : of_role(Role::state)) reference(id, false, start_);
  return start_.statements;
}

ForeignCode::Section ForeignCode::running_section(const std::string& suffix, bool with_rates,
                                                  const std::string& declaration, const std::string& time) {
  Context context;
  context.suffix = suffix;
  context.declaration = declaration;
  context.time = time;
  // Parameters are those of the start.
  for (const auto& [key, variable] : start_.known)
    if (model_.symbols[static_cast<std::size_t>(key.first)].role == Role::parameter)
      context.known[key] = variable;
  for (const auto& rule : model_.rules) reference(rule.symbol, false, context);
  Section made;
  if (with_rates)
    for (const auto& rate : model_.rates) made.rates[rate.symbol] = expression(*rate.formula, context);
  made.statements = std::move(context.statements);
  return made;
}

/// The variable that holds a quantity, written down first where it is new.
std::string ForeignCode::reference(SymbolId id, bool is_rate, Context& context) {
  const auto key = std::pair(id, is_rate);
  if (const auto known = context.known.find(key); known != context.known.end()) return known->second;
  if (!context.in_work.insert(key).second) {
    findings_.error("R151", model_.symbols[static_cast<std::size_t>(id)].place,
                    "`" + model_.symbols[static_cast<std::size_t>(id)].id + "` depends on itself",
                    "resolve the circle by hand");
    return name(id);
  }
  const std::string variable = define(id, is_rate, context);
  context.in_work.erase(key);
  context.known[key] = variable;
  return variable;
}

std::string ForeignCode::define(SymbolId id, bool is_rate, Context& context) {
  const Role role = model_.symbols[static_cast<std::size_t>(id)].role;
  const auto state = [&](const std::string& variable, const std::string& content) {
    context.statements +=
        "  " + context.declaration + variable + dialect_.assignment + content + dialect_.end + "\n";
    return variable;
  };
  if (is_rate) {
    const auto rate = rates_.find(id);
    if (rate == rates_.end()) return dialect_.is_cpp ? "0.0" : "0";
    const std::string content = expression(*rate->second, context);
    return state(free_name("rate_of_" + name(id) + (context.at_start ? "_start" : context.suffix)), content);
  }
  if (role == Role::assigned) {
    const std::string content = expression(*rules_.at(id), context);
    const std::string suffix = context.at_start ? "_start" : context.suffix;
    return state(suffix.empty() ? name(id) : free_name(name(id) + suffix), content);
  }
  const auto initial = initial_.find(id);
  if (role == Role::state) {
    if (!context.at_start) return name(id);
    const std::string content =
        initial == initial_.end() ? number_text(value(id)) : expression(*initial->second, context);
    return state(free_name(name(id) + "_start"), content);
  }
  if (initial != initial_.end()) {
    const std::string content = varied(id, expression(*initial->second, context));
    return state(name(id), content);
  }
  return effect(id).empty() ? name(id) : state(free_name(name(id) + "_i"), varied(id, name(id)));
}

/// The individual's value (equations P1 to P3 of docs/theory/populations.md).
std::string ForeignCode::varied(SymbolId id, const std::string& typical) const {
  const std::string random = effect(id);
  if (random.empty()) return typical;
  switch (varying_.at(model_.symbols[static_cast<std::size_t>(id)].id).scale) {
    case ForeignVariability::Scale::logarithmic:
      return fmt::format("({})*exp({})", typical, random);
    case ForeignVariability::Scale::logit: {
      const char* one = dialect_.is_cpp ? "1.0" : "1";
      return fmt::format("{0}/({0} + ({0} - ({1}))/({1})*exp(-{2}))", one, typical, random);
    }
    case ForeignVariability::Scale::linear:
      return fmt::format("({}) + {}", typical, random);
  }
  return typical;
}

std::string ForeignCode::number_text(double value) {
  if (!std::isfinite(value)) {
    if (dialect_.is_cpp) return std::isnan(value) ? "NAN" : value > 0.0 ? "INFINITY" : "(-INFINITY)";
    findings_.error("R151", {}, dialect_.name + " has no numbers such as infinity or none",
                    "give every quantity a finite value");
    return "0";
  }
  std::string text = base::format_number(value);
  // Whole numbers divide as whole numbers in C++.
  if (dialect_.is_cpp && text.find_first_of(".e") == std::string::npos) text += ".0";
  return value < 0.0 ? "(" + text + ")" : text;
}

std::string ForeignCode::choice(const std::string& condition, const std::string& yes, const std::string& no,
                                Context& context) {
  if (dialect_.is_cpp) return fmt::format("({} ? {} : {})", condition, yes, no);
  const std::string variable = free_name("choice");
  context.statements += fmt::format("  if ({}) {{\n    {} = {}\n  }} else {{\n    {} = {}\n  }}\n", condition,
                                    variable, yes, variable, no);
  return variable;
}

std::string ForeignCode::expression(const Formula& formula, Context& context) {
  switch (formula.kind) {
    case Formula::Kind::number:
      return number_text(formula.value);
    case Formula::Kind::time:
      return context.time;
    case Formula::Kind::symbol:
      return reference(formula.symbol, false, context);
    case Formula::Kind::rate_of:
      return reference(formula.symbol, true, context);
    case Formula::Kind::apply:
      break;
  }
  if (model::is_truth_valued(formula.operation)) {
    const std::string truth = condition(formula, context);
    return choice(truth, number_text(1.0), number_text(0.0), context);
  }
  return operation(formula, context);
}

std::string ForeignCode::operation(const Formula& formula, Context& context) {
  const auto operand = [&](std::size_t i) { return expression(*formula.operands[i], context); };
  const Operation what = formula.operation;
  if (const char* function = plain_function(what)) {
    std::string text = function + std::string("(") + operand(0);
    if (formula.operands.size() > 1) text += ", " + operand(1);
    return text + ")";
  }
  switch (what) {
    case Operation::negate:
      return "(-" + operand(0) + ")";
    case Operation::power: {
      const std::string base = operand(0), exponent = operand(1);
      return dialect_.is_cpp ? fmt::format("pow({}, {})", base, exponent)
                             : fmt::format("(({})^({}))", base, exponent);
    }
    case Operation::absolute:
      return (dialect_.is_cpp ? "fabs(" : "abs(") + operand(0) + ")";
    case Operation::factorial:
      return dialect_.is_cpp ? "tgamma(" + operand(0) + " + 1.0)" : "factorial(" + operand(0) + ")";
    case Operation::select: {
      const std::string truth = condition(*formula.operands[0], context), yes = operand(1), no = operand(2);
      return choice(truth, yes, no, context);
    }
    case Operation::sign: {
      const std::string of = operand(0), zero = number_text(0.0);
      return choice(of + " > " + zero, number_text(1.0),
                    choice(of + " < " + zero, number_text(-1.0), zero, context), context);
    }
    case Operation::minimum:
    case Operation::maximum: {
      const std::string function =
          std::string(dialect_.is_cpp ? "std::" : "") + (what == Operation::minimum ? "min" : "max");
      std::string text = operand(0);
      for (std::size_t i = 1; i < formula.operands.size(); ++i)
        text = fmt::format("{}({}, {})", function, text, operand(i));
      return text;
    }
    default:
      break;
  }
  std::string text = "(" + operand(0);
  for (std::size_t i = 1; i < formula.operands.size(); ++i) text += sign_of(what) + operand(i);
  return text + ")";
}

/// A truth value in the other language; numbers are true unless they are 0.
std::string ForeignCode::condition(const Formula& formula, Context& context) {
  const bool is_truth = formula.kind == Formula::Kind::apply && model::is_truth_valued(formula.operation);
  if (!is_truth) return "(" + expression(formula, context) + " != " + number_text(0.0) + ")";
  std::vector<std::string> operands;
  for (const auto& one : formula.operands)
    operands.push_back(joins_truths(formula.operation) ? condition(*one, context)
                                                       : expression(*one, context));
  if (formula.operation == Operation::logical_not) return "(!" + operands[0] + ")";
  if (formula.operation == Operation::logical_xor) {
    std::string text = operands[0];
    for (std::size_t i = 1; i < operands.size(); ++i)
      text = fmt::format("(({0} && (!{1})) || ((!{0}) && {1}))", text, operands[i]);
    return text;
  }
  std::string text = "(" + operands[0];
  for (std::size_t i = 1; i < operands.size(); ++i) text += sign_of(formula.operation) + operands[i];
  return text + ")";
}

}  // namespace raad::data
