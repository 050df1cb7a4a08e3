#include "model/functions.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>

namespace raad::model {
namespace {

using base::Diagnostics;
using base::SourcePlace;

constexpr int k_any_number = std::numeric_limits<int>::max();

class FunctionApplier;
using Rule = TypedFormula (FunctionApplier::*)();

struct BuiltIn {
  int minimum_arguments = 1;
  int maximum_arguments = 1;
  Rule rule = nullptr;
};

/// A function of one pure number and how it derives from an operation: sec(x) = 1/cos(x), arcsec(x) =
/// arccos(1/x).
struct Elementary {
  enum class Reciprocal { none, of_result, of_argument };
  Operation operation;
  Reciprocal reciprocal = Reciprocal::none;
};

const std::map<std::string, Elementary>& elementary_functions() {
  using enum Elementary::Reciprocal;
  static const std::map<std::string, Elementary> functions = [] {
    std::map<std::string, Elementary> table = {
        {"exp", {Operation::exponential}},
        {"ln", {Operation::logarithm}},
        {"log10", {Operation::logarithm10}},
        {"factorial", {Operation::factorial}},
        {"sin", {Operation::sine}},
        {"cos", {Operation::cosine}},
        {"tan", {Operation::tangent}},
        {"sinh", {Operation::sinh}},
        {"cosh", {Operation::cosh}},
        {"tanh", {Operation::tanh}},
        {"sec", {Operation::cosine, of_result}},
        {"csc", {Operation::sine, of_result}},
        {"cot", {Operation::tangent, of_result}},
        {"sech", {Operation::cosh, of_result}},
        {"csch", {Operation::sinh, of_result}},
        {"coth", {Operation::tanh, of_result}},
    };
    const std::map<std::string, Elementary> inverses = {
        {"sin", {Operation::arcsine}},
        {"cos", {Operation::arccosine}},
        {"tan", {Operation::arctangent}},
        {"sinh", {Operation::arcsinh}},
        {"cosh", {Operation::arccosh}},
        {"tanh", {Operation::arctanh}},
        {"sec", {Operation::arccosine, of_argument}},
        {"csc", {Operation::arcsine, of_argument}},
        // The branch with a jump at 0, arccot(x) = arctan(1/x), as SBML tools compute it.
        {"cot", {Operation::arctangent, of_argument}},
        {"sech", {Operation::arccosh, of_argument}},
        {"csch", {Operation::arcsinh, of_argument}},
        {"coth", {Operation::arctanh, of_argument}},
    };
    for (const auto& [name, inverse] : inverses) {
      table.emplace("a" + name, inverse);
      table.emplace("arc" + name, inverse);
    }
    return table;
  }();
  return functions;
}

TypedFormula plain(double value, const SourcePlace& place) {
  return literal(value, true, place);
}

/// Applies one function or operator; `arguments_` are consumed by the rule.
class FunctionApplier {
 public:
  FunctionApplier(std::string name, std::vector<TypedFormula> arguments, const SourcePlace& place,
                  Diagnostics& findings)
      : name_(std::move(name)),
        arguments_(std::move(arguments)),
        place_(place),
        findings_(findings),
        checker_(findings) {}

  TypedFormula apply_built_in(const BuiltIn& built_in) {
    const auto count = static_cast<int>(arguments_.size());
    if (count < built_in.minimum_arguments || count > built_in.maximum_arguments) {
      const std::string range = built_in.maximum_arguments == k_any_number
                                    ? fmt::format("at least {}", built_in.minimum_arguments)
                                    : fmt::format("{}", built_in.minimum_arguments);
      return wrong_count(fmt::format("`{}` takes {} argument{}, not {}", name_, range,
                                     built_in.minimum_arguments == 1 ? "" : "s", count));
    }
    return (this->*built_in.rule)();
  }

  TypedFormula elementary() {
    const auto& function = elementary_functions().at(name_);
    auto argument = number_argument(0);
    checker_.require_dimensionless(argument, quoted());
    if (function.reciprocal == Elementary::Reciprocal::of_argument) argument = reciprocal(argument);
    auto result = combine(function.operation, {argument}, place_);
    if (function.reciprocal == Elementary::Reciprocal::of_result) result = reciprocal(result);
    return dimensionless(std::move(result), argument);
  }

