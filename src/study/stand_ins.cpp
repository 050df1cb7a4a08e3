#include "study/stand_ins.hpp"

#include <algorithm>
#include <filesystem>

#include "base/table.hpp"
#include "dose/dosing_tables.hpp"
#include "run/simulation.hpp"
#include "study/evidence_arms.hpp"
#include "study/screen.hpp"

namespace raad::study {
namespace {

constexpr const char* k_generic_drug = "compound_x";
constexpr const char* k_affinity = "serotonin_2a__compound_dissociation_constant";
constexpr const char* k_efficacy = "serotonin_2a__gq_efficacy_compound";
constexpr const char* k_brain_entry = "compound__brain_plasma_unbound_ratio";

// A generic compound by mouth peaks within hours; steps far below its absorption time [h].
constexpr double k_peak_within_h = 24.0, k_peak_step_h = 0.1;

bool can_be_given(const data::Library& library, const run::LoadedSystem& system, dose::DoseEvent event) {
  event.when = dose::DoseEvent::When::at;
  dose::Regimen alone;
  alone.events = {std::move(event)};
  std::string reason;
  return !regimens_of(library, system, alone, reason).empty();
}

/// Id in compounds.tsv of what an event or the row's arm names; empty: no profile.
std::string profile_of(const data::Library& library, const dose::DoseEvent& event,
                       const data::EvidenceRow& row) {
  base::Diagnostics ignored;
  std::vector<std::string> names;
  if (const auto drug = dose::find_drug(library.dosing, event.drug, {}, ignored))
    names.push_back(drug->compound_id);
  names.push_back(base::to_lower(event.drug));
  // Regimens cannot hold the commas of chemical names; the arm does.
  if (row.regimen.events.size() == 1) names.push_back(base::to_lower(row.arm));
  const auto& compounds = library.dosing.compounds;
  for (const auto& name : names)
    for (std::size_t i = 0; i < compounds.row_count(); ++i)
      if (!name.empty() && compounds.cell(i, "compoundId") == name) return name;
  return "";
}

/// Whether the affinity or the efficacy at the receptor is more than the middle of a prior.
bool is_known_at_receptor(const data::Library& library, const std::string& compound) {
  const auto& compounds = library.dosing.compounds;
  for (std::size_t row = 0; row < compounds.row_count(); ++row) {
    const auto& parameter = compounds.cell(row, "parameterId");
    if (compounds.cell(row, "compoundId") == compound &&
        (parameter == k_affinity || parameter == k_efficacy) &&
        compounds.cell(row, "sourceKind") != "assumed")
      return true;
  }
  return false;
}

Settings profile_settings(const data::Library& library, const std::string& compound) {
  base::Diagnostics findings;
  Settings settings;
  for (const auto& one : dose::compound_overrides(library.dosing, compound, findings))
    settings.emplace_back(one.parameter_id, one.value);
  base::throw_if_errors(findings);
  return settings;
}

/// Dose by body weight of the generic compound that gives the reference concentration: in a body free in
/// plasma, in a bath free at the cells.
double reference_dose_mg_per_kg(const data::Library& library, const run::LoadedSystem& system,
                                const Settings& profile, bool bath) {
  run::Scenario scenario;
  base::Diagnostics findings;
  scenario.regimen = dose::parse_regimen(std::string(k_generic_drug) + " 1 mg oral", "stand-in", findings);
  scenario.settings = profile;
  for (double t = 0.0; t <= k_peak_within_h; t += k_peak_step_h) scenario.output_times_h.push_back(t);
  scenario.end_h = scenario.output_times_h.back();
  const run::Simulator simulator(library, system, {"compound__unbound_effect_site"});
  const auto parameters = simulator.parameters(scenario);
  const auto value = [&](const char* id) {
    return parameters[static_cast<std::size_t>(*system.equations.find_parameter(id))];
  };
  const auto course = simulator.run(scenario).series.front().values;
  const double per_mg = *std::ranges::max_element(course);
  const double plasma = std::min(k_reference_over_ki * value(k_affinity), k_greatest_unbound_nM);
  const double wanted = plasma * (bath ? 1.0 : value(k_brain_entry)) / per_mg;
  const auto drug = dose::find_drug(library.dosing, k_generic_drug, {}, findings);
  base::throw_if_errors(findings);
  const double wanted_per_kg = wanted / value("body_weight");
  return std::min(wanted_per_kg, drug->maximum_mg_per_kg.value_or(wanted_per_kg));
}

void add_note(Given& given, const std::string& text) {
  given.note += (given.note.empty() ? "" : "; ") + text;
}

/// Nobody can say how much was given, or of what.
bool lacks_dose(const data::Library& library, const dose::DoseEvent& event) {
  base::Diagnostics ignored;
  const auto drug = dose::find_drug(library.dosing, event.drug, {}, ignored);
  return event.amounts.empty() || !drug || drug->unsupported();
}

/// The evidence enters the usual infusion over 40 min with its length, so an intravenous amount without one
/// was injected by hand.
bool is_injection(const dose::DoseEvent& event) {
  const bool is_rate = event.amount_unit.ends_with("/min") || event.amount_unit.ends_with("/h");
  return event.route == "iv" && !event.duration_h && !event.amounts.empty() && !is_rate;
}

/// What an event stands for: itself, or the stand-in's doses from its time on, as often as the event where
/// that says how often.
std::vector<dose::DoseEvent> replaced(Given& given, const data::Library& library, const std::string& system,
                                      const dose::DoseEvent& event, bool any_dose) {
  const auto stand_in = stand_in_of(library, system, event.drug, any_dose);
  if (stand_in.events.empty() || !lacks_dose(library, event)) return {event};
  add_note(given, event.drug + " is taken as " + dose::print_regimen(stand_in));
  auto events = stand_in.events;
  for (auto& one : events) {
    one.time_h += event.time_h;
    if (event.count == 1) continue;
    one.count = event.count;
    one.interval_h = event.interval_h;
  }
  return events;
}

void add_generic(Given& given, const data::Library& library, const run::LoadedSystem& system,
                 const std::string& compound, dose::DoseEvent event) {
  given.settings = profile_settings(library, compound);
  const double dose_mg_per_kg =
      reference_dose_mg_per_kg(library, system, given.settings, event.route == "bath");
  add_note(given,
           event.drug + " has the profile of " + compound +
               " in compounds.tsv on generic pharmacokinetics, at the reference dose of `raad screen`");
  event.drug = k_generic_drug;
  event.amounts = {dose_mg_per_kg};
  event.amount_unit = "mg/kg";
  event.choice = dose::DoseEvent::Choice::single;
  event.route = "oral";
  event.duration_h.reset();
  given.regimen.events.push_back(std::move(event));
}

}  // namespace

dose::Regimen stand_in_of(const data::Library& library, const std::string& system, const std::string& drug,
                          bool any_dose) {
  const auto file = library.file("stand_ins.tsv");
  if (!std::filesystem::exists(file)) return {};
  base::Diagnostics findings;
  const auto table = base::Table::read(file, findings);
  table.require_columns({"drugId", "system", "use", "regimen"}, findings);
  base::throw_if_errors(findings);
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    if (base::to_lower(table.cell(row, "drugId")) != base::to_lower(drug)) continue;
    if (table.cell(row, "system") != system || (table.cell(row, "use") != "all" && !any_dose)) continue;
    auto regimen = dose::parse_regimen(table.cell(row, "regimen"), "stand_ins.tsv", findings);
    base::throw_if_errors(findings);
    return regimen;
  }
  return {};
}

