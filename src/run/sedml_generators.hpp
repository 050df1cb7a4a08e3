// Data generators: mathematics over what tasks gave.
#pragma once

#include <map>
#include <string>

#include "data/array.hpp"
#include "run/sedml_tasks.hpp"

namespace raad::run {

/// Element by element. Values of lower rank repeat along the dimensions in front, single numbers everywhere;
/// where shapes differ otherwise, what only some of them have is NaN. InputError R111 and R112 say what a
/// variable lacks; `tasks` holds those that were run.
data::Array evaluate_generator(const data::SedmlDataGenerator& generator,
                               const std::map<std::string, SedmlTaskValues>& tasks,
                               const base::SourcePlace& place);

}  // namespace raad::run