  TypedFormula absolute() { return same_unit(Operation::absolute); }
  TypedFormula floor() { return same_unit(Operation::floor); }
  TypedFormula ceiling() { return same_unit(Operation::ceiling); }

  TypedFormula square_root() {
    const auto argument = number_argument(0);
    auto result = combine(Operation::square_root, {argument}, place_);
    if (argument.unit) result.unit = base::power(*argument.unit, 0.5);
    return result;
  }

  // root(n, x) = x^(1/n); a negative x has no root, as in SBML.
  TypedFormula root() {
    const auto degree = number_argument(0);
    checker_.require_dimensionless(degree, "the degree of a root");
    const auto radicand = number_argument(1);
    if (degree.constant == 2.0) {
      arguments_ = {radicand};
      return square_root();
    }
    auto result = combine(Operation::power, {radicand, reciprocal(degree)}, place_);
    result.unit =
        power_unit(radicand, degree.constant ? std::optional(1.0 / *degree.constant) : std::nullopt, true);
    return result;
  }

  TypedFormula power() {
    const auto base = number_argument(0);
    const auto exponent = number_argument(1);
    checker_.require_dimensionless(exponent, "an exponent");
    auto result = combine(Operation::power, {base, exponent}, place_);
    result.unit = power_unit(base, exponent.constant, false);
    return result;
  }

  // log(b, x) = ln(x)/ln(b)
  TypedFormula logarithm_of_base() {
    const auto base = number_argument(0);
    const auto argument = number_argument(1);
    checker_.require_dimensionless(base, "the base of a logarithm");
    checker_.require_dimensionless(argument, quoted());
    if (base.constant == 10.0)
      return dimensionless(combine(Operation::logarithm10, {argument}, place_), argument);
    return dimensionless(combine(Operation::divide,
                                 {combine(Operation::logarithm, {argument}, place_),
                                  combine(Operation::logarithm, {base}, place_)},
                                 place_),
                         argument);
  }

  TypedFormula minimum() { return chain_of_numbers(Operation::minimum); }
  TypedFormula maximum() { return chain_of_numbers(Operation::maximum); }
  TypedFormula sum() { return chain_of_numbers(Operation::add); }
  TypedFormula difference() { return chain_of_numbers(Operation::subtract); }
  TypedFormula comparison(Operation operation) {
    const bool truths = arguments_[0].is_truth && arguments_[1].is_truth &&
                        (operation == Operation::equal || operation == Operation::not_equal);
    if (!truths) {
      number_argument(0);
      number_argument(1);
      checker_.common_unit({&arguments_[0], &arguments_[1]}, quoted());
    }
    return truth(combine(operation, arguments_, place_));
  }

  TypedFormula product() {
    auto result = combine(Operation::multiply, {number_argument(0), number_argument(1)}, place_);
    if (arguments_[0].unit && arguments_[1].unit) result.unit = *arguments_[0].unit * *arguments_[1].unit;
    result.unit_text = joined_unit_text(arguments_[0], '*', arguments_[1]);
    return result;
  }

  TypedFormula ratio() {
    auto result = combine(Operation::divide, {number_argument(0), number_argument(1)}, place_);
    if (arguments_[0].unit && arguments_[1].unit) result.unit = *arguments_[0].unit / *arguments_[1].unit;
    result.unit_text = joined_unit_text(arguments_[0], '/', arguments_[1]);
    return result;
  }

  // The whole part of a/b, rounded towards zero (MathML's quotient, SBML L3V2 section 3.4).
  TypedFormula quotient() {
    number_argument(0);
    number_argument(1);
    const auto& common = checker_.common_unit({&arguments_[0], &arguments_[1]}, quoted());
    return dimensionless(whole_quotient(), common);
  }

  // a - b*quotient(a, b): the sign of a, SBML's definition with floor and ceiling.
  TypedFormula remainder() {
    number_argument(0);
    number_argument(1);
    const auto& common = checker_.common_unit({&arguments_[0], &arguments_[1]}, quoted());
    auto result = combine(
        Operation::subtract,
        {arguments_[0], combine(Operation::multiply, {arguments_[1], whole_quotient()}, place_)}, place_);
    result.take_unit(common);
    return result;
  }

