#include "sbml/flux_problem.hpp"

#include <sbml/SBMLTypes.h>
#include <sbml/packages/fbc/common/FbcExtensionTypes.h>

#include <cmath>
#include <limits>
#include <map>

#include "model/order.hpp"
#include "sbml/document.hpp"
#include "sbml/import.hpp"

namespace raad::sbml {
namespace {

constexpr double k_unbounded = std::numeric_limits<double>::infinity();

class Reader {
 public:
  /// `start_values` of all identifiers: bounds and stoichiometries may be assigned.
  Reader(const Model& model, const std::string& file, std::map<std::string, double> start_values,
         base::Diagnostics& findings)
      : model_(model), file_(file), start_values_(std::move(start_values)), findings_(findings) {}

  FluxProblem read() {
    const auto* plugin = dynamic_cast<const FbcModelPlugin*>(model_.getPlugin("fbc"));
    if (plugin == nullptr || plugin->getNumObjectives() == 0) {
      findings_.error("R101", {file_}, "the model states no objective, and its course has no steps",
                      "give the settings a start, a duration and steps, or the model an objective");
      return {};
    }
    for (unsigned i = 0; i < model_.getNumSpecies(); ++i) {
      const Species& one = *model_.getSpecies(i);
      if (one.getBoundaryCondition() || one.getConstant()) continue;
      species_[one.getId()] = static_cast<int>(made_.species.size());
      made_.species.push_back(one.getId());
    }
    for (unsigned i = 0; i < model_.getNumReactions(); ++i) add_reaction(*model_.getReaction(i));
    for (unsigned i = 0; i < plugin->getNumFluxBounds(); ++i) add_bound(*plugin->getFluxBound(i));
    add_objective(*plugin);
    return std::move(made_);
  }

 private:
  double start_value(const std::string& id, double otherwise) const {
    const auto found = start_values_.find(id);
    return found != start_values_.end() && !std::isnan(found->second) ? found->second : otherwise;
  }

  void add_reaction(const Reaction& reaction) {
    FluxProblem::Reaction one{reaction.getId(), -k_unbounded, k_unbounded, 0.0};
    if (const auto* plugin = dynamic_cast<const FbcReactionPlugin*>(reaction.getPlugin("fbc"))) {
      if (plugin->isSetLowerFluxBound()) one.lower = start_value(plugin->getLowerFluxBound(), one.lower);
      if (plugin->isSetUpperFluxBound()) one.upper = start_value(plugin->getUpperFluxBound(), one.upper);
    }
    const int index = static_cast<int>(made_.reactions.size());
    reactions_[one.id] = index;
    made_.reactions.push_back(std::move(one));
    const auto add = [&](const SpeciesReference& reference, double sign) {
      const auto found = species_.find(reference.getSpecies());
      if (found != species_.end())
        made_.entries.push_back(
            {found->second, index,
             sign * start_value(reference.isSetId() ? reference.getId() : "",
                                reference.getStoichiometry() / reference.getDenominator())});
    };
    for (unsigned i = 0; i < reaction.getNumReactants(); ++i) add(*reaction.getReactant(i), -1.0);
    for (unsigned i = 0; i < reaction.getNumProducts(); ++i) add(*reaction.getProduct(i), 1.0);
  }

  // By value: the library's getters are not const.
  void add_bound(FluxBound bound) {
    const auto found = reactions_.find(bound.getReaction());
    if (found == reactions_.end()) return;
    auto& reaction = made_.reactions[static_cast<std::size_t>(found->second)];
    const std::string operation = bound.getOperation();
    if (operation == "lessEqual" || operation == "less" || operation == "equal")
      reaction.upper = bound.getValue();
    if (operation == "greaterEqual" || operation == "greater" || operation == "equal")
      reaction.lower = bound.getValue();
  }

  void add_objective(const FbcModelPlugin& plugin) {
    const Objective* objective = plugin.getActiveObjective();
    if (objective == nullptr) objective = plugin.getObjective(0);
    made_.objective_id = objective->getId();
    made_.maximise = Objective(*objective).getType() != "minimize";
    for (unsigned i = 0; i < objective->getNumFluxObjectives(); ++i) {
      const FluxObjective& part = *objective->getFluxObjective(i);
      const auto found = reactions_.find(part.getReaction());
      if (found != reactions_.end())
        made_.reactions[static_cast<std::size_t>(found->second)].objective += part.getCoefficient();
    }
  }

  const Model& model_;
  const std::string& file_;
  std::map<std::string, double> start_values_;
  base::Diagnostics& findings_;
  FluxProblem made_;
  std::map<std::string, int> species_, reactions_;
};

}  // namespace

FluxProblem read_flux_problem(const std::filesystem::path& file, base::Diagnostics& findings) {
  const auto imported = import_model(file, {}, findings);
  const auto document = read_document(file, {}, findings);
  if (document == nullptr || imported.model == nullptr) return {};
  const auto values = model::start_values(*imported.model);
  std::map<std::string, double> by_id;
  for (const auto& [id, symbol] : imported.model->index) by_id[id] = values[static_cast<std::size_t>(symbol)];
  const std::string name = file.string();
  return Reader(*document->getModel(), name, std::move(by_id), findings).read();
}

}  // namespace raad::sbml
