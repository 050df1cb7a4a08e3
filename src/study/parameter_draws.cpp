#include "study/parameter_draws.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "base/table.hpp"
#include "study/evidence_arms.hpp"
#include "study/parameter_uncertainty.hpp"

namespace raad::study {

ParameterEnsemble read_parameter_ensemble(const std::filesystem::path& file, const run::LoadedSystem& system,
                                          base::Diagnostics& findings) {
  ParameterEnsemble ensemble;
  if (!std::filesystem::is_regular_file(file)) return ensemble;
  const auto table = base::Table::read(file, findings);
  for (const auto& column : table.columns()) {
    if (column.rfind('#', 0) == 0) continue;
    // Human and mouse share modules; what only the other one has is no mistake.
    if (!system.equations.find_parameter(id_in_system(column, system.name))) continue;
    ensemble.ids.push_back(column);
  }
  if (ensemble.ids.empty() && table.row_count() > 0 && system.name == "human")
    findings.error("R080", {file.string(), 1}, "no column is a parameter of the system",
                   "columns are flat parameter ids; others start with `#`");
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    auto& draw = ensemble.draws.emplace_back();
    for (const auto& id : ensemble.ids) draw.push_back(table.number(row, id, findings).value_or(0.0));
  }
  return ensemble;
}

ParameterDraws draw_parameters(const data::Library& library,
                               const std::vector<const run::LoadedSystem*>& systems,
                               const std::vector<std::string>& fixed, std::size_t count, std::uint64_t seed) {
  ParameterDraws drawn;
  drawn.sets.resize(count);
  const auto is_known = [&](const std::string& id) {
    return std::ranges::find(fixed, id) != fixed.end() || std::ranges::find(drawn.ids, id) != drawn.ids.end();
  };
  for (const auto* system : systems) {
    base::Diagnostics findings;
    const auto ensemble = read_parameter_ensemble(library.file("ensemble.tsv"), *system, findings);
    base::throw_if_errors(findings);
    if (ensemble.draws.empty()) continue;
    for (std::size_t k = 0; k < ensemble.ids.size(); ++k) {
      if (is_known(ensemble.ids[k])) continue;
      drawn.ids.push_back(ensemble.ids[k]);
      ++drawn.from_ensemble;
      for (std::size_t d = 0; d < count; ++d) {
        // One row of the ensemble for all of its parameters.
        base::RandomStream pick(
            {seed, 0, static_cast<std::int64_t>(d), base::purpose_of("draw of the ensemble")});
        const auto row =
            static_cast<std::size_t>(pick.uniform() * static_cast<double>(ensemble.draws.size()));
        drawn.sets[d].push_back(ensemble.draws[std::min(ensemble.draws.size() - 1, row)][k]);
      }
    }
  }
  std::vector<std::vector<UncertainParameter>> uncertain;
  for (const auto* system : systems) uncertain.push_back(uncertain_parameters(library, *system, fixed));
  const auto is_shared = [&](const UncertainParameter& one) {
    return std::ranges::all_of(uncertain, [&](const auto& of_system) {
      const auto found = std::ranges::find(of_system, one.id, &UncertainParameter::id);
      return found == of_system.end() ||
             (found->nominal == one.nominal && found->lower == one.lower && found->upper == one.upper);
    });
  };
  for (std::size_t s = 0; s < systems.size(); ++s)
    for (const auto& one : uncertain[s]) {
      if (is_known(one.id) || is_known(systems[s]->name + ":" + one.id)) continue;
      const std::string id = is_shared(one) ? one.id : systems[s]->name + ":" + one.id;
      drawn.ids.push_back(id);
      for (std::size_t d = 0; d < count; ++d) {
        // A stream for each parameter, so that a new one changes no draw of the others.
        base::RandomStream stream(
            {seed, 0, static_cast<std::int64_t>(d), base::purpose_of("uncertainty of " + id)});
        drawn.sets[d].push_back(one.draw(stream));
      }
    }
  return drawn;
}

}  // namespace raad::study
