#include "app/adjudication_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "app/command.hpp"
#include "base/files.hpp"
#include "base/table.hpp"
#include "report/bar_chart.hpp"

namespace raad::app {
namespace {

constexpr std::size_t k_most_bars = 20, k_most_printed = 5;

std::string cell(double value) {
  return std::isfinite(value) ? base::format_number(value) : "";
}

/// Twelve digits: the rest is the order of summation.
std::string rounded(double value) {
  return std::isfinite(value) ? fmt::format("{:.12g}", value) : "";
}

std::vector<std::size_t> by_weight(const Adjudication& result) {
  std::vector<std::size_t> order(result.scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>(),
                           [&](std::size_t c) { return result.scores[c].log_likelihood; });
  return order;
}

std::string hypotheses_table(const Adjudication& result) {
  std::string text = "rank\tcombination";
  for (const auto& group : result.space.groups) text += "\t" + group.id;
  text +=
      "\tlog_likelihood\tdifference\tdifference_se\taic\tbic\tweight\tbootstrap_weight\t"
      "validation_log_likelihood\n";
  int rank = 0;
  for (const std::size_t c : by_weight(result)) {
    const auto& score = result.scores[c];
    const auto& combination = result.space.combinations[c];
    text += std::to_string(++rank) + "\t" + result.space.label(combination);
    for (std::size_t g = 0; g < result.space.groups.size(); ++g)
      text += "\t" + result.space.groups[g].options[static_cast<std::size_t>(combination.options[g])];
    for (const double value : {score.log_likelihood, score.difference, score.difference_se, score.aic,
                               score.bic, score.weight, score.bootstrap_weight})
      text += "\t" + rounded(value);
    text += "\t" +
            (result.validation_scores.empty() ? "" : rounded(result.validation_scores[c].log_likelihood)) +
            "\n";
  }
  return text;
}

std::string options_table(const Adjudication& result) {
  std::string text = "group\toption\tprior\tweight\tbootstrap_weight\n";
  for (const auto& one : result.options)
    text += one.group + "\t" + one.option + "\t" + rounded(one.prior) + "\t" + rounded(one.weight) + "\t" +
            rounded(one.bootstrap_weight) + "\n";
  return text;
}

std::string deciding_table(const Adjudication& result) {
  std::string text =
      "group\tfavoured\tother\tevidenceId\tobservable\tfamily\tsourceId\tunit\tobserved\t"
      "predicted_favoured\tpredicted_other\tspread\tlog_likelihood_difference\n";
  for (const auto& one : result.deciding) {
    const auto& score = result.calibration.rows[one.row];
    text += one.group + "\t" + one.favoured + "\t" + one.other + "\t" + score.row->id + "\t" +
            score.row->observable + "\t" + score.family + "\t" + score.row->source_id + "\t" +
            score.row->unit + "\t" + cell(score.row->value) + "\t" + cell(one.predicted_favoured) + "\t" +
            cell(one.predicted_other) + "\t" + cell(score.total_spread) + "\t" +
            rounded(one.log_likelihood_difference) + "\n";
  }
  return text;
}

std::string experiments_table(const Adjudication& result, const data::Library& library) {
  std::string text =
      "question\trank\texperimentId\tgain_bits\tgain_error_bits\tavailable_bits\tpredicted_first\t"
      "predicted_second\tleast\tgreatest\tspread\tunit\tdescription\n";
  int rank = 0;
  std::string question;
  for (const auto& one : result.ranks) {
    rank = one.question == question ? rank + 1 : 1;
    question = one.question;
    const auto& experiment = result.experiments[one.experiment];
    const auto& results = result.predictions[one.experiment].results;
    const auto [least, greatest] = std::ranges::minmax(results);
    const bool is_pair = question.find(" against ") != std::string::npos;
    text += question + "\t" + std::to_string(rank) + "\t" + experiment.id + "\t" + rounded(one.gain.bits) +
            "\t" + fmt::format("{:.1e}", one.gain.error) + "\t" + rounded(one.available_bits) + "\t" +
            (is_pair ? cell(one.first) : "") + "\t" + (is_pair ? cell(one.second) : "") + "\t" + cell(least) +
            "\t" + cell(greatest) + "\t" + cell(experiment.spread) + "\t" +
            study::result_unit(library, experiment) + "\t" + experiment.description + "\n";
  }
  for (std::size_t e = 0; e < result.experiments.size(); ++e)
    if (result.predictions[e].results.empty())
      text += "not predicted\t\t" + result.experiments[e].id + "\t\t\t\t\t\t\t\t\t\t" +
              result.predictions[e].failure + "\n";
  return text;
}

report::BarChart options_chart(const Adjudication& result) {
  report::BarChart chart;
  chart.id = "options";
  chart.title = "What the calibration evidence says about rival hypotheses";
  chart.caption = fmt::format(
      "Weight of every option of every group, summed over the combinations that hold it. {} rows of {} "
      "studies count as {:.0f} (correlation within studies {:.2f}). An option that matters for no row keeps "
      "its prior share.",
      result.calibration.rows.size(), result.clusters.studies.size(), result.clusters.effective_rows,
      result.clusters.correlation);
  chart.x_label = "weight";
  chart.value_name = "posterior";
  chart.second_name = "averaged over bootstraps of the studies";
  for (const auto& one : result.options) {
    report::Bar bar;
    bar.label = one.group + ": " + one.option;
    bar.value = one.weight;
    bar.second = one.bootstrap_weight;
    chart.bars.push_back(std::move(bar));
  }
  return chart;
}

report::BarChart experiments_chart(const Adjudication& result) {
  report::BarChart chart;
  chart.id = "experiments";
  chart.title = "What each experiment is expected to tell";
  chart.caption = result.next;
  chart.x_label = "expected information about all hypotheses [bits]";
  for (const auto& one : result.ranks) {
    if (one.question != "all" || chart.bars.size() == k_most_bars) continue;
    report::Bar bar;
    bar.label = result.experiments[one.experiment].id;
    bar.value = one.gain.bits;
    chart.bars.push_back(std::move(bar));
  }
  return chart;
}

}  // namespace

std::string adjudication_json(const Adjudication& result) {
  nlohmann::ordered_json json;
  json["notice"] = k_research_notice;
  json["combinations"] = result.space.combinations.size();
  json["calibration_rows"] = result.calibration.rows.size();
  json["studies"] = result.clusters.studies.size();
  json["within_study_correlation"] = result.clusters.correlation;
  json["effective_rows"] = result.clusters.effective_rows;
  json["validation_rows"] = result.validation.rows.size();
  for (const std::size_t c : by_weight(result)) {
    if (json.contains("best") && json["best"].size() == k_most_printed) break;
    json["best"].push_back({{"combination", result.space.label(result.space.combinations[c])},
                            {"log_likelihood", result.scores[c].log_likelihood},
                            {"difference_se", result.scores[c].difference_se},
                            {"weight", result.scores[c].weight},
                            {"bootstrap_weight", result.scores[c].bootstrap_weight}});
  }
  for (const auto& one : result.options)
    json["options"].push_back({{"group", one.group},
                               {"option", one.option},
                               {"prior", one.prior},
                               {"weight", one.weight},
                               {"bootstrap_weight", one.bootstrap_weight}});
  for (const auto& one : result.ranks)
    if (one.question == "all")
      json["experiments"].push_back({{"id", result.experiments[one.experiment].id},
                                     {"gain_bits", one.gain.bits},
                                     {"gain_error_bits", one.gain.error}});
  json["next"] = result.next;
  return json.dump(1);
}

void write_adjudication(const Adjudication& result, const data::Library& library,
                        const std::filesystem::path& folder) {
  base::write_file_atomically(folder / "hypotheses.tsv", hypotheses_table(result));
  base::write_file_atomically(folder / "options.tsv", options_table(result));
  base::write_file_atomically(folder / "deciding_rows.tsv", deciding_table(result));
  std::string dropped = "table\treason\n";
  for (const auto& text : result.calibration.dropped) dropped += "calibration\t" + text + "\n";
  for (const auto& text : result.validation.dropped) dropped += "validation\t" + text + "\n";
  base::write_file_atomically(folder / "dropped_rows.tsv", dropped);
  base::write_file_atomically(folder / "experiments.tsv", experiments_table(result, library));
  base::write_file_atomically(folder / "options.svg", report::to_svg(options_chart(result)));
  base::write_file_atomically(folder / "experiments.svg", report::to_svg(experiments_chart(result)));
  base::write_file_atomically(folder / "summary.json", adjudication_json(result) + "\n");
}

void print_adjudication(const Adjudication& result) {
  fmt::print(
      "{} calibration rows of {} studies, counted as {:.1f} (correlation within studies {:.2f}); {} rows "
      "that raad validate skips; {} dropped because a hypothesis cannot predict them\n\n",
      result.calibration.rows.size(), result.clusters.studies.size(), result.clusters.effective_rows,
      result.clusters.correlation, result.calibration.skipped, result.calibration.dropped.size());
  fmt::print("{:<58} {:>14} {:>10} {:>8} {:>9}\n", "best combinations", "log-likelihood", "from best",
             "weight", "bootstrap");
  const auto order = by_weight(result);
  for (std::size_t k = 0; k < std::min(k_most_printed, order.size()); ++k) {
    const auto& score = result.scores[order[k]];
    fmt::print("{:<58} {:>14.2f} {:>10} {:>7.1f}% {:>8.1f}%\n",
               result.space.label(result.space.combinations[order[k]]), score.log_likelihood,
               k == 0 ? "" : fmt::format("{:.2f}±{:.2f}", score.difference, score.difference_se),
               100.0 * score.weight, 100.0 * score.bootstrap_weight);
  }
  fmt::print("\n{:<58} {:>14} {:>10} {:>9}\n", "options", "prior", "weight", "bootstrap");
  for (const auto& one : result.options)
    fmt::print("{:<58} {:>13.1f}% {:>9.1f}% {:>8.1f}%\n", one.group + ": " + one.option, 100.0 * one.prior,
               100.0 * one.weight, 100.0 * one.bootstrap_weight);
  fmt::print("\n{:<58} {:>14} {:>10}\n", "experiments, all hypotheses at once", "bits", "error");
  std::size_t shown = 0;
  for (const auto& one : result.ranks)
    if (one.question == "all" && shown++ < k_most_printed)
      fmt::print("{:<58} {:>14.3f} {:>10.0e}\n", result.experiments[one.experiment].id, one.gain.bits,
                 one.gain.error);
  fmt::print("\n{}\n", result.next);
}

}  // namespace raad::app
