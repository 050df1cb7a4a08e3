// Events of all instances on flat symbols.
#pragma once

#include "model/lowering.hpp"

namespace raad::model {

/// In order of declaration, parents first. Findings: R009, R025, R028, R032.
std::vector<FlatEvent> make_events(const Composition& composition, const FlatLayout& layout,
                                   Lowering& lowering, base::Diagnostics& findings);

}  // namespace raad::model
