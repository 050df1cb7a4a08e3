#include "study/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "study/profile_table.hpp"
#include "study/validation.hpp"

namespace raad::study {
namespace {

/// A read-out of the screen as an experiment, with the family whose prediction spread it has.
struct Readout {
  const char* measurement;
  ScreenValue ScreenRow::* value;
  const char* family;
  ScoreScale scale;
  const char* unit;
  const char* measure;
};
// At the dose with 80 % occupancy.
constexpr Readout k_readouts[] = {
    {"spine density in cortex, greatest change [percent]", &ScreenRow::plasticity_effect, "plasticity",
     ScoreScale::linear, "percent", ""},
    {"intensity of the experience in people, greatest [percent]", &ScreenRow::intensity_max,
     "human acute effect", ScoreScale::linear, "percent", ""},
    {"head twitches of mice in 30 min [count]", &ScreenRow::head_twitches, "rodent acute effect",
     ScoreScale::logarithmic, "", ""},
    {"depression score (MADRS), greatest change [points]", &ScreenRow::madrs_effect, "clinical score",
     ScoreScale::linear, "points", "difference"},
};
// A count of less than one in a session is none.
constexpr double k_least_count = 1.0;
// Central 90 % of a normal distribution in standard deviations.
constexpr double k_width90 = 2.0 * 1.6448536;

double spread_of(const std::vector<PredictionSpread>& spreads, const Readout& readout) {
  for (const auto& one : spreads)
    if (one.family == readout.family && one.scale == readout.scale && one.unit == readout.unit &&
        one.measure == readout.measure)
      return one.spread;
  throw base::InputError("R079", {"library/prediction_spread.tsv"},
                         std::string("no spread for the family `") + readout.family + "`");
}

ExperimentPredictions predictions(const Readout& readout, const std::vector<HypothesisVerdict>& verdicts,
                                  const std::vector<PredictionSpread>& spreads) {
  ExperimentPredictions made;
  made.measurement = readout.measurement;
  made.logarithmic = readout.scale == ScoreScale::logarithmic;
  made.spread = spread_of(spreads, readout);
  const auto scaled = [&](double value) {
    return made.logarithmic ? std::log(std::max(value, k_least_count)) : value;
  };
  for (const auto& one : verdicts) {
    const ScreenValue& value = one.row.*readout.value;
    made.values.push_back(made.logarithmic ? std::max(value.mean, k_least_count) : value.mean);
    made.uncertainties.push_back((scaled(value.upper90) - scaled(value.lower90)) / k_width90);
  }
  return made;
}

std::string failures(const ScreenRow& row, double least_effect_points) {
  std::string text;
  if (!(-row.madrs_effect.mean >= least_effect_points)) text = "effect";
  if (row.hallucinogenic_probability.mean > 0.5) text += (text.empty() ? "" : ", ") + std::string("trip");
  return text;
}

}  // namespace

std::vector<Experiment> rank_experiments(const std::vector<std::string>& hypotheses,
                                         const std::vector<char>& holds,
                                         const std::vector<ExperimentPredictions>& predictions) {
  std::vector<Experiment> ranked;
  for (const auto& one : predictions) {
    Experiment best;
    best.measurement = one.measurement;
    for (std::size_t a = 0; a < hypotheses.size(); ++a)
      for (std::size_t b = 0; b < hypotheses.size(); ++b) {
        if (!holds[a] || holds[b]) continue;
        const double apart =
            one.logarithmic ? std::log(one.values[b] / one.values[a]) : one.values[b] - one.values[a];
        // Two predictions, each uncertain; the measurement's own spread counts once.
        const double spread =
            std::sqrt(one.spread * one.spread + one.uncertainties[a] * one.uncertainties[a] +
                      one.uncertainties[b] * one.uncertainties[b]);
        if (!(std::abs(apart) / spread > best.separation)) continue;
        const bool up = apart > 0.0;
        best.separation = std::abs(apart) / spread;
        best.lowest = hypotheses[up ? a : b];
        best.highest = hypotheses[up ? b : a];
        best.lowest_value = one.values[up ? a : b];
        best.highest_value = one.values[up ? b : a];
      }
    if (best.separation > 0.0) ranked.push_back(best);
  }
  std::ranges::stable_sort(ranked, std::greater{}, &Experiment::separation);
  return ranked;
}

Explanation explain(const data::Library& library, const data::Compound& compound, double least_effect_points,
                    const ScreenSettings& settings) {
  base::Diagnostics findings;
  const auto spreads = read_prediction_spreads(library, findings);
  base::throw_if_errors(findings);
  Explanation made;
  made.compound = compound.id;
  std::vector<std::string> hypotheses;
  std::vector<char> holds;
  for (auto& row : screen(library, {compound}, settings)) {
    HypothesisVerdict verdict;
    verdict.hypothesis = row.hypothesis;
    verdict.fails = failures(row, least_effect_points);
    hypotheses.push_back(row.hypothesis);
    holds.push_back(verdict.fails.empty() ? 1 : 0);
    verdict.row = std::move(row);
    made.verdicts.push_back(std::move(verdict));
  }
  std::vector<ExperimentPredictions> all;
  for (const Readout& readout : k_readouts) all.push_back(predictions(readout, made.verdicts, spreads));
  made.experiments = rank_experiments(hypotheses, holds, all);
  return made;
}

std::string print_explanation(const Explanation& explanation) {
  std::string text = fmt::format(
      "{} as a non-hallucinogenic antidepressant, at 80 % occupancy of 5-HT2A:\n{:<20} {:>16} {:>10} {:>9} "
      "{:>8}  {}\n",
      explanation.compound, "hypothesis", "MADRS [points]", "trip", "spines [%]", "twitches", "verdict");
  for (const auto& one : explanation.verdicts)
    text += fmt::format(
        "{:<20} {:>16} {:>10} {:>9} {:>8}  {}\n", one.hypothesis, short_number(one.row.madrs_effect.mean),
        short_number(one.row.hallucinogenic_probability.mean), short_number(one.row.plasticity_effect.mean),
        short_number(one.row.head_twitches.mean), one.fails.empty() ? "holds" : "fails: " + one.fails);
  if (explanation.experiments.empty())
    return text +
           "\nAll hypotheses agree on the verdict; no experiment is needed to tell them apart for this "
           "compound.\n";
  text +=
      "\nExperiments that would tell, best first (difference between hypotheses in units of the prediction "
      "spread):\n";
  for (const auto& one : explanation.experiments)
    text +=
        fmt::format("  {:.2f}  {}: {} under {}, {} under {}\n", one.separation, one.measurement,
                    short_number(one.lowest_value), one.lowest, short_number(one.highest_value), one.highest);
  if (explanation.experiments.front().separation < 1.0)
    text +=
        "None separates them by more than the spread of measurements: one experiment will not settle it.\n";
  return text;
}

}  // namespace raad::study
