#include "run/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "solve/formula.hpp"

namespace raad::run {
namespace {

/// The flat id behind an observable's name, and what to call it.
struct ResolvedObservable {
  Series header;
  ir::NodeId node = -1;
};

std::string refusal_reason(const data::Observable& observable, const std::string& system_name) {
  if (!observable.in_system(system_name)) return "the system `" + system_name + "` does not have it";
  if (observable.kind == data::Observable::Kind::summary)
    return "it is a summary, not a time course: " + observable.note;
  return "no part of the model stands for it: " + observable.note;
}

void report_unknown(const data::Library& library, const LoadedSystem& system, const std::string& name,
                    base::Diagnostics& findings) {
  std::vector<std::string> known;
  for (const auto& observable : library.observables)
    if (observable.kind == data::Observable::Kind::timecourse && observable.in_system(system.name))
      known.push_back(observable.id);
  for (const auto& [id, quantity] : system.equations.quantities) known.push_back(id);
  const std::string nearest = base::nearest_name(name, known);
  findings.error(
      "R074", {}, "unknown observable `" + name + "`",
      nearest.empty()
          ? "library/observables.tsv lists the names; flat ids such as psilocin__central_amount work too"
          : "did you mean `" + nearest + "`?");
}

std::optional<ResolvedObservable> resolve(const data::Library& library, const LoadedSystem& system,
                                          const std::string& name, base::Diagnostics& findings) {
  const auto& quantities = system.equations.quantities;
  if (const auto* observable = library.find_observable(name)) {
    const auto quantity = quantities.find(observable->symbol);
    if (observable->kind == data::Observable::Kind::timecourse && observable->in_system(system.name) &&
        quantity != quantities.end())
      return ResolvedObservable{{name, observable->display_name, observable->unit, {}},
                                quantity->second.node};
    // A module run alone lacks most read-outs; a flat id of the same name may still exist below.
    if (quantities.find(name) == quantities.end()) {
      findings.error("R074", {},
                     "observable `" + name +
                         "` cannot be followed over time: " + refusal_reason(*observable, system.name));
      return std::nullopt;
    }
  }
  const auto quantity = quantities.find(name);
  if (quantity == quantities.end()) {
    report_unknown(library, system, name, findings);
    return std::nullopt;
  }
  const auto symbol = system.model->find(name);
  const std::string display =
      symbol ? system.model->symbols[static_cast<std::size_t>(*symbol)].display_name : std::string();
  return ResolvedObservable{{name, display.empty() ? name : display, quantity->second.unit, {}},
                            quantity->second.node};
}

std::unique_ptr<codegen::Kernel> make_kernel(const ir::System& system, const std::vector<ir::NodeId>& outputs,
                                             Engine engine) {
  if (engine == Engine::interpreter) return codegen::make_interpreter(codegen::lower(system, outputs));
  auto programs = codegen::lower_for_lanes(system, outputs);
  // The integrators of single runs ask for rates and Jacobian apart; a third of the compiling is saved.
  programs.routines[static_cast<std::size_t>(codegen::Routine::linearisation)] = {};
  return engine == Engine::native ? codegen::compile_native(std::move(programs))
                                  : codegen::make_adaptive(std::move(programs));
}

/// Its table row has bounds from 0 up.
bool is_never_negative(const LoadedSystem& system, const std::string& parameter_id) {
  const auto index = system.equations.find_parameter(parameter_id);
  const int symbol = index ? system.equations.parameters[static_cast<std::size_t>(*index)].symbol : -1;
  if (symbol < 0) return false;
  const auto& lower = system.model->symbols[static_cast<std::size_t>(symbol)].provenance.lower;
  return lower && *lower >= 0.0;
}

/// What the regimen holds after the end of the run.
std::string late_doses_note(const dose::Schedule& schedule, double end_h) {
  const auto late =
      std::ranges::count_if(schedule.administrations, [&](const auto& one) { return one.time_h > end_h; });
  if (late == 0) return "an infusion, or a dose of the records, goes beyond the end of the run";
  return fmt::format("{} of {} doses lie after the end of the run and are not given", late,
                     schedule.administrations.size());
}

}  // namespace

struct Simulator::Implementation {
  const data::Library& library;
  const LoadedSystem& system;
  std::vector<Series> headers;
  std::vector<ir::NodeId> nodes;
  std::unique_ptr<codegen::Kernel> kernel;

