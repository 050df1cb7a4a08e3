// Published measurements, one number a row, with dose, time, spread and source.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.hpp"
#include "data/library.hpp"
#include "dose/regimen.hpp"

namespace raad::data {

/// How a row's number relates to what was measured.
enum class Transform {
  absolute,
  change_from_baseline,
  percent_of_baseline,
  difference_vs_comparator,
  fold,
  rate
};

/// What `spread` is; half-widths ending in `_log` are on the natural-logarithm scale.
enum class SpreadKind {
  none,
  sd,
  sem,
  ci95_half,
  ci90_half,
  ci80_half,
  ci95_half_log,
  range,
  range_log,
  iqr_half,
  gsd,
  cv_percent,
  iiv_cv_percent,
  iiv_omega2,
  unstated,
};

std::string_view name_of(Transform transform);
std::string_view name_of(SpreadKind kind);

/// A row of calibration.tsv or validation.tsv (evidence/README.md has the columns).
struct EvidenceRow {
  std::string id;
  std::string observable;
  std::string species;
  std::string population;
  std::string arm;
  std::string regimen_text;
  dose::Regimen regimen;        ///< Empty when `regimen_problem` is not
  std::string regimen_problem;  ///< Why the regimen does not parse; such a row is skipped with this reason
  std::string comparator;
  std::optional<double> time_h;  ///< From the first dose at 0 h; empty: not tied to a time
  double value = 0.0;
  std::string unit;
  std::optional<double> spread;
  SpreadKind spread_kind = SpreadKind::none;
  std::optional<double> n;
  Transform transform = Transform::absolute;
  std::string source_id;
  std::string seen;  ///< full_text, abstract, secondary
  std::string weight_note;
  std::string note;
  base::SourcePlace place;

  /// Half-width of the 95 % interval of the row's number [unit of the row] from spread and n. Between-subject
  /// spreads (sd, iqr_half, gsd, cv_percent) become standard errors and so need n. Empty for kinds that give
  /// none: ranges, log-scale intervals, between-subject variances of a parameter, unstated.
  std::optional<double> half_width_95() const;
};

/// One file of evidence.
struct EvidenceTable {
  std::string name;  ///< Stem of the file: calibration, validation, ...
  std::filesystem::path file;
  std::vector<EvidenceRow> rows;
  std::set<std::string> recorded_sources;  ///< Ids of a `sources.tsv` beside the file
};

/// The two files of the project.
struct Evidence {
  EvidenceTable calibration;
  EvidenceTable validation;
};

/// Reads a file in the format of evidence/README.md. Errors are for a malformed table only: missing columns
/// (R080), cells (R087), repeated ids (R081), text where a number belongs (R082), values not allowed (R088).
/// A regimen that does not parse is kept with its reason, since such a row is skipped by a study, not fatal.
EvidenceTable read_evidence(const std::filesystem::path& file, base::Diagnostics& findings);

/// Sources that rows cite and that have a record neither in the library nor beside the table. Empty where
/// neither keeps records.
std::set<std::string> unrecorded_sources(const Library& library, const EvidenceTable& table);

/// Reads calibration.tsv and validation.tsv of the folder.
Evidence read_all_evidence(const std::filesystem::path& folder, base::Diagnostics& findings);

/// Everything `raad check evidence` looks at, over calibration, validation, constants, compounds and sources:
/// what `read_evidence` reports, and that regimens parse (R077), observables (R074), units (R073) and sources
/// (R045) are known, and that no row is in both calibration and validation (R081). Nothing is judged about
/// the science.
void check_evidence(const std::filesystem::path& folder, const Library& library, base::Diagnostics& findings);

}  // namespace raad::data
