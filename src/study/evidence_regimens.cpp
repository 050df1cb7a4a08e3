// From what a row says about treatment and comparator to regimens that can be run.
#include <algorithm>
#include <regex>

#include "base/table.hpp"
#include "dose/vocabulary.hpp"
#include "study/evidence_arms.hpp"

namespace raad::study {
namespace {

/// A column of backgrounds.tsv by background treatment.
std::map<std::string, std::string> backgrounds(const data::Library& library, const std::string& column) {
  std::map<std::string, std::string> texts;
  base::Diagnostics ignored;
  const auto file = library.file("backgrounds.tsv");
  if (!std::filesystem::exists(file)) return texts;
  const auto table = base::Table::read(file, ignored);
  for (std::size_t row = 0; row < table.row_count(); ++row)
    texts[table.cell(row, "background")] = table.cell(row, column);
  return texts;
}

bool needs_dose(const data::Library& library, const std::string& drug) {
  const auto& drugs = library.dosing.drugs;
  for (std::size_t row = 0; row < drugs.row_count(); ++row) {
    const auto& kind = drugs.cell(row, "class");
    // Inhibitors are given to block a step; without a dose they do so in full.
    if (drugs.cell(row, "drugId") == drug) return kind != "control" && kind != "inhibitor";
  }
  return true;
}

std::size_t option_count(const dose::DoseEvent& event) {
  if (event.choice == dose::DoseEvent::Choice::alternatives) return event.amounts.size();
  return event.choice == dose::DoseEvent::Choice::range ? 3 : 1;
}

void choose(dose::DoseEvent& event, std::size_t option) {
  if (event.choice == dose::DoseEvent::Choice::alternatives) {
    event.amounts = {event.amounts[std::min(option, event.amounts.size() - 1)]};
  } else if (event.choice == dose::DoseEvent::Choice::range) {
    const double low = event.amounts.front(), high = event.amounts.back();
    event.amounts = {low + 0.5 * static_cast<double>(std::min<std::size_t>(option, 2)) * (high - low)};
  }
  event.choice = dose::DoseEvent::Choice::single;
}

}  // namespace

std::vector<std::string> regimens_of(const data::Library& library, const run::LoadedSystem& system,
                                     const dose::Regimen& regimen, std::string& reason) {
  dose::Regimen whole = regimen;
  whole.text.clear();
  const auto known = backgrounds(library, "regimen");
  for (const auto& background : regimen.background) {
    const auto found = known.find(background);
    if (found == known.end() || found->second.empty())
      continue;  // Part of the baseline, or without effect here
    base::Diagnostics findings;
    const auto doses = dose::parse_regimen(found->second, "backgrounds.tsv", findings);
    whole.events.insert(whole.events.end(), doses.events.begin(), doses.events.end());
  }
  whole.background.clear();
  std::size_t options = 1;
  for (const auto& event : whole.events) {
    if (event.when != dose::DoseEvent::When::at) {
      reason = "the time of a dose is not reported";
      return {};
    }
    if (event.amounts.empty() && needs_dose(library, event.drug)) {
      reason = "the dose of " + event.drug + " is not reported";
      return {};
    }
    options = std::max(options, option_count(event));
  }
  std::vector<std::string> texts;
  for (std::size_t option = 0; option < options; ++option) {
    dose::Regimen one = whole;
    for (auto& event : one.events) choose(event, option);
    base::Diagnostics findings;
    dose::plan(one, library.dosing, system.equations, system.model->system,
               solve::initial_parameters(system.equations), findings);
    if (findings.has_errors()) {
      reason = findings.all().front().message;
      return {};
    }
    texts.push_back(one.events.empty() ? "none" : dose::print_regimen(one));
  }
  return texts;
}

std::string comparator_regimen(const data::Library& library, const dose::Regimen& arm,
                               const std::string& comparator, std::string& reason) {
  dose::Regimen control = arm;
  control.text.clear();
  static const std::regex dose_pattern(R"(^\s*([A-Za-z_\-]+)\s+([0-9.]+)\s*(mg|ug|mg/kg|ug/kg)\b.*$)");
  static const std::regex control_pattern(
      R"((placebo|saline|vehicle|midazolam|niacin|inactive|control|sham|wait|usual|without|none|no treatment|untreated))",
      std::regex::icase);
  std::smatch found;
  const bool names_dose = std::regex_match(comparator, found, dose_pattern);
  if (!names_dose && !comparator.empty() && !std::regex_search(comparator, control_pattern)) {
    reason = "the comparator `" + comparator + "` is not an arm that can be simulated";
    return "";
  }
  const auto& drugs = library.dosing.drugs;
  const auto is_known = [&](const std::string& drug) {
    for (std::size_t row = 0; row < drugs.row_count(); ++row)
      if (drugs.cell(row, "drugId") == drug) return true;
    return false;
  };
  for (auto& event : control.events) {
    const bool replace = needs_dose(library, event.drug);
    if (!replace) continue;
    if (names_dose && is_known(found[1].str())) {
      event.drug = found[1].str();
      event.amounts = {std::stod(found[2].str())};
      event.amount_unit = found[3].str();
      event.choice = dose::DoseEvent::Choice::single;
    } else {
      event.drug = "placebo";
      event.amounts.clear();
      event.amount_unit.clear();
      event.choice = dose::DoseEvent::Choice::single;
      event.duration_h.reset();
    }
  }
  return dose::print_regimen(control);
}

dose::Regimen without_antagonists(const data::Library& library, dose::Regimen regimen) {
  const auto& drugs = library.dosing.drugs;
  std::erase_if(regimen.events, [&](const dose::DoseEvent& event) {
    for (std::size_t row = 0; row < drugs.row_count(); ++row)
      if (drugs.cell(row, "drugId") == event.drug) return drugs.cell(row, "class") == "antagonist";
    return false;
  });
  return regimen;
}

std::string background_note(const data::Library& library, const std::string& background) {
  const auto notes = backgrounds(library, "note");
  const auto found = notes.find(background);
  return found == notes.end() ? "" : found->second;
}

double trial_layer_value(const data::Library& library, const std::string& id) {
  base::Diagnostics findings;
  const auto file = library.file("trial_layer.tsv");
  const auto table = base::Table::read(file, findings);
  for (std::size_t row = 0; row < table.row_count(); ++row)
    if (table.cell(row, "parameterId") == id)
      if (const auto value = table.number(row, "nominalValue", findings)) return *value;
  base::throw_if_errors(findings);
  throw base::InputError("R079", {file.string()}, "no parameter `" + id + "` in the trial layer",
                         "add its row");
}

const data::TrialScenario* scenario_of(const data::Library& library, const std::string& population,
                                       const std::string& comparator, const std::string& arms) {
  const auto fits = [](const std::string& pattern, const std::string& text) {
    return std::regex_search(text, std::regex(pattern, std::regex::icase));
  };
  const auto is = [](const std::string& pattern, const std::string& text) {
    return std::regex_match(text, std::regex(pattern, std::regex::icase));
  };
  for (const auto& scenario : library.scenarios)
    if (fits(scenario.population_pattern, population) && is(scenario.comparator_pattern, comparator) &&
        fits(scenario.arm_pattern, arms))
      return &scenario;
  return nullptr;
}

}  // namespace raad::study
