#include "dose/dosing_tables.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace raad::dose {
namespace {

/// Parts of a list cell (`a;b`), trimmed, without empty ones.
std::vector<std::string> list_of(const std::string& cell) {
  std::vector<std::string> parts;
  for (const auto& part : base::split(cell, ';')) {
    const auto trimmed = base::trim(part);
    if (!trimmed.empty()) parts.emplace_back(trimmed);
  }
  return parts;
}

bool is_named(const base::Table& drugs, std::size_t row, const std::string& lower_name) {
  if (base::to_lower(drugs.cell(row, "drugId")) == lower_name) return true;
  const auto aliases = list_of(drugs.cell(row, "aliases"));
  return std::any_of(aliases.begin(), aliases.end(),
                     [&](const std::string& alias) { return base::to_lower(alias) == lower_name; });
}

std::vector<std::string> all_drug_names(const base::Table& drugs) {
  std::vector<std::string> names;
  for (std::size_t row = 0; row < drugs.row_count(); ++row) {
    names.push_back(base::to_lower(drugs.cell(row, "drugId")));
    for (const auto& alias : list_of(drugs.cell(row, "aliases"))) names.push_back(base::to_lower(alias));
  }
  return names;
}

Drug read_drug(const base::Table& drugs, std::size_t row, base::Diagnostics& findings) {
  Drug drug;
  drug.id = drugs.cell(row, "drugId");
  drug.drug_class = drugs.cell(row, "class");
  drug.active_moiety = drugs.cell(row, "activeMoiety");
  drug.compound_id = drugs.cell(row, "compoundId");
  drug.note = drugs.cell(row, "note");
  drug.salt_factor = drugs.number(row, "saltFactor", findings).value_or(1.0);
  drug.minimum_mg_per_kg = drugs.number(row, "minDose_mg_per_kg", findings);
  drug.maximum_mg_per_kg = drugs.number(row, "maxDose_mg_per_kg", findings);
  drug.place = drugs.place(row, "drugId");
  return drug;
}

RouteTarget read_route(const base::Table& routes, std::size_t row, base::Diagnostics& findings) {
  RouteTarget target;
  target.route = routes.cell(row, "route");
  const std::string& action = routes.cell(row, "action");
  if (action != "add" && action != "set")
    findings.error("R088", routes.place(row, "action"), fmt::format("unknown action `{}`", action),
                   "add or set");
  target.sets_parameter = action == "set";
  target.target = routes.cell(row, "target");
  target.factor = routes.cell(row, "amountFactor");
  target.later_factor = routes.cell(row, "laterAmountFactor");
  target.unit_dose_mg = routes.number(row, "unitDose_mg", findings);
  target.unit_dose_interval_h = routes.number(row, "unitDoseInterval_h", findings);
  target.session_gap_h = routes.number(row, "sessionGap_h", findings);
  target.default_duration_h = routes.number(row, "defaultDuration_h", findings);
  target.infusion = routes.flag(row, "infusion", findings);
  target.note = routes.cell(row, "note");
  target.place = routes.place(row, "amountFactor");
  return target;
}

bool covers(const std::string& cell, const std::string& name) {
  return cell.empty() || cell == "both" || cell == "all" || cell == name;
}

}  // namespace

DosingTables DosingTables::read(const std::filesystem::path& library, base::Diagnostics& findings) {
  DosingTables tables;
  tables.drugs = base::Table::read(library / "drugs.tsv", findings);
  tables.routes = base::Table::read(library / "routes.tsv", findings);
  tables.compounds = base::Table::read(library / "compounds.tsv", findings);
  tables.unsupported_routes = base::Table::read(library / "unsupported_routes.tsv", findings);
  tables.check(findings);
  return tables;
}

void DosingTables::check(base::Diagnostics& findings) const {
  drugs.require_columns({"drugId", "aliases", "class", "activeMoiety", "saltFactor", "compoundId",
                         "minDose_mg_per_kg", "maxDose_mg_per_kg", "note"},
                        findings);
  drugs.require_unique("drugId", findings);
  routes.require_columns(
      {"drugId", "system", "route", "action", "target", "amountFactor", "laterAmountFactor", "unitDose_mg",
       "unitDoseInterval_h", "sessionGap_h", "defaultDuration_h", "infusion", "note"},
      findings);
  compounds.require_columns({"compoundId", "parameterId", "nominalValue", "unit"}, findings);
  unsupported_routes.require_columns({"route"}, findings);
}

std::optional<Drug> find_drug(const DosingTables& tables, const std::string& name,
                              const base::SourcePlace& place, base::Diagnostics& findings) {
  const std::string lower = base::to_lower(name);
  for (std::size_t row = 0; row < tables.drugs.row_count(); ++row) {
    if (is_named(tables.drugs, row, lower)) return read_drug(tables.drugs, row, findings);
  }
  const std::string near = base::nearest_name(lower, all_drug_names(tables.drugs));
  findings.error("R071", place, fmt::format("unknown drug `{}`", name),
                 near.empty() ? std::string("the drugs are listed in library/drugs.tsv")
                              : fmt::format("did you mean `{}`?", near));
  return std::nullopt;
}

std::vector<RouteTarget> routes_of(const DosingTables& tables, const std::string& drug_id,
                                   const std::string& system_name, base::Diagnostics& findings) {
  std::vector<RouteTarget> targets;
  for (std::size_t row = 0; row < tables.routes.row_count(); ++row) {
    if (tables.routes.cell(row, "drugId") != drug_id) continue;
    if (covers(tables.routes.cell(row, "system"), system_name))
      targets.push_back(read_route(tables.routes, row, findings));
  }
  return targets;
}

std::string unsupported_reason(const DosingTables& tables, const std::string& drug_id,
                               const std::string& route) {
  const base::Table& table = tables.unsupported_routes;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    if (table.cell(row, "route") == route && covers(table.cell(row, "drugId"), drug_id))
      return table.cell(row, "reason");
  }
  return {};
}

std::vector<ParameterOverride> compound_overrides(const DosingTables& tables, const std::string& compound_id,
                                                  base::Diagnostics& findings) {
  std::vector<ParameterOverride> overrides;
  for (std::size_t row = 0; row < tables.compounds.row_count(); ++row) {
    if (tables.compounds.cell(row, "compoundId") != compound_id) continue;
    const auto value = tables.compounds.number(row, "nominalValue", findings);
    if (value)
      overrides.push_back(
          {tables.compounds.cell(row, "parameterId"), *value, tables.compounds.place(row, "parameterId")});
  }
  return overrides;
}

}  // namespace raad::dose
