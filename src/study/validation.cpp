#include "study/validation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/random.hpp"
#include "base/table.hpp"
#include "study/parameter_draws.hpp"
#include "study/trial_layer.hpp"
#include "study/validation_rows.hpp"

namespace raad::study {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();
// Where the library has no spread for a family: half a natural logarithm (a factor of 1.6), and linearly half
// of the number itself; said in the row's note.
constexpr double k_unknown_log_spread = 0.5, k_unknown_share = 0.5;
// A prediction of nothing where something was measured is off by a factor, not infinitely.
constexpr double k_least_ratio = 1e-3;
// One or two studies say little about how studies differ: then as where nothing is known, by half of what is
// measured (root mean square over the rows). A measure keeps a spread of its own all the same, because that
// of the family mixes changes of a few percent with shares of all spines.
constexpr int k_least_studies = 3;
// The tenth study out of ten cannot be told from fewer; the tails of Student's t then stand for it.
constexpr int k_studies_for_tails = 10;
// The library was fitted to these very rows, so new studies will lie farther off: Akaike's final prediction
// error (1970, doi:10.1007/BF02506337), sqrt((n + p)/(n - p)), for half as many fitted parameters p as
// studies n. The tables hold more (clinic 6 for 8 studies, exposure 4 for 6, plasticity 16 for 3), where the
// formula ends.
constexpr double k_optimism = 1.7320508;

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
    return *row.spread / base::k_normal95;
  const auto half_width = row.half_width_95();
  if (!half_width) return 0.0;
  const double linear = *half_width / base::k_normal95;
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
  const auto find = [&](const std::string& measure) -> const PredictionSpread* {
    const auto found = std::ranges::find_if(spreads, [&](const PredictionSpread& one) {
      return one.family == score.family && one.scale == score.scale && one.unit == unit &&
             one.measure == measure;
    });
    return found == spreads.end() ? nullptr : &*found;
  };
  const auto* own = find(score.measure);
  return own != nullptr ? own : find("");
}

void add_note(std::string& note, const std::string& text) {
  note += (note.empty() ? "" : "; ") + text;
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
    add_note(score.note, "no spread is known for this family: a wide one is taken");
  }
  score.family_spread = between;
  // The families' spreads hold what calibration residuals show; a prediction that the parameters alone leave
  // more open than that is no better known.
  score.total_spread = std::hypot(score.sampling_spread, std::max(between, score.parameter_spread));
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
  if (!table.require_columns({"family", "scale", "unit", "measure", "spread", "rows"}, findings))
    return spreads;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    PredictionSpread one;
    one.family = table.cell(row, "family");
    one.scale = table.cell(row, "scale") == "log" ? ScoreScale::logarithmic : ScoreScale::linear;
    one.unit = table.cell(row, "unit");
    one.measure = table.cell(row, "measure");
    one.spread = table.number(row, "spread", findings).value_or(0.0);
    one.rows = static_cast<int>(table.number(row, "rows", findings).value_or(0.0));
    spreads.push_back(std::move(one));
  }
  return spreads;
}

namespace {

RowPlan skipped_row(const data::Library& library, const data::EvidenceTable& table,
                    const data::EvidenceRow& row, const std::string& reason) {
  RowPlan plan;
  plan.row = &row;
  plan.file = table.name;
  plan.family = family_of(library, row);
  plan.skipped = reason;
  return plan;
}

/// Predictions without intervals.
ValidationResult predictions(const data::Library& library,
                             const std::vector<const data::EvidenceTable*>& tables,
                             const ValidationSettings& settings) {
  Arms arms(library, {settings.hypotheses, settings.settings, settings.solver, settings.subjects,
                      settings.seed, settings.threads, settings.also_varying, settings.cache});
  check_settings({&arms.system("human"), &arms.system("mouse")}, settings.settings);
  std::vector<RowPlan> plans;
  for (const auto* table : tables) {
    const auto unrecorded = data::unrecorded_sources(library, *table);
    for (const auto& row : table->rows) {
      if (settings.wanted && !settings.wanted(row)) continue;
      plans.push_back(unrecorded.contains(row.source_id)
                          ? skipped_row(library, *table, row, "unknown source `" + row.source_id + "`")
                          : plan_row(library, *table, row, arms));
    }
  }
  arms.run();

  ValidationResult result;
  result.runs = arms.count();
  result.failed_runs = arms.failed_count();
  result.first_failure = arms.first_failure();
  for (auto& plan : plans) {
    ValidationScore score;
    score.row = plan.row;
    score.file = plan.file;
    score.family = plan.family;
    score.measure = plan.measure;
    if (plan.skipped.empty()) score.predicted = predict(plan, arms);
    score.skipped = plan.skipped;
    score.note = plan.note;
    if (score.scored()) {
      score.scale = scale_of(*plan.row, plan.family);
      score.sampling_spread = sampling_spread(*plan.row, score.scale);
    }
    result.scores.push_back(std::move(score));
  }
  return result;
}

/// Standard deviation of each prediction, on its scale, over draws of the parameters.
void add_parameter_spreads(const data::Library& library,
                           const std::vector<const data::EvidenceTable*>& tables,
                           const ValidationSettings& settings, ValidationResult& result) {
  std::vector<std::string> fixed;
  for (const auto& [id, value] : settings.settings) fixed.push_back(id);
  const auto& human = settings.cache->system("human");
  const auto& mouse = settings.cache->system("mouse");
  const auto drawn = draw_parameters(library, {&human, &mouse}, fixed,
                                     static_cast<std::size_t>(settings.uncertainty_draws), settings.seed);
  auto one_draw = settings;
  one_draw.also_varying.insert(one_draw.also_varying.end(), drawn.ids.begin(), drawn.ids.end());
  std::vector<std::vector<double>> values(result.scores.size());
  for (const auto& set : drawn.sets) {
    one_draw.settings = settings.settings;
    for (std::size_t i = 0; i < set.size(); ++i) one_draw.settings.emplace_back(drawn.ids[i], set[i]);
    const auto predicted = predictions(library, tables, one_draw);
    ++result.draws;
    if (predicted.failed_runs > 0 && ++result.failed_draws == 1)
      result.first_failure = predicted.first_failure;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto& score = predicted.scores[i];
      if (!score.scored() || score.scale == ScoreScale::sign) continue;
      const double value = score.scale == ScoreScale::logarithmic
                               ? std::max(score.predicted, k_least_ratio * score.row->value)
                               : score.predicted;
      values[i].push_back(on_scale(value, score.scale));
    }
    if (settings.progress) settings.progress(result.draws, settings.uncertainty_draws);
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto count = static_cast<double>(values[i].size());
    if (values[i].size() < 2) continue;
    double mean = 0.0, squares = 0.0;
    for (const double value : values[i]) mean += value / count;
    for (const double value : values[i]) squares += (value - mean) * (value - mean);
    result.scores[i].parameter_spread = std::sqrt(squares / (count - 1.0));
  }
}

}  // namespace

