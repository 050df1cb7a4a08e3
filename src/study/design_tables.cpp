#include "study/design_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/table.hpp"
#include "study/profile_table.hpp"

namespace raad::study {
namespace {

std::string cell(double value) {
  return std::isfinite(value) ? base::format_number(value) : "";
}

std::string cells(const DesignInterval& interval) {
  return fmt::format("\t{}\t{}\t{}", cell(interval.value), cell(interval.lower90), cell(interval.upper90));
}

std::string joined(const std::vector<std::string>& words, const char* separator) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

std::string nearest_text(const std::vector<NearCompound>& near) {
  std::vector<std::string> words;
  for (const auto& one : near)
    words.push_back(fmt::format("{} ({:.2f}, {} properties)", one.id, one.distance, one.shared));
  return joined(words, "; ");
}

/// Axes in the order of the largest share that they have of any objective's total.
std::vector<std::size_t> axes_by_importance(const DesignResult& result) {
  std::vector<double> totals(result.goal.size(), 0.0), shares(result.axes.size(), 0.0);
  for (const auto& row : result.importance)
    for (std::size_t g = 0; g < row.size(); ++g) totals[g] += row[g];
  std::vector<std::size_t> order;
  for (std::size_t axis = 0; axis < result.importance.size(); ++axis) {
    order.push_back(axis);
    for (std::size_t g = 0; g < totals.size(); ++g)
      if (totals[g] > 0.0) shares[axis] = std::max(shares[axis], result.importance[axis][g] / totals[g]);
  }
  std::ranges::stable_sort(order, std::greater{}, [&](std::size_t axis) { return shares[axis]; });
  return order;
}

}  // namespace

std::string print_front(const DesignResult& result) {
  std::string text = "row\tflag\trobustness";
  for (const auto* one : result.goal) text += fmt::format("\t{0}\t{0}_lower90\t{0}_upper90", one->id);
  text += "\tintensity_percent\tintensity_percent_lower90\tintensity_percent_upper90";
  for (const auto& axis : result.axes) text += "\t" + axis.id;
  if (!result.front.empty())
    for (const auto& one : result.front.front().candidate.requirements)
      if (result.axes.end() == std::ranges::find(result.axes, one.id, &DesignAxis::id)) text += "\t" + one.id;
  text += "\tunbound_peak_nM\tgood_under\tnearest\tregimen\n";
  for (std::size_t i = 0; i < result.front.size(); ++i) {
    const Design& one = result.front[i];
    text += fmt::format("{}\t{}\t{}", i + 1, one.flag, cell(one.robustness));
    for (const auto& interval : one.objectives) text += cells(interval);
    text += cells(one.intensity_percent);
    for (const double value : one.candidate.values) text += "\t" + cell(value);
    for (const auto& requirement : one.candidate.requirements)
      if (result.axes.end() == std::ranges::find(result.axes, requirement.id, &DesignAxis::id))
        text += "\t" + cell(requirement.value);
    const bool compound = one.candidate.unbound_peak_nM > 0.0;
    text += fmt::format("\t{}\t{}\t{}\t{}\n", compound ? cell(one.candidate.unbound_peak_nM) : "",
                        joined(one.good_under, ","), nearest_text(one.nearest), one.candidate.regimen);
  }
  return text;
}

std::string print_trade_offs(const DesignResult& result) {
  std::string text =
      "row\taxis\tmeaning\tfrom\tto\tviolation\teffect_change_points\ttrip_change\tintensity_change_percent";
  for (const auto* one : result.goal) text += fmt::format("\tgoal_{}_change", one->id);
  text += "\n";
  for (std::size_t i = 0; i < result.front.size(); ++i)
    for (const TradeOff& one : result.front[i].trade_offs) {
      const auto& axis = result.axes[one.axis];
      text += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}", i + 1, axis.id, axis.meaning, cell(one.from),
                          cell(one.to), cell(one.violation), cell(one.effect_change), cell(one.trip_change),
                          cell(one.intensity_change));
      for (const double change : one.change) text += "\t" + cell(change);
      text += "\n";
    }
  return text;
}

std::string print_axes(const DesignResult& result) {
  std::string text = "axis\tmeaning\tlow\thigh\tstep\tstep_kind";
  for (const auto* one : result.goal) text += fmt::format("\t{}_per_step", one->id);
  text += "\n";
  for (const std::size_t axis : axes_by_importance(result)) {
    const auto& one = result.axes[axis];
    text +=
        fmt::format("{}\t{}\t{}\t{}\t{}\t{}", one.id, one.meaning, cell(one.low), cell(one.high),
                    cell(one.step), one.scale == DesignAxis::Scale::logarithmic ? "factor" : "difference");
    for (const double value : result.importance[axis]) text += "\t" + cell(value);
    text += "\n";
  }
  return text;
}

