// Which read-outs of a comparison rest on assumed numbers, and on which ones most.
#pragma once

#include <vector>

#include "study/comparison.hpp"

namespace raad::study {

/// Output times for perturbed runs: coarser than for measuring, because only relative changes of 1 % matter.
std::vector<double> elasticity_grid(const std::vector<double>& dose_times_h,
                                    const std::vector<double>& corners_h, double end_h);

/// Changes each assumed parameter that lies upstream of a row by 10 %, reruns both treatments and fills
/// `assumed` and `depends_on_assumed` of the rows, and the comparison's `assumed_rule`. Parameters that
/// cannot be changed (the run fails both ways) are named in the notes.
void find_assumed_values(const data::Library& library, const run::Simulator& simulator,
                         const run::Scenario scenarios[2], Comparison& comparison);

/// Relative change of the larger of peak effect and area, for a relative change `relative_step` of a
/// parameter (exposed for tests). The area is compared on a scale of at least a tenth of peak x duration,
/// since the area of a curve that goes both ways can be near 0.
double effect_elasticity(const Measures& nominal, const Measures& perturbed, double relative_step);

}  // namespace raad::study
