// What most sources of the command line include (cmake/RaadPrecompiled.cmake).
#pragma once

#include <nlohmann/json.hpp>

#include "program.hpp"
