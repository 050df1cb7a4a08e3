// Gathers everything that models, arguments, tables and reactions say about quantities.
#pragma once

#include <vector>

#include "model/meaning.hpp"

namespace raad::model {

/// Definitions by instance, parents first, then numbers of arguments, then rows of tables. Those of deleted
/// elements are left out; those that a parent clears are removed and listed as overrides.
std::vector<Definition> collect_definitions(Composition& composition, base::Diagnostics& findings);

/// One change for each reaction and species with a net stoichiometry; boundary and constant species have
/// none.
std::vector<Change> collect_changes(const Composition& composition, base::Diagnostics& findings);

}  // namespace raad::model
