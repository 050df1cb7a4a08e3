#include "study/petab_likelihood.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <set>

#include "base/table.hpp"
#include "codegen/kernel.hpp"
#include "model/load.hpp"
#include "model/order.hpp"
#include "sbml/formula.hpp"
#include "sbml/import.hpp"
#include "solve/evaluator.hpp"

namespace raad::study {
namespace {

using data::PetabScale;
using model::apply;
using model::FormulaPointer;
using model::Operation;
using model::Role;
using model::SymbolId;

constexpr double k_never = -std::numeric_limits<double>::infinity();
// A condition starts before anything that the model's own events do at that moment.
constexpr double k_condition_priority = std::numeric_limits<double>::max();
// Steady state: no state changes by more than this share of itself (or of its nominal scale) in one unit of
// time.
constexpr double k_steady_rate = 1e-9;
constexpr double k_first_horizon = 1e2, k_last_horizon = 1e9;

/// One experiment: the model with the experiment's conditions built in.
struct Compiled {
  sbml::ImportedModel imported;
  ir::System system;
  std::vector<SymbolId> asked;  ///< Symbols that observables and noises read
  std::unique_ptr<codegen::Kernel> kernel;
};

std::unique_ptr<Compiled> load(const data::PetabProblem& problem) {
  base::Diagnostics findings;
  auto made = std::make_unique<Compiled>();
  made->imported = sbml::import_model(problem.model_file, {}, findings);
  base::throw_if_errors(findings);
  return made;
}

}  // namespace

struct PetabLikelihood::Implementation {
  const data::PetabProblem& problem;
  std::vector<std::string> estimated;

  struct Experiment {
    std::unique_ptr<Compiled> before;  ///< Pre-equilibration; null: none
    std::unique_ptr<Compiled> run;
    double start = 0.0;
    std::set<SymbolId>
        reset;  ///< States that the first condition sets although there was a pre-equilibration
    std::vector<std::size_t> measurements;
  };
  std::vector<Experiment> experiments;
  struct Formulas {
    FormulaPointer observable, noise;
  };
  std::vector<Formulas> formulas;  ///< By measurement, on the symbols of its experiment

  explicit Implementation(const data::PetabProblem& given) : problem(given) {
    for (const auto& parameter : problem.parameters)
      if (parameter.estimate) estimated.push_back(parameter.id);
    for (const auto& experiment : problem.experiments) experiments.push_back(compile(experiment));
    formulas.resize(problem.measurements.size());
    for (std::size_t i = 0; i < problem.measurements.size(); ++i) {
      auto& experiment = experiments[problem.measurements[i].experiment];
      experiment.measurements.push_back(i);
      formulas[i] = formulas_of(problem.measurements[i], *experiment.run);
    }
    for (auto& experiment : experiments) finish(experiment);
  }

  std::string model_id(const std::string& id) const {
    for (const auto& [petab, model] : problem.mapping)
      if (petab == id) return model;
    return id;
  }

  /// Every parameter of the table that the model lacks becomes one of its parameters.
  void add_parameters(Compiled& compiled) const {
    auto& model = *compiled.imported.model;
    for (const auto& parameter : problem.parameters) {
      if (model.index.count(model_id(parameter.id)) > 0) continue;
      model::Symbol made;
      made.id = parameter.id;
      made.provenance.kind = "unknown";
      model.index.emplace(made.id, static_cast<SymbolId>(model.symbols.size()));
      model.symbols.push_back(std::move(made));
      model.parameter_values.push_back(parameter.nominal);
    }
    // What the table gives a value to needs no formula of the model any more.
    for (const auto& parameter : problem.parameters) {
      const SymbolId id = model.index.at(model_id(parameter.id));
      if (model.symbols[static_cast<std::size_t>(id)].role != Role::parameter)
        throw base::InputError("R122", parameter.place,
                               "`" + parameter.id + "` is a variable of the model and cannot be a parameter");
      std::erase_if(model.initial, [&](const model::Equation& one) { return one.symbol == id; });
      model.parameter_values[static_cast<std::size_t>(id)] = parameter.nominal;
    }
  }

