// What most tests include (cmake/RaadPrecompiled.cmake).
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "program.hpp"