ValidationResult validate(const data::Library& library, const std::vector<const data::EvidenceTable*>& tables,
                          const std::vector<PredictionSpread>& spreads, const ValidationSettings& settings) {
  auto with_cache = settings;
  if (!with_cache.cache) with_cache.cache = std::make_shared<ArmCache>(library);
  auto result = predictions(library, tables, with_cache);
  if (settings.uncertainty_draws > 0) add_parameter_spreads(library, tables, with_cache, result);
  for (auto& score : result.scores)
    if (score.scored()) fill_intervals(score, spreads);
  summarise(result);
  return result;
}

namespace {

/// The middle one, 0 of none.
double middle(std::vector<double> values) {
  if (values.empty()) return 0.0;
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, place);
  return *place;
}

/// Calibration rows that share a spread.
struct SpreadGroup {
  struct Residual {
    double size = 0.0, sampling = 0.0, magnitude = 0.0;  ///< On the scale
    std::string source;
  };
  std::vector<Residual> residuals;

  int source_count() const {
    std::set<std::string> sources;
    for (const auto& one : residuals) sources.insert(one.source);
    return static_cast<int>(sources.size());
  }

  /// The least spread at which half of the rows lie within the 50 % interval and nine tenths within the 90 %
  /// interval; by bisection, since a wider spread never loses a row.
  double spread() const {
    std::map<std::string, double> rows_of;
    for (const auto& one : residuals) rows_of[one.source] += 1.0;
    // A hair less, so that rounding of the weights does not ask for one row more. By row as well: of two
    // studies the one that fits would else hide the other.
    const auto covers = [&](double spread, double factor, double share) {
      double by_study = 0.0, by_row = 0.0;
      for (const auto& one : residuals)
        if (one.size <= factor * std::hypot(one.sampling, spread)) {
          by_study += 1.0 / rows_of.at(one.source);
          by_row += 1.0;
        }
      return by_study >= (share - 1e-9) * static_cast<double>(rows_of.size()) &&
             by_row >= share * static_cast<double>(residuals.size());
    };
    const auto good = [&](double spread) {
      return covers(spread, k_interval50, 0.5) &&
             (source_count() < k_studies_for_tails || covers(spread, k_interval90, 0.9));
    };
    double low = 0.0, high = 1.0;
    while (!good(high)) high *= 2.0;
    for (int i = 0; i < 60; ++i) (good(0.5 * (low + high)) ? high : low) = 0.5 * (low + high);
    std::vector<double> magnitudes, known;
    for (const auto& one : residuals) {
      magnitudes.push_back(one.magnitude);
      if (one.sampling > 0.0) known.push_back(one.sampling);
    }
    double square = 0.0;
    for (const double one : magnitudes) square += one * one / static_cast<double>(magnitudes.size());
    const double least = source_count() < k_least_studies ? k_unknown_share * std::sqrt(square)
                                                          : k_least_share * middle(magnitudes);
    return std::max({k_optimism * high, least, middle(known)});
  }
};

}  // namespace

std::vector<PredictionSpread> estimate_spreads(const ValidationResult& result) {
  std::map<std::tuple<std::string, ScoreScale, std::string, std::string>, SpreadGroup> groups;
  for (const auto& score : result.scores) {
    if (!score.scored() || score.scale == ScoreScale::sign || score.file != "calibration") continue;
    // Numbers of reports that come back as they are say nothing of how far predictions are off.
    if (is_of_trial_layer(score.measure)) continue;
    const SpreadGroup::Residual residual = {
        std::abs(on_scale(score.predicted, score.scale) - on_scale(score.row->value, score.scale)),
        score.sampling_spread, score.scale == ScoreScale::logarithmic ? 1.0 : std::abs(score.row->value),
        score.row->source_id};
    const std::string unit = spread_unit(*score.row, score.scale);
    for (const std::string& measure : {score.measure, std::string()})
      groups[{score.family, score.scale, unit, measure}].residuals.push_back(residual);
  }
  std::vector<PredictionSpread> spreads;
  for (const auto& [key, group] : groups) {
    const auto& [family, scale, unit, measure] = key;
    spreads.push_back(
        {family, scale, unit, measure, group.spread(), static_cast<int>(group.residuals.size())});
  }
  return spreads;
}

}  // namespace raad::study
