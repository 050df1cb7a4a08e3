#include "data/compounds.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/table.hpp"
#include "base/units.hpp"

namespace raad::data {
namespace {

constexpr double k_greatest_efficacy = 2.0;  // Twice serotonin: beyond it a number is a slip of the pen

struct Field {
  const char* column;
  std::optional<double> Compound::* member;
  double factor;  ///< From the column's unit to ours
  enum class Check { none, positive, efficacy } check;
};

constexpr double k_percent = 0.01;
const Field k_fields[] = {
    {"ki_5ht2a_nM", &Compound::ki_5ht2a_nM, 1.0, Field::Check::positive},
    {"gq_ec50_nM", &Compound::gq_ec50_nM, 1.0, Field::Check::positive},
    {"gq_emax_pct_5ht", &Compound::gq_efficacy, k_percent, Field::Check::efficacy},
    {"barr2_ec50_nM", &Compound::arrestin_ec50_nM, 1.0, Field::Check::positive},
    {"barr2_emax_pct_5ht", &Compound::arrestin_efficacy, k_percent, Field::Check::efficacy},
    {"ki_5ht1a_nM", &Compound::ki_5ht1a_nM, 1.0, Field::Check::positive},
    {"ki_5ht2b_nM", &Compound::ki_5ht2b_nM, 1.0, Field::Check::positive},
    {"ki_5ht2c_nM", &Compound::ki_5ht2c_nM, 1.0, Field::Check::positive},
    {"trkb_kd_nM", &Compound::trkb_kd_nM, 1.0, Field::Check::positive},
    {"logp", &Compound::log_p, 1.0, Field::Check::none},
    {"mw", &Compound::molar_mass, 1.0, Field::Check::positive},
    {"tpsa", &Compound::polar_surface_A2, 1.0, Field::Check::none},
    {"hbd", &Compound::hydrogen_bond_donors, 1.0, Field::Check::none},
    {"htr_ed50_mg_per_kg", &Compound::htr_ed50_mg_per_kg, 1.0, Field::Check::positive},
};
/// Those above that are receptor data and need a reference.
constexpr std::size_t k_receptor_fields = 9;

/// Columns of the evidence that say nothing about the model's inputs.
const std::set<std::string> k_other_columns = {
    "compound",         "chemotype",           "mechanism",
    "formula",          "htr_mouse",           "human_hallucinogenic",
    "plasticity",       "antidepressant_like", "outcome_status",
    "receptor_sources", "outcome_sources",     "provenance"};

void check(const Field& field, double value, const base::SourcePlace& place, const std::string& id,
           base::Diagnostics& findings) {
  if (field.check == Field::Check::positive && !(value > 0.0))
    findings.error("R140", place, "`" + id + "`: " + field.column + " is " + base::format_number(value),
                   "affinities, potencies and masses are above 0");
  if (field.check == Field::Check::efficacy && !(value >= 0.0 && value <= k_greatest_efficacy))
    findings.error("R141", place,
                   "`" + id + "`: an efficacy of " + base::format_number(100.0 * value) + " % of serotonin",
                   "efficacies lie between 0 and 200 %");
}

}  // namespace

std::vector<Compound> read_compounds(const std::filesystem::path& file, base::Diagnostics& findings) {
  std::vector<Compound> compounds;
  const auto table = base::Table::read(file, findings);
  if (!table.require_columns({"compound"}, findings)) return compounds;
  table.require_unique("compound", findings);
  for (const auto& column : table.columns()) {
    const bool known = k_other_columns.count(column) > 0 ||
                       std::ranges::any_of(k_fields, [&](const Field& one) { return column == one.column; });
    if (!known)
      findings.error("R080", {file.string(), 1, 0}, "unknown column `" + column + "`",
                     "columns are those of evidence/compounds.tsv");
  }
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    Compound one;
    one.id = table.cell(row, "compound");
    one.place = table.place(row, "compound");
    one.mechanism = table.cell(row, "mechanism");
    one.htr_mouse = table.cell(row, "htr_mouse");
    one.human_hallucinogenic = table.cell(row, "human_hallucinogenic");
    for (const Field& field : k_fields)
      if (const auto value = table.number(row, field.column, findings)) {
        one.*field.member = field.factor * *value;
        check(field, field.factor * *value, table.place(row, field.column), one.id, findings);
      }
    const bool measured = std::any_of(std::begin(k_fields), std::begin(k_fields) + k_receptor_fields,
                                      [&](const Field& field) { return (one.*field.member).has_value(); });
    if (measured && table.has_column("receptor_sources") && table.cell(row, "receptor_sources").empty())
      findings.error("R143", table.place(row, "receptor_sources"),
                     "`" + one.id + "`: receptor data without a reference",
                     "name its source in receptor_sources");
    compounds.push_back(std::move(one));
  }
  return compounds;
}

