#include <fmt/format.h>

#include <algorithm>

#include "base/table.hpp"
#include "data/foreign_code.hpp"

namespace raad::data {
namespace {

using model::Role;
using model::SymbolId;

/// Words of R and names that rxode2 gives a meaning.
const std::set<std::string> k_reserved = {
    "if",      "else",    "for",    "while", "repeat", "function",  "break",    "next",   "true",
    "false",   "null",    "inf",    "nan",   "na",     "in",        "t",        "time",   "tlast",
    "tfirst",  "tad",     "tafd",   "podo",  "dose",   "dosenum",   "d",        "dt",     "f",
    "alag",    "lag",     "lead",   "diff",  "first",  "last",      "rate",     "dur",    "amt",
    "evid",    "cmt",     "ss",     "ii",    "addl",   "id",        "dv",       "mdv",    "newind",
    "mtime",   "ini",     "model",  "fix",   "label",  "theta",     "eta",      "eps",    "lincmt",
    "depot",   "central", "exp",    "log",   "log10",  "log2",      "sqrt",     "abs",    "floor",
    "ceil",    "sin",     "cos",    "tan",   "asin",   "acos",      "atan",     "atan2",  "sinh",
    "cosh",    "tanh",    "asinh",  "acosh", "atanh",  "factorial", "gamma",    "min",    "max",
    "pi",      "e",       "m_pi",   "m_e",   "expit",  "logit",     "probit",   "phi",    "erf",
    "transit", "sum",     "prod",   "occ",   "cens",   "limit",     "pow",      "params", "stateextra",
    "ifelse",  "interp",  "linear", "locf",  "nocb",   "midpoint",  "suppress", "print",  "printf",
    "norm",    "normal",  "add",    "prop"};

ForeignDialect dialect() {
  return {"rxode2", k_reserved, false, "time", "", " = ", ""};
}

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
    std::string names, triangle;
    for (std::size_t row = 0; row < block.size(); ++row) {
      const auto& one = varying[block[row]];
      written[block[row]] = true;
      names += (names.empty() ? "" : " + ") + code.effect(*model.find(one.parameter));
      for (std::size_t column = 0; column < row; ++column) {
        const auto covariance = one.covariances.find(varying[block[column]].parameter);
        triangle +=
            base::format_number(covariance == one.covariances.end() ? 0.0 : covariance->second) + ", ";
      }
      triangle += base::format_number(one.variance) + (row + 1 < block.size() ? ", " : "");
    }
    text += fmt::format("    {} ~ {}\n", names, block.size() > 1 ? "c(" + triangle + ")" : triangle);
  }
  return text;
}

}  // namespace

ForeignText rxode2_text(const model::FlatModel& model, const std::string& name,
                        const std::vector<ForeignVariability>& varying, base::Diagnostics& findings) {
  ForeignCode code(model, dialect(), varying, findings);
  const auto at = [&](SymbolId id) -> const model::Symbol& {
    return model.symbols[static_cast<std::size_t>(id)];
  };
  std::string text =
      fmt::format("# {}, exported by raad; time in {}\n{} <- function() {{\n  ini({{\n",
                  model.name.empty() ? name : model.name, model.time_unit, code.free_name(name + "_model"));
  for (const SymbolId id : code.constants())
    text += fmt::format("    {} <- fix({})  # {}\n", code.name(id), base::format_number(code.value(id)),
                        foreign_description(at(id)));
  text += omega(code, model, varying) + "  })\n  model({\n" + code.start_section();
  for (const SymbolId id : code.of_role(Role::state))
    text += fmt::format("  {}(0) = {}\n", code.name(id), code.start_name(id));
  const auto running = code.running_section("", true, "", "time");
  text += running.statements;
  for (const auto& [id, rate] : running.rates)
    text += fmt::format("  d/dt({}) = {}  # {}\n", code.name(id), rate, foreign_description(at(id)));
  return {text + "  })\n}\n", code.renamed()};
}

}  // namespace raad::data
