// PEtab problems as files.
#pragma once

#include "data/petab.hpp"

namespace raad::data {

/// Writes problem.yaml, the tables and a copy of the model into `folder`, in version 1 or 2; returns the YAML
/// file. Columns that PEtab does not know (provenance) are kept. What the version cannot say is refused: R122
/// for more than one period after the pre-equilibration, a start other than 0, or a distribution that version
/// 1 lacks; for priors on the parameter's scale in version 2. Noise on the decimal logarithm becomes
/// log-normal with ln 10 times the noise in version 2, which is the same density; estimation scales, which it
/// lacks, are left out.
std::filesystem::path write_petab(const PetabProblem& problem, int version,
                                  const std::filesystem::path& folder);

}  // namespace raad::data
