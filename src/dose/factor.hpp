// Formulas of the dosing tables: numbers and parameter names joined by + - * / ^, such as `nasal_share *
// 0.62`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"
#include "ir/system.hpp"

namespace raad::dose {

/// Value of a parameter, or of a rule that depends on parameters only, by flat id, bound alias or dotted
/// name.
std::optional<double> parameter_value(const ir::System& system, const std::string& id,
                                      const std::vector<double>& parameters);

/// Index of a state by flat id, bound alias or dotted name.
std::optional<int> state_index(const ir::System& system, const std::string& id);
/// Index of a parameter by flat id, bound alias or dotted name.
std::optional<int> parameter_index(const ir::System& system, const std::string& id);

/// Value of the formula in a table's cell at `place`. Reports R003 for what does not parse, R079 for an
/// unknown name (with the nearest one) and R091 for a result that is no finite number.
std::optional<double> evaluate_factor(const std::string& formula, const base::SourcePlace& place,
                                      const ir::System& system, const std::vector<double>& parameters,
                                      base::Diagnostics& findings);

}  // namespace raad::dose