  FormulaPointer read(const std::string& text, const Compiled& compiled, const base::SourcePlace& place,
                      const std::map<std::string, FormulaPointer>& placeholders = {}) const {
    const auto& model = *compiled.imported.model;
    try {
      return sbml::parse_formula(text, "R120", [&](const std::string& id) -> FormulaPointer {
        if (const auto found = placeholders.find(id); found != placeholders.end()) return found->second;
        if (id == "time") return model::time_symbol();
        if (const auto symbol = model.index.find(model_id(id)); symbol != model.index.end())
          return model::symbol(symbol->second);
        throw base::InputError("R121", place,
                               "`" + id + "` is neither in the model nor in the parameter table",
                               "define it, or correct the name");
      });
    } catch (const base::InputError& error) {
      base::Diagnostics placed;
      for (auto finding : error.findings().all()) {
        if (finding.place.file.empty()) finding.place = place;
        placed.add(std::move(finding));
      }
      throw base::InputError(placed);
    }
  }

  /// The kept symbol behind a target and the value that it gets.
  model::Equation change(const data::PetabChange& asked, const Compiled& compiled) const {
    const auto& model = *compiled.imported.model;
    const std::string id = model_id(asked.target);
    const auto found = model.index.find(id);
    if (found == model.index.end())
      throw base::InputError("R121", asked.place, "the target `" + asked.target + "` is not in the model");
    auto value = read(asked.value, compiled, asked.place);
    const auto& symbol = model.symbols[static_cast<std::size_t>(found->second)];
    if (symbol.role != Role::assigned) return {found->second, value, asked.place};
    const auto species = compiled.imported.species.find(id);
    if (species == compiled.imported.species.end() || species->second.compartment < 0 ||
        model.symbols[static_cast<std::size_t>(species->second.amount)].role == Role::assigned)
      throw base::InputError("R122", asked.place,
                             "`" + asked.target + "` follows from a rule and cannot be set");
    return {species->second.amount,
            apply(Operation::multiply, {value, model::symbol(species->second.compartment)}), asked.place};
  }

  /// Conditions of the start: start values and parameters.
  void set_start(Compiled& compiled, const std::vector<data::PetabChange>& changes,
                 std::set<SymbolId>* states) const {
    auto& model = *compiled.imported.model;
    std::vector<model::Equation> made;
    for (const auto& asked : changes) made.push_back(change(asked, compiled));
    for (auto& one : made) {
      // A value that refers to itself means what the model would have started with.
      const auto original = std::ranges::find(model.initial, one.symbol, &model::Equation::symbol);
      const auto self = original != model.initial.end() ? original->formula : nullptr;
      one.formula = replaced(
          one.formula, one.symbol,
          self != nullptr ? self
                          : model::number(model.parameter_values[static_cast<std::size_t>(one.symbol)]));
    }
    for (auto& one : made) {
      std::erase_if(model.initial, [&](const model::Equation& known) { return known.symbol == one.symbol; });
      const bool is_state = model.symbols[static_cast<std::size_t>(one.symbol)].role == Role::state;
      if (is_state && states != nullptr) states->insert(one.symbol);
      if (!is_state && one.formula->kind == model::Formula::Kind::number)
        model.parameter_values[static_cast<std::size_t>(one.symbol)] = one.formula->value;
      else
        model.initial.push_back(std::move(one));
    }
  }

  static FormulaPointer replaced(const FormulaPointer& formula, SymbolId id, const FormulaPointer& by) {
    if (formula->kind == model::Formula::Kind::symbol) return formula->symbol == id ? by : formula;
    if (formula->operands.empty()) return formula;
    model::Formula made = *formula;
    for (auto& operand : made.operands) operand = replaced(operand, id, by);
    return std::make_shared<const model::Formula>(std::move(made));
  }

