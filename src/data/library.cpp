#include "data/library.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <set>

namespace raad::data {
namespace {

namespace fs = std::filesystem;

/// Parts of a list cell at `;`, `,` or blanks.
std::vector<std::string> list_of(const std::string& cell) {
  std::vector<std::string> parts;
  std::size_t first = 0;
  while ((first = cell.find_first_not_of("; ,", first)) != std::string::npos) {
    const std::size_t last = std::min(cell.find_first_of("; ,", first), cell.size());
    parts.push_back(cell.substr(first, last - first));
    first = last;
  }
  return parts;
}

/// A table that a small library may lack.
base::Table read_if_present(const fs::path& file, const std::vector<std::string>& columns,
                            base::Diagnostics& findings) {
  if (!fs::exists(file)) return {};
  auto table = base::Table::read(file, findings);
  table.require_columns(columns, findings);
  return table;
}

Observable::Kind read_kind(const base::Table& table, std::size_t row, base::Diagnostics& findings) {
  const std::string& text = table.cell(row, "kind");
  if (text == "timecourse") return Observable::Kind::timecourse;
  if (text == "summary") return Observable::Kind::summary;
  if (text != "not_represented")
    findings.error("R088", table.place(row, "kind"), fmt::format("unknown kind `{}`", text),
                   "timecourse, summary or not_represented");
  return Observable::Kind::not_represented;
}

std::vector<std::string> read_systems(const std::string& cell) {
  auto systems = list_of(cell);
  const bool everywhere = std::any_of(systems.begin(), systems.end(), [](const std::string& name) {
    return name == "both" || name == "all";
  });
  if (everywhere) systems.clear();
  return systems;
}

std::vector<Observable> read_observables(const fs::path& file, base::Diagnostics& findings) {
  const auto table = base::Table::read(file, findings);
  table.require_columns(
      {"observableId", "symbol", "unit", "group", "displayName", "kind", "default", "log", "systems", "note"},
      findings);
  table.require_unique("observableId", findings);
  std::vector<Observable> observables;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    Observable observable;
    observable.id = table.cell(row, "observableId");
    observable.symbol = table.cell(row, "symbol");
    observable.unit = table.cell(row, "unit");
    observable.group = table.cell(row, "group");
    observable.display_name = table.cell(row, "displayName");
    observable.kind = read_kind(table, row, findings);
    observable.is_default = table.flag(row, "default", findings);
    observable.log_axis = table.flag(row, "log", findings);
    observable.note = table.cell(row, "note");
    observable.systems = read_systems(table.cell(row, "systems"));
    observable.place = table.place(row, "observableId");
    if (observable.kind == Observable::Kind::timecourse && observable.symbol.empty())
      findings.error("R088", table.place(row, "symbol"),
                     fmt::format("the time course `{}` has no symbol", observable.id),
                     "write the flat id of a state, rule or parameter");
    observables.push_back(std::move(observable));
  }
  return observables;
}

/// The hypothesis of that id in the list, appended when new.
Hypothesis& hypothesis_of(std::vector<Hypothesis>& hypotheses, const std::string& id) {
  const auto found = std::find_if(hypotheses.begin(), hypotheses.end(),
                                  [&](const Hypothesis& known) { return known.id == id; });
  if (found != hypotheses.end()) return *found;
  hypotheses.emplace_back().id = id;
  return hypotheses.back();
}

std::vector<Hypothesis> read_hypotheses(const fs::path& file, base::Diagnostics& findings) {
  const auto table = read_if_present(file,
                                     {"hypothesisId", "group", "parameterId", "value", "appliesTo",
                                      "description", "evidenceFor", "evidenceAgainst"},
                                     findings);
  std::vector<Hypothesis> hypotheses;
  const auto fill = [](std::string& field, const std::string& cell) {
    if (field.empty()) field = cell;
  };
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    Hypothesis& hypothesis = hypothesis_of(hypotheses, table.cell(row, "hypothesisId"));
    const std::string& group = table.cell(row, "group");
    if (!hypothesis.group.empty() && !group.empty() && group != hypothesis.group)
      findings.error("R088", table.place(row, "group"),
                     fmt::format("`{}` is in the groups {} and {}", hypothesis.id, hypothesis.group, group),
                     "one group a hypothesis");
    fill(hypothesis.group, group);
    fill(hypothesis.description, table.cell(row, "description"));
    fill(hypothesis.evidence_for, table.cell(row, "evidenceFor"));
    fill(hypothesis.evidence_against, table.cell(row, "evidenceAgainst"));
    const auto value = table.number(row, "value", findings);
    const std::string& parameter = table.cell(row, "parameterId");
    if (parameter.empty()) continue;  // a hypothesis that is the default set: it changes nothing
    if (!value) {
      findings.error("R082", table.place(row, "value"),
                     fmt::format("`{}` sets {} to nothing", hypothesis.id, parameter), "write a number");
      continue;
    }
    const std::string& applies_to = table.cell(row, "appliesTo");
    hypothesis.settings.push_back(
        {parameter, *value, applies_to.empty() ? "all" : applies_to, table.place(row, "parameterId")});
  }
  return hypotheses;
}

