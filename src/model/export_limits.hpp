// What no format that models are written in can carry.
#pragma once

#include <string>

#include "base/diagnostics.hpp"
#include "model/flat_model.hpp"

namespace raad::model {

/// Finding R151 for every delayed value: its past is kept by the solver, not by the model.
void refuse_delays(const FlatModel& model, const std::string& format, base::Diagnostics& findings);

}  // namespace raad::model
