// A schedule written into a model as events, for programs that know models but no regimens.
#pragma once

#include <string>
#include <vector>

#include "ir/system.hpp"
#include "model/flat_model.hpp"
#include "solve/problem.hpp"

namespace raad::dose {

/// `parameters` are the values of the run, in the order of `system.parameters`; formulas that still give the
/// same values stay. Doses become one event an instant (`time >= t`, also where the run starts there);
/// an infusion is a constant `regimen_input_STATE` in the rate of its state, set by events.
model::FlatModel with_schedule(const model::FlatModel& model, const ir::System& system,
                               const std::vector<double>& parameters,
                               const std::vector<solve::Action>& actions);

/// Several schedules in one model: the doses of the k-th (from 0) are given where the constant parameter
/// `arm`, which is added with the value 0, is k + 1. `arm` must be free.
model::FlatModel with_schedules(const model::FlatModel& model, const ir::System& system,
                                const std::vector<double>& parameters,
                                const std::vector<std::vector<solve::Action>>& schedules,
                                const std::string& arm);

}  // namespace raad::dose