Given given_of(const data::Library& library, const run::LoadedSystem& system, const data::EvidenceRow& row,
               bool any_dose) {
  Given given;
  given.regimen = row.regimen;
  given.regimen.events.clear();
  auto events = row.regimen.events;
  if (any_dose && events.empty() && !row.arm.empty()) {
    // A finding about a drug as such has no regimen.
    events.emplace_back();
    events.back().drug = base::to_lower(row.arm);
    if (stand_in_of(library, system.name, row.arm, any_dose).events.empty()) events.clear();
  }
  for (auto& event : events) {
    if (any_dose && event.when == dose::DoseEvent::When::before) {
      event.when = dose::DoseEvent::When::at;
      event.time_h = -trial_layer_value(library, "pretreatment_lead");
      add_note(given, event.drug + " is given " + base::format_number(-event.time_h) + " h before");
    }
    if (is_injection(event)) {
      const double minutes = trial_layer_value(library, "injection_duration");
      event.duration_h = minutes / 60.0;
      add_note(given, event.drug + " is injected within " + base::format_number(minutes) + " min");
    }
    for (const auto& one : replaced(given, library, system.name, event, any_dose)) {
      const auto profile = any_dose && given.settings.empty() ? profile_of(library, one, row) : std::string();
      const bool as_itself = profile.empty() || can_be_given(library, system, one);
      if (!as_itself && is_known_at_receptor(library, profile)) {
        add_generic(given, library, system, profile, one);
        continue;
      }
      if (!as_itself) given.problem = "neither affinity nor efficacy of " + profile + " at 5-HT2A is known";
      given.regimen.events.push_back(one);
    }
  }
  return given;
}

}  // namespace raad::study
