#include "run/sedml_models.hpp"

#include <unistd.h>

#include "base/files.hpp"
#include "model/load.hpp"
#include "sbml/formula.hpp"

namespace raad::run {

namespace fs = std::filesystem;

double evaluate_calculation(const data::SedmlCalculation& calculation,
                            const std::map<std::string, double>& values, const base::SourcePlace& place) {
  const auto formula =
      sbml::parse_mathml(calculation.mathml, "R111", [&](const std::string& id) -> model::FormulaPointer {
        if (const auto found = values.find(id); found != values.end()) return model::number(found->second);
        if (const auto found = calculation.parameters.find(id); found != calculation.parameters.end())
          return model::number(found->second);
        throw base::InputError("R111", place, "`" + id + "` stands for nothing in the mathematics");
      });
  return model::evaluate(*formula, {}, 0.0);
}

fs::path SedmlModels::file_of(const data::SedmlModel& model, const base::SourcePlace& place) const {
  if (model.source.find("://") != std::string::npos || model.source.rfind("urn:", 0) == 0)
    throw base::InputError("R112", place,
                           "models are read from the archive only, not from `" + model.source + "`",
                           "put the model file into the archive");
  const fs::path folder = document_.file.parent_path();
  const fs::path file = (folder / model.source).lexically_normal();
  if (!fs::is_regular_file(file)) throw base::InputError("R086", {file.string()}, "file not found");
  return file;
}

std::string SedmlModels::original_text(const data::SedmlModel& model, const base::SourcePlace& place) {
  const std::string name = model.source.front() == '#' ? model.source.substr(1) : model.source;
  if (document_.find_model(name) != nullptr) return text_of(name).text();
  if (!model.language.empty() && model.language.find("sbml") == std::string::npos)
    throw base::InputError("R112", place, "models in `" + model.language + "` are not simulated; SBML is");
  return base::read_file(file_of(model, place));
}

/// Values of model files as they stand there: initial assignments and rules are the simulation's affair.
double SedmlModels::computed(const data::SedmlModel& model, const data::ModelXml& text,
                             const data::SedmlChange& change) {
  const base::SourcePlace place{document_.file.string(), change.line, 0};
  std::map<std::string, double> values;
  for (const auto& variable : change.calculation.variables) {
    const bool own = variable.model.empty() || variable.model == model.id;
    const auto found = (own ? text : text_of(variable.model)).find(variable.target, place);
    if (!found.value)
      throw base::InputError("R111", place,
                             "the target `" + variable.target + "` has no number in the model file",
                             "name an attribute that holds one");
    values[variable.id] = *found.value;
  }
  return evaluate_calculation(change.calculation, values, place);
}

data::ModelXml& SedmlModels::text_of(const std::string& id) {
  auto& made = made_[id];
  if (made.text) return *made.text;
  const auto* model = document_.find_model(id);
  if (model == nullptr)
    throw base::InputError("R111", {document_.file.string()}, "the model `" + id + "` is not defined");
  const base::SourcePlace place{document_.file.string(), model->line, 0};
  if (!in_work_.insert(id).second)
    throw base::InputError("R111", place, "the model `" + id + "` refers to itself through others");
  auto text = std::make_unique<data::ModelXml>(original_text(*model, place), id, document_.namespaces);
  for (const auto& change : model->changes) {
    const double value =
        change.kind == data::SedmlChange::Kind::compute ? computed(*model, *text, change) : 0.0;
    text->apply(change, value, {document_.file.string(), change.line, 0});
  }
  in_work_.erase(id);
  made.text = std::move(text);
  return *made.text;
}

const SedmlModelState& SedmlModels::get(const std::string& id) {
  const std::string text = text_of(id).text();
  auto& made = made_.at(id);
  if (made.imported.model) return made;
  // Beside the original, so that models it refers to are found.
  const auto* original = document_.find_model(id);
  const auto referred = [&] {
    return document_.find_model(original->source.front() == '#' ? original->source.substr(1)
                                                                : original->source);
  };
  while (referred() != nullptr) original = referred();
  const fs::path file = file_of(*original, {document_.file.string(), original->line, 0});
  const fs::path changed =
      file.parent_path() / (file.stem().string() + "." + std::to_string(getpid()) + ".changed.xml");
  base::write_file_atomically(changed, text);
  base::Diagnostics findings;
  made.imported = sbml::import_model(changed, {}, findings);
  fs::remove(changed);
  if (findings.has_errors()) made.imported.model = nullptr;
  base::throw_if_errors(findings);
  made.system = ir::build_system(*made.imported.model);
  return made;
}

SedmlQuantity SedmlModels::quantity(const std::string& model, const std::string& target,
                                    const base::SourcePlace& place) {
  const auto& state = get(model);
  const auto named = state.text->find(target, place);
  SedmlQuantity made{named.id, named.element, named.attribute};
  const auto symbol = [&](model::SymbolId id) {
    return state.imported.model->symbols[static_cast<std::size_t>(id)].id;
  };
  const auto species = state.imported.species.find(named.id);
  if (named.element == "species" && species != state.imported.species.end()) {
    // From Level 1 Version 4 on a species means its value in SBML mathematics; before, the specification left
    // it open and tools report concentrations (docs/decisions/numerics.md). Attributes say which.
    const bool concentration = named.attribute == "initialConcentration" ||
                               (named.attribute != "initialAmount" && document_.version < 4);
    if (named.attribute == "initialAmount")
      made.id = symbol(species->second.amount);
    else if (concentration && species->second.concentration >= 0)
      made.id = symbol(species->second.concentration);
  }
  if (named.in_kinetic_law || !state.system.quantities.count(made.id))
    throw base::InputError(
        "R111", place,
        "`" + (named.id.empty() ? target : named.id) + "` has no value in the model `" + model + "`",
        "ask for a species, parameter, compartment, reaction or stoichiometry");
  return made;
}

}  // namespace raad::run
