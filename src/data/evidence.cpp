#include "data/evidence.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "base/random.hpp"
#include "base/table.hpp"
#include "base/units.hpp"

namespace raad::data {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<std::string_view, Transform>, 6> k_transforms = {{
    {"absolute", Transform::absolute},
    {"change_from_baseline", Transform::change_from_baseline},
    {"percent_of_baseline", Transform::percent_of_baseline},
    {"difference_vs_comparator", Transform::difference_vs_comparator},
    {"fold", Transform::fold},
    {"rate", Transform::rate},
}};

constexpr std::array<std::pair<std::string_view, SpreadKind>, 15> k_spread_kinds = {{
    {"", SpreadKind::none},
    {"sd", SpreadKind::sd},
    {"sem", SpreadKind::sem},
    {"ci95_half", SpreadKind::ci95_half},
    {"ci90_half", SpreadKind::ci90_half},
    {"ci80_half", SpreadKind::ci80_half},
    {"ci95_half_log", SpreadKind::ci95_half_log},
    {"range", SpreadKind::range},
    {"range_log", SpreadKind::range_log},
    {"iqr_half", SpreadKind::iqr_half},
    {"gsd", SpreadKind::gsd},
    {"cv_percent", SpreadKind::cv_percent},
    {"iiv_cv_percent", SpreadKind::iiv_cv_percent},
    {"iiv_omega2", SpreadKind::iiv_omega2},
    {"unstated", SpreadKind::unstated},
}};

const std::vector<std::string>& species_names() {
  static const std::vector<std::string> names = {"human", "mouse", "rat", "pig", "rodent", "in_vitro"};
  return names;
}

const std::vector<std::string>& seen_names() {
  static const std::vector<std::string> names = {"full_text", "abstract", "secondary"};
  return names;
}

const std::vector<std::string>& evidence_columns() {
  static const std::vector<std::string> columns = {
      "evidenceId", "observable", "species",  "population", "arm",        "regimen",
      "comparator", "time_h",     "value",    "unit",       "spread",     "spreadKind",
      "n",          "transform",  "sourceId", "seen",       "weightNote", "note"};
  return columns;
}

template <typename Value, std::size_t size>
Value read_choice(const base::Table& table, std::size_t row, std::string_view column,
                  const std::array<std::pair<std::string_view, Value>, size>& choices,
                  base::Diagnostics& findings) {
  const std::string& text = table.cell(row, column);
  std::vector<std::string> names;
  for (const auto& [name, value] : choices) {
    if (name == text) return value;
    names.emplace_back(name);
  }
  findings.error("R088", table.place(row, column), fmt::format("`{}` is not allowed in {}", text, column),
                 fmt::format("one of: {}", fmt::join(names, " ")));
  return choices.front().second;
}

void require_one_of(const base::Table& table, std::size_t row, std::string_view column,
                    const std::vector<std::string>& allowed, bool may_be_empty, base::Diagnostics& findings) {
  const std::string& text = table.cell(row, column);
  if (may_be_empty && text.empty()) return;
  for (const auto& name : allowed) {
    if (name == text) return;
  }
  findings.error("R088", table.place(row, column), fmt::format("`{}` is not allowed in {}", text, column),
                 fmt::format("one of: {}", fmt::join(allowed, " ")));
}

/// A number that must be there.
double required_number(const base::Table& table, std::size_t row, std::string_view column,
                       base::Diagnostics& findings) {
  const bool is_empty = table.cell(row, column).empty();
  if (is_empty)
    findings.error("R082", table.place(row, column), fmt::format("{} is empty", column),
                   "every row holds one number");
  return table.number(row, column, findings).value_or(0.0);
}

void require_filled(const base::Table& table, std::size_t row, std::string_view column,
                    base::Diagnostics& findings) {
  if (table.cell(row, column).empty())
    findings.error("R088", table.place(row, column), fmt::format("{} is empty", column), "fill the cell");
}

/// Spread and its kind come together; a spread is a width and so not negative; a size of a group is positive.
void check_spread(const EvidenceRow& row, const base::Table& table, std::size_t at,
                  base::Diagnostics& findings) {
  if (row.spread.has_value() != (row.spread_kind != SpreadKind::none))
    findings.error("R088", table.place(at, "spreadKind"),
                   "spread and spreadKind must both be filled, or neither",
                   "`unstated` says that the kind is not known");
  if (row.spread && *row.spread < 0.0)
    findings.error("R088", table.place(at, "spread"), "a spread cannot be negative", "write its size");
  if (row.n && !(*row.n > 0.0))
    findings.error("R088", table.place(at, "n"), "n must be positive",
                   "leave the cell empty when it is not known");
}

EvidenceRow read_row(const base::Table& table, std::size_t at, base::Diagnostics& findings) {
  EvidenceRow row;
  row.id = table.cell(at, "evidenceId");
  row.observable = table.cell(at, "observable");
  row.species = table.cell(at, "species");
  row.population = table.cell(at, "population");
  row.arm = table.cell(at, "arm");
  row.regimen_text = table.cell(at, "regimen");
  row.comparator = table.cell(at, "comparator");
  row.time_h = table.number(at, "time_h", findings);
  row.value = required_number(table, at, "value", findings);
  row.unit = table.cell(at, "unit");
  row.spread = table.number(at, "spread", findings);
  row.spread_kind = read_choice(table, at, "spreadKind", k_spread_kinds, findings);
  row.n = table.number(at, "n", findings);
  row.transform = read_choice(table, at, "transform", k_transforms, findings);
  row.source_id = table.cell(at, "sourceId");
  row.seen = table.cell(at, "seen");
  row.weight_note = table.cell(at, "weightNote");
  row.note = table.cell(at, "note");
  row.place = table.place(at, "evidenceId");
  for (const std::string_view column : {"evidenceId", "observable", "unit"})
    require_filled(table, at, column, findings);
  require_one_of(table, at, "species", species_names(), false, findings);
  require_one_of(table, at, "seen", seen_names(), false, findings);
  check_spread(row, table, at, findings);
  base::Diagnostics regimen_findings;
  row.regimen = dose::parse_regimen(row.regimen_text, table.file(), regimen_findings);
  if (regimen_findings.has_errors()) {
    row.regimen = {};
    row.regimen_problem = regimen_findings.all().front().message;
  }
  return row;
}

/// Units of evidence rows that are no physical units: shapes, signs, counts of a scale.
bool is_known_evidence_unit(const std::string& unit) {
  static const std::set<std::string> words = {"points",    "sd_units", "ratio",        "correlation", "count",
                                              "count/min", "percent",  "bpm",          "spines/um",   "a.u.",
                                              "boolean",   "sign",     "points/point", "fraction"};
  static const base::UnitTable units;
  return words.count(unit) > 0 || units.parse(unit).has_value();
}

/// Repeats the findings of a regimen at its cell: its column counts from the cell's first character.
void check_regimen(const base::Table& table, std::size_t at, base::Diagnostics& findings) {
  base::Diagnostics found;
  const base::SourcePlace cell = table.place(at, "regimen");
  dose::parse_regimen(table.cell(at, "regimen"), table.file(), found);
  for (auto finding : found.all()) {
    finding.place = {cell.file, cell.line, cell.column > 0 ? cell.column + finding.place.column - 1 : 0};
    findings.add(std::move(finding));
  }
}

void check_against_library(const base::Table& table, const Library& library,
                           const std::set<std::string>& sources, base::Diagnostics& findings) {
  const auto observable_ids = library.observable_ids();
  const std::set<std::string> known(observable_ids.begin(), observable_ids.end());
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    check_regimen(table, row, findings);
    const std::string& observable = table.cell(row, "observable");
    if (known.count(observable) == 0) {
      const std::string near = base::nearest_name(observable, observable_ids);
      findings.error("R074", table.place(row, "observable"),
                     fmt::format("unknown observable `{}`", observable),
                     near.empty() ? std::string() : fmt::format("did you mean `{}`?", near));
    }
    if (!is_known_evidence_unit(table.cell(row, "unit")))
      findings.error("R073", table.place(row, "unit"),
                     fmt::format("unknown unit `{}`", table.cell(row, "unit")),
                     "see evidence/README.md for the units");
    if (sources.count(table.cell(row, "sourceId")) == 0)
      findings.error("R045", table.place(row, "sourceId"),
                     fmt::format("source `{}` is not in sources.tsv", table.cell(row, "sourceId")),
                     "add the record or correct the id");
  }
}