  TypedFormula conjunction() { return chain_of_truths(Operation::logical_and); }
  TypedFormula disjunction() { return chain_of_truths(Operation::logical_or); }
  TypedFormula exclusive_or() { return chain_of_truths(Operation::logical_xor); }
  TypedFormula negation() { return truth(combine(Operation::logical_not, {truth_argument(0)}, place_)); }
  TypedFormula implication() {
    const auto premise = truth(combine(Operation::logical_not, {truth_argument(0)}, place_));
    return truth(combine(Operation::logical_or, {premise, truth_argument(1)}, place_));
  }

  // piecewise(v1, c1, v2, c2, ..., otherwise)
  TypedFormula piecewise() {
    if (arguments_.size() % 2 == 0)
      return wrong_count("`piecewise` has no last value for when no condition holds");
    const bool truths = arguments_.front().is_truth;
    std::vector<const TypedFormula*> values;
    for (std::size_t i = 0; i < arguments_.size(); ++i) {
      if (i % 2 == 1 || truths) {
        truth_argument(i);
      } else {
        number_argument(i);
        values.push_back(&arguments_[i]);
      }
    }
    TypedFormula result = arguments_.back();
    for (std::size_t i = arguments_.size() - 1; i >= 2; i -= 2)
      result = combine(Operation::select, {arguments_[i - 1], arguments_[i - 2], result}, place_);
    if (!truths) result.take_unit(checker_.common_unit(values, quoted()));
    result.is_truth = truths;
    result.is_literal = false;
    return result;
  }

  TypedFormula minus() {
    auto argument = number_argument(0);
    if (argument.constant && argument.formula->kind == Formula::Kind::number) {
      argument.constant = -*argument.constant;
      argument.formula = number(*argument.constant);
      return argument;
    }
    return same_unit(Operation::negate);
  }

 private:
  std::string quoted() const { return "`" + name_ + "`"; }

  const TypedFormula& number_argument(std::size_t index) {
    checker_.require_number(arguments_[index], quoted());
    return arguments_[index];
  }

  const TypedFormula& truth_argument(std::size_t index) {
    checker_.require_truth(arguments_[index], quoted());
    return arguments_[index];
  }

  TypedFormula wrong_count(const std::string& message) {
    findings_.error("R020", place_, message, "see docs/language.md for the functions");
    return unknown(place_);
  }

  static TypedFormula truth(TypedFormula value) {
    value.is_truth = true;
    value.is_literal = false;
    return value;
  }

  static TypedFormula dimensionless(TypedFormula value, const TypedFormula& argument) {
    if (!argument.unit) return value;
    value.unit = base::Unit{};
    value.unit_text = "1";
    return value;
  }

  TypedFormula reciprocal(const TypedFormula& value) {
    auto result = combine(Operation::divide, {plain(1.0, place_), value}, place_);
    if (value.unit) result.unit = base::Unit{} / *value.unit;
    return result;
  }

  TypedFormula same_unit(Operation operation) {
    const auto argument = number_argument(0);
    auto result = combine(operation, {argument}, place_);
    result.take_unit(argument);
    return result;
  }

  TypedFormula chain_of_numbers(Operation operation) {
    std::vector<const TypedFormula*> parts;
    for (std::size_t i = 0; i < arguments_.size(); ++i) parts.push_back(&number_argument(i));
    const auto& common = checker_.common_unit(parts, quoted());
    auto result = chain(operation);
    result.take_unit(common);
    return result;
  }

  TypedFormula chain_of_truths(Operation operation) {
    for (std::size_t i = 0; i < arguments_.size(); ++i) truth_argument(i);
    return truth(chain(operation));
  }

  // Two operands at a time from the left: a + b + c is (a + b) + c.
  TypedFormula chain(Operation operation) {
    TypedFormula result = arguments_.front();
    for (std::size_t i = 1; i < arguments_.size(); ++i)
      result = combine(operation, {result, arguments_[i]}, place_);
    return result;
  }

  TypedFormula whole_quotient() {
    const auto ratio = combine(Operation::divide, {arguments_[0], arguments_[1]}, place_);
    const auto negative = combine(Operation::less, {ratio, plain(0.0, place_)}, place_);
    return combine(
        Operation::select,
        {negative, combine(Operation::ceiling, {ratio}, place_), combine(Operation::floor, {ratio}, place_)},
        place_);
  }

