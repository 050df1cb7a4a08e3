#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "base/table.hpp"
#include "text/expression_parser.hpp"
#include "text/printer.hpp"

namespace raad::text {
namespace {

using Kind = Expression::Kind;

std::string number_text(const Expression& number) {
  // Constants of the language; a text of digits cannot say them.
  std::string text = std::isnan(number.value)   ? "notanumber"
                     : std::isinf(number.value) ? (number.value > 0 ? "infinity" : "-infinity")
                                                : base::format_number(number.value);
  if (number.unit) text += ' ' + number.unit->text;
  return text;
}

Strength strength_of(const Expression& expression) {
  switch (expression.kind) {
    case Kind::unary:
      return Strength::sign;
    case Kind::binary:
      if (const auto strength = binary_strength(expression.text)) return *strength;
      throw std::logic_error("no operator: " + expression.text);
    case Kind::number:
      // Never parsed, but built by programs: a negative number reads like a sign and a number.
      return std::signbit(expression.value) ? Strength::sign : Strength::primary;
    default:
      return Strength::primary;
  }
}

class ExpressionPrinter {
 public:
  std::string text;

  void print(const Expression& expression) {
    switch (expression.kind) {
      case Kind::number:
        text += number_text(expression);
        break;
      case Kind::name:
        text += expression.name.dotted();
        break;
      case Kind::boolean:
        text += expression.value != 0.0 ? "true" : "false";
        break;
      case Kind::call:
        print_call(expression);
        break;
      case Kind::unary:
        print_unary(expression);
        break;
      case Kind::binary:
        print_binary(expression);
        break;
    }
  }

 private:
  void print_operand(const Expression& operand, bool in_parentheses) {
    if (in_parentheses) text += '(';
    print(operand);
    if (in_parentheses) text += ')';
  }

  void print_call(const Expression& call) {
    text += call.text + '(';
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
      if (i > 0) text += ", ";
      print(*call.arguments[i]);
    }
    text += ')';
  }

  void print_unary(const Expression& unary) {
    const Expression& operand = *unary.arguments[0];
    text += unary.text;
    const bool is_minus = (operand.kind == Kind::unary && operand.text == "-") ||
                          (operand.kind == Kind::number && std::signbit(operand.value));
    // `--` is another symbol of the language.
    if (unary.text == "-" && is_minus) text += ' ';
    print_operand(operand, strength_of(operand) < Strength::sign);
  }

  void print_binary(const Expression& binary) {
    const Strength own = strength_of(binary);
    const Expression& left = *binary.arguments[0];
    const Expression& right = *binary.arguments[1];
    if (own == Strength::power) {
      // Right associative; the exponent may be signed.
      print_operand(left, strength_of(left) <= Strength::power);
      text += '^';
      print_operand(right, strength_of(right) < Strength::sign);
      return;
    }
    const bool left_is_chain =
        strength_of(left) == own &&
        (own == Strength::relation || (own == Strength::logic && left.text != binary.text));
    print_operand(left, strength_of(left) < own || left_is_chain);
    const bool is_tight = own == Strength::product;
    text += is_tight ? binary.text : fmt::format(" {} ", binary.text);
    print_operand(right, strength_of(right) <= own);
  }
};

}  // namespace

std::string print_expression(const Expression& expression) {
  ExpressionPrinter printer;
  printer.print(expression);
  return std::move(printer.text);
}

}  // namespace raad::text
