#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/table.hpp"
#include "data/foreign_code.hpp"

namespace raad::data {
namespace {

using model::Role;
using model::SymbolId;

/// Words of C++ and R, and names that mrgsolve gives a meaning.
const std::set<std::string> k_reserved = {
    "alignas", "alignof", "and", "asm", "auto", "bool", "break", "case", "catch", "char", "class", "const",
    "constexpr", "continue", "decltype", "default", "delete", "do", "double", "else", "enum", "explicit",
    "export", "extern", "false", "float", "for", "friend", "goto", "if", "inline", "int", "long", "mutable",
    "namespace", "new", "noexcept", "not", "nullptr", "operator", "or", "private", "protected", "public",
    "register", "return", "short", "signed", "sizeof", "static", "struct", "switch", "template", "this",
    "throw", "true", "try", "typedef", "typeid", "typename", "union", "unsigned", "using", "virtual", "void",
    "volatile", "while", "xor",
    // R
    "function", "in", "next", "repeat", "null", "inf", "nan", "na", "t", "f", "pi",
    // mathematics
    "exp", "log", "log10", "sqrt", "pow", "fabs", "abs", "floor", "ceil", "sin", "cos", "tan", "asin", "acos",
    "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "tgamma", "gamma", "min", "max",
    "std", "y0", "y1", "yn", "j0", "j1", "jn", "index", "time", "infinity",
    // mrgsolve
    "self", "id", "amt", "cmt", "evid", "ss", "ii", "addl", "rate", "newind", "solvertime", "eta", "theta",
    "eps", "mevent", "capture", "report", "init", "param", "simeta", "simeps", "cond", "dv", "mdv", "tad"};

ForeignDialect dialect() {
  return {"mrgsolve", k_reserved, true, "SOLVERTIME", "double ", " = ", ";"};
}

/// Random effects in blocks of those that are correlated, each with the lower triangle of its covariances.
std::string omega(const ForeignCode& code, const model::FlatModel& model,
                  const std::vector<ForeignVariability>& varying) {
  std::string text;
  std::vector<bool> written(varying.size(), false);
  for (std::size_t i = 0; i < varying.size(); ++i) {
    if (written[i]) continue;
    std::vector<std::size_t> block = {i};
    for (std::size_t k = i + 1; k < varying.size(); ++k)
      if (std::ranges::any_of(block, [&](std::size_t one) {
            return varying[k].covariances.count(varying[one].parameter) > 0;
          }))
        block.push_back(k);
    text += "\n$OMEGA @annotated";
    if (block.size() > 1) text += " @block";
    text += "\n";
    for (std::size_t row = 0; row < block.size(); ++row) {
      const auto& one = varying[block[row]];
      written[block[row]] = true;
      text += code.effect(*model.find(one.parameter)) + " :";
      for (std::size_t column = 0; column < row; ++column) {
        const auto covariance = one.covariances.find(varying[block[column]].parameter);
        text += " " + base::format_number(covariance == one.covariances.end() ? 0.0 : covariance->second);
      }
      text += " " + base::format_number(one.variance) + " : variability of " + one.parameter + "\n";
    }
  }
  return text;
}

}  // namespace

ForeignText mrgsolve_text(const model::FlatModel& model, const std::vector<ForeignVariability>& varying,
                          base::Diagnostics& findings) {
  ForeignCode code(model, dialect(), varying, findings);
  const auto& symbols = model.symbols;
  const auto at = [&](SymbolId id) -> const model::Symbol& { return symbols[static_cast<std::size_t>(id)]; };
  std::string text = "$PROB\n" + (model.name.empty() ? std::string("model") : model.name) +
                     ", exported by raad; time in " + model.time_unit + "\n\n$PARAM @annotated\n";
  for (const SymbolId id : code.constants())
    text += fmt::format("{} : {} : {}\n", code.name(id), base::format_number(code.value(id)),
                        foreign_description(at(id)));
  text += "\n$CMT @annotated\n";
  for (const SymbolId id : code.of_role(Role::state))
    text += fmt::format("{} : {}\n", code.name(id), foreign_description(at(id)));
  text += omega(code, model, varying);
  text += "\n$MAIN\n" + code.start_section();
  for (const SymbolId id : code.of_role(Role::state))
    text += fmt::format("  {}_0 = {};\n", code.name(id), code.start_name(id));
  // Rules twice: for the solver, and at the record's own time for the output.
  const auto running = code.running_section("_ode", true, "double ", "SOLVERTIME");
  text += "\n$ODE\n" + running.statements;
  for (const auto& [id, rate] : running.rates) text += fmt::format("  dxdt_{} = {};\n", code.name(id), rate);
  const auto table = code.running_section("", false, "capture ", "TIME");
  text += "\n$TABLE\n" + table.statements;
  return {text, code.renamed()};
}

}  // namespace raad::data
