#include "model/parameter_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace raad::model {
namespace {

using base::Diagnostics;
using base::Table;

const std::vector<std::string> k_required_columns = {"parameterId", "nominalValue", "unit", "sourceKind",
                                                     "sourceId"};
const std::vector<std::string> k_source_kinds = {"measured", "derived", "fitted", "assumed", "unknown"};
const std::vector<std::string> k_distributions = {"none", "lognormal", "logitnormal", "normal"};

/// NCBI taxonomy numbers of the two systems.
constexpr std::string_view k_human_taxon = "9606";
constexpr std::string_view k_mouse_taxon = "10090";

// `internal:` marks reasoning of the project itself (unit conversions, assumptions); it has no bibliographic
// record.
constexpr std::string_view k_internal_source = "internal:";

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

bool is_one_of(const std::string& word, const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Checks one row after another; what a row claims is compared with itself, never with other files.
class RowReader {
 public:
  RowReader(const Table& table, const LoadOptions& options, const std::string& system, Diagnostics& findings)
      : table_(table),
        options_(options),
        system_(system),
        findings_(findings),
        known_sources_(options.known_sources.begin(), options.known_sources.end()) {}

  std::optional<ParameterRow> read(std::size_t index) {
    index_ = index;
    ParameterRow row;
    row.parameter_id = cell("parameterId");
    row.place = table_.place(index, "parameterId");
    if (row.parameter_id.empty()) {
      findings_.error("R042", row.place, "row without parameterId", "name the parameter or remove the row");
      return std::nullopt;
    }
    row.unit_text = cell("unit");
    row.applies_to = read_applies_to();
    row.provenance = read_provenance(row.place);
    const auto value = table_.number(index, "nominalValue", findings_);
    if (!value && cell("nominalValue").empty())
      findings_.error("R082", table_.place(index, "nominalValue"), "`" + row.parameter_id + "` has no value",
                      "fill nominalValue");
    row.value = value.value_or(0.0);
    if (value) check_bounds(row);
    check_sources(row);
    if (options_.check_provenance) check_claims(row);
    return row;
  }

 private:
  const std::string& cell(std::string_view column) const { return table_.cell(index_, column); }

  void check_word(std::string_view column, const std::vector<std::string>& allowed) {
    if (cell(column).empty() || is_one_of(cell(column), allowed)) return;
    findings_.error("R088", table_.place(index_, column),
                    "`" + cell(column) + "` is no " + std::string(column), "allowed: " + joined(allowed));
  }

  AppliesTo read_applies_to() {
    check_word("appliesTo", {"both", "human", "mouse", "alone"});
    const auto& text = cell("appliesTo");
    if (text == "human") return AppliesTo::human;
    if (text == "mouse") return AppliesTo::mouse;
    return text == "alone" ? AppliesTo::alone : AppliesTo::both;
  }

  Provenance read_provenance(const base::SourcePlace& place) {
    check_word("sourceKind", k_source_kinds);
    check_word("bsvDistribution", k_distributions);
    Provenance provenance;
    provenance.kind = cell("sourceKind");
    provenance.source_id = cell("sourceId");
    provenance.locator = cell("sourceLocator");
    provenance.specification_id = cell("specId");
    provenance.note = cell("note");
    provenance.spread = cell("spread");
    provenance.distribution = cell("bsvDistribution").empty() ? "none" : cell("bsvDistribution");
    provenance.between_subject_cv = optional_number("bsvCv");
    check_word("bsvGroup", {"subject", "trial", "-"});
    provenance.varies_by_trial = cell("bsvGroup") == "trial";
    provenance.lower = optional_number("lowerBound");
    provenance.upper = optional_number("upperBound");
    provenance.place = place;
    return provenance;
  }

  // authoring.md writes `-` where a column does not apply.
  std::optional<double> optional_number(std::string_view column) {
    if (!table_.has_column(column) || cell(column) == "-") return std::nullopt;
    return table_.number(index_, column, findings_);
  }

  void check_bounds(const ParameterRow& row) {
    const auto& [lower, upper] = std::pair(row.provenance.lower, row.provenance.upper);
    const auto place = table_.place(index_, "nominalValue");
    const std::string value = base::format_number(row.value);
    if (lower && upper && *lower > *upper)
      findings_.error("R046", place, fmt::format("`{}`: lowerBound is above upperBound", row.parameter_id),
                      "exchange them");
    else if ((lower && row.value < *lower) || (upper && row.value > *upper))
      findings_.error("R046", place,
                      fmt::format("`{}` = {} is outside its bounds {} to {}", row.parameter_id, value,
                                  lower ? base::format_number(*lower) : "-infinity",
                                  upper ? base::format_number(*upper) : "infinity"),
                      "correct the value or the bounds");
    const auto& distribution = row.provenance.distribution;
    const bool varies = row.provenance.between_subject_cv.value_or(0.0) > 0.0;
    if (varies && distribution == "logitnormal" && !(row.value > 0.0 && row.value < 1.0))
      findings_.error("R046", place,
                      fmt::format("`{}` = {} cannot vary on the logit scale", row.parameter_id, value),
                      "a logit-normal share lies between 0 and 1");
    const auto& prior = cell("priorDistribution");
    const bool positive_only = (varies && distribution == "lognormal") || prior == "log-normal" ||
                               prior == "logNormal" || prior == "parameterScaleLogNormal";
    if (positive_only && !(row.value > 0.0))
      findings_.error("R046", place, fmt::format("`{}` = {} has no logarithm", row.parameter_id, value),
                      "a log-normal quantity is positive");
  }

  void check_sources(const ParameterRow& row) {
    const auto& provenance = row.provenance;
    // `unknown` stands in tables that were written from files of other programs: they run, but no check
    // passes.
    if (options_.check_provenance &&
        (provenance.kind.empty() || provenance.kind == "unknown" || provenance.source_id.empty()))
      findings_.error("R043", row.place, "`" + row.parameter_id + "` has no source",
                      "fill sourceKind and sourceId");
    if (known_sources_.empty()) return;
    for (const auto& part : base::split(provenance.source_id, ';')) {
      const std::string id(base::trim(part));
      if (id.empty() || id.starts_with(k_internal_source) || known_sources_.contains(id)) continue;
      const auto nearest = base::nearest_name(id, options_.known_sources);
      findings_.error("R045", table_.place(index_, "sourceId"), "source `" + id + "` is not in sources.tsv",
                      nearest.empty() ? "add its record" : "did you mean `" + nearest + "`?");
    }
  }

  // An assumed number is a judgement: confidence D of authoring.md section 5 is the only one it can have.
  void check_claims(const ParameterRow& row) {
    const auto& confidence = cell("confidence");
    if (row.provenance.kind == "assumed" && !confidence.empty() && confidence != "D")
      findings_.warning("R044", table_.place(index_, "confidence"),
                        fmt::format("`{}` is assumed but claims confidence {}", row.parameter_id, confidence),
                        "an assumed value has confidence D");
    if (row.applies_to == AppliesTo::alone) return;
    const auto& species = cell("species");
    const bool mouse =
        row.applies_to == AppliesTo::mouse || (row.applies_to == AppliesTo::both && system_ == "mouse");
    const auto taxon = mouse ? k_mouse_taxon : k_human_taxon;
    const bool explained = !row.provenance.note.empty();
    if (!species.empty() && species != "-" && species != taxon && !explained)
      findings_.warning(
          "R047", table_.place(index_, "species"),
          fmt::format("`{}` was measured in species {}, the model is {}", row.parameter_id, species, taxon),
          "say in the note why the value carries over");
  }

  const Table& table_;
  const LoadOptions& options_;
  const std::string& system_;
  Diagnostics& findings_;
  std::set<std::string> known_sources_;
  std::size_t index_ = 0;
};

// A parameter has one row a system; `both` counts for human and mouse.
void check_repeats(const ParameterTable& table, Diagnostics& findings) {
  std::map<std::pair<std::string, AppliesTo>, const ParameterRow*> seen;
  for (const auto& row : table.rows) {
    std::vector<AppliesTo> claimed = {row.applies_to};
    if (row.applies_to == AppliesTo::both) claimed = {AppliesTo::human, AppliesTo::mouse};
    for (const auto system : claimed) {
      const auto [first, inserted] = seen.try_emplace({row.parameter_id, system}, &row);
      if (inserted) continue;
      findings.error("R081", row.place, "`" + row.parameter_id + "` has two rows for one system",
                     fmt::format("the first is in line {}; keep one", first->second->place.line));
      break;
    }
  }
}

}  // namespace

ParameterTable read_parameter_table(const std::filesystem::path& file, const LoadOptions& options,
                                    const std::string& system, Diagnostics& findings) {
  const Table cells = Table::read(file, findings);
  ParameterTable table;
  table.file = cells.file();
  if (!cells.require_columns(k_required_columns, findings)) return table;
  RowReader reader(cells, options, system, findings);
  for (std::size_t row = 0; row < cells.row_count(); ++row)
    if (auto read = reader.read(row)) table.rows.push_back(std::move(*read));
  check_repeats(table, findings);
  return table;
}

const ParameterRow* applicable_row(const ParameterTable& table, const std::string& parameter_id,
                                   const std::string& system, bool is_main) {
  const ParameterRow* found = nullptr;
  const auto own = system == "mouse" ? AppliesTo::mouse : AppliesTo::human;
  for (const auto& row : table.rows) {
    if (row.parameter_id != parameter_id) continue;
    if (row.applies_to == AppliesTo::alone) {
      if (is_main) return &row;
    } else if (row.applies_to == AppliesTo::both || row.applies_to == own) {
      found = &row;
    }
  }
  return found;
}

}  // namespace raad::model
