// One experiment of a PEtab problem as a model of its own: conditions built in, observables and noises as
// outputs.
#pragma once

#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "codegen/kernel.hpp"
#include "data/petab.hpp"
#include "ir/system.hpp"
#include "sbml/import.hpp"
#include "solve/tangents.hpp"

namespace raad::study {

enum class Derivatives { none, exact };

/// The model with one experiment's conditions.
struct CompiledModel {
  sbml::ImportedModel imported;
  ir::System system;
  std::unique_ptr<codegen::Kernel> kernel;
  std::unique_ptr<solve::TangentCode> tangents;  ///< Null without derivatives
};

struct CompiledExperiment {
  std::unique_ptr<CompiledModel> before;  ///< Pre-equilibration; null: none
  std::unique_ptr<CompiledModel> run;
  double start = 0.0;
  /// States that the first condition sets although there was a pre-equilibration.
  std::set<model::SymbolId> reset;
  std::vector<std::size_t> measurements;
  std::size_t output_count = 0;
  /// By entry of `measurements`: outputs of `run` that are its observable and its noise.
  std::vector<std::pair<std::size_t, std::size_t>> outputs;
};

/// Throws InputError (R120 to R122, and those of the SBML import).
std::vector<CompiledExperiment> compile_experiments(const data::PetabProblem& problem,
                                                    Derivatives derivatives);

/// Values of a model's parameters from those of all parameters of the table.
std::vector<double> model_parameters(const data::PetabProblem& problem, const ir::System& system,
                                     const std::vector<double>& values);
/// Place among the model's parameters of one of the table.
std::size_t model_parameter(const data::PetabProblem& problem, const ir::System& system,
                            const std::string& id);

}  // namespace raad::study