std::string print_hypotheses(const DesignResult& result) {
  std::string text = "row\thypothesis\tgood";
  for (const auto& one : design_objectives()) text += fmt::format("\t{}", one.id);
  text += "\tintensity_percent\n";
  for (std::size_t i = 0; i < result.front.size(); ++i)
    for (std::size_t h = 0; h < result.all_hypotheses.size(); ++h) {
      const auto& outcome = result.front[i].by_hypothesis[h];
      const auto& name = result.all_hypotheses[h];
      const auto& good = result.front[i].good_under;
      text += fmt::format("{}\t{}\t{}", i + 1, name, std::ranges::find(good, name) == good.end() ? 0 : 1);
      for (const auto& one : design_objectives())
        text += "\t" + (outcome.good() ? cell(outcome.*one.member) : "");
      text += "\t" + (outcome.good() ? cell(outcome.intensity_percent) : "") + "\n";
    }
  return text;
}

std::string trade_off_text(const std::filesystem::path& trade_off_table, int row) {
  if (!std::filesystem::is_regular_file(trade_off_table))
    throw base::InputError("R147", {trade_off_table.string()}, "there is no finished design",
                           "run `raad design --out` with this folder first");
  base::Diagnostics findings;
  const auto table = base::Table::read(trade_off_table, findings);
  table.require_columns(
      {"row", "axis", "meaning", "from", "to", "violation", "effect_change_points", "trip_change"}, findings);
  base::throw_if_errors(findings);
  std::string text;
  for (std::size_t i = 0; i < table.row_count(); ++i) {
    if (table.cell(i, "row") != std::to_string(row)) continue;
    const auto number = [&](const char* column) {
      return table.number(i, column, findings).value_or(std::numeric_limits<double>::quiet_NaN());
    };
    const double from = number("from"), to = number("to");
    text += fmt::format("{} {} from {} to {}: effect {:+.2f} points, trip {:+.3f}",
                        to < from ? "lower" : "raise", table.cell(i, "axis"), short_number(from),
                        short_number(to), number("effect_change_points"), number("trip_change"));
    for (const auto& column : table.columns())
      if (column.starts_with("goal_") && column != "goal_effect_change" && column != "goal_trip_change") {
        const std::string name = column.substr(5, column.size() - 5 - std::string("_change").size());
        const auto objective =
            std::ranges::find_if(design_objectives(), [&](const auto& one) { return one.id == name; });
        const std::string unit = objective == design_objectives().end() || std::string(objective->unit) == "1"
                                     ? ""
                                     : std::string(" ") + objective->unit;
        text += fmt::format(", {} {:+.3g}{}", name, number(column.c_str()), unit);
      }
    if (number("violation") > 0.0) text += "; breaks a constraint";
    text += "\n";
  }
  base::throw_if_errors(findings);
  if (text.empty())
    throw base::InputError("R147", {trade_off_table.string()}, fmt::format("the front has no row {}", row),
                           "front.tsv numbers its rows from 1");
  return text;
}

std::string print_design_text(const DesignResult& result) {
  std::string text = fmt::format("{:>4}", "row");
  for (const auto* one : result.goal)
    text += fmt::format(
        " {:>26}",
        std::string(one->id) + (std::string(one->unit) == "1" ? "" : " [" + std::string(one->unit) + "]"));
  text += "  robust  flag\n";
  for (std::size_t i = 0; i < result.front.size(); ++i) {
    const Design& one = result.front[i];
    text += fmt::format("{:>4}", i + 1);
    for (const auto& interval : one.objectives)
      text +=
          fmt::format(" {:>26}", fmt::format("{} ({} to {})", short_number(interval.value),
                                             short_number(interval.lower90), short_number(interval.upper90)));
    text += fmt::format("  {:>5.0f}%  {}\n", 100.0 * one.robustness, one.flag);
  }
  text += "\nAxes that matter most (mean change of a goal for one step, over the front):\n";
  const auto order = axes_by_importance(result);
  for (std::size_t k = 0; k < std::min<std::size_t>(order.size(), 6); ++k) {
    const auto& axis = result.axes[order[k]];
    text += fmt::format("  {:<20} {}{:<6}", axis.id, axis.scale == DesignAxis::Scale::logarithmic ? "x" : "+",
                        short_number(axis.step));
    for (std::size_t g = 0; g < result.goal.size(); ++g)
      text += fmt::format("  {} {}", result.goal[g]->id, short_number(result.importance[order[k]][g]));
    text += "\n";
  }
  const auto flagged =
      std::ranges::count_if(result.front, [](const Design& one) { return !one.flag.empty(); });
  if (flagged > 0)
    text += fmt::format("\n{} of {} designs hang on one hypothesis or none (flag): not to be relied on.\n",
                        flagged, result.front.size());
  return text;
}

}  // namespace raad::study
