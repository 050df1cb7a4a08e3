// From a flat model to SBML Level 3 Version 2.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"
#include "model/flat_model.hpp"

namespace raad::sbml {

/// Where a number comes from, for links that other programs follow.
struct CitedSource {
  std::string pmid, doi;
};

struct ExportOptions {
  std::map<std::string, CitedSource> sources;  ///< By source id
};

/// A flat document: every symbol a parameter, its rule, rate rule or initial assignment, events and
/// constraints, units and MIRIAM annotations (isDescribedBy); kind, spread, between-subject variability and
/// notes of every number in an annotation of raad's own namespace. Checked with libSBML's consistency check;
/// what it objects to is added to `findings` (R150), as are operations that SBML lacks (R151). Empty when
/// there are errors.
std::string export_model(const model::FlatModel& model, const ExportOptions& options,
                         base::Diagnostics& findings);

}  // namespace raad::sbml
