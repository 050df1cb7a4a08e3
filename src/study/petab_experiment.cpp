#include "study/petab_experiment.hpp"

#include <algorithm>
#include <map>

#include "model/order.hpp"
#include "sbml/formula.hpp"

namespace raad::study {
namespace {

using model::apply;
using model::FormulaPointer;
using model::Operation;
using model::Role;
using model::SymbolId;

constexpr double k_never = -std::numeric_limits<double>::infinity();
// A condition starts before anything that the model's own events do at that moment.
constexpr double k_condition_priority = std::numeric_limits<double>::max();

std::string model_id(const data::PetabProblem& problem, const std::string& id) {
  for (const auto& [petab, model] : problem.mapping)
    if (petab == id) return model;
  return id;
}

/// A formula in the graph of a system that is built already.
ir::NodeId add_to_graph(const model::Formula& formula, const CompiledModel& compiled, ir::Graph& graph) {
  using Kind = model::Formula::Kind;
  if (formula.kind == Kind::number) return graph.constant(formula.value);
  if (formula.kind == Kind::time) return graph.time();
  if (formula.kind == Kind::symbol) {
    const auto& symbol = compiled.imported.model->symbols[static_cast<std::size_t>(formula.symbol)];
    return compiled.system.quantities.at(symbol.id).node;
  }
  if (formula.kind != Kind::apply) throw std::logic_error("PEtab formula with a rate of change");
  std::vector<ir::NodeId> operands;
  for (const auto& operand : formula.operands) operands.push_back(add_to_graph(*operand, compiled, graph));
  return graph.apply(formula.operation, operands);
}

class ExperimentCompiler {
 public:
  ExperimentCompiler(const data::PetabProblem& problem, Derivatives derivatives)
      : problem_(problem), derivatives_(derivatives) {}

  CompiledExperiment compile(std::size_t number) const;

 private:
  struct Formulas {
    FormulaPointer observable, noise;
  };

  std::unique_ptr<CompiledModel> load() const {
    base::Diagnostics findings;
    auto made = std::make_unique<CompiledModel>();
    made->imported = sbml::import_model(problem_.model_file, {}, findings);
    base::throw_if_errors(findings);
    add_parameters(*made);
    return made;
  }

  /// Whether some formula of the tables uses the name.
  bool is_mentioned(const std::string& id) const {
    const auto uses = [&](const std::string& text) {
      for (std::size_t at = text.find(id); at != std::string::npos; at = text.find(id, at + 1)) {
        const auto is_word = [&](std::size_t place) {
          return place < text.size() &&
                 (std::isalnum(static_cast<unsigned char>(text[place])) != 0 || text[place] == '_');
        };
        if ((at == 0 || !is_word(at - 1)) && !is_word(at + id.size())) return true;
      }
      return false;
    };
    for (const auto& one : problem_.observables)
      if (uses(one.formula) || uses(one.noise_formula)) return true;
    for (const auto& one : problem_.measurements)
      if (std::ranges::any_of(one.observable_overrides, uses) ||
          std::ranges::any_of(one.noise_overrides, uses))
        return true;
    for (const auto& experiment : problem_.experiments)
      for (const auto& period : experiment.periods)
        for (const auto& change : period.changes)
          if (uses(change.value)) return true;
    return false;
  }

  /// Every parameter of the table that the model lacks becomes one of its parameters.
  void add_parameters(CompiledModel& compiled) const {
    auto& model = *compiled.imported.model;
    for (const auto& parameter : problem_.parameters) {
      if (model.index.count(model_id(problem_, parameter.id)) > 0) continue;
      if (!is_mentioned(parameter.id))
        throw base::InputError("R121", parameter.place,
                               "`" + parameter.id + "` is used nowhere, in the model or in the tables",
                               "correct the name, or leave the row out");
      model::Symbol made;
      made.id = parameter.id;
      made.provenance.kind = "unknown";
      model.index.emplace(made.id, static_cast<SymbolId>(model.symbols.size()));
      model.symbols.push_back(std::move(made));
      model.parameter_values.push_back(parameter.nominal);
    }
    // What the table gives a value to needs no formula of the model any more.
    for (const auto& parameter : problem_.parameters) {
      const SymbolId id = model.index.at(model_id(problem_, parameter.id));
      if (model.symbols[static_cast<std::size_t>(id)].role != Role::parameter)
        throw base::InputError("R122", parameter.place,
                               "`" + parameter.id + "` is a variable of the model and cannot be a parameter");
      std::erase_if(model.initial, [&](const model::Equation& one) { return one.symbol == id; });
      model.parameter_values[static_cast<std::size_t>(id)] = parameter.nominal;
    }
  }