std::set<std::string> check_sources(const fs::path& file, base::Diagnostics& findings) {
  const auto table = base::Table::read(file, findings);
  table.require_columns({"sourceId", "pmid", "doi", "citation", "year", "kind", "note"}, findings);
  table.require_unique("sourceId", findings);
  std::set<std::string> ids;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    for (const std::string_view column : {"sourceId", "citation"})
      require_filled(table, row, column, findings);
    for (const std::string_view column : {"pmid", "year"}) table.number(row, column, findings);
    require_one_of(table, row, "kind", {"primary", "secondary", "registry", "model file"}, true, findings);
    ids.insert(table.cell(row, "sourceId"));
  }
  return ids;
}

void check_constants(const fs::path& file, const std::set<std::string>& sources,
                     base::Diagnostics& findings) {
  const auto table = base::Table::read(file, findings);
  table.require_columns({"constantId", "quantity", "subject", "species", "system", "condition", "value",
                         "unit", "spread", "spreadKind", "n", "sourceId", "seen", "note"},
                        findings);
  table.require_unique("constantId", findings);
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    for (const std::string_view column : {"constantId", "quantity"})
      require_filled(table, row, column, findings);
    required_number(table, row, "value", findings);
    for (const std::string_view column : {"spread", "n"}) table.number(row, column, findings);
    read_choice(table, row, "spreadKind", k_spread_kinds, findings);
    require_one_of(table, row, "species", species_names(), true, findings);
    require_one_of(table, row, "seen", seen_names(), false, findings);
    if (sources.count(table.cell(row, "sourceId")) == 0)
      findings.error("R045", table.place(row, "sourceId"),
                     fmt::format("source `{}` is not in sources.tsv", table.cell(row, "sourceId")),
                     "add the record or correct the id");
  }
}