  /// A later condition: an event at its time.
  void add_period(Compiled& compiled, const data::PetabPeriod& period, std::size_t number) const {
    if (period.changes.empty()) return;
    model::FlatEvent event;
    event.id = "petab_condition_" + std::to_string(number);
    event.trigger = apply(Operation::greater_equal, {model::time_symbol(), model::number(period.time)});
    event.priority = model::number(k_condition_priority);
    for (const auto& asked : period.changes) event.assignments.push_back(change(asked, compiled));
    compiled.imported.model->events.push_back(std::move(event));
  }

  Experiment compile(const data::PetabExperiment& experiment) const {
    Experiment made;
    std::size_t first = 0;
    if (!experiment.periods.empty() && experiment.periods.front().time == k_never) {
      made.before = load(problem);
      add_parameters(*made.before);
      set_start(*made.before, experiment.periods.front().changes, nullptr);
      complete(*made.before, {});
      first = 1;
    }
    made.run = load(problem);
    add_parameters(*made.run);
    if (first < experiment.periods.size()) {
      made.start = experiment.periods[first].time;
      set_start(*made.run, experiment.periods[first].changes, &made.reset);
    }
    for (std::size_t i = first + 1; i < experiment.periods.size(); ++i)
      add_period(*made.run, experiment.periods[i], i);
    return made;
  }

  static void complete(Compiled& compiled, const std::set<SymbolId>& asked) {
    base::Diagnostics findings;
    model::order_equations(*compiled.imported.model, findings);
    base::throw_if_errors(findings);
    compiled.system = ir::build_system(*compiled.imported.model);
    compiled.asked.assign(asked.begin(), asked.end());
    std::vector<ir::NodeId> outputs;
    for (const SymbolId id : compiled.asked)
      outputs.push_back(
          compiled.system.quantities.at(compiled.imported.model->symbols[static_cast<std::size_t>(id)].id)
              .node);
    compiled.kernel = codegen::make_interpreter(codegen::lower(compiled.system, outputs));
  }

  /// Observable and noise of one measurement, with its overrides in place of the placeholders.
  Formulas formulas_of(const data::PetabMeasurement& measurement, const Compiled& compiled) const {
    const auto& observable = problem.observables[measurement.observable];
    std::map<std::string, FormulaPointer> placeholders;
    const auto fill = [&](const std::vector<std::string>& names, const std::vector<std::string>& overrides,
                          const std::string& kind) {
      for (std::size_t i = 0; i < overrides.size(); ++i) {
        const std::string name = !names.empty() && i < names.size()
                                     ? names[i]
                                     : kind + "Parameter" + std::to_string(i + 1) + "_" + observable.id;
        placeholders[name] = read(overrides[i], compiled, measurement.place);
      }
    };
    fill(observable.observable_placeholders, measurement.observable_overrides, "observable");
    fill(observable.noise_placeholders, measurement.noise_overrides, "noise");
    Formulas made;
    made.observable = read(observable.formula, compiled, observable.place, placeholders);
    placeholders[observable.id] = made.observable;
    made.noise = read(observable.noise_formula, compiled, observable.place, placeholders);
    return made;
  }

  static void collect(const FormulaPointer& formula, std::set<SymbolId>& symbols) {
    if (formula->kind == model::Formula::Kind::symbol) symbols.insert(formula->symbol);
    for (const auto& operand : formula->operands) collect(operand, symbols);
  }

  void finish(Experiment& experiment) const {
    std::set<SymbolId> asked;
    for (const std::size_t i : experiment.measurements) {
      collect(formulas[i].observable, asked);
      collect(formulas[i].noise, asked);
    }
    complete(*experiment.run, asked);
  }

