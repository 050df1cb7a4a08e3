// When and what to record: arguments that simulate and population share.
#pragma once

#include <string>
#include <vector>

#include "data/library.hpp"
#include "run/system.hpp"

namespace raad::app {

/// Times from 0 to `end` every `every` (a duration as text), or 200 of them when it is empty, in the model's
/// unit of time; InputError R070.
std::vector<double> output_times(const std::string& every, double end,
                                 const std::string& model_time_unit = "h");

/// Names given as lists with commas, or the system's main read-outs when there are none.
std::vector<std::string> chosen_observables(const std::vector<std::string>& given,
                                            const data::Library& library, const run::LoadedSystem& system);

}  // namespace raad::app
