// Dependency order of rules and start values, and the cycles that forbid one.
#pragma once

#include "model/flat_model.hpp"

namespace raad::model {

/// Sorts rules and initial values so that each comes after those it uses; otherwise the order of declaration
/// stays. R008 for each cycle, with its members.
void order_equations(FlatModel& model, base::Diagnostics& findings);

/// Values of all symbols at time 0, from parameter values, initial values and rules. NaN where a formula has
/// none.
std::vector<double> start_values(const FlatModel& model);

}  // namespace raad::model