  // A number as exponent scales the unit; a quantity as exponent could mean any unit, so its base must have
  // none. Fractional powers of units have no meaning except as roots.
  std::optional<base::Unit> power_unit(const TypedFormula& base, std::optional<double> exponent,
                                       bool is_root) {
    if (!base.unit) return std::nullopt;
    const bool scales = exponent && (is_root || *exponent == std::floor(*exponent));
    if (scales) return base::power(*base.unit, *exponent);
    checker_.require_dimensionless(
        base, exponent ? "the base of a fractional power" : "the base of a variable power");
    return base::Unit{};
  }

  std::string name_;
  std::vector<TypedFormula> arguments_;
  const SourcePlace& place_;
  Diagnostics& findings_;
  UnitChecker checker_;
};

const std::map<std::string, BuiltIn>& other_functions() {
  using Applier = FunctionApplier;
  static const std::map<std::string, BuiltIn> functions = {
      {"abs", {1, 1, &Applier::absolute}},
      {"floor", {1, 1, &Applier::floor}},
      {"ceil", {1, 1, &Applier::ceiling}},
      {"sqrt", {1, 1, &Applier::square_root}},
      {"root", {2, 2, &Applier::root}},
      {"pow", {2, 2, &Applier::power}},
      {"log", {2, 2, &Applier::logarithm_of_base}},
      {"min", {1, k_any_number, &Applier::minimum}},
      {"max", {1, k_any_number, &Applier::maximum}},
      {"quotient", {2, 2, &Applier::quotient}},
      {"rem", {2, 2, &Applier::remainder}},
      {"piecewise", {3, k_any_number, &Applier::piecewise}},
      {"and", {1, k_any_number, &Applier::conjunction}},
      {"or", {1, k_any_number, &Applier::disjunction}},
      {"xor", {1, k_any_number, &Applier::exclusive_or}},
      {"not", {1, 1, &Applier::negation}},
      {"implies", {2, 2, &Applier::implication}},
  };
  return functions;
}

const std::map<std::string, Operation>& comparisons() {
  static const std::map<std::string, Operation> signs = {
      {"==", Operation::equal},  {"!=", Operation::not_equal},  {"<", Operation::less},
      {">", Operation::greater}, {"<=", Operation::less_equal}, {">=", Operation::greater_equal}};
  return signs;
}

const std::map<std::string, Rule>& arithmetic() {
  using Applier = FunctionApplier;
  static const std::map<std::string, Rule> signs = {
      {"+", &Applier::sum},          {"-", &Applier::difference},  {"*", &Applier::product},
      {"/", &Applier::ratio},        {"%", &Applier::remainder},   {"^", &Applier::power},
      {"&&", &Applier::conjunction}, {"||", &Applier::disjunction}};
  return signs;
}

}  // namespace

bool is_built_in_function(const std::string& name) {
  return elementary_functions().contains(name) || other_functions().contains(name);
}

TypedFormula apply_function(const std::string& name, std::vector<TypedFormula> arguments,
                            const SourcePlace& place, Diagnostics& findings) {
  FunctionApplier applier(name, std::move(arguments), place, findings);
  if (elementary_functions().contains(name))
    return applier.apply_built_in({1, 1, &FunctionApplier::elementary});
  return applier.apply_built_in(other_functions().at(name));
}

TypedFormula apply_operator(const std::string& sign, TypedFormula left, TypedFormula right,
                            const SourcePlace& place, Diagnostics& findings) {
  FunctionApplier applier(sign, {std::move(left), std::move(right)}, place, findings);
  if (const auto comparison = comparisons().find(sign); comparison != comparisons().end())
    return applier.comparison(comparison->second);
  return applier.apply_built_in({2, 2, arithmetic().at(sign)});
}

TypedFormula apply_prefix(const std::string& sign, TypedFormula operand, const SourcePlace& place,
                          Diagnostics& findings) {
  FunctionApplier applier(sign, {std::move(operand)}, place, findings);
  if (sign == "!") return applier.negation();
  if (sign == "+") return applier.sum();
  return applier.minus();
}

}  // namespace raad::model
