// Which published measurements belong over which curve of a comparison, and why the others do not.
#pragma once

#include <string>
#include <vector>

#include "study/comparison.hpp"

namespace raad::study {

/// How a regimen of the evidence relates to a treatment.
enum class RegimenMatch {
  different,
  same,
  same_with_background,  ///< Equal doses, but one is given with a background treatment that the other lacks
};

/// Compares drugs, doses, routes, durations and times. Doses are compared in mg for 70 kg (35 mg = 0.5
/// mg/kg), to 1 %; times count from the first dose, to a minute; durations to 1 %, and one that is not stated
/// fits any. A range or alternatives of doses match nothing.
RegimenMatch match_regimen(const dose::Regimen& treatment, const dose::Regimen& published);

/// Read-outs of the library for which there is a measurement of `regimen` in this system's species.
std::vector<std::string> measured_observables(const data::Library& library, const data::Evidence& evidence,
                                              const std::string& system, const dose::Regimen& regimen);

/// Fills points, undrawn, derived and points_rule of the comparison. `untreated` are the courses without drug
/// on the same time grid.
void place_measurements(const data::Library& library, const data::Evidence& evidence,
                        const dose::Regimen* const regimens[2], const run::TimeCourses untreated[2],
                        Comparison& comparison);

}  // namespace raad::study
