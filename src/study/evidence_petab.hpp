// The library's calibration as a PEtab problem, for the tools that fit those.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "data/petab.hpp"
#include "study/evidence_objective.hpp"

namespace raad::study {

struct EvidenceProblem {
  data::PetabProblem problem;  ///< Without `model_file`
  std::string sbml;            ///< The system with the doses of every arm as events, chosen by `study_arm`
  std::vector<std::pair<std::string, std::string>> left_out;  ///< Row and reason
};

/// Rows that are one number of one typical time course: a read-out at a time, under one regimen, in its own
/// unit. Virtual participants, maxima, areas and comparisons of arms are not sayable in PEtab; such rows are
/// left out with the reason. An arm is an experiment that sets the parameter `study_arm`; times count from
/// its first dose where that lies before 0. Noise is normal (Student's t is not in PEtab) with the spread of
/// `raad validate` times the fourth root of the number of rows of its study, which weighs studies as the
/// objective does. Priors are those of the objective. Sources stand in extra columns. Findings R150 and R151
/// of the model's export.
EvidenceProblem evidence_problem(const data::Library& library, const data::EvidenceTable& table,
                                 const EvidenceObjective& objective, const CalibrationSettings& settings,
                                 const std::string& system, base::Diagnostics& findings);

}  // namespace raad::study
