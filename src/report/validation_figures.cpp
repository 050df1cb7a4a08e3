#include "report/validation_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>
#include <tuple>

namespace raad::report {
namespace {

using study::ScoreScale;
using study::ValidationScore;

// A course: fewer times show no shape.
constexpr std::size_t k_least_times = 3;

bool is_drawn(const ValidationScore& score) {
  return score.scored() && score.scale != ScoreScale::sign && std::isfinite(score.predicted) &&
         (score.scale == ScoreScale::linear || (score.row->value > 0.0 && score.predicted > 0.0));
}

std::string file_stem(std::string text) {
  for (char& c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return text;
}

std::string tooltip(const ValidationScore& score) {
  return fmt::format("{}: observed {:.3g}, predicted {:.3g} {}", score.row->id, score.row->value,
                     score.predicted, score.row->unit);
}

Figure scatter(const std::string& family, ScoreScale scale, const std::string& unit,
               const std::vector<const ValidationScore*>& scores) {
  const bool logarithmic = scale == ScoreScale::logarithmic;
  const auto place = [&](double value) { return logarithmic ? std::log10(value) : value; };
  Panel panel;
  panel.title = "predicted";
  const std::string axis = logarithmic ? "log10 of the row's unit" : unit;
  panel.x_label = "observed [" + axis + "]";
  panel.y_label = "[" + axis + "]";
  panel.description = fmt::format("{} rows, predicted against observed", scores.size());
  double least = place(scores.front()->row->value), greatest = least;
  for (const auto* score : scores) {
    PointWithError point;
    point.x = place(score->row->value);
    point.y = place(score->predicted);
    point.half_width = study::k_interval90 * score->total_spread / (logarithmic ? std::log(10.0) : 1.0);
    point.colour = score->inside ? 0 : 1;
    point.filled = score->file == "calibration";
    point.tooltip = tooltip(*score);
    least = std::min({least, point.x, point.y});
    greatest = std::max({greatest, point.x, point.y});
    panel.points.push_back(std::move(point));
  }
  Line equality;
  equality.label = "equality";
  equality.colour = 4;
  equality.hair = true;
  equality.x = equality.y = {least, greatest};
  panel.lines.push_back(std::move(equality));
  Figure figure;
  figure.id = "observed_predicted_" + file_stem(family + (logarithmic ? "_log" : "_" + unit));
  figure.title = "Predicted against observed: " + family;
  figure.caption =
      "Bars: 90 % interval of the prediction. The second colour marks rows that lie outside of theirs.";
  figure.columns = 1;
  figure.panel_width = 420.0;
  figure.panel_height = 380.0;
  figure.filled_label = "calibration row";
  figure.open_label = "validation row, never fitted to";
  figure.panels.push_back(std::move(panel));
  return figure;
}

Panel course_panel(std::vector<const ValidationScore*> scores) {
  std::ranges::stable_sort(scores, {}, [](const ValidationScore* score) { return *score->row->time_h; });
  const auto& first = *scores.front()->row;
  Panel panel;
  panel.title = first.observable;
  panel.description =
      fmt::format("{} under {}, measured at {} times", first.observable, first.regimen_text, scores.size());
  panel.x_label = "time [h]; " + first.arm;
  panel.y_label = "[" + first.unit + "]";
  Line line;
  line.label = "model";
  for (const auto* score : scores) {
    line.x.push_back(*score->row->time_h);
    line.y.push_back(score->predicted);
    line.lower.push_back(score->lower90);
    line.upper.push_back(score->upper90);
    PointWithError point;
    point.x = *score->row->time_h;
    point.y = score->row->value;
    point.half_width = score->row->half_width_95();
    point.filled = score->file == "calibration";
    point.tooltip = tooltip(*score);
    panel.points.push_back(std::move(point));
  }
  panel.lines.push_back(std::move(line));
  return panel;
}

Figure course_sheet(const std::string& source, const std::string& suffix) {
  Figure figure;
  figure.id = "courses_" + file_stem(source) + suffix;
  figure.title = "Measured courses: " + source;
  figure.caption = "Lines join the predictions at the measured times; bands: their 90 % interval.";
  return figure;
}

}  // namespace

std::vector<Figure> observed_predicted_figures(const study::ValidationResult& result) {
  std::map<std::tuple<std::string, ScoreScale, std::string>, std::vector<const ValidationScore*>> groups;
  for (const auto& score : result.scores) {
    if (!is_drawn(score)) continue;
    const std::string unit = score.scale == ScoreScale::logarithmic ? "" : score.row->unit;
    groups[{score.family, score.scale, unit}].push_back(&score);
  }
  std::vector<Figure> figures;
  for (const auto& [key, scores] : groups)
    figures.push_back(scatter(std::get<0>(key), std::get<1>(key), std::get<2>(key), scores));
  return figures;
}

std::vector<Figure> course_figures(const study::ValidationResult& result) {
  using Series = std::tuple<std::string, std::string, std::string, std::string>;  // what makes one course
  std::map<std::string, std::map<Series, std::vector<const ValidationScore*>>> studies;
  for (const auto& score : result.scores) {
    if (!is_drawn(score) || !score.row->time_h) continue;
    const auto& row = *score.row;
    studies[row.source_id][{row.observable, row.unit, row.arm + "|" + row.regimen_text, row.comparator}]
        .push_back(&score);
  }
  std::vector<Figure> figures;
  for (const auto& [source, series] : studies) {
    // Courses of hours and of weeks do not share an axis.
    Figure day = course_sheet(source, "_first_day"), longer = course_sheet(source, "");
    for (const auto& [key, scores] : series) {
      std::vector<double> times;
      for (const auto* score : scores) times.push_back(*score->row->time_h);
      std::ranges::sort(times);
      const auto repeated = std::ranges::unique(times);
      times.erase(repeated.begin(), repeated.end());
      if (times.size() >= k_least_times)
        (times.back() <= 24.0 ? day : longer).panels.push_back(course_panel(scores));
    }
    for (auto* figure : {&day, &longer})
      if (!figure->panels.empty()) figures.push_back(std::move(*figure));
  }
  return figures;
}

Figure coverage_figure(const study::ValidationResult& result) {
  Panel panel;
  panel.title = "share of the rows inside";
  panel.description = "empirical against nominal coverage of central intervals";
  panel.x_label = "central interval [percent]";
  panel.y_label = "[percent]";
  std::map<std::string, std::vector<double>> distances;
  for (const auto& score : result.scores)
    if (score.scored() && std::isfinite(score.z)) distances[score.file].push_back(std::abs(score.z));
  const boost::math::students_t distribution(study::k_residual_freedom);
  int colour = 0;
  for (const auto& [file, sizes] : distances) {
    Line line;
    line.label = file;
    line.colour = colour++;
    for (int percent = 0; percent <= 99; ++percent) {
      const double limit = boost::math::quantile(distribution, 0.5 + 0.005 * percent);
      const auto inside = std::ranges::count_if(sizes, [&](double size) { return size <= limit; });
      line.x.push_back(percent);
      line.y.push_back(100.0 * static_cast<double>(inside) / static_cast<double>(sizes.size()));
    }
    panel.lines.push_back(std::move(line));
  }
  Line equality;
  equality.label = "as often as it says";
  equality.colour = 4;
  equality.hair = true;
  equality.x = equality.y = {0.0, 99.0};
  panel.lines.push_back(std::move(equality));
  Figure figure;
  figure.id = "coverage";
  figure.title = "Do intervals hold what they say?";
  figure.caption =
      "Above the pale line intervals are wider than they need be, below it they promise too much.";
  figure.columns = 1;
  figure.panel_width = 420.0;
  figure.panel_height = 320.0;
  figure.panels.push_back(std::move(panel));
  return figure;
}

}  // namespace raad::report
