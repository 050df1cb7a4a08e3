#include "study/screen_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/table.hpp"

namespace raad::study {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();
constexpr int k_bins = 5;
// Plastic: spines grow by more than their repeated counts differ in imaging (about 5 % of baseline).
constexpr double k_plastic_percent = 5.0;

struct Known {
  std::string id;
  double probability;
  bool yes;
};

double area_under_curve(const std::vector<Known>& known) {
  double wins = 0.0, pairs = 0.0;
  for (const Known& a : known)
    for (const Known& b : known) {
      if (!a.yes || b.yes) continue;
      wins += a.probability > b.probability ? 1.0 : a.probability == b.probability ? 0.5 : 0.0;
      ++pairs;
    }
  return pairs > 0.0 ? wins / pairs : k_nan;
}

/// The threshold with the most on their right side among all but one; the lowest of equals.
double best_threshold(const std::vector<Known>& known, std::size_t left_out) {
  std::vector<double> candidates = {0.5};
  for (const Known& one : known) candidates.push_back(one.probability - 1e-9);
  std::ranges::sort(candidates);
  double best = 0.5;
  int most = -1;
  for (const double threshold : candidates) {
    int right = 0;
    for (std::size_t i = 0; i < known.size(); ++i)
      if (i != left_out && (known[i].probability > threshold) == known[i].yes) ++right;
    if (right > most) {
      most = right;
      best = threshold;
    }
  }
  return best;
}

std::vector<CalibrationBin> calibration(const std::vector<Known>& known) {
  std::vector<CalibrationBin> bins;
  for (int bin = 0; bin < k_bins; ++bin) {
    CalibrationBin made = {static_cast<double>(bin) / k_bins, static_cast<double>(bin + 1) / k_bins, 0, 0.0,
                           0.0};
    for (const Known& one : known) {
      if (one.probability < made.low || (one.probability >= made.high && bin + 1 < k_bins)) continue;
      ++made.compounds;
      made.predicted += one.probability;
      made.observed += one.yes ? 1.0 : 0.0;
    }
    if (made.compounds == 0) continue;
    made.predicted /= made.compounds;
    made.observed /= made.compounds;
    bins.push_back(made);
  }
  return bins;
}

std::string describe(const ScreenRow& row) {
  const bool trip = row.hallucinogenic_probability.mean > 0.5;
  const bool plastic = row.plasticity_effect.mean > k_plastic_percent;
  return std::string(trip ? "hallucinogenic" : "not hallucinogenic") +
         (plastic ? ", plastic" : ", not plastic");
}

}  // namespace

Classification classify(const std::vector<ScreenRow>& rows, const std::vector<data::Compound>& compounds,
                        const std::string& hypothesis, bool human) {
  std::vector<Known> known;
  Classification result;
  for (const auto& row : rows) {
    if (row.hypothesis != hypothesis) continue;
    const auto compound = std::ranges::find(compounds, row.compound, &data::Compound::id);
    // The effect of NMDA antagonists in people is dissociation, not what 5-HT2A ligands do
    // (evidence/README.md).
    if (compound == compounds.end() || compound->mechanism.find("NMDA") != std::string::npos) continue;
    const std::string& outcome = human ? compound->human_hallucinogenic : compound->htr_mouse;
    const double probability = human ? row.hallucinogenic_probability.mean : row.htr_probability.mean;
    if (outcome != "yes" && outcome != "no") continue;
    known.push_back({row.compound, probability, outcome == "yes"});
    if ((outcome == "yes") != (probability > 0.5)) result.wrong.push_back(row.compound);
  }
  int right = 0;
  for (std::size_t i = 0; i < known.size(); ++i) {
    const Known& one = known[i];
    (one.yes ? result.positives : result.negatives) += 1;
    result.brier_score +=
        std::pow(one.probability - (one.yes ? 1.0 : 0.0), 2) / static_cast<double>(known.size());
    if ((one.probability > best_threshold(known, i)) == one.yes) ++right;
  }
  result.leave_one_out_accuracy =
      known.empty() ? k_nan : static_cast<double>(right) / static_cast<double>(known.size());
  result.area_under_curve = area_under_curve(known);
  result.calibration = calibration(known);
  return result;
}