void check_compounds(const fs::path& file, base::Diagnostics& findings) {
  static const std::vector<std::string> number_columns = {
      "ki_5ht2a_nM", "gq_ec50_nM",  "gq_emax_pct_5ht",   "barr2_ec50_nM", "barr2_emax_pct_5ht",
      "ki_5ht1a_nM", "ki_5ht2c_nM", "trkb_kd_nM",        "logp",          "mw",
      "tpsa",        "hbd",         "htr_ed50_mg_per_kg"};
  static const std::vector<std::string> outcome_columns = {"htr_mouse", "human_hallucinogenic", "plasticity",
                                                           "antidepressant_like"};
  const auto table = base::Table::read(file, findings);
  auto columns = number_columns;
  columns.insert(columns.end(), outcome_columns.begin(), outcome_columns.end());
  columns.insert(columns.end(), {"compound", "chemotype", "mechanism", "formula", "outcome_status",
                                 "receptor_sources", "outcome_sources", "provenance"});
  table.require_columns(columns, findings);
  table.require_unique("compound", findings);
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    require_filled(table, row, "compound", findings);
    for (const auto& column : number_columns) table.number(row, column, findings);
    for (const auto& column : outcome_columns)
      require_one_of(table, row, column, {"yes", "no", "partial", "unknown"}, true, findings);
  }
}

/// The rule that calibration and validation share no row.
void check_parts_are_apart(const base::Table& calibration, const base::Table& validation,
                           base::Diagnostics& findings) {
  std::set<std::string> fitted;
  for (std::size_t row = 0; row < calibration.row_count(); ++row)
    fitted.insert(calibration.cell(row, "evidenceId"));
  for (std::size_t row = 0; row < validation.row_count(); ++row) {
    if (fitted.count(validation.cell(row, "evidenceId")) > 0)
      findings.error("R081", validation.place(row, "evidenceId"),
                     fmt::format("`{}` is in calibration.tsv too", validation.cell(row, "evidenceId")),
                     "a measurement is either fitted or predicted");
  }
}

