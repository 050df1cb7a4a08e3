#include "dose/factor.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/table.hpp"
#include "model/expression.hpp"
#include "text/parser.hpp"

namespace raad::dose {
namespace {

using Kind = text::Expression::Kind;

/// `A.k` is `A__k` in the flat system.
std::string flat_id(const std::string& id) {
  std::string flat;
  for (const char c : id) flat += c == '.' ? std::string("__") : std::string(1, c);
  return flat;
}

const ir::Quantity* find_quantity(const ir::System& system, const std::string& id) {
  const auto found = system.quantities.find(id);
  return found == system.quantities.end() ? nullptr : &found->second;
}

double evaluate_node(const ir::System& system, ir::NodeId id, const std::vector<double>& parameters) {
  const ir::Node& node = system.graph[id];
  if (node.kind == ir::Node::Kind::constant) return node.value;
  if (node.kind == ir::Node::Kind::parameter) return parameters[static_cast<std::size_t>(node.index)];
  std::array<double, 3> operands{};
  for (std::size_t i = 0; i < node.operand_count; ++i)
    operands[i] = evaluate_node(system, node.operands[i], parameters);
  return model::evaluate(node.operation, std::span(operands.data(), node.operand_count));
}

/// Walks a formula; collects the names that mean nothing.
struct Evaluator {
  const ir::System& system;
  const std::vector<double>& parameters;
  std::vector<std::string> unknown_names;
  std::string unsupported;  ///< First function or operator outside + - * / ^

  double operator()(const text::Expression& expression) {
    switch (expression.kind) {
      case Kind::number:
        return expression.value;
      case Kind::name:
        return named(expression.name.dotted());
      case Kind::unary:
        return signed_value(expression.text, (*this)(*expression.arguments[0]));
      case Kind::binary: {
        const double left = (*this)(*expression.arguments[0]);
        const double right = (*this)(*expression.arguments[1]);
        return combine(expression.text, left, right);
      }
      case Kind::boolean:
      case Kind::call:
        return refuse(expression.text);
    }
    return refuse(expression.text);
  }

  double named(const std::string& name) {
    if (const auto value = parameter_value(system, name, parameters)) return *value;
    unknown_names.push_back(name);
    return 0.0;
  }
  double signed_value(const std::string& sign, double value) {
    if (sign == "-") return -value;
    return sign == "+" ? value : refuse(sign);
  }
  double combine(const std::string& symbol, double left, double right) {
    if (symbol == "+") return left + right;
    if (symbol == "-") return left - right;
    if (symbol == "*") return left * right;
    if (symbol == "/") return left / right;
    return symbol == "^" ? std::pow(left, right) : refuse(symbol);
  }
  double refuse(const std::string& what) {
    if (unsupported.empty()) unsupported = what;
    return 0.0;
  }
};

std::vector<std::string> parameter_ids(const ir::System& system) {
  std::vector<std::string> ids;
  for (const auto& parameter : system.parameters) ids.push_back(parameter.id);
  return ids;
}

}  // namespace

std::optional<int> parameter_index(const ir::System& system, const std::string& id) {
  return system.find_parameter(flat_id(id));
}

std::optional<int> state_index(const ir::System& system, const std::string& id) {
  return system.find_state(flat_id(id));
}

std::optional<double> parameter_value(const ir::System& system, const std::string& id,
                                      const std::vector<double>& parameters) {
  if (const auto index = parameter_index(system, id)) return parameters.at(static_cast<std::size_t>(*index));
  const ir::Quantity* quantity = find_quantity(system, flat_id(id));
  if (quantity == nullptr || quantity->node < 0) return std::nullopt;
  const auto dependence = system.graph.dependence(quantity->node);
  if (dependence.on_states || dependence.on_time) return std::nullopt;
  return evaluate_node(system, quantity->node, parameters);
}

std::optional<double> evaluate_factor(const std::string& formula, const base::SourcePlace& place,
                                      const ir::System& system, const std::vector<double>& parameters,
                                      base::Diagnostics& findings) {
  if (const auto plain = base::parse_number(formula)) return plain;
  base::Diagnostics syntax;
  const auto expression = text::parse_expression(formula, place.file, syntax);
  if (!expression || syntax.has_errors()) {
    const std::string reason = syntax.empty() ? "nothing was written" : syntax.all().front().message;
    findings.error("R003", place, fmt::format("the formula `{}` does not parse: {}", formula, reason),
                   "numbers and parameter ids joined by + - * / ^");
    return std::nullopt;
  }
  Evaluator evaluate{system, parameters, {}, {}};
  const double value = evaluate(*expression);
  for (const auto& name : evaluate.unknown_names) {
    const std::string near = base::nearest_name(name, parameter_ids(system));
    findings.error("R079", place, fmt::format("`{}` is no parameter of the system {}", name, system.name),
                   near.empty() ? "" : fmt::format("did you mean `{}`?", near));
  }
  if (!evaluate.unsupported.empty())
    findings.error("R003", place,
                   fmt::format("`{}` cannot stand in the formula `{}`", evaluate.unsupported, formula),
                   "numbers and parameter ids joined by + - * / ^");
  if (!evaluate.unknown_names.empty() || !evaluate.unsupported.empty()) return std::nullopt;
  if (!std::isfinite(value)) {
    findings.error("R091", place, fmt::format("the formula `{}` has no finite value", formula));
    return std::nullopt;
  }
  return value;
}

}  // namespace raad::dose
