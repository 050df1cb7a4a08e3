// The models of an experiment: read from its folder, changed, imported, each once.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "data/model_xml.hpp"
#include "data/sedml.hpp"
#include "ir/system.hpp"
#include "sbml/import.hpp"

namespace raad::run {

/// A quantity of a model that an XPath names, as it is asked for and as it is set.
struct SedmlQuantity {
  std::string id;  ///< In ir::System::quantities
  std::string element, attribute;
};

struct SedmlModelState {
  std::unique_ptr<data::ModelXml> text;
  sbml::ImportedModel imported;
  ir::System system;
};

class SedmlModels {
 public:
  explicit SedmlModels(const data::SedmlDocument& document) : document_(document) {}

  /// Throws InputError: R111 for models that are not defined, refer to each other in a circle, or changes
  /// that cannot be made; R112 for languages other than SBML and sources outside of the archive; and what the
  /// import refuses.
  const SedmlModelState& get(const std::string& id);
  /// InputError R111 when the model has no such quantity.
  SedmlQuantity quantity(const std::string& model, const std::string& target, const base::SourcePlace& place);

 private:
  data::ModelXml& text_of(const std::string& id);
  std::string original_text(const data::SedmlModel& model, const base::SourcePlace& place);
  double computed(const data::SedmlModel& model, const data::ModelXml& text, const data::SedmlChange& change);
  std::filesystem::path file_of(const data::SedmlModel& model, const base::SourcePlace& place) const;

  const data::SedmlDocument& document_;
  std::map<std::string, SedmlModelState> made_;
  std::set<std::string> in_work_;
};

/// Value of a calculation at given values of its variables, parameters and aggregates; R111 for names that
/// stand for nothing.
double evaluate_calculation(const data::SedmlCalculation& calculation,
                            const std::map<std::string, double>& values, const base::SourcePlace& place);

}  // namespace raad::run
