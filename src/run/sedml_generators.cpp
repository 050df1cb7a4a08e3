#include "run/sedml_generators.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/load.hpp"
#include "sbml/formula.hpp"

namespace raad::run {
namespace {

using data::Array;

const Array& array_of(const data::SedmlVariable& variable,
                      const std::map<std::string, SedmlTaskValues>& tasks, const base::SourcePlace& place) {
  const auto task = tasks.find(variable.task);
  if (task == tasks.end())
    throw base::InputError("R111", place,
                           "the variable `" + variable.id + "` needs the task `" + variable.task +
                               "`, which failed or is not defined");
  if (!variable.symbol.empty()) {
    // Time by its URN, or by its KiSAO term from Level 1 Version 4 on.
    if (variable.symbol.find("time") != std::string::npos || variable.symbol == "KISAO:0000832")
      return task->second.time;
    throw base::InputError("R112", place, "the symbol `" + variable.symbol + "` is not computed");
  }
  const auto found = task->second.values.find(variable.target);
  if (found != task->second.values.end()) return found->second;
  const auto reason = task->second.missing.find(variable.target);
  throw base::InputError("R111", place,
                         reason != task->second.missing.end()
                             ? reason->second
                             : "the variable `" + variable.id + "` has neither target nor symbol");
}

double aggregate(const std::string& function, const Array& array) {
  double result = function == "sum"       ? 0.0
                  : function == "product" ? 1.0
                  : function == "min"     ? std::numeric_limits<double>::infinity()
                                          : -std::numeric_limits<double>::infinity();
  for (const double value : array.values) {
    if (std::isnan(value)) continue;  // Where a shorter course has no values
    if (function == "sum") result += value;
    if (function == "product") result *= value;
    if (function == "min") result = std::min(result, value);
    if (function == "max") result = std::max(result, value);
  }
  return result;
}

/// Value at a place of the common shape.
double value_at(const Array& array, const std::vector<std::size_t>& place) {
  const std::size_t skipped = place.size() - array.shape.size();
  std::size_t index = 0;
  for (std::size_t i = 0; i < array.shape.size(); ++i) {
    const std::size_t at = array.shape[i] == 1 ? 0 : place[skipped + i];
    if (at >= array.shape[i]) return std::numeric_limits<double>::quiet_NaN();
    index = index * array.shape[i] + at;
  }
  return array.values[index];
}

/// Aligned at the last dimension.
std::vector<std::size_t> joint_shape(const std::vector<const Array*>& arrays) {
  std::size_t rank = 0;
  for (const auto* array : arrays) rank = std::max(rank, array->shape.size());
  std::vector<std::size_t> shape(rank, 1);
  for (const auto* array : arrays)
    for (std::size_t i = 0; i < array->shape.size(); ++i) {
      auto& extent = shape[rank - array->shape.size() + i];
      extent = std::max(extent, array->shape[i]);
    }
  return shape;
}

}  // namespace

Array evaluate_generator(const data::SedmlDataGenerator& generator,
                         const std::map<std::string, SedmlTaskValues>& tasks,
                         const base::SourcePlace& place) {
  if (!generator.refused.empty()) throw base::InputError("R112", place, generator.refused);
  const auto& calculation = generator.calculation;
  std::vector<const Array*> arrays;
  for (const auto& variable : calculation.variables) arrays.push_back(&array_of(variable, tasks, place));
  std::map<std::string, double> constants = calculation.parameters;
  for (const auto& one : calculation.aggregates) {
    const auto found = std::ranges::find(calculation.variables, one.variable, &data::SedmlVariable::id);
    if (found == calculation.variables.end())
      throw base::InputError("R111", place, "`" + one.variable + "` is no variable of the data generator");
    constants[one.id] =
        aggregate(one.function, *arrays[static_cast<std::size_t>(found - calculation.variables.begin())]);
  }
  // Variables that only aggregates use do not shape the result.
  std::vector<const Array*> used;
  const auto formula =
      sbml::parse_mathml(calculation.mathml, "R111", [&](const std::string& id) -> model::FormulaPointer {
        const auto found = std::ranges::find(calculation.variables, id, &data::SedmlVariable::id);
        if (found != calculation.variables.end()) {
          used.push_back(arrays[static_cast<std::size_t>(found - calculation.variables.begin())]);
          return model::symbol(static_cast<model::SymbolId>(found - calculation.variables.begin()));
        }
        if (const auto constant = constants.find(id); constant != constants.end())
          return model::number(constant->second);
        throw base::InputError("R111", place,
                               "`" + id + "` is no variable of the data generator `" + generator.id + "`");
      });
  Array made;
  made.shape = joint_shape(used);
  std::vector<std::size_t> at(made.shape.size(), 0);
  std::vector<double> values(arrays.size());
  for (std::size_t n = data::size_of(made.shape); n > 0; --n) {
    for (std::size_t i = 0; i < arrays.size(); ++i)
      values[i] = arrays[i]->shape.size() <= at.size() ? value_at(*arrays[i], at) : 0.0;
    made.values.push_back(model::evaluate(*formula, values, 0.0));
    for (std::size_t i = at.size(); i-- > 0;) {
      if (++at[i] < made.shape[i]) break;
      at[i] = 0;
    }
  }
  return made;
}

}  // namespace raad::run
