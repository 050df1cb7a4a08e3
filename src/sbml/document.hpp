// Reading an SBML file with every guard that a hostile or damaged one asks for; packages resolved or refused.
#pragma once

#include <filesystem>
#include <memory>

#include "sbml/import.hpp"

class SBMLDocument;

namespace raad::sbml {

struct DocumentDeleter {
  void operator()(SBMLDocument* document) const;
};
using DocumentPointer = std::unique_ptr<SBMLDocument, DocumentDeleter>;

/// Null when there are errors (R086, R100, R101). Submodels are flattened; packages that do not change the
/// mathematics are left alone.
DocumentPointer read_document(const std::filesystem::path& file, const ImportOptions& options,
                              base::Diagnostics& findings);

}  // namespace raad::sbml
