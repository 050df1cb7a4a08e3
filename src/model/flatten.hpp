// Puts the flat model together: values, rules, rates, events and constraints on numbered symbols.
#pragma once

#include <memory>

#include "model/composition.hpp"
#include "model/meaning.hpp"

namespace raad::model {

/// Findings: those of the formulas (lowering.hpp), R008, R009, R028, R030.
std::unique_ptr<FlatModel> flatten(Composition& composition, const std::map<RawId, Meaning>& meanings,
                                   const LoadOptions& options, base::Diagnostics& findings);

}  // namespace raad::model
