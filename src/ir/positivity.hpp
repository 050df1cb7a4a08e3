// Which states can never become negative: a property of the equations that a solver may hold its steps to.
#pragma once

#include <vector>

#include "ir/system.hpp"

namespace raad::ir {

/// 1 for each state whose rate cannot be negative where the state is 0 and the other such states are not
/// negative: a solution that starts without negative values then keeps none (Nagumo 1942, Proc. Phys.-Math.
/// Soc. Japan 24:551; the condition is called quasi-positivity). Judged by signs alone, so a 0 does not mean
/// that the state does become negative. Holds for parameters with the signs of `parameters`; states that
/// events set are left out.
std::vector<char> non_negative_states(const System& system, const std::vector<double>& parameters);

}  // namespace raad::ir
