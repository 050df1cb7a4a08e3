#include "report/population_figures.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace raad::report {
namespace {

// Beyond three days a reader thinks in days.
constexpr double k_longest_in_hours = 72.0;
// Colours of the palette: all are told apart, so no more bars than colours.
constexpr int k_band_colour = 0, k_hair_colour = 4;
constexpr std::size_t k_most_bars = 6;
// Every percent but the outermost half, where a sketch of few subjects says little.
constexpr double k_first_share = 0.005;
constexpr int k_shares = 100;

struct TimeAxis {
  double unit;  ///< In the model's unit of time
  std::string label;
};

TimeAxis time_axis(const PopulationView& view) {
  const bool days = view.time_unit == "h" && !view.times.empty() && view.times.back() > k_longest_in_hours;
  return days ? TimeAxis{24.0, "time [d]"} : TimeAxis{1.0, "time [" + view.time_unit + "]"};
}

std::string axis_label(const run::Series& observable) {
  return fmt::format("{} [{}]", observable.display_name, observable.unit);
}

Panel panel_of(const run::Series& observable, const std::string& x_label) {
  Panel panel;
  panel.title = observable.display_name;
  panel.x_label = x_label;
  panel.y_label = observable.unit;
  return panel;
}

Line band(const PopulationView& view, const std::vector<double>& x, int observable, double tail) {
  Line line;
  line.label = "median, middle half and 90 % of subjects";
  line.colour = k_band_colour;
  line.x = x;
  for (int t = 0; t < static_cast<int>(x.size()); ++t) {
    line.y.push_back(view.summary.quantile(t, observable, 0.5));
    line.lower.push_back(view.summary.quantile(t, observable, tail));
    line.upper.push_back(view.summary.quantile(t, observable, 1.0 - tail));
  }
  return line;
}

struct Bar {
  int descriptor;
  double correlation;
};

std::vector<Bar> strongest(const PopulationView& view, int observable) {
  std::vector<Bar> bars;
  for (int d = 0; d < static_cast<int>(view.descriptors.size()); ++d) {
    const double r = view.summary.correlation(d, observable, run::Measure::mean_over_time);
    if (std::isfinite(r)) bars.push_back({d, r});
  }
  std::ranges::stable_sort(bars, std::greater<>(), [](const Bar& bar) { return std::abs(bar.correlation); });
  if (bars.size() > k_most_bars) bars.resize(k_most_bars);
  return bars;
}

}  // namespace

Figure band_figure(const PopulationView& view) {
  Figure figure;
  figure.id = "bands";
  figure.title = "A population over time";
  figure.caption = fmt::format("{} virtual subjects.", view.summary.subject_count());
  if (!view.courses.empty())
    figure.caption += fmt::format(" Thin lines: the courses of {} of them.", view.courses.size());
  const auto axis = time_axis(view);
  std::vector<double> x = view.times;
  for (double& time : x) time /= axis.unit;
  const std::size_t width = view.observables.size();
  for (std::size_t k = 0; k < width; ++k) {
    Panel panel = panel_of(view.observables[k], axis.label);
    const auto last = static_cast<int>(x.size()) - 1;
    panel.description =
        fmt::format("{}: median {:.4g} at the end, 90 % of subjects from {:.4g} to {:.4g}.",
                    axis_label(view.observables[k]), view.summary.quantile(last, static_cast<int>(k), 0.5),
                    view.summary.quantile(last, static_cast<int>(k), 0.05),
                    view.summary.quantile(last, static_cast<int>(k), 0.95));
    for (const auto& [subject, outputs] : view.courses) {
      Line line;
      line.label = "single subjects";
      line.colour = k_hair_colour;
      line.hair = true;
      line.x = x;
      for (std::size_t t = 0; t < x.size(); ++t) line.y.push_back(outputs[t * width + k]);
      panel.lines.push_back(std::move(line));
    }
    panel.lines.push_back(band(view, x, static_cast<int>(k), 0.05));
    panel.lines.push_back(band(view, x, static_cast<int>(k), 0.25));
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

Figure distribution_figure(const PopulationView& view) {
  Figure figure;
  figure.id = "distribution";
  figure.title = "The population at the end";
  figure.caption =
      fmt::format("Read-outs after {:.4g} h against the share of {} virtual subjects with a lower value.",
                  view.times.back(), view.summary.subject_count());
  figure.x_min = 0.0;
  figure.x_max = 100.0;
  const int last = static_cast<int>(view.times.size()) - 1;
  for (int k = 0; k < static_cast<int>(view.observables.size()); ++k) {
    Panel panel = panel_of(view.observables[static_cast<std::size_t>(k)], "subjects below [%]");
    panel.description = panel.title + " by the share of subjects.";
    Line line;
    line.label = "all subjects";
    for (int i = 0; i < k_shares; ++i) {
      const double share = k_first_share + (1.0 - 2.0 * k_first_share) * i / (k_shares - 1);
      line.x.push_back(100.0 * share);
      line.y.push_back(view.summary.quantile(last, k, share));
    }
    panel.lines.push_back(std::move(line));
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

std::vector<Figure> influence_figures(const PopulationView& view) {
  std::vector<Figure> figures;
  for (int k = 0; k < static_cast<int>(view.observables.size()); ++k) {
    const auto bars = strongest(view, k);
    if (bars.empty()) continue;
    const auto& observable = view.observables[static_cast<std::size_t>(k)];
    Figure figure;
    figure.id = "influence_" + observable.observable;
    figure.title = "What goes with " + observable.display_name;
    figure.caption = fmt::format(
        "Correlations over {} subjects with the mean over time; the strongest at the bottom. A correlation "
        "is no cause.",
        view.summary.correlated_subject_count());
    figure.x_min = -1.0;
    figure.x_max = 1.0;
    Panel panel = panel_of(observable, "correlation");
    panel.y_label = "rank";
    for (std::size_t i = 0; i < bars.size(); ++i) {
      const auto& id = view.descriptors[static_cast<std::size_t>(bars[i].descriptor)].id;
      const double rank = static_cast<double>(i + 1), r = bars[i].correlation;
      const int colour = static_cast<int>(i);
      panel.lines.push_back({fmt::format("{} ({:.2f})", id, r), colour, {0.0, r}, {rank, rank}, {}, {}});
      panel.description += fmt::format("{}{} {:.2f}", i == 0 ? "" : ", ", id, r);
    }
    figure.panels.push_back(std::move(panel));
    figures.push_back(std::move(figure));
  }
  return figures;
}

}  // namespace raad::report