  FormulaPointer read(const std::string& text, const CompiledModel& compiled, const base::SourcePlace& place,
                      const std::map<std::string, FormulaPointer>& placeholders = {}) const {
    const auto& model = *compiled.imported.model;
    try {
      return sbml::parse_formula(text, "R120", [&](const std::string& id) -> FormulaPointer {
        if (const auto found = placeholders.find(id); found != placeholders.end()) return found->second;
        if (id == "time") return model::time_symbol();
        if (const auto symbol = model.index.find(model_id(problem_, id)); symbol != model.index.end())
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
  model::Equation change(const data::PetabChange& asked, const CompiledModel& compiled) const {
    const auto& model = *compiled.imported.model;
    const std::string id = model_id(problem_, asked.target);
    const auto found = model.index.find(id);
    if (found == model.index.end())
      throw base::InputError("R121", asked.place, "the target `" + asked.target + "` is not in the model");
    if (problem_.find_parameter(asked.target) != nullptr)
      throw base::InputError(
          "R120", asked.place,
          "`" + asked.target + "` has a row in the parameter table, which this would override",
          "leave it out of one of the two");
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
  void set_start(CompiledModel& compiled, const std::vector<data::PetabChange>& changes,
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
  void add_period(CompiledModel& compiled, const data::PetabPeriod& period, std::size_t number) const {
    if (period.changes.empty()) return;
    model::FlatEvent event;
    event.id = "petab_condition_" + std::to_string(number);
    event.trigger = apply(Operation::greater_equal, {model::time_symbol(), model::number(period.time)});
    event.priority = model::number(k_condition_priority);
    for (const auto& asked : period.changes) event.assignments.push_back(change(asked, compiled));
    compiled.imported.model->events.push_back(std::move(event));
  }

  /// Observable and noise of one measurement, with its overrides in place of the placeholders.
  Formulas formulas_of(const data::PetabMeasurement& measurement, const CompiledModel& compiled) const {
    const auto& observable = problem_.observables[measurement.observable];
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

  void build(CompiledModel& compiled) const {
    base::Diagnostics findings;
    model::order_equations(*compiled.imported.model, findings);
    base::throw_if_errors(findings);
    compiled.system = ir::build_system(*compiled.imported.model);
  }

  void make_code(CompiledModel& compiled, const std::vector<ir::NodeId>& outputs) const {
    compiled.kernel = codegen::make_interpreter(codegen::lower(compiled.system, outputs));
    if (derivatives_ == Derivatives::none) return;
    std::vector<int> estimated;
    for (const auto& parameter : problem_.parameters)
      if (parameter.estimate)
        estimated.push_back(static_cast<int>(model_parameter(problem_, compiled.system, parameter.id)));
    compiled.tangents = std::make_unique<solve::TangentCode>(compiled.system, outputs, estimated);
  }

  const data::PetabProblem& problem_;
  Derivatives derivatives_;
};

CompiledExperiment ExperimentCompiler::compile(std::size_t number) const {
  const auto& experiment = problem_.experiments[number];
  CompiledExperiment made;
  std::size_t first = 0;
  if (!experiment.periods.empty() && experiment.periods.front().time == k_never) {
    made.before = load();
    set_start(*made.before, experiment.periods.front().changes, nullptr);
    build(*made.before);
    make_code(*made.before, {});
    first = 1;
  }
  made.run = load();
  if (first < experiment.periods.size()) {
    made.start = experiment.periods[first].time;
    set_start(*made.run, experiment.periods[first].changes, &made.reset);
  }
  for (std::size_t i = first + 1; i < experiment.periods.size(); ++i)
    add_period(*made.run, experiment.periods[i], i);
  build(*made.run);

  std::vector<ir::NodeId> outputs;
  std::map<ir::NodeId, std::size_t> places;
  const auto output = [&](const FormulaPointer& formula) {
    const ir::NodeId node = add_to_graph(*formula, *made.run, made.run->system.graph);
    const auto [place, is_new] = places.emplace(node, outputs.size());
    if (is_new) outputs.push_back(node);
    return place->second;
  };
  for (std::size_t i = 0; i < problem_.measurements.size(); ++i) {
    if (problem_.measurements[i].experiment != number) continue;
    const auto formulas = formulas_of(problem_.measurements[i], *made.run);
    made.measurements.push_back(i);
    const std::size_t observable = output(formulas.observable);
    made.outputs.emplace_back(observable, output(formulas.noise));
  }
  made.output_count = outputs.size();
  make_code(*made.run, outputs);
  return made;
}

}  // namespace

std::vector<CompiledExperiment> compile_experiments(const data::PetabProblem& problem,
                                                    Derivatives derivatives) {
  const ExperimentCompiler compiler(problem, derivatives);
  std::vector<CompiledExperiment> made;
  for (std::size_t i = 0; i < problem.experiments.size(); ++i) made.push_back(compiler.compile(i));
  return made;
}

std::size_t model_parameter(const data::PetabProblem& problem, const ir::System& system,
                            const std::string& id) {
  const auto index = system.find_parameter(model_id(problem, id));
  if (!index) throw std::logic_error("PEtab parameter that is not in the model: " + id);
  return static_cast<std::size_t>(*index);
}

std::vector<double> model_parameters(const data::PetabProblem& problem, const ir::System& system,
                                     const std::vector<double>& values) {
  std::vector<double> parameters;
  // Values of the table first, then what follows from them.
  for (const auto& parameter : system.parameters) parameters.push_back(parameter.value);
  for (std::size_t k = 0; k < problem.parameters.size(); ++k)
    parameters[model_parameter(problem, system, problem.parameters[k].id)] = values[k];
  solve::complete_parameters(system, parameters);
  return parameters;
}

}  // namespace raad::study
