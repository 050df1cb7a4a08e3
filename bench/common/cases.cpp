#include "common/cases.hpp"

#include <fmt/format.h>

#include <cmath>
#include <random>
#include <stdexcept>

#include "dose/schedule.hpp"
#include "ir/specialise.hpp"
#include "run/simulation.hpp"
#include "run/system.hpp"
#include "solve/problem.hpp"

namespace raad::bench {
namespace {

std::size_t at(int index) {
  return static_cast<std::size_t>(index);
}

// Any number would do; it is fixed so that two runs of a benchmark integrate the same people.
constexpr std::uint64_t k_seed = 20260801;
constexpr int k_output_count = 100;

double draw(const model::Provenance& provenance, double value, double z) {
  const double cv = provenance.between_subject_cv.value_or(0.0);
  if (cv <= 0.0) return value;
  // The variance of a log-normal with coefficient of variation c is ln(1 + c^2) on the log scale.
  if (provenance.distribution == "lognormal") return value * std::exp(std::sqrt(std::log1p(cv * cv)) * z);
  if (provenance.distribution == "logitnormal") {
    const double logit = std::log(value / (1.0 - value)) + cv / (1.0 - value) * z;
    return 1.0 / (1.0 + std::exp(-logit));
  }
  return provenance.distribution == "normal" ? value * (1.0 + cv * z) : value;
}

void add_outputs(Case& made, const data::Library& library, const run::LoadedSystem& loaded) {
  for (const auto& name : run::default_observables(library, loaded)) {
    const auto* observable = library.find_observable(name);
    const auto& quantity = made.system.quantities.at(observable->symbol);
    made.outputs.push_back(quantity.node);
    const auto scale = library.nominal_scales.find(quantity.unit);
    made.scales.push_back(scale == library.nominal_scales.end() ? 1.0 : scale->second);
  }
  made.observable_count = made.outputs.size();
}

void add_subjects(Case& made, const CaseRequest& request, const data::Library& library,
                  const run::LoadedSystem& loaded) {
  base::Diagnostics findings;
  const auto regimen = dose::parse_regimen(request.regimen, "bench", findings);
  base::throw_if_errors(findings);
  std::mt19937_64 generator(k_seed);
  std::normal_distribution<double> normal;
  made.varying_parameters.assign(made.system.parameters.size(), 0);
  made.acted_states.assign(made.system.states.size(), 0);
  // Formulas of parameters see what was drawn through the values of the system's table.
  ir::System drawn = made.system;
  for (std::int64_t id = 0; id < request.subject_count; ++id) {
    solve::Subject subject;
    subject.id = id;
    for (std::size_t i = 0; i < drawn.parameters.size(); ++i) {
      const auto& table = made.system.parameters[i];
      const auto& provenance = loaded.model->symbols[at(table.symbol)].provenance;
      drawn.parameters[i].value = draw(provenance, table.value, normal(generator));
    }
    subject.parameters = solve::initial_parameters(drawn);
    for (std::size_t i = 0; i < subject.parameters.size(); ++i)
      if (subject.parameters[i] != made.typical_parameters[i]) made.varying_parameters[i] = 1;
    subject.actions =
        dose::plan(regimen, library.dosing, made.system, loaded.name, subject.parameters, findings).actions;
    for (const auto& action : subject.actions) {
      if (action.kind != solve::Action::Kind::add_to_state)
        throw std::logic_error("bench: only jumps are prepared");
      made.acted_states[at(action.index)] = 1;
    }
    made.subjects.push_back(std::move(subject));
  }
  base::throw_if_errors(findings);
}

ir::Specialised specialised(const Case& whole) {
  return ir::specialise(whole.system, whole.outputs,
                        {whole.typical_parameters, whole.varying_parameters, whole.acted_states});
}

}  // namespace

std::vector<ir::NodeId> Case::observables() const {
  return {outputs.begin(), outputs.begin() + static_cast<std::ptrdiff_t>(observable_count)};
}

Case library_case(const data::Library& library, const CaseRequest& request) {
  base::Diagnostics findings;
  run::LoadedSystem loaded = run::load_system(library, request.system, findings);
  base::throw_if_errors(findings);
  Case made;
  made.name = request.name;
  made.system = loaded.equations;
  made.end_h = request.end_h;
  for (int k = 0; k < k_output_count; ++k) made.output_times.push_back(1.0 + request.output_interval_h * k);
  made.typical_parameters = solve::initial_parameters(made.system);
  add_outputs(made, library, loaded);
  add_subjects(made, request, library, loaded);
  for (const int state : specialised(made).states) {
    made.outputs.push_back(made.system.graph.state(state));
    made.scales.push_back(made.system.states[at(state)].nominal_scale);
  }
  return made;
}

Case reduced(const Case& whole) {
  ir::Specialised part = specialised(whole);
  Case made = whole;
  std::vector<int> place(whole.system.states.size(), -1);
  for (std::size_t k = 0; k < part.states.size(); ++k) place[at(part.states[k])] = static_cast<int>(k);
  const std::size_t count = part.system.parameters.size();
  const auto choose = [&](const std::vector<double>& values) {
    std::vector<double> chosen(count, 0.0);  // Behind the parameters stand inputs, which nothing here uses.
    for (std::size_t k = 0; k < part.parameters.size(); ++k) chosen[k] = values[at(part.parameters[k])];
    return chosen;
  };
  for (auto& subject : made.subjects) {
    subject.parameters = choose(subject.parameters);
    for (auto& action : subject.actions) action.index = place[at(action.index)];
  }
  made.typical_parameters = choose(whole.typical_parameters);
  made.varying_parameters.assign(count, 0);
  std::fill_n(made.varying_parameters.begin(), part.parameters.size(), char{1});
  made.acted_states.clear();
  for (const int state : part.states) made.acted_states.push_back(whole.acted_states[at(state)]);
  made.outputs = std::move(part.outputs);
  made.system = std::move(part.system);
  return made;
}

}  // namespace raad::bench