PotencyError potency_error(const std::vector<ScreenRow>& rows, const std::vector<data::Compound>& compounds,
                           const std::string& hypothesis) {
  PotencyError result;
  for (const auto& row : rows) {
    if (row.hypothesis != hypothesis || !std::isfinite(row.htr_ed50_mg_per_kg.mean)) continue;
    const auto compound = std::ranges::find(compounds, row.compound, &data::Compound::id);
    if (compound == compounds.end() || !compound->htr_ed50_mg_per_kg) continue;
    const double error = std::log10(row.htr_ed50_mg_per_kg.mean / *compound->htr_ed50_mg_per_kg);
    result.each.emplace_back(row.compound, error);
    result.bias += error;
    result.root_mean_square += error * error;
  }
  result.compounds = static_cast<int>(result.each.size());
  result.bias /= result.compounds;
  result.root_mean_square = std::sqrt(result.root_mean_square / result.compounds);
  return result;
}

std::vector<Verdict> verdicts(const std::vector<ScreenRow>& rows) {
  std::vector<Verdict> result;
  for (std::size_t first = 0; first < rows.size();) {
    std::size_t last = first;
    std::string turned;
    const std::string verdict = describe(rows[first]);
    for (; last < rows.size() && rows[last].compound == rows[first].compound; ++last)
      if (describe(rows[last]) != verdict)
        turned += (turned.empty() ? "" : ", ") + rows[last].hypothesis + " (" + describe(rows[last]) + ")";
    Verdict made = {rows[first].compound, verdict, ""};
    if (!rows[first].depends_on.empty())
      made.hangs_on = fmt::format("{} (correlation {:+.2f})", rows[first].depends_on, rows[first].dependence);
    if (!turned.empty()) made.hangs_on += (made.hangs_on.empty() ? "" : "; ") + ("turned by " + turned);
    result.push_back(std::move(made));
    first = last;
  }
  return result;
}

std::string print_dose_response(const std::vector<ScreenRow>& rows) {
  std::string text =
      "compound\thypothesis\tunbound_over_ki\tunbound_peak_nM\toccupancy_percent\tgq_signal\t"
      "arrestin_signal\tintracellular_signal\tplasticity_percent\tintensity_percent\tmadrs_points\n";
  for (const auto& row : rows)
    for (const DoseLevel& level : row.dose_response) {
      text += row.compound + "\t" + row.hypothesis;
      for (const double value : {level.unbound_over_ki, level.unbound_peak_nM, level.occupancy_percent,
                                 level.gq_signal, level.arrestin_signal, level.intracellular_signal,
                                 level.plasticity_percent, level.intensity_percent, level.madrs_points})
        text += "\t" + (std::isfinite(value) ? base::format_number(value) : std::string());
      text += "\n";
    }
  return text;
}

std::string print_verdicts(const std::vector<Verdict>& all) {
  std::string text = "compound\tverdict\thangs_on\n";
  for (const auto& one : all) text += one.compound + "\t" + one.text + "\t" + one.hangs_on + "\n";
  return text;
}

std::string print_calibration(const Classification& mouse, const Classification& human) {
  std::string text = "outcome\tlow\thigh\tcompounds\tpredicted\tobserved\n";
  for (const auto& [name, result] :
       {std::pair("htr_mouse", &mouse), std::pair("human_hallucinogenic", &human)})
    for (const auto& bin : result->calibration)
      text += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", name, base::format_number(bin.low),
                          base::format_number(bin.high), bin.compounds, base::format_number(bin.predicted),
                          base::format_number(bin.observed));
  return text;
}

}  // namespace raad::study
