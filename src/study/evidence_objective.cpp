#include "study/evidence_objective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/random.hpp"
#include "base/table.hpp"
#include "run/system.hpp"
#include "study/validation_rows.hpp"

namespace raad::study {

struct EvidenceObjective::Implementation {
  const data::Library& library;
  const data::EvidenceTable& table;
  CalibrationSettings settings;
  std::vector<PredictionSpread> spreads;
  std::vector<EstimatedParameter> parameters;
  std::vector<double> prior_sd;  ///< Of positions
  std::vector<CalibratedRow> rows;
  std::shared_ptr<ArmCache> cache = std::make_shared<ArmCache>(library);

  bool counts(const data::EvidenceRow& row) const;
  void check_choice_of_rows() const;
  void check_fitted_once(const std::string& id) const;
  void add_parameter(const std::string& id, const run::LoadedSystem& system);
  ValidationSettings settings_at(std::span<const double> position) const;
};

bool EvidenceObjective::Implementation::counts(const data::EvidenceRow& row) const {
  const auto& wanted = settings.families;
  return (wanted.empty() || std::ranges::find(wanted, family_of(library, row)) != wanted.end()) &&
         std::ranges::find(settings.sources, row.source_id) == settings.sources.end();
}

/// A family or study that no row has would leave the cost without what it was to rest on.
void EvidenceObjective::Implementation::check_choice_of_rows() const {
  std::set<std::string> families, sources;
  for (const auto& row : table.rows) {
    families.insert(family_of(library, row));
    sources.insert(row.source_id);
  }
  const auto check = [&](const char* option, const std::vector<std::string>& wanted,
                         const std::set<std::string>& known) {
    for (const auto& one : wanted) {
      if (known.count(one) > 0) continue;
      const auto nearest = base::nearest_name(one, {known.begin(), known.end()});
      throw base::InputError("R088", {option}, "no row of " + table.name + ".tsv has `" + one + "`",
                             nearest.empty() ? "`raad validate` lists the families, the table its sources"
                                             : "did you mean `" + nearest + "`?");
    }
  };
  check("--families", settings.families, families);
  check("--without", settings.sources, sources);
}

void EvidenceObjective::Implementation::check_fitted_once(const std::string& id) const {
  const auto same = [&](const std::string& other) {
    for (const char* system : {"human", "mouse"}) {
      const auto one = id_in_system(id, system);
      if (!one.empty() && one == id_in_system(other, system)) return true;
    }
    return false;
  };
  if (std::ranges::any_of(parameters, [&](const auto& one) { return same(one.id); }))
    throw base::InputError("R161", {"--parameters"}, "`" + id + "` is named twice", "keep one");
  for (const auto& setting : settings.validation.settings)
    if (same(setting.first))
      throw base::InputError("R161", {"--set"}, "`" + id + "` is fitted and cannot be set too",
                             "leave it out of --parameters or of --set");
}

void EvidenceObjective::Implementation::add_parameter(const std::string& id,
                                                      const run::LoadedSystem& system) {
  const auto& info = system.equations.parameters[static_cast<std::size_t>(
      *system.equations.find_parameter(id_in_system(id, system.name)))];
  const auto& symbol = system.model->symbols[static_cast<std::size_t>(info.symbol)];
  const auto& source = symbol.provenance;
  if (source.kind == "measured" || source.kind == "derived" || !source.lower || !source.upper)
    throw base::InputError("R161", {source.place},
                           "`" + id + "` may not be fitted: it is " + source.kind +
                               (source.lower && source.upper ? "" : " and has no bounds"),
                           "fit parameters of kind fitted or assumed, with lower and upper bound");
  EstimatedParameter parameter;
  parameter.id = id;
  parameter.scale = *source.lower > 0.0 ? EstimationScale::logarithm : EstimationScale::linear;
  parameter.lower = to_scale(parameter.scale, *source.lower);
  parameter.upper = to_scale(parameter.scale, *source.upper);
  parameter.nominal = to_scale(parameter.scale, info.value);
  prior_sd.push_back((parameter.upper - parameter.lower) / (2.0 * base::k_normal95));
  parameters.push_back(std::move(parameter));
  rows.push_back({id, source.place, info.value, info.unit});
}

ValidationSettings EvidenceObjective::Implementation::settings_at(std::span<const double> position) const {
  auto made = settings.validation;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    made.settings.emplace_back(parameters[i].id, from_scale(parameters[i].scale, position[i]));
  made.wanted = [this](const data::EvidenceRow& row) { return counts(row); };
  made.also_varying = settings.parameters;
  made.cache = cache;
  return made;
}

EvidenceObjective::EvidenceObjective(const data::Library& library, const data::EvidenceTable& table,
                                     CalibrationSettings settings)
    : implementation_(std::make_unique<Implementation>(
          Implementation{library, table, std::move(settings), {}, {}, {}, {}})) {
  auto& all = *implementation_;
  if (table.name != "calibration")
    throw base::InputError("R160", {table.file.string()},
                           "the library is fitted to calibration.tsv only, not to `" + table.name + "`",
                           "validation evidence is for testing predictions");
  base::Diagnostics findings;
  all.spreads = read_prediction_spreads(library, findings);
  (void)data::resolve_hypotheses(library, all.settings.validation.hypotheses, findings);
  base::throw_if_errors(findings);
  all.check_choice_of_rows();
  const auto& human = all.cache->system("human");
  const auto& mouse = all.cache->system("mouse");
  check_settings({&human, &mouse}, all.settings.validation.settings);
  for (const auto& id : all.settings.parameters) {
    all.check_fitted_once(id);
    const auto in_human = human.equations.find_parameter(id_in_system(id, "human"));
    const auto in_mouse = mouse.equations.find_parameter(id_in_system(id, "mouse"));
    const auto* system = in_human ? &human : in_mouse ? &mouse : nullptr;
    if (in_human && in_mouse) {
      const auto value_in = [](const run::LoadedSystem& one, int index) {
        return one.equations.parameters[static_cast<std::size_t>(index)].value;
      };
      if (value_in(human, *in_human) != value_in(mouse, *in_mouse))
        throw base::InputError("R161", {}, "`" + id + "` has one value in human and another in mouse",
                               "say which: human:" + id + " or mouse:" + id);
    }
    if (system == nullptr)
      throw base::InputError("R079", {"--parameters"},
                             "no parameter `" + id + "` in the human or the mouse system",
                             "`raad show human --stage model` lists them");
    all.add_parameter(id, *system);
  }
}

EvidenceObjective::~EvidenceObjective() = default;

const std::vector<EstimatedParameter>& EvidenceObjective::parameters() const {
  return implementation_->parameters;
}

const std::vector<CalibratedRow>& EvidenceObjective::rows() const {
  return implementation_->rows;
}

std::vector<double> EvidenceObjective::nominal_position() const {
  std::vector<double> position;
  for (const auto& one : implementation_->parameters) position.push_back(one.nominal);
  return position;
}

std::string EvidenceObjective::identity() const {
  const auto& all = *implementation_;
  std::string text =
      fmt::format("evidence {} rows, seed {}, {} subjects, rtol {}; families", all.table.rows.size(),
                  all.settings.validation.seed, all.settings.validation.subjects,
                  all.settings.validation.solver.relative_tolerance);
  for (const auto& family : all.settings.families) text += " " + family + ";";
  if (all.settings.spreads == SpreadRule::fitted) text += " spreads fitted;";
  text += " without";
  for (const auto& source : all.settings.sources) text += " " + source;
  for (const auto& name : all.settings.validation.hypotheses) text += " hypothesis " + name;
  for (const auto& [id, value] : all.settings.validation.settings) text += fmt::format(" {}={}", id, value);
  for (const auto& one : all.parameters)
    text += fmt::format(" {} in [{}, {}] from {};", one.id, one.lower, one.upper, one.nominal);
  for (const auto& row : all.table.rows) text += fmt::format(" {}={}", row.id, row.value);
  return text;
}

ValidationResult EvidenceObjective::scores(std::span<const double> position) const {
  const auto& all = *implementation_;
  return validate(all.library, {&all.table}, all.spreads, all.settings_at(position));
}

EvidenceCost EvidenceObjective::cost_of(const ValidationResult& result) const {
  return evidence_cost(result, implementation_->settings.spreads);
}

Evaluation EvidenceObjective::evaluate(std::span<const double> position, Wanted) const {
  const auto& all = *implementation_;
  Evaluation evaluation;
  const auto result = scores(position);
  if (result.failed_runs > 0) {
    const auto failed = std::ranges::find_if(result.scores, [](const ValidationScore& score) {
      return score.skipped.rfind("the run failed", 0) == 0;
    });
    evaluation.failure = failed == result.scores.end() ? "an arm could not be simulated"
                                                       : failed->row->id + ": " + failed->skipped;
    return evaluation;
  }
  double cost = cost_of(result).total();
  for (std::size_t i = 0; i < all.parameters.size(); ++i) {
    const double distance = (position[i] - all.parameters[i].nominal) / all.prior_sd[i];
    cost += 0.5 * distance * distance;
  }
  evaluation.cost = cost;
  return evaluation;
}

}  // namespace raad::study
