// Flexible doses of published trials as a weighted set of definite regimens.
#pragma once

#include <string>
#include <vector>

#include "dose/regimen.hpp"
#include "dose/schedule.hpp"

namespace raad::dose {

/// One definite regimen and the share of subjects that it stands for.
struct WeightedRegimen {
  Regimen regimen;
  double weight = 1.0;
};

/// What a group with alternatives or ranges received (rule of the specification, section 6): alternatives
/// `a|b` in equal shares; a range `a..b` as a uniform distribution, stood for by the three points of Gauss
/// and Legendre, which integrate a response exactly up to the fifth power of the dose (Abramowitz and Stegun
/// 1964, table 25.4). Products that come in devices take every whole number of devices in the range, in equal
/// shares. Several such events are independent. Weights sum to 1; a regimen without choices comes back alone.
/// Not modelled: doses chosen by a patient's response.
std::vector<WeightedRegimen> mixture_of(const Regimen& regimen, const DosingTables& tables,
                                        const std::string& system_name);

}  // namespace raad::dose
