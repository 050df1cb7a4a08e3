#include "study/validation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/table.hpp"
#include "study/validation_rows.hpp"

namespace raad::study {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();
constexpr double k_normal95 = 1.959963985;  // Half-width of a 95 % interval in standard deviations
// Where the library has no spread for a family: half a natural logarithm (a factor of 1.6), and linearly half
// of the number itself; said in the row's note.
constexpr double k_unknown_log_spread = 0.5, k_unknown_share = 0.5;
// A prediction of nothing where something was measured is off by a factor, not infinitely.
constexpr double k_least_ratio = 1e-3;
// Spreads from fewer rows say little: the family then takes that of all its scales.
constexpr int k_least_rows = 3;

ScoreScale scale_of(const data::EvidenceRow& row, const std::string& family) {
  if (row.unit == "sign" || row.unit == "boolean") return ScoreScale::sign;
  const bool ratio_scale = family == "exposure" || row.unit == "h" || row.unit == "ratio" ||
                           row.unit == "count" || row.unit == "count/min" || row.unit == "L" ||
                           row.unit == "L/h" || row.unit == "d";
  return ratio_scale && row.value > 0.0 ? ScoreScale::logarithmic : ScoreScale::linear;
}

/// Standard error of the datum on its scale; 0 where the row states none.
double sampling_spread(const data::EvidenceRow& row, ScoreScale scale) {
  if (row.transform == data::Transform::rate && row.unit == "percent" && row.n && *row.n > 0.0 &&
      !row.half_width_95()) {
    // A share of people, with half a person more on either side so that 0 of n is not certain.
    const double share = (row.value / 100.0 * *row.n + 0.5) / (*row.n + 1.0);
    return 100.0 * std::sqrt(share * (1.0 - share) / *row.n);
  }
  if (row.spread && row.spread_kind == data::SpreadKind::ci95_half_log && scale == ScoreScale::logarithmic)
    return *row.spread / k_normal95;
  const auto half_width = row.half_width_95();
  if (!half_width) return 0.0;
  const double linear = *half_width / k_normal95;
  return scale == ScoreScale::logarithmic ? linear / row.value : linear;
}

double on_scale(double value, ScoreScale scale) {
  return scale == ScoreScale::logarithmic ? std::log(value) : value;
}

double back(double value, ScoreScale scale) {
  return scale == ScoreScale::logarithmic ? std::exp(value) : value;
}

std::string spread_unit(const data::EvidenceRow& row, ScoreScale scale) {
  return scale == ScoreScale::linear ? row.unit : "";
}

const PredictionSpread* find_spread(const std::vector<PredictionSpread>& spreads,
                                    const ValidationScore& score) {
  const std::string unit = spread_unit(*score.row, score.scale);
  const auto found = std::ranges::find_if(spreads, [&](const PredictionSpread& one) {
    return one.family == score.family && one.scale == score.scale && one.unit == unit;
  });
  return found == spreads.end() ? nullptr : &*found;
}

void fill_intervals(ValidationScore& score, const std::vector<PredictionSpread>& spreads) {
  const double observed = score.row->value;
  if (score.scale == ScoreScale::sign) {
    score.lower50 = score.upper50 = score.lower90 = score.upper90 = score.predicted;
    score.z = k_nan;
    score.inside = score.predicted == observed;
    return;
  }
  if (score.scale == ScoreScale::logarithmic)
    score.predicted = std::max(score.predicted, k_least_ratio * observed);
  double between = 0.0;
  if (const auto* known = find_spread(spreads, score)) {
    between = known->spread;
  } else {
    between =
        score.scale == ScoreScale::logarithmic ? k_unknown_log_spread : k_unknown_share * std::abs(observed);
    score.note = "no spread is known for this family: a wide one is taken";
  }
  score.total_spread = std::hypot(score.sampling_spread, between);
  const double center = on_scale(score.predicted, score.scale);
  score.lower50 = back(center - k_interval50 * score.total_spread, score.scale);
  score.upper50 = back(center + k_interval50 * score.total_spread, score.scale);
  score.lower90 = back(center - k_interval90 * score.total_spread, score.scale);
  score.upper90 = back(center + k_interval90 * score.total_spread, score.scale);
  const double residual = center - on_scale(observed, score.scale);
  score.z = score.total_spread > 0.0 ? residual / score.total_spread : k_nan;
  score.inside = observed >= score.lower90 && observed <= score.upper90;
}

void summarise(ValidationResult& result) {
  std::map<std::pair<std::string, std::string>, std::vector<const ValidationScore*>> groups;
  for (const auto& score : result.scores) {
    groups[{score.file, score.family}].push_back(&score);
    groups[{score.file, "all"}].push_back(&score);
  }
  for (const auto& [key, scores] : groups) {
    ValidationSummary summary;
    summary.file = key.first;
    summary.family = key.second;
    int measured = 0;
    double sum = 0.0, squares = 0.0, inside50 = 0.0, inside90 = 0.0;
    for (const auto* score : scores) {
      if (!score->scored()) {
        ++summary.skipped;
        continue;
      }
      ++summary.scored;
      if (score->scale == ScoreScale::sign) {
        ++summary.signs;
        summary.signs_right += score->inside ? 1 : 0;
        continue;
      }
      ++measured;
      sum += score->z;
      squares += score->z * score->z;
      inside50 += score->row->value >= score->lower50 && score->row->value <= score->upper50 ? 1.0 : 0.0;
      inside90 += score->inside ? 1.0 : 0.0;
    }
    const double count = measured > 0 ? measured : k_nan;
    summary.bias = sum / count;
    summary.root_mean_square = std::sqrt(squares / count);
    summary.inside50 = inside50 / count;
    summary.inside90 = inside90 / count;
    result.summaries.push_back(std::move(summary));
  }
}

}  // namespace

