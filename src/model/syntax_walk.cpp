#include "model/syntax_walk.hpp"

#include <algorithm>
#include <array>

#include "base/table.hpp"

namespace raad::model {
namespace {

using text::Expression;

// Numbers that say nothing about biology: identities, squares, tens and the hundred of a percentage.
constexpr std::array k_free_numbers = {0.0, 1.0, 2.0, 10.0, 100.0};

using Visit = std::function<void(const Expression&)>;

void visit_if(const text::ExpressionPointer& expression, const Visit& visit) {
  if (expression) visit(*expression);
}

struct FormulaVisitor {
  const Visit& visit;

  void operator()(const text::Declaration& declaration) const {
    for (const auto& item : declaration.items) visit_if(item.value, visit);
  }
  void operator()(const text::Reaction& reaction) const { visit_if(reaction.rate, visit); }
  void operator()(const text::Assignment& assignment) const { visit_if(assignment.value, visit); }
  void operator()(const text::Constraint& constraint) const { visit_if(constraint.condition, visit); }
  void operator()(const text::Event& event) const {
    visit_if(event.trigger, visit);
    visit_if(event.delay, visit);
    visit_if(event.priority, visit);
    for (const auto& assignment : event.assignments) visit_if(assignment.value, visit);
  }
  template <typename Other>
  void operator()(const Other&) const {}
};

bool has_unit_literal(const Expression& expression) {
  if (expression.unit) return true;
  return std::any_of(expression.arguments.begin(), expression.arguments.end(),
                     [](const auto& argument) { return has_unit_literal(*argument); });
}

bool statement_names_unit(const text::Statement& statement) {
  if (std::holds_alternative<text::HasUnit>(statement.content)) return true;
  // What time is counted in says nothing of the quantities' units.
  if (const auto* unit = std::get_if<text::UnitDefinition>(&statement.content))
    return unit->name != "time_unit";
  const auto* declaration = std::get_if<text::Declaration>(&statement.content);
  return declaration && std::any_of(declaration->items.begin(), declaration->items.end(),
                                    [](const auto& item) { return item.unit.has_value(); });
}

void check_number(double value, const base::SourcePlace& place, base::Diagnostics& findings) {
  if (std::find(k_free_numbers.begin(), k_free_numbers.end(), value) != k_free_numbers.end()) return;
  findings.error("R040", place,
                 "number " + base::format_number(value) + " in a model that has a parameter table",
                 "declare a `const formula`, give it a row with its source, and use its name here");
}

bool is_power(const Expression& expression) {
  return (expression.kind == Expression::Kind::binary && expression.text == "^") ||
         (expression.kind == Expression::Kind::call && expression.text == "pow");
}

void check_numbers_of(const Expression& expression, base::Diagnostics& findings) {
  if (expression.kind == Expression::Kind::number) check_number(expression.value, expression.place, findings);
  const bool root = expression.kind == Expression::Kind::call && expression.text == "root";
  for (std::size_t i = 0; i < expression.arguments.size(); ++i) {
    if ((is_power(expression) && i == 1) || (root && i == 0)) continue;  // The exponent or the degree
    check_numbers_of(*expression.arguments[i], findings);
  }
}

}  // namespace

void for_each_formula(const text::Model& model, const Visit& visit) {
  for (const auto& statement : model.statements) std::visit(FormulaVisitor{visit}, statement.content);
}

void for_each_name(const Expression& expression, const std::function<void(const text::Name&)>& visit) {
  if (expression.kind == Expression::Kind::name) visit(expression.name);
  for (const auto& argument : expression.arguments) for_each_name(*argument, visit);
}

bool names_units(const text::SyntaxTree& tree) {
  bool found = false;
  for (const auto& model : tree.models) {
    found = found || std::any_of(model.statements.begin(), model.statements.end(), statement_names_unit);
    for_each_formula(model, [&](const Expression& formula) { found = found || has_unit_literal(formula); });
  }
  return found;
}

void check_numbers(const text::SyntaxTree& tree, base::Diagnostics& findings) {
  for (const auto& function : tree.functions)
    if (function.body) check_numbers_of(*function.body, findings);
  for (const auto& model : tree.models) {
    for_each_formula(model, [&](const Expression& formula) { check_numbers_of(formula, findings); });
    for (const auto& statement : model.statements) {
      const auto* submodel = std::get_if<text::Submodel>(&statement.content);
      if (!submodel) continue;
      for (const auto& argument : submodel->arguments)
        if (const auto* value = std::get_if<double>(&argument.value))
          check_number(*value, argument.place, findings);
    }
  }
}

}  // namespace raad::model
