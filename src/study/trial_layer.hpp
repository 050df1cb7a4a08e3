// What trials report beyond the score and the model's equations do not hold: relapse and attrition, from the
// hazards and shares of library/trial_layer.tsv.
#pragma once

#include <optional>
#include <string>

#include "data/evidence.hpp"

namespace raad::study {

bool is_of_trial_layer(const std::string& measure);

/// The row's number; empty, with the reason, where the layer has none. `arms` is the text that names the
/// drugs of the trial.
std::optional<double> trial_layer_number(const data::Library& library, const data::EvidenceRow& row,
                                         const std::string& measure, const std::string& arms,
                                         std::string& reason);

}  // namespace raad::study