  std::vector<double> parameters_of(const Compiled& compiled, const std::vector<double>& values) const {
    auto parameters = solve::initial_parameters(compiled.system);
    // Values of the table first, then what follows from them.
    for (std::size_t i = 0; i < compiled.system.parameters.size(); ++i)
      parameters[i] = compiled.system.parameters[i].value;
    for (std::size_t k = 0; k < problem.parameters.size(); ++k)
      if (const auto index = compiled.system.find_parameter(model_id(problem.parameters[k].id)))
        parameters[static_cast<std::size_t>(*index)] = values[k];
    solve::complete_parameters(compiled.system, parameters);
    return parameters;
  }

  /// Where the model comes to rest.
  std::vector<double> steady_state(const Compiled& compiled, const std::vector<double>& parameters,
                                   const solve::Options& options, const std::vector<double>* from,
                                   double start) const;
  void evaluate_experiment(const Experiment& experiment, const std::vector<double>& values,
                           const solve::Options& options, std::vector<double>& simulations,
                           std::vector<double>& noise) const;
};

std::vector<double> PetabLikelihood::Implementation::steady_state(const Compiled& compiled,
                                                                  const std::vector<double>& parameters,
                                                                  const solve::Options& options,
                                                                  const std::vector<double>* from,
                                                                  double start) const {
  solve::Problem run;
  run.system = &compiled.system;
  run.kernel = compiled.kernel.get();
  run.parameters = parameters;
  run.start_h = start;
  if (from != nullptr) run.initial_states = *from;
  std::vector<double> rates(compiled.system.states.size());
  for (double horizon = k_first_horizon; horizon <= k_last_horizon; horizon *= 10.0) {
    run.end_h = start + horizon;
    run.output_times = {run.end_h};
    const auto solution = solve::solve(run, options);
    if (solution.status != solve::Status::success)
      throw base::NumericalError("steady state: " + solution.message);
    const auto& states = solution.states;
    solve::Evaluator(run).rates(run.end_h, states.data(), rates.data());
    bool steady = true;
    for (std::size_t i = 0; i < rates.size(); ++i)
      steady = steady &&
               std::abs(rates[i]) <= k_steady_rate * std::max(std::abs(states[i]),
                                                              1e-6 * compiled.system.states[i].nominal_scale);
    if (steady) return states;
  }
  throw base::NumericalError("the model does not come to a steady state");
}

void PetabLikelihood::Implementation::evaluate_experiment(const Experiment& experiment,
                                                          const std::vector<double>& values,
                                                          const solve::Options& options,
                                                          std::vector<double>& simulations,
                                                          std::vector<double>& noise) const {
  const Compiled& compiled = *experiment.run;
  solve::Problem run;
  run.system = &compiled.system;
  run.kernel = compiled.kernel.get();
  run.parameters = parameters_of(compiled, values);
  run.start_h = experiment.start;
  if (experiment.before != nullptr) {
    auto states =
        steady_state(*experiment.before, parameters_of(*experiment.before, values), options, nullptr, 0.0);
    std::vector<double> fresh(compiled.system.states.size());
    solve::Evaluator(run).initial_states(run.start_h, fresh.data());
    for (std::size_t i = 0; i < fresh.size(); ++i)
      if (experiment.reset.count(compiled.system.states[i].symbol) > 0) states[i] = fresh[i];
    run.initial_states = std::move(states);
  }
  std::set<double> times;
  bool at_rest = false;
  for (const std::size_t i : experiment.measurements) {
    const double time = problem.measurements[i].time;
    if (std::isinf(time))
      at_rest = true;
    else
      times.insert(std::max(time, run.start_h));
  }
  run.output_times.assign(times.begin(), times.end());
  run.end_h = times.empty() ? run.start_h : *times.rbegin();
  const auto solution = solve::solve(run, options);
  if (solution.status != solve::Status::success) throw base::NumericalError(solution.message);
  solve::Solution rest;
  if (at_rest) {
    const auto* from = run.initial_states.empty() ? nullptr : &run.initial_states;
    solve::Problem still = run;
    still.initial_states = steady_state(compiled, run.parameters, options, from, run.start_h);
    still.end_h = still.start_h;
    still.output_times = {still.start_h};
    rest = solve::solve(still, options);
  }
  const std::size_t width = compiled.asked.size();
  std::vector<double> symbols(compiled.imported.model->symbols.size(),
                              std::numeric_limits<double>::quiet_NaN());
  for (const std::size_t i : experiment.measurements) {
    const double time = problem.measurements[i].time;
    const bool steady = std::isinf(time);
    const auto& from = steady ? rest : solution;
    const std::size_t row =
        steady ? 0
               : static_cast<std::size_t>(
                     std::ranges::lower_bound(run.output_times, std::max(time, run.start_h)) -
                     run.output_times.begin());
    for (std::size_t k = 0; k < width; ++k)
      symbols[static_cast<std::size_t>(compiled.asked[k])] = from.outputs[row * width + k];
    simulations[i] = model::evaluate(*formulas[i].observable, symbols, time);
    noise[i] = model::evaluate(*formulas[i].noise, symbols, time);
  }
}

PetabLikelihood::PetabLikelihood(const data::PetabProblem& problem)
    : implementation_(std::make_unique<Implementation>(problem)) {}
PetabLikelihood::~PetabLikelihood() = default;

const std::vector<std::string>& PetabLikelihood::estimated() const {
  return implementation_->estimated;
}

std::vector<double> PetabLikelihood::nominal() const {
  std::vector<double> values;
  for (const auto& parameter : implementation_->problem.parameters) values.push_back(parameter.nominal);
  return values;
}

PetabValue PetabLikelihood::evaluate(const std::vector<double>& values, const solve::Options& options) const {
  const auto& problem = implementation_->problem;
  PetabValue result;
  result.simulations.resize(problem.measurements.size());
  result.noise.resize(problem.measurements.size());
  for (const auto& experiment : implementation_->experiments)
    implementation_->evaluate_experiment(experiment, values, options, result.simulations, result.noise);
  for (std::size_t i = 0; i < problem.measurements.size(); ++i) {
    const auto& measurement = problem.measurements[i];
    const auto& observable = problem.observables[measurement.observable];
    const double sigma = result.noise[i];
    if (!(sigma > 0.0) || !std::isfinite(sigma))
      throw base::InputError("R123", measurement.place,
                             "the noise of `" + observable.id + "` is " + base::format_number(sigma),
                             "noise must be above 0");
    double simulated = result.simulations[i], measured = measurement.value;
    double log_jacobian = 0.0;
    if (observable.scale == PetabScale::logarithm) {
      log_jacobian = std::log(measured);
      simulated = std::log(simulated);
      measured = std::log(measured);
    } else if (observable.scale == PetabScale::logarithm10) {
      log_jacobian = std::log(measured * std::numbers::ln10);
      simulated = std::log10(simulated);
      measured = std::log10(measured);
    }
    const double residual = (measured - simulated) / sigma;
    result.chi2 += residual * residual;
    result.log_likelihood += observable.laplace
                                 ? -std::abs(residual) - std::log(2.0 * sigma) - log_jacobian
                                 : -0.5 * residual * residual - 0.5 * std::log(2.0 * std::numbers::pi) -
                                       std::log(sigma) - log_jacobian;
  }
  const bool has_priors = std::ranges::any_of(
      problem.parameters, [](const auto& one) { return one.estimate && one.prior.has_value(); });
  for (std::size_t k = 0; k < problem.parameters.size(); ++k) {
    const auto& parameter = problem.parameters[k];
    if (!parameter.estimate) continue;
    // In version 2 a parameter without a prior is uniform within its bounds.
    if (!parameter.prior) {
      if (problem.version == 2 && has_priors && std::isfinite(parameter.upper - parameter.lower))
        result.log_prior = result.log_prior.value_or(0.0) - std::log(parameter.upper - parameter.lower);
      continue;
    }
    result.log_prior = result.log_prior.value_or(0.0) + log_prior_density(parameter, values[k]);
  }
  return result;
}

}  // namespace raad::study