std::vector<Source> read_sources(const fs::path& file, base::Diagnostics& findings) {
  const auto table = base::Table::read(file, findings);
  table.require_columns({"sourceId", "citation"}, findings);
  table.require_unique("sourceId", findings);
  std::vector<Source> sources;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    sources.push_back({table.cell(row, "sourceId"), table.cell(row, "pmid"), table.cell(row, "doi"),
                       table.cell(row, "citation"), table.cell(row, "year"), table.cell(row, "kind"),
                       table.cell(row, "note")});
  }
  return sources;
}

std::map<std::string, double> read_scales(const fs::path& file, base::Diagnostics& findings) {
  const auto table = read_if_present(file, {"unit", "nominalScale", "stateId"}, findings);
  std::map<std::string, double> scales;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    const std::string& state = table.cell(row, "stateId");
    const std::string& key = state.empty() ? table.cell(row, "unit") : state;
    const auto scale = table.number(row, "nominalScale", findings);
    if (!scale || !(*scale > 0.0)) {
      findings.error("R088", table.place(row, "nominalScale"),
                     fmt::format("the scale of `{}` must be a positive number", key),
                     "write the typical magnitude");
    } else if (!scales.emplace(key, *scale).second) {
      findings.error("R081", table.place(row, "nominalScale"), fmt::format("`{}` has two scales", key),
                     "keep one row");
    }
  }
  return scales;
}

std::vector<TrialScenario> read_scenarios(const fs::path& file, base::Diagnostics& findings) {
  const auto table = read_if_present(
      file, {"scenarioId", "populationPattern", "comparatorPattern", "armPattern", "kind", "note"}, findings);
  table.require_unique("scenarioId", findings);
  const std::set<std::string> text_columns = {
      "scenarioId", "populationPattern", "comparatorPattern", "armPattern", "kind",
      "note",       "sourceKind",        "sourceId"};
  std::vector<TrialScenario> scenarios;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    TrialScenario scenario{table.cell(row, "scenarioId"),
                           table.cell(row, "populationPattern"),
                           table.cell(row, "comparatorPattern"),
                           table.cell(row, "armPattern"),
                           {},
                           table.cell(row, "kind"),
                           table.cell(row, "note")};
    for (const auto& column : table.columns()) {
      if (text_columns.count(column) > 0) continue;
      if (const auto value = table.number(row, column, findings)) scenario.values[column] = *value;
    }
    scenarios.push_back(std::move(scenario));
  }
  return scenarios;
}

template <typename Row>
const Row* find_by_id(const std::vector<Row>& rows, const std::string& id) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.id == id; });
  return found == rows.end() ? nullptr : &*found;
}

template <typename Row>
std::vector<std::string> ids_of(const std::vector<Row>& rows) {
  std::vector<std::string> ids;
  for (const auto& row : rows) ids.push_back(row.id);
  return ids;
}

fs::path own_executable() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error);
}

}  // namespace

bool Observable::in_system(const std::string& system_name) const {
  return systems.empty() || std::find(systems.begin(), systems.end(), system_name) != systems.end();
}

const Observable* Library::find_observable(const std::string& id) const {
  return find_by_id(observables, id);
}
const Hypothesis* Library::find_hypothesis(const std::string& id) const {
  return find_by_id(hypotheses, id);
}
const Source* Library::find_source(const std::string& id) const {
  return find_by_id(sources, id);
}
std::vector<std::string> Library::observable_ids() const {
  return ids_of(observables);
}
std::vector<std::string> Library::hypothesis_ids() const {
  return ids_of(hypotheses);
}
std::vector<std::string> Library::source_ids() const {
  return ids_of(sources);
}

