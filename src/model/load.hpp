// From files to a checked flat model.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"
#include "model/flat_model.hpp"

namespace raad::model {

struct LoadOptions {
  /// Source ids that may be cited (sources.tsv); empty means that R045 is not checked.
  std::vector<std::string> known_sources;
  /// Nominal scales: unit text or flat state id -> scale (library/scales.tsv).
  std::map<std::string, double> nominal_scales;
  /// Strict checks that only matter to `raad check` (R043, R044, R047, R060).
  bool check_provenance = false;
};

/// Parses `file` and its imports, reads the parameter table beside each file, checks, instantiates and
/// flattens the main model (`model *name`, else the last one of the file). All findings are added; null when
/// there are errors.
///
/// Number literals: in a file with a `.params.tsv` beside it only 0, 1, 2, 10, 100, exponents and
/// stoichiometries may stand in the text (R040). A stand-alone .ant file without a table may hold its own
/// numbers; its parameters then have provenance "unknown".
std::unique_ptr<FlatModel> load(const std::filesystem::path& file, const LoadOptions& options,
                                base::Diagnostics& findings);

/// The flat model as readable text, for `raad show --stage model`.
std::string print_flat_model(const FlatModel& model);

/// A formula with flat ids, for messages and listings.
std::string print_formula(const Formula& formula, const FlatModel& model);

/// Value of a formula at given symbol values (by SymbolId) and time; the slow reference path. A formula with
/// rateOf has no value outside a running system: std::logic_error.
double evaluate(const Formula& formula, const std::vector<double>& values, double time_h);

}  // namespace raad::model
