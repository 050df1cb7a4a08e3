#include "sbml/import.hpp"

#include <sbml/SBMLTypes.h>

#include "base/files.hpp"
#include "sbml/document.hpp"
#include "sbml/translation.hpp"

namespace raad::sbml {

ImportedModel import_model(const std::filesystem::path& file, const ImportOptions& options,
                           base::Diagnostics& findings) {
  base::Diagnostics found;
  ImportedModel imported;
  if (const auto document = read_document(file, options, found)) {
    try {
      imported = Translation(*document->getModel(), file.string(), options, found).run();
    } catch (const base::InputError& error) {
      found.append(error.findings());
    }
    if (imported.model != nullptr) {
      imported.model->files = {file.string()};
      imported.model->content_hash = base::content_hash(base::read_file(file));
    }
  }
  findings.append(found);
  return imported;
}

bool is_sbml_file(const std::filesystem::path& file) {
  return file.extension() == ".xml" || file.extension() == ".sbml";
}

}  // namespace raad::sbml
