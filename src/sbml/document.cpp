#include "sbml/document.hpp"

#include <sbml/SBMLTypes.h>
#include <sbml/conversion/ConversionProperties.h>
#include <sbml/packages/comp/common/CompExtensionTypes.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include "base/files.hpp"

namespace raad::sbml {

void DocumentDeleter::operator()(SBMLDocument* document) const {
  delete document;
}

namespace {

// Deeper than any model is written, shallow enough for recursive readers.
constexpr int k_greatest_depth = 500;

/// What libSBML must not be given: document types (entities can grow without bound) and nesting that would
/// exhaust the stack. Comments and quoted sections are passed over.
void screen(const std::string& text, const std::string& file, base::Diagnostics& findings) {
  int depth = 0, line = 1;
  std::size_t counted = 0;
  const auto line_of = [&](std::size_t at) {
    line += static_cast<int>(std::count(text.begin() + static_cast<std::ptrdiff_t>(counted),
                                        text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    counted = at;
    return line;
  };
  for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at)) {
    const auto starts_with = [&](std::string_view what) { return text.compare(at, what.size(), what) == 0; };
    std::size_t end = std::string::npos;
    if (starts_with("<!--")) {
      end = text.find("-->", at);
    } else if (starts_with("<![CDATA[")) {
      end = text.find("]]>", at);
    } else if (starts_with("<!")) {
      findings.error("R100", {file, line_of(at)}, "document types and entities are not read",
                     "SBML has none: remove the <!DOCTYPE ...> part");
      return;
    } else {
      end = text.find('>', at);
      if (end != std::string::npos && !starts_with("<?") && text[end - 1] != '/')
        depth += starts_with("</") ? -1 : 1;
    }
    if (depth > k_greatest_depth) {
      findings.error("R100", {file, line_of(at)},
                     "elements are nested deeper than " + std::to_string(k_greatest_depth),
                     "no model needs that; the file is damaged or hostile");
      return;
    }
    if (end == std::string::npos) return;  // Cut off: the parser says where.
    at = end;
  }
}

bool is_serious(const SBMLError& error) {
  return error.getSeverity() >= LIBSBML_SEV_ERROR;
}

std::string first_line(const std::string& text) {
  const auto begin = text.find_first_not_of(" \n\t");
  if (begin == std::string::npos) return text;
  std::string line;
  for (const char c : text.substr(begin)) {
    if (c == '\n' || c == ' ' || c == '\t') {
      if (!line.empty() && line.back() != ' ') line += ' ';
    } else {
      line += c;
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  constexpr std::size_t k_longest = 400;
  return line.size() > k_longest ? line.substr(0, k_longest) + " ..." : line;
}

/// Errors that libSBML found since `first`. True when there are any.
bool report(const SBMLDocument& document, unsigned first, const std::string& file,
            base::Diagnostics& findings) {
  // One damaged element can raise hundreds.
  constexpr int k_most = 20;
  int reported = 0;
  for (unsigned i = first; i < document.getNumErrors(); ++i) {
    const SBMLError& error = *document.getError(i);
    if (!is_serious(error)) continue;
    if (reported == k_most) {
      findings.error("R100", {file}, "further errors are not listed");
      break;
    }
    ++reported;
    findings.error("R100", {file, static_cast<int>(error.getLine()), static_cast<int>(error.getColumn())},
                   first_line(error.getMessage()),
                   "libSBML rule " + std::to_string(error.getErrorId()) + ": " + error.getShortMessage());
  }
  return reported > 0;
}

/// False, with a finding, for packages that change what the equations are. Those that libSBML itself does not
/// know it reports where they are required.
bool packages_are_known(SBMLDocument& document, const std::string& file, base::Diagnostics& findings) {
  constexpr std::array k_harmless = {"comp", "fbc", "layout", "render", "groups", "l3v2extendedmath"};
  bool good = true;
  const auto refuse = [&](const std::string& name) {
    findings.error("R101", {file}, "the package `" + name + "` changes the mathematics and is not supported",
                   "export the model without it");
    good = false;
  };
  for (unsigned i = 0; i < document.getNumPlugins(); ++i) {
    const auto& plugin = *document.getPlugin(i);
    const std::string& name = plugin.getPackageName();
    if (std::ranges::find(k_harmless, name) == k_harmless.end() && document.getPackageRequired(name))
      refuse(name);
  }
  return good;
}

bool has_submodels(const SBMLDocument& document) {
  return document.getPlugin("comp") != nullptr;
}

/// The model that a submodel is made of; null when there is none.
const Model* definition_of(const Submodel& submodel) {
  // Not const: asking for an external model reads its file.
  auto* document = const_cast<SBMLDocument*>(submodel.getSBMLDocument());
  if (document == nullptr) return nullptr;
  auto* definitions = dynamic_cast<CompSBMLDocumentPlugin*>(document->getPlugin("comp"));
  const std::string& id = submodel.getModelRef();
  if (definitions == nullptr) return nullptr;
  if (const Model* model = definitions->getModelDefinition(id)) return model;
  if (ExternalModelDefinition* external = definitions->getExternalModelDefinition(id))
    return external->getReferencedModel();
  const Model* main = document->getModel();
  return main != nullptr && main->getId() == id ? main : nullptr;
}

/// How many models a model consists of, itself included; infinity where it contains itself.
double instances_of(const Model& model, std::map<const Model*, double>& known) {
  const auto [place, is_new] = known.emplace(&model, std::numeric_limits<double>::infinity());
  if (!is_new) return place->second;
  double count = 1.0;
  if (const auto* plugin = dynamic_cast<const CompModelPlugin*>(model.getPlugin("comp")))
    for (unsigned i = 0; i < plugin->getNumSubmodels(); ++i)
      if (const Model* part = definition_of(*plugin->getSubmodel(i))) count += instances_of(*part, known);
  return known[&model] = count;
}

bool flatten(SBMLDocument& document, const std::string& file, base::Diagnostics& findings) {
  // Definitions that use another twice double at each level.
  constexpr double k_most_instances = 20'000;
  std::map<const Model*, double> known;
  if (instances_of(*document.getModel(), known) > k_most_instances) {
    findings.error("R100", {file},
                   "the model contains itself, or more than " +
                       std::to_string(static_cast<int>(k_most_instances)) + " submodels",
                   "no model needs that; the file is damaged or hostile");
    return false;
  }
  const unsigned before = document.getNumErrors();
  ConversionProperties properties;
  properties.addOption("flatten comp", true);
  properties.addOption("leave_ports", false);
  properties.addOption("abortIfUnflattenable", "none");
  properties.addOption("performValidation", false);
  properties.addOption("basePath", std::filesystem::path(file).parent_path().string());
  const int status = document.convert(properties);
  if (report(document, before, file, findings)) return false;
  if (status == LIBSBML_OPERATION_SUCCESS) return true;
  findings.error("R100", {file}, "the submodels cannot be put together",
                 "check that every external file and every reference exists");
  return false;
}

/// Null when there are errors.
DocumentPointer read_checked(const std::string& file, base::Diagnostics& found) {
  DocumentPointer document(readSBMLFromFile(file.c_str()));
  const bool damaged = report(*document, 0, file, found);
  if (!damaged && document->getModel() == nullptr) found.error("R100", {file}, "the file holds no model");
  if (found.has_errors() || !packages_are_known(*document, file, found)) return nullptr;
  if (has_submodels(*document) && !flatten(*document, file, found)) return nullptr;
  document->setConsistencyChecks(LIBSBML_CAT_UNITS_CONSISTENCY, false);
  document->setConsistencyChecks(LIBSBML_CAT_SBO_CONSISTENCY, false);
  document->setConsistencyChecks(LIBSBML_CAT_MODELING_PRACTICE, false);
  document->setConsistencyChecks(LIBSBML_CAT_OVERDETERMINED_MODEL, false);
  const unsigned before = document->getNumErrors();
  document->checkConsistency();
  return report(*document, before, file, found) ? nullptr : std::move(document);
}

}  // namespace

DocumentPointer read_document(const std::filesystem::path& path, const ImportOptions& options,
                              base::Diagnostics& findings) {
  const std::string file = path.string();
  std::error_code trouble;
  if (!std::filesystem::is_regular_file(path)) {
    findings.error("R086", {file}, "file not found");
    return nullptr;
  }
  const auto size = std::filesystem::file_size(path, trouble);
  if (trouble || size > options.greatest_file_bytes) {
    findings.error("R100", {file},
                   "the file has " + std::to_string(size) + " bytes; at most " +
                       std::to_string(options.greatest_file_bytes) + " are read");
    return nullptr;
  }
  base::Diagnostics found;
  screen(base::read_file(path), file, found);
  DocumentPointer document;
  if (!found.has_errors()) {
    try {
      document = read_checked(file, found);
    } catch (const std::exception& error) {
      // libSBML throws where it builds elements of namespaces that do not go together.
      found.error("R100", {file}, std::string("libSBML cannot read the file: ") + error.what());
    }
  }
  findings.append(found);
  return found.has_errors() ? nullptr : std::move(document);
}

}  // namespace raad::sbml
