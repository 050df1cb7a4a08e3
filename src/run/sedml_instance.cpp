#include "run/sedml_instance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "solve/formula.hpp"

namespace raad::run {
namespace {

// A state counts as settled when it moved by less than this share of itself in the last nine tenths of the
// time. Values are compared to about six digits.
constexpr double k_settled_share = 1e-7;
// Nothing is settled before: a slow part must have had its time. A stiff solver at rest makes ever longer
// steps, so that this costs little.
constexpr double k_shortest_settling = 1e6;
// The run is extended tenfold until it settles; models with slower parts than this have no steady state that
// anybody waits for.
constexpr double k_longest_settling = 1e12;
// An oscillator would go on for ever; what settles takes a few thousand steps.
constexpr long k_most_settling_steps = 200'000;

}  // namespace

SedmlInstance::SedmlInstance(const SedmlModelState& model, std::vector<std::string> asked)
    : model_(model), asked_(std::move(asked)) {
  const auto& system = model_.system;
  std::vector<ir::NodeId> nodes;
  for (const auto& id : asked_) nodes.push_back(system.quantities.at(id).node);
  std::set<std::size_t> set_by_events;
  for (const auto& event : system.events)
    for (const auto& assignment : event.assignments)
      if (assignment.target == ir::EventAssignment::Target::parameter)
        set_by_events.insert(static_cast<std::size_t>(assignment.index));
  for (const std::size_t index : set_by_events) {
    followed_.push_back(index);
    nodes.push_back(system.quantities.at(system.parameters[index].id).node);
  }
  kernel_ = codegen::make_interpreter(codegen::lower(system, nodes));
  make_initial();
}

void SedmlInstance::reset(std::vector<SedmlSetting> settings) {
  settings_ = std::move(settings);
  fresh_ = true;
  make_initial();
}

void SedmlInstance::make_initial() {
  const auto& system = model_.system;
  time_ = 0.0;
  continued_.reset();
  parameters_.clear();
  for (const auto& parameter : system.parameters) parameters_.push_back(parameter.value);
  const auto set_parameters = [&] {
    for (const auto& setting : settings_)
      if (const auto target = target_of(setting.quantity.id); target && !target->is_state)
        parameters_[static_cast<std::size_t>(target->index)] = setting.value;
  };
  // Twice: first so that formulas see the values, then in place of what formulas gave the same parameters.
  set_parameters();
  solve::complete_parameters(system, parameters_);
  set_parameters();
  states_.assign(system.states.size(), 0.0);
  solve::FormulaEvaluator(system.graph, system.initial_states)
      .evaluate(time_, nullptr, parameters_.data(), states_.data());
  for (const auto& setting : settings_) apply(setting, {});
}

std::optional<SedmlInstance::Target> SedmlInstance::target_of(const std::string& quantity) const {
  if (const auto state = model_.system.find_state(quantity)) return Target{true, *state};
  if (const auto parameter = model_.system.find_parameter(quantity)) return Target{false, *parameter};
  return std::nullopt;
}

void SedmlInstance::set(const SedmlSetting& setting, const base::SourcePlace& place) {
  if (fresh_) settings_.push_back(setting);
  apply(setting, place);
  if (fresh_) make_initial();
}

void SedmlInstance::apply(const SedmlSetting& setting, const base::SourcePlace& place) {
  const auto write = [&](const Target& target, double value) {
    (target.is_state ? states_ : parameters_)[static_cast<std::size_t>(target.index)] = value;
  };
  if (const auto target = target_of(setting.quantity.id)) return write(*target, setting.value);
  // A species that the model keeps in its other form.
  const auto& symbols = model_.imported.model->symbols;
  const auto id_of = [&](model::SymbolId id) { return symbols[static_cast<std::size_t>(id)].id; };
  for (const auto& [id, species] : model_.imported.species) {
    if (species.concentration < 0 || species.compartment < 0) continue;
    const bool is_concentration = id_of(species.concentration) == setting.quantity.id;
    if (!is_concentration && id_of(species.amount) != setting.quantity.id) continue;
    const auto kept = target_of(id_of(is_concentration ? species.amount : species.concentration));
    if (!kept) break;
    const double size = value(id_of(species.compartment));
    return write(*kept, is_concentration ? setting.value * size : setting.value / size);
  }
  throw base::InputError("R112", place,
                         "`" + setting.quantity.id + "` cannot be set: a rule of the model determines it",
                         "set what the rule uses, or remove the rule with removeXML");
}

double SedmlInstance::evaluate(ir::NodeId node) const {
  double result = 0.0;
  solve::FormulaEvaluator(model_.system.graph, {node})
      .evaluate(time_, states_.data(), parameters_.data(), &result);
  return result;
}

double SedmlInstance::value(const std::string& quantity) const {
  return evaluate(model_.system.quantities.at(quantity).node);
}

/// What goes on is no new start: an event that was true stays true, and fires again only after it was false.
void SedmlInstance::remember_triggers() {
  if (model_.system.events.empty()) return;
  if (!continued_) continued_ = model_.system;
  for (auto& event : continued_->events) event.fire_at_start_if_true = evaluate(event.trigger) == 0.0;
}

solve::Problem SedmlInstance::problem(double start, double end) {
  if (!fresh_)
    for (const auto& event : model_.system.events)
      if (event.delay >= 0)
        throw base::InputError("R112", {},
                               "the model cannot go on: its event `" + event.id +
                                   "` has a delay, and what is pending is not carried over",
                               "reset the model between simulations");
  solve::Problem made;
  made.system = continued_ ? &*continued_ : &model_.system;
  made.kernel = kernel_.get();
  made.parameters = parameters_;
  made.initial_states = states_;
  made.start_h = start;
  made.end_h = end;
  return made;
}

SedmlInstance::Courses SedmlInstance::advance(double start, const std::vector<double>& times,
                                              const solve::Options& options) {
  auto problem = this->problem(start, times.back());
  problem.output_times = times;
  const auto solution = solve::solve(problem, options);
  if (solution.status != solve::Status::success) throw base::NumericalError(solution.message);
  Courses courses;
  courses.time = solution.times;
  const std::size_t width = asked_.size() + followed_.size();
  for (std::size_t k = 0; k < asked_.size(); ++k)
    for (std::size_t row = 0; row < solution.times.size(); ++row)
      courses.values[asked_[k]].push_back(solution.outputs[row * width + k]);
  const std::size_t last = solution.times.size() - 1;
  for (std::size_t k = 0; k < followed_.size(); ++k)
    parameters_[followed_[k]] = solution.outputs[last * width + asked_.size() + k];
  const std::size_t count = states_.size();
  for (std::size_t i = 0; i < count; ++i) states_[i] = solution.states[last * count + i];
  time_ = times.back();
  fresh_ = false;
  remember_triggers();
  return courses;
}

SedmlInstance::Courses SedmlInstance::settle(const solve::Options& given) {
  auto options = given;
  options.max_steps = k_most_settling_steps;
  const auto& system = model_.system;
  const double start = time_;
  std::string restless = system.states.empty() ? "" : system.states.front().id;
  try {
    for (double horizon = 1.0; horizon <= k_longest_settling; horizon *= 10.0) {
      const auto before = states_;
      const auto courses = advance(time_, {start + horizon}, options);
      double worst = 0.0;
      for (std::size_t i = 0; i < states_.size(); ++i) {
        // What dies out ends in the solver's own noise, for which the absolute tolerance is the measure.
        const double least = options.absolute_tolerance_per_scale * system.states[i].nominal_scale;
        const double size = std::max(std::abs(states_[i]), least / k_settled_share);
        const double share = std::abs(states_[i] - before[i]) / size;
        if (share <= worst) continue;
        worst = share;
        restless = system.states[i].id;
      }
      if (horizon >= k_shortest_settling && worst <= k_settled_share) return courses;
    }
  } catch (const base::NumericalError& error) {
    throw base::NumericalError(
        fmt::format("no steady state is reached, `{}` moves: {}", restless, error.what()));
  }
  throw base::NumericalError(fmt::format("no steady state is reached: `{}` still moves after a time of {:g}",
                                         restless, k_longest_settling));
}

}  // namespace raad::run