EvidenceTable read_evidence_table(const base::Table& table, const fs::path& file,
                                  base::Diagnostics& findings) {
  EvidenceTable evidence;
  evidence.name = file.stem().string();
  evidence.file = file;
  if (!table.require_columns(evidence_columns(), findings)) return evidence;
  table.require_unique("evidenceId", findings);
  for (std::size_t row = 0; row < table.row_count(); ++row)
    evidence.rows.push_back(read_row(table, row, findings));
  const auto records = file.parent_path() / "sources.tsv";
  if (fs::is_regular_file(records)) {
    const auto sources = base::Table::read(records, findings);
    for (std::size_t row = 0; row < sources.row_count(); ++row)
      evidence.recorded_sources.insert(sources.cell(row, "sourceId"));
  }
  return evidence;
}

}  // namespace

std::string_view name_of(Transform transform) {
  for (const auto& [name, value] : k_transforms) {
    if (value == transform) return name;
  }
  return {};
}

std::string_view name_of(SpreadKind kind) {
  for (const auto& [name, value] : k_spread_kinds) {
    if (value == kind) return name;
  }
  return {};
}

std::optional<double> EvidenceRow::half_width_95() const {
  // Two-sided 95, 90 and 80 % points of the normal distribution; quartiles lie 0.6745 sd from the mean.
  constexpr double k_z95 = base::k_normal95, k_z90 = 1.6448536269514722, k_z80 = 1.2815515655446004,
                   k_z50 = 0.6744897501960817;
  if (!spread) return std::nullopt;
  const auto of_mean = [&](double sd) {
    return n ? std::optional<double>(k_z95 * sd / std::sqrt(*n)) : std::nullopt;
  };
  switch (spread_kind) {
    case SpreadKind::sem:
      return k_z95 * *spread;
    case SpreadKind::ci95_half:
      return spread;
    case SpreadKind::ci90_half:
      return *spread * k_z95 / k_z90;
    case SpreadKind::ci80_half:
      return *spread * k_z95 / k_z80;
    case SpreadKind::sd:
      return of_mean(*spread);
    case SpreadKind::iqr_half:
      return of_mean(*spread / k_z50);
    case SpreadKind::cv_percent:
      return of_mean(std::abs(value) * *spread / 100.0);
    // Log-normal: the standard error of ln(value) times the value, to first order.
    case SpreadKind::gsd:
      return *spread >= 1.0 ? of_mean(std::abs(value) * std::log(*spread)) : std::nullopt;
    case SpreadKind::none:
    case SpreadKind::ci95_half_log:
    case SpreadKind::range:
    case SpreadKind::range_log:
    case SpreadKind::iiv_cv_percent:
    case SpreadKind::iiv_omega2:
    case SpreadKind::unstated:
      return std::nullopt;
  }
  return std::nullopt;
}

EvidenceTable read_evidence(const fs::path& file, base::Diagnostics& findings) {
  return read_evidence_table(base::Table::read(file, findings), file, findings);
}

std::set<std::string> unrecorded_sources(const Library& library, const EvidenceTable& table) {
  std::set<std::string> unrecorded;
  if (library.sources.empty() && table.recorded_sources.empty()) return unrecorded;
  for (const auto& row : table.rows) unrecorded.insert(row.source_id);
  std::erase_if(unrecorded, [&](const std::string& id) {
    return table.recorded_sources.contains(id) || library.find_source(id) != nullptr;
  });
  return unrecorded;
}

Evidence read_all_evidence(const fs::path& folder, base::Diagnostics& findings) {
  return {read_evidence(folder / "calibration.tsv", findings),
          read_evidence(folder / "validation.tsv", findings)};
}

void check_evidence(const fs::path& folder, const Library& library, base::Diagnostics& findings) {
  const auto sources = check_sources(folder / "sources.tsv", findings);
  std::vector<base::Table> parts;
  for (const std::string name : {"calibration.tsv", "validation.tsv"}) {
    parts.push_back(base::Table::read(folder / name, findings));
    read_evidence_table(parts.back(), folder / name, findings);
    check_against_library(parts.back(), library, sources, findings);
  }
  check_parts_are_apart(parts[0], parts[1], findings);
  check_constants(folder / "constants.tsv", sources, findings);
  check_compounds(folder / "compounds.tsv", findings);
}

}  // namespace raad::data