  void set_parameter(std::vector<double>& values, const std::string& id, double value,
                     base::Diagnostics& findings) const;
};

void Simulator::Implementation::set_parameter(std::vector<double>& values, const std::string& id,
                                              double value, base::Diagnostics& findings) const {
  if (const auto index = system.equations.find_parameter(id)) {
    values[static_cast<std::size_t>(*index)] = value;
    return;
  }
  std::vector<std::string> known;
  for (const auto& parameter : system.equations.parameters) known.push_back(parameter.id);
  const std::string nearest = base::nearest_name(id, known);
  findings.error(
      "R079", {}, "unknown parameter `" + id + "`",
      nearest.empty() ? "`raad show --stage model` lists the parameters" : "did you mean `" + nearest + "`?");
}

Simulator::Simulator(const data::Library& library, const LoadedSystem& system,
                     std::vector<std::string> observables, Engine engine)
    : implementation_(std::make_unique<Implementation>(Implementation{library, system, {}, {}, nullptr})) {
  base::Diagnostics findings;
  auto& nodes = implementation_->nodes;
  for (const auto& name : observables) {
    auto resolved = resolve(library, system, name, findings);
    if (!resolved) continue;
    implementation_->headers.push_back(std::move(resolved->header));
    nodes.push_back(resolved->node);
  }
  throw_if_errors(findings);
  implementation_->kernel = make_kernel(system.equations, nodes, engine);
}

Simulator::~Simulator() = default;
Simulator::Simulator(Simulator&&) noexcept = default;

const LoadedSystem& Simulator::system() const {
  return implementation_->system;
}
const std::vector<Series>& Simulator::observables() const {
  return implementation_->headers;
}
const std::vector<ir::NodeId>& Simulator::observable_nodes() const {
  return implementation_->nodes;
}
std::string Simulator::engine_description() const {
  return implementation_->kernel->description();
}

std::vector<double> Simulator::parameters(const Scenario& scenario) const {
  base::Diagnostics findings;
  const auto& library = implementation_->library;
  const auto& equations = implementation_->system.equations;
  const auto given =
      dose::classify(scenario.regimen, library.dosing, implementation_->system.model->system, findings);
  std::vector<double> values;
  for (const auto& parameter : equations.parameters) values.push_back(parameter.value);
  for (const auto& override_ : given.overrides)
    implementation_->set_parameter(values, override_.parameter_id, override_.value, findings);
  const auto hypotheses = data::resolve_hypotheses(library, scenario.hypotheses, findings);
  std::string missing;
  for (const auto& override_ : data::hypothesis_overrides(hypotheses, given.drug_classes)) {
    if (equations.find_parameter(override_.parameter_id))
      implementation_->set_parameter(values, override_.parameter_id, override_.value, findings);
    else
      missing += (missing.empty() ? "`" : ", `") + override_.parameter_id + "`";
  }
  if (!missing.empty())
    findings.error("R075", {"--hypothesis"}, "the model lacks what it switches: " + missing,
                   "the library's hypotheses are of the systems human and mouse");
  for (const auto& [id, value] : scenario.settings) {
    implementation_->set_parameter(values, id, value, findings);
    if (value < 0.0 && is_never_negative(implementation_->system, id))
      findings.error("R076", {"--set"}, fmt::format("`{}` = {} cannot be: it is never negative", id, value),
                     "correct the value");
  }
  throw_if_errors(findings);
  // What a formula of the model gives follows from the values above; formulas stand after all that they use.
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& initial = equations.parameters[i].initial;
    if (initial && std::isnan(values[i]))
      solve::FormulaEvaluator(equations.graph, {*initial}).evaluate(0.0, nullptr, values.data(), &values[i]);
  }
  return values;
}

TimeCourses Simulator::run(const Scenario& scenario) const {
  const auto& implementation = *implementation_;
  const auto& system = implementation.system;
  solve::Problem problem;
  problem.system = &system.equations;
  problem.kernel = implementation.kernel.get();
  problem.parameters = parameters(scenario);

  base::Diagnostics findings;
  TimeCourses courses;
  courses.schedule = dose::plan(scenario.regimen, implementation.library.dosing, system.equations,
                                system.model->system, problem.parameters, findings);
  throw_if_errors(findings);
  problem.actions = courses.schedule.actions;
  problem.actions.insert(problem.actions.end(), scenario.extra_actions.begin(), scenario.extra_actions.end());
  for (const auto& action : problem.actions) problem.start_h = std::min(problem.start_h, action.time_h);
  if (!scenario.output_times_h.empty())
    problem.start_h = std::min(problem.start_h, scenario.output_times_h.front());
  // A dose after the end of the run is not an error: the run simply does not reach it.
  const auto late = std::erase_if(
      problem.actions, [&](const solve::Action& action) { return action.time_h > scenario.end_h; });
  if (late > 0) courses.schedule.notes.push_back(late_doses_note(courses.schedule, scenario.end_h));
  problem.end_h = scenario.end_h;
  problem.output_times = scenario.output_times_h;

  const auto solution = solve::solve(problem, scenario.solver);
  if (solution.status != solve::Status::success) throw base::NumericalError(solution.message);
  courses.time_h = solution.times;
  courses.series = implementation.headers;
  courses.events = solution.events;
  courses.statistics = solution.statistics;
  const std::size_t width = courses.series.size();
  for (std::size_t k = 0; k < width; ++k) {
    auto& values = courses.series[k].values;
    values.reserve(solution.times.size());
    for (std::size_t i = 0; i < solution.times.size(); ++i) values.push_back(solution.outputs[i * width + k]);
  }
  return courses;
}

const Series* TimeCourses::find(const std::string& observable) const {
  const auto found = std::find_if(series.begin(), series.end(),
                                  [&](const Series& one) { return one.observable == observable; });
  return found == series.end() ? nullptr : &*found;
}

std::vector<std::string> default_observables(const data::Library& library, const LoadedSystem& system) {
  std::vector<std::string> names;
  for (const auto& observable : library.observables)
    if (observable.is_default && observable.kind == data::Observable::Kind::timecourse &&
        observable.in_system(system.name) && system.equations.quantities.count(observable.symbol) > 0)
      names.push_back(observable.id);
  if (names.empty())  // A model file of the user's own: show what changes.
    for (const auto& state : system.equations.states) names.push_back(state.id);
  return names;
}

}  // namespace raad::run
