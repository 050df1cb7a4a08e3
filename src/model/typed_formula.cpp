#include "model/typed_formula.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/table.hpp"

namespace raad::model {
namespace {

// Longer unit texts tell less than base units do.
constexpr std::size_t k_longest_unit_text = 30;

std::string conversion_hint(const base::Unit& from, const base::Unit& to, const std::string& from_name,
                            const std::string& to_name, const std::string& what) {
  if (!from.same_dimension(to)) return "they measure different things; check the formula";
  return fmt::format("multiply {} by {} to turn {} into {}", what, factor_text(from.factor / to.factor),
                     from_name, to_name);
}

}  // namespace

std::string TypedFormula::unit_name() const {
  if (!unit_text.empty()) return unit_text;
  return unit ? base::describe(*unit) : "unknown";
}

std::string factor_text(double factor) {
  return fmt::format("{:.12g}", factor);
}

std::string joined_unit_text(const TypedFormula& left, char sign, const TypedFormula& right) {
  if (!left.unit || !right.unit || left.unit_text.empty() || right.unit_text.empty()) return {};
  const auto unit = sign == '*' ? *left.unit * *right.unit : *left.unit / *right.unit;
  if (unit.equivalent(base::Unit{})) return "1";
  if (right.unit_text == "1") return left.unit_text;
  if (sign == '*' && left.unit_text == "1") return right.unit_text;
  const bool is_simple = right.unit_text.find_first_of("*/") == std::string::npos;
  std::string text = left.unit_text + sign;
  text += sign == '/' && !is_simple ? "(" + right.unit_text + ")" : right.unit_text;
  return text.size() > k_longest_unit_text ? std::string() : text;
}

void TypedFormula::take_unit(const TypedFormula& other) {
  unit = other.unit;
  unit_text = other.unit_text;
}

TypedFormula literal(double value, bool checks_units, const base::SourcePlace& place) {
  TypedFormula result;
  result.formula = number(value);
  result.place = place;
  result.constant = value;
  result.is_literal = true;
  result.fits_any_unit = value == 0.0 || !std::isfinite(value);
  if (!checks_units) return result;
  result.unit = base::Unit{};
  result.unit_text = "1";
  return result;
}

TypedFormula unknown(const base::SourcePlace& place) {
  TypedFormula result;
  result.formula = number(std::numeric_limits<double>::quiet_NaN());
  result.place = place;
  return result;
}

const TypedFormula& UnitChecker::common_unit(const std::vector<const TypedFormula*>& parts,
                                             const std::string& what) {
  const TypedFormula* first = nullptr;
  for (const auto* part : parts) {
    if (part->fits_any_unit) continue;
    if (!part->unit) return *part;
    if (!first) {
      first = part;
    } else if (!part->unit->equivalent(*first->unit)) {
      findings_.error(
          "R032", part->place, fmt::format("{} joins {} and {}", what, first->unit_name(), part->unit_name()),
          conversion_hint(*part->unit, *first->unit, part->unit_name(), first->unit_name(), "the latter"));
    }
  }
  return first ? *first : *parts.front();
}

void UnitChecker::require_dimensionless(const TypedFormula& value, const std::string& what) {
  const base::Unit plain;
  if (!value.unit || value.unit->equivalent(plain) || value.fits_any_unit) return;
  findings_.error("R032", value.place, fmt::format("{} needs a pure number, not {}", what, value.unit_name()),
                  value.unit->dimensionless()
                      ? conversion_hint(*value.unit, plain, value.unit_name(), "1", "it")
                      : "divide it by a quantity of the same unit");
}

void UnitChecker::require_unit(const TypedFormula& value, const std::optional<base::Unit>& unit,
                               const std::string& unit_text, const std::string& name) {
  if (!value.unit || !unit || value.fits_any_unit || value.is_literal || value.unit->equivalent(*unit))
    return;
  findings_.error("R032", value.place,
                  fmt::format("`{}` is in {}, the right-hand side in {}", name, unit_text, value.unit_name()),
                  conversion_hint(*value.unit, *unit, value.unit_name(), unit_text, "the right-hand side"));
}

void UnitChecker::require_number(TypedFormula& value, const std::string& what) {
  if (!value.is_truth) return;
  findings_.error("R025", value.place, what + " needs a number, not a truth value",
                  "write `piecewise(1, condition, 0)`");
  value = unknown(value.place);
}

void UnitChecker::require_truth(TypedFormula& value, const std::string& what) {
  if (value.is_truth) return;
  findings_.error("R025", value.place, what + " needs a truth value, not a number",
                  "write a comparison, for example `x > 0`");
  value = unknown(value.place);
  value.is_truth = true;
}

TypedFormula combine(Operation operation, const std::vector<TypedFormula>& operands,
                     const base::SourcePlace& place) {
  TypedFormula result;
  result.place = place;
  result.is_literal = true;
  std::vector<FormulaPointer> formulas;
  std::vector<double> values;
  for (const auto& operand : operands) {
    formulas.push_back(operand.formula);
    result.size += operand.size;
    result.depth = std::max(result.depth, operand.depth + 1);
    result.is_literal = result.is_literal && operand.is_literal;
    if (operand.constant) values.push_back(*operand.constant);
  }
  if (values.size() == operands.size()) result.constant = evaluate(operation, values);
  Formula formula;
  formula.kind = Formula::Kind::apply;
  formula.operation = operation;
  formula.operands = std::move(formulas);
  formula.place = place;
  result.formula = std::make_shared<const Formula>(std::move(formula));
  return result;
}

}  // namespace raad::model