std::vector<std::string> Library::system_names() const {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder / "systems", error)) {
    if (entry.path().extension() == ".ant") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

fs::path Library::system_file(const std::string& name) const {
  return folder / "systems" / (name + ".ant");
}
fs::path Library::file(const std::string& path) const {
  return folder / path;
}

fs::path find_home() {
  const char* raad_home = std::getenv("RAAD_HOME");  // read once at the start, before any thread
  return find_home(raad_home == nullptr ? "" : raad_home, own_executable());
}

fs::path find_home(const std::string& raad_home, const fs::path& executable) {
  std::vector<fs::path> places;
  if (!raad_home.empty()) {
    places = {raad_home};  // stated: nothing else will do
  } else {
    const fs::path folder = executable.parent_path();
    places = {folder, folder.parent_path(), folder.parent_path() / "share" / "raad"};
  }
  std::vector<std::string> looked_at;
  for (const auto& place : places) {
    if (fs::is_directory(place / "library")) return place;
    looked_at.push_back((place / "library").string());
  }
  throw base::InputError("R086", {},
                         fmt::format("the library was not found; looked for {}", fmt::join(looked_at, ", ")),
                         "set RAAD_HOME to the folder that holds library/ and evidence/");
}

Library open_library(const fs::path& home, base::Diagnostics& findings) {
  Library library;
  library.home = home;
  library.folder = home / "library";
  library.evidence = home / "evidence";
  library.observables = read_observables(library.folder / "observables.tsv", findings);
  library.hypotheses = read_hypotheses(library.folder / "hypotheses.tsv", findings);
  library.sources = read_sources(library.folder / "sources.tsv", findings);
  library.nominal_scales = read_scales(library.folder / "scales.tsv", findings);
  library.scenarios = read_scenarios(library.folder / "scenarios.tsv", findings);
  library.dosing = dose::DosingTables::read(library.folder, findings);
  return library;
}

std::vector<const Hypothesis*> resolve_hypotheses(const Library& library,
                                                  const std::vector<std::string>& names,
                                                  base::Diagnostics& findings) {
  std::vector<const Hypothesis*> chosen;
  for (const auto& joined : names) {
    for (const auto& part : base::split(joined, '+')) {
      const std::string name(base::trim(part));
      const Hypothesis* hypothesis = library.find_hypothesis(name);
      if (hypothesis == nullptr && name == "default") continue;
      if (hypothesis == nullptr) {
        const std::string near = base::nearest_name(name, library.hypothesis_ids());
        findings.error("R075", {}, fmt::format("unknown hypothesis `{}`", name),
                       near.empty() ? fmt::format("hypotheses: {}", fmt::join(library.hypothesis_ids(), ", "))
                                    : fmt::format("did you mean `{}`?", near));
        continue;
      }
      const auto rival = std::find_if(chosen.begin(), chosen.end(), [&](const Hypothesis* other) {
        return other == hypothesis || (!hypothesis->group.empty() && other->group == hypothesis->group);
      });
      if (rival != chosen.end()) {
        findings.error("R075", {},
                       *rival == hypothesis
                           ? fmt::format("the hypothesis `{}` is named twice", name)
                           : fmt::format("the hypotheses `{}` and `{}` are rivals (group {})", (*rival)->id,
                                         name, hypothesis->group),
                       "choose one of a group");
        continue;
      }
      chosen.push_back(hypothesis);
    }
  }
  return chosen;
}

std::vector<dose::ParameterOverride> hypothesis_overrides(const std::vector<const Hypothesis*>& hypotheses,
                                                          const std::vector<std::string>& drug_classes) {
  std::vector<dose::ParameterOverride> overrides;
  for (const Hypothesis* hypothesis : hypotheses) {
    for (const auto& setting : hypothesis->settings) {
      const bool applies = setting.applies_to == "all" || std::find(drug_classes.begin(), drug_classes.end(),
                                                                    setting.applies_to) != drug_classes.end();
      if (applies) overrides.push_back({setting.parameter_id, setting.value});
    }
  }
  return overrides;
}

}  // namespace raad::data