Compound parse_compound(const std::string& text, base::Diagnostics& findings) {
  struct Name {
    const char* column;
    const char* unit;  ///< Empty: a plain number
  };
  static const std::map<std::string, Name> names = {{"ki_5ht2a", {"ki_5ht2a_nM", "nM"}},
                                                    {"gq_ec50", {"gq_ec50_nM", "nM"}},
                                                    {"gq_emax", {"gq_emax_pct_5ht", ""}},
                                                    {"barr2_ec50", {"barr2_ec50_nM", "nM"}},
                                                    {"barr2_emax", {"barr2_emax_pct_5ht", ""}},
                                                    {"ki_5ht1a", {"ki_5ht1a_nM", "nM"}},
                                                    {"ki_5ht2b", {"ki_5ht2b_nM", "nM"}},
                                                    {"ki_5ht2c", {"ki_5ht2c_nM", "nM"}},
                                                    {"kd_trkb", {"trkb_kd_nM", "nM"}},
                                                    {"logp", {"logp", ""}},
                                                    {"mw", {"mw", ""}},
                                                    {"tpsa", {"tpsa", ""}}};
  const base::UnitTable units;
  Compound one;
  one.id = "compound";
  one.place = {"--compound"};
  for (const auto& part : base::split(text, ',')) {
    const std::string word(base::trim(part));
    const auto equals = word.find('=');
    const std::string name = base::to_lower(base::trim(word.substr(0, equals)));
    const auto known = names.find(name);
    if (equals == std::string::npos || known == names.end()) {
      findings.error("R142", one.place, "`" + word + "` is no property of a compound",
                     "for example Ki_5HT2A=12 nM, Gq_Emax=0.35, barr2_Emax=0.8, Ki_5HT1A=50 nM, Kd_TrkB=10 "
                     "nM, logP=2.4, tpsa=39");
      continue;
    }
    const std::string rest(base::trim(word.substr(equals + 1)));
    const auto blank = rest.find(' ');
    const auto value = base::parse_number(rest.substr(0, blank));
    const std::string unit(blank == std::string::npos ? "" : base::trim(rest.substr(blank + 1)));
    if (!value) {
      findings.error("R142", one.place, "`" + rest + "` is not a number with a unit");
      continue;
    }
    double factor = 1.0;
    if (*known->second.unit != '\0') {
      const auto given = units.parse(unit), wanted = units.parse(known->second.unit);
      if (unit.empty() || !given || !given->same_dimension(*wanted)) {
        findings.error("R142", one.place, "`" + word + "` needs a unit such as " + known->second.unit);
        continue;
      }
      factor = given->factor / wanted->factor;
    } else if (!unit.empty()) {
      findings.error("R142", one.place, "`" + word + "` takes no unit",
                     "efficacies are shares of serotonin's, such as 0.35");
      continue;
    }
    for (const Field& field : k_fields)
      if (std::string(field.column) == known->second.column) {
        one.*field.member = factor * *value;
        check(field, factor * *value, one.place, one.id, findings);
      }
  }
  return one;
}

}  // namespace raad::data
