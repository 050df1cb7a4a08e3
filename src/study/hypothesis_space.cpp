#include "study/hypothesis_space.hpp"

#include <algorithm>
#include <set>

#include "base/table.hpp"
#include "ir/specialise.hpp"

namespace raad::study {
namespace {

/// Whether a hypothesis sets nothing that the table does not say already.
bool is_default(const data::Hypothesis& hypothesis, const run::LoadedSystem& system) {
  return std::ranges::all_of(hypothesis.settings, [&](const data::HypothesisSetting& setting) {
    const auto index = system.equations.find_parameter(setting.parameter_id);
    return index && system.equations.parameters[static_cast<std::size_t>(*index)].value == setting.value;
  });
}

}  // namespace

std::vector<std::string> HypothesisSpace::names(const HypothesisCombination& combination,
                                                std::uint64_t mask) const {
  std::vector<std::string> result;
  for (std::size_t g = 0; g < groups.size(); ++g)
    if ((mask >> g & 1U) != 0 && combination.options[g] != 0)
      result.push_back(groups[g].options[static_cast<std::size_t>(combination.options[g])]);
  return result;
}

std::string HypothesisSpace::label(const HypothesisCombination& combination, std::uint64_t mask) const {
  std::string text;
  for (const auto& name : names(combination, mask)) text += (text.empty() ? "" : "+") + name;
  return text.empty() ? k_default_option : text;
}

int HypothesisSpace::departures(const HypothesisCombination& combination) const {
  return static_cast<int>(std::ranges::count_if(combination.options, [](int option) { return option != 0; }));
}

HypothesisSpace hypothesis_space(const data::Library& library, const run::LoadedSystem& system) {
  HypothesisSpace space;
  for (const auto& hypothesis : library.hypotheses) {
    if (hypothesis.settings.empty() || is_default(hypothesis, system)) continue;
    auto group = std::ranges::find(space.groups, hypothesis.group, &HypothesisGroup::id);
    if (group == space.groups.end()) {
      space.groups.push_back({hypothesis.group, {k_default_option}});
      group = space.groups.end() - 1;
    }
    group->options.push_back(hypothesis.id);
  }
  space.combinations.push_back({std::vector<int>(space.groups.size(), 0)});
  for (std::size_t g = 0; g < space.groups.size(); ++g) {
    std::vector<HypothesisCombination> more;
    for (const auto& one : space.combinations)
      for (std::size_t option = 0; option < space.groups[g].options.size(); ++option) {
        more.push_back(one);
        more.back().options[g] = static_cast<int>(option);
      }
    space.combinations = std::move(more);
  }
  return space;
}

HypothesisSpace restrict_to(const HypothesisSpace& space, const std::vector<std::string>& names) {
  HypothesisSpace result{space.groups, {}};
  std::vector<std::string> known = {k_default_option};
  for (const auto& group : space.groups)
    known.insert(known.end(), group.options.begin() + 1, group.options.end());
  base::Diagnostics findings;
  for (const auto& text : names) {
    HypothesisCombination one{std::vector<int>(space.groups.size(), 0)};
    for (const auto& part : base::split(text, '+')) {
      const std::string name(base::trim(part));
      bool found = name == k_default_option;
      for (std::size_t g = 0; g < space.groups.size() && !found; ++g) {
        const auto& options = space.groups[g].options;
        const auto place = std::ranges::find(options, name);
        if (place == options.end()) continue;
        found = true;
        if (one.options[g] != 0)
          findings.error("R075", {"--hypotheses"},
                         "`" + options[static_cast<std::size_t>(one.options[g])] + "` and `" + name +
                             "` are rivals of one group",
                         "keep one of them");
        one.options[g] = static_cast<int>(place - options.begin());
      }
      if (found) continue;
      const std::string nearest = base::nearest_name(name, known);
      findings.error(
          "R075", {"--hypotheses"}, "unknown hypothesis `" + name + "`",
          nearest.empty() ? "library/hypotheses.tsv lists them" : "did you mean `" + nearest + "`?");
    }
    result.combinations.push_back(std::move(one));
  }
  base::throw_if_errors(findings);
  return result;
}

std::uint64_t groups_behind(const data::Library& library, const run::LoadedSystem& system,
                            const HypothesisSpace& space, const run::Scenario& scenario,
                            const std::vector<std::string>& quantities) {
  const auto& equations = system.equations;
  if (!equations.events.empty()) return ~0ULL;  // Events can carry any influence; none is followed.
  const run::Simulator simulator(library, system, quantities);
  const auto parameters = simulator.parameters(scenario);
  base::Diagnostics findings;
  const auto schedule =
      dose::plan(scenario.regimen, library.dosing, equations, system.model->system, parameters, findings);
  base::throw_if_errors(findings);
  ir::FixedInputs fixed;
  fixed.parameters = parameters;
  // Every parameter may differ: what rests then rests for every subject under every hypothesis.
  fixed.varying.assign(equations.parameters.size(), 1);
  fixed.acted_states.assign(equations.states.size(), 0);
  for (const auto* actions : {&schedule.actions, &scenario.extra_actions})
    for (const auto& action : *actions)
      if (action.kind != solve::Action::Kind::set_parameter)
        fixed.acted_states[static_cast<std::size_t>(action.index)] = 1;
  const auto left = ir::specialise(equations, simulator.observable_nodes(), fixed);
  std::set<std::string> reached;
  std::vector<ir::NodeId> formulas;
  for (const int index : run::parameters_behind(left.system, left.outputs)) {
    if (static_cast<std::size_t>(index) >= left.parameters.size()) continue;  // An infusion's input
    const auto& parameter =
        equations.parameters[static_cast<std::size_t>(left.parameters[static_cast<std::size_t>(index)])];
    reached.insert(parameter.id);
    if (parameter.initial) formulas.push_back(*parameter.initial);
  }
  for (const int index : run::parameters_behind(equations, formulas))
    reached.insert(equations.parameters[static_cast<std::size_t>(index)].id);

  std::uint64_t mask = 0;
  for (std::size_t g = 0; g < space.groups.size(); ++g)
    for (const auto& option : space.groups[g].options)
      if (const auto* hypothesis = library.find_hypothesis(option))
        for (const auto& setting : data::hypothesis_overrides({hypothesis}, schedule.drug_classes))
          if (reached.contains(setting.parameter_id)) mask |= 1ULL << g;
  return mask;
}

}  // namespace raad::study
