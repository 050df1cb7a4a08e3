// From an SBML file (Levels 1 to 3) to a checked flat model. libSBML stays behind this header.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"
#include "model/flat_model.hpp"

namespace raad::sbml {

struct ImportOptions {
  /// Larger files are refused (R100): no published model comes near it, a damaged or hostile file may.
  std::size_t greatest_file_bytes = 64U << 20U;
};

/// A species in both of its forms, whichever of them the model's mathematics uses.
struct SpeciesSymbols {
  model::SymbolId amount = -1;
  model::SymbolId concentration = -1;  ///< -1 where the compartment has no size (0 dimensions)
  model::SymbolId compartment = -1;    ///< Its size
};

struct ImportedModel {
  /// Every SBML identifier that has a value is a symbol of the same id with the value that it has in SBML
  /// mathematics (a species: amount or concentration by hasOnlySubstanceUnits). Time is in the model's own
  /// unit. Provenance kinds are "unknown".
  std::unique_ptr<model::FlatModel> model;
  std::map<std::string, SpeciesSymbols> species;
  std::map<std::string, std::string> names;  ///< SBML id to the `name` attribute, where it has one
};

/// Reads, validates, flattens (comp) and translates the file. All findings are added, with libSBML's line and
/// column; a feature that raad does not simulate is refused by name (R101). `model` is null when there are
/// errors.
ImportedModel import_model(const std::filesystem::path& file, const ImportOptions& options,
                           base::Diagnostics& findings);

/// True for a file that should be read by `import_model`: by its extension .xml or .sbml.
bool is_sbml_file(const std::filesystem::path& file);

}  // namespace raad::sbml
