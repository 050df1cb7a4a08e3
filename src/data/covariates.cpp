#include "data/covariates.hpp"

#include <algorithm>

#include "base/table.hpp"

namespace raad::data {
namespace {

Covariate::Kind read_kind(const base::Table& table, std::size_t row, base::Diagnostics& findings) {
  const std::string& text = table.cell(row, "kind");
  if (text == "categorical") return Covariate::Kind::categorical;
  if (text == "trial") return Covariate::Kind::trial;
  if (text != "continuous")
    findings.error("R088", table.place(row, "kind"), "unknown kind of covariate `" + text + "`",
                   "continuous, categorical or trial");
  return Covariate::Kind::continuous;
}

std::optional<CovariateEffect::Kind> read_effect(const base::Table& table, std::size_t row,
                                                 base::Diagnostics& findings) {
  const std::string& text = table.cell(row, "effect");
  if (text == "power") return CovariateEffect::Kind::power;
  if (text == "factor") return CovariateEffect::Kind::factor;
  if (text == "set") return CovariateEffect::Kind::set;
  if (text == "baseline_score") return CovariateEffect::Kind::baseline_score;
  if (text != "regimen")  // A co-medication belongs to the regimen, where it is written.
    findings.error("R088", table.place(row, "effect"), "unknown effect `" + text + "`",
                   "power, factor, set, baseline_score or regimen");
  return std::nullopt;
}

/// What the first row of a covariate says of the covariate itself.
Covariate read_head(const base::Table& table, std::size_t row, base::Diagnostics& findings) {
  Covariate covariate;
  covariate.id = table.cell(row, "covariateId");
  covariate.display_name = table.cell(row, "displayName");
  covariate.unit = table.cell(row, "unit");
  covariate.kind = read_kind(table, row, findings);
  covariate.reference = table.number(row, "reference", findings).value_or(0.0);
  covariate.log_normal = table.cell(row, "distribution") == "lognormal";
  covariate.mean = table.number(row, "mean", findings);
  covariate.sd = table.number(row, "sd", findings);
  covariate.lower = table.number(row, "lower", findings);
  covariate.upper = table.number(row, "upper", findings);
  return covariate;
}

}  // namespace

int Covariate::find_category(const std::string& name) const {
  for (std::size_t i = 0; i < categories.size(); ++i)
    if (categories[i].name == name) return static_cast<int>(i);
  return -1;
}

std::vector<Covariate> read_covariates(const std::filesystem::path& file, const std::string& system_name,
                                       base::Diagnostics& findings) {
  std::vector<Covariate> covariates;
  if (!std::filesystem::exists(file)) return covariates;
  const auto table = base::Table::read(file, findings);
  if (!table.require_columns(
          {"covariateId", "displayName", "kind", "category", "share", "unit", "reference", "distribution",
           "mean", "sd", "lower", "upper", "parameterId", "effect", "value", "systems"},
          findings))
    return covariates;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    const std::string& systems = table.cell(row, "systems");
    if (systems != "both" && systems != system_name) continue;
    const auto known = std::ranges::find(covariates, table.cell(row, "covariateId"), &Covariate::id);
    const bool is_new = known == covariates.end();
    if (is_new) covariates.push_back(read_head(table, row, findings));
    Covariate& covariate = is_new ? covariates.back() : *known;
    CovariateEffect effect;
    effect.parameter_id = table.cell(row, "parameterId");
    if (covariate.kind == Covariate::Kind::categorical) {
      const std::string& category = table.cell(row, "category");
      effect.category = covariate.find_category(category);
      if (effect.category < 0) {
        effect.category = static_cast<int>(covariate.categories.size());
        covariate.categories.push_back({category, table.number(row, "share", findings).value_or(0.0)});
      }
    }
    const auto kind = read_effect(table, row, findings);
    if (!kind) continue;
    effect.kind = *kind;
    effect.value =
        effect.kind == CovariateEffect::Kind::baseline_score || covariate.kind == Covariate::Kind::trial
            ? 0.0
            : table.number(row, "value", findings).value_or(0.0);
    covariate.effects.push_back(std::move(effect));
  }
  return covariates;
}

std::vector<Correlation> read_correlations(const std::filesystem::path& file, base::Diagnostics& findings) {
  std::vector<Correlation> correlations;
  if (!std::filesystem::exists(file)) return correlations;
  const auto table = base::Table::read(file, findings);
  if (!table.require_columns({"parameterId1", "parameterId2", "rho"}, findings)) return correlations;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    const auto rho = table.number(row, "rho", findings);
    if (rho && !(*rho > -1.0 && *rho < 1.0))
      findings.error("R088", table.place(row, "rho"), "a correlation lies between -1 and 1", "correct rho");
    correlations.push_back({table.cell(row, "parameterId1"), table.cell(row, "parameterId2"),
                            rho.value_or(0.0), table.place(row, "rho")});
  }
  return correlations;
}

}  // namespace raad::data