std::vector<PredictionSpread> read_prediction_spreads(const data::Library& library,
                                                      base::Diagnostics& findings) {
  std::vector<PredictionSpread> spreads;
  const auto file = library.file("prediction_spread.tsv");
  if (!std::filesystem::exists(file)) return spreads;
  const auto table = base::Table::read(file, findings);
  if (!table.require_columns({"family", "scale", "unit", "spread", "rows"}, findings)) return spreads;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    PredictionSpread one;
    one.family = table.cell(row, "family");
    one.scale = table.cell(row, "scale") == "log" ? ScoreScale::logarithmic : ScoreScale::linear;
    one.unit = table.cell(row, "unit");
    one.spread = table.number(row, "spread", findings).value_or(0.0);
    one.rows = static_cast<int>(table.number(row, "rows", findings).value_or(0.0));
    spreads.push_back(std::move(one));
  }
  return spreads;
}

ValidationResult validate(const data::Library& library, const std::vector<const data::EvidenceTable*>& tables,
                          const std::vector<PredictionSpread>& spreads, const ValidationSettings& settings) {
  Arms arms(library, {settings.hypotheses, settings.settings, settings.solver, settings.subjects,
                      settings.seed, settings.threads});
  std::vector<RowPlan> plans;
  for (const auto* table : tables)
    for (const auto& row : table->rows) plans.push_back(plan_row(library, *table, row, arms));
  arms.run();

  ValidationResult result;
  result.runs = arms.count();
  result.failed_runs = arms.failed_count();
  for (auto& plan : plans) {
    ValidationScore score;
    score.row = plan.row;
    score.file = plan.file;
    score.family = plan.family;
    if (plan.skipped.empty()) score.predicted = predict(plan, arms);
    score.skipped = plan.skipped;
    if (score.scored()) {
      score.scale = scale_of(*plan.row, plan.family);
      score.sampling_spread = sampling_spread(*plan.row, score.scale);
      fill_intervals(score, spreads);
    }
    result.scores.push_back(std::move(score));
  }
  summarise(result);
  return result;
}

std::vector<PredictionSpread> estimate_spreads(const ValidationResult& result) {
  struct Group {
    std::vector<double> residuals, sampling;
  };
  std::map<std::tuple<std::string, ScoreScale, std::string>, Group> groups;
  for (const auto& score : result.scores) {
    if (!score.scored() || score.scale == ScoreScale::sign || score.file != "calibration") continue;
    auto& group = groups[{score.family, score.scale, spread_unit(*score.row, score.scale)}];
    group.residuals.push_back(
        std::abs(on_scale(score.predicted, score.scale) - on_scale(score.row->value, score.scale)));
    group.sampling.push_back(score.sampling_spread);
  }
  std::vector<PredictionSpread> spreads;
  for (const auto& [key, group] : groups) {
    if (static_cast<int>(group.residuals.size()) < k_least_rows) continue;
    // The spread at which half of the rows lie within the 50 % interval, or nine tenths within the 90 %
    // interval, whichever is wider; by bisection, since a wider spread never loses a row.
    const auto covers = [&](double spread, double factor, double share) {
      double inside = 0.0;
      for (std::size_t i = 0; i < group.residuals.size(); ++i)
        inside += group.residuals[i] <= factor * std::hypot(group.sampling[i], spread) ? 1.0 : 0.0;
      return inside >= share * static_cast<double>(group.residuals.size());
    };
    double low = 0.0, high = 1.0;
    const auto good = [&](double spread) {
      return covers(spread, k_interval50, 0.5) && covers(spread, k_interval90, 0.9);
    };
    while (!good(high)) high *= 2.0;
    for (int i = 0; i < 60; ++i) (good(0.5 * (low + high)) ? high : low) = 0.5 * (low + high);
    spreads.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), high,
                       static_cast<int>(group.residuals.size())});
  }
  return spreads;
}

}  // namespace raad::study
