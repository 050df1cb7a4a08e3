#include "report/fit_figures.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "report/markup.hpp"
#include "report/panel_svg.hpp"

namespace raad::report {
namespace {

constexpr double k_margin = 16.0, k_row_height = 18.0, k_label_width = 190.0, k_track_width = 520.0;
// Costs above the best are drawn plus this, on a logarithmic axis: the best one has a place then.
constexpr double k_offset = 1e-3;
constexpr int k_profile_columns = 4;
constexpr PanelSize k_profile_size{.width = 250.0, .height = 180.0};

struct Sheet {
  double width = 0.0, height = 0.0;
  std::string body;
};

std::string svg(const std::string& id, const std::string& title, const std::string& caption,
                const Sheet& sheet) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" "
      "role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" font-family=\"system-ui, 'Helvetica Neue', "
      "Arial, sans-serif\">\n<title id=\"{id}-title\">{title}</title>\n<desc "
      "id=\"{id}-desc\">{caption}</desc>\n"
      "<rect width=\"{w}\" height=\"{h}\" fill=\"#ffffff\"/>\n"
      "<text x=\"16\" y=\"28\" font-size=\"16\" font-weight=\"600\" fill=\"#1f2933\">{title}</text>\n"
      "<text x=\"16\" y=\"46\" font-size=\"11.5\" fill=\"#52606d\">{caption}</text>\n{body}</svg>\n",
      fmt::arg("w", coordinate(sheet.width)), fmt::arg("h", coordinate(sheet.height)), fmt::arg("id", id),
      fmt::arg("title", escape(title)), fmt::arg("caption", escape(caption)), fmt::arg("body", sheet.body));
}

std::string text_at(double x, double y, const std::string& text, const char* anchor = "start") {
  return fmt::format(
      "<text x=\"{}\" y=\"{}\" font-size=\"11\" text-anchor=\"{}\" fill=\"#1f2933\">{}</text>\n",
      coordinate(x), coordinate(y), anchor, escape(text));
}

bool is_best(const study::FitResult& fit, const study::LocalFit& start) {
  return start.cost <= fit.cost + study::k_same_optimum;
}

/// What a parameter's track spans: its bounds, or where they are infinite what the starts reached.
std::pair<double, double> track(const study::FitResult& fit, std::size_t k) {
  const auto& parameter = fit.parameters[k].parameter;
  double low = parameter.lower, high = parameter.upper;
  for (const auto& start : fit.starts) {
    if (!std::isfinite(parameter.lower))
      low = std::isfinite(low) ? std::min(low, start.position[k]) : start.position[k];
    if (!std::isfinite(parameter.upper))
      high = std::isfinite(high) ? std::max(high, start.position[k]) : start.position[k];
  }
  return high > low ? std::pair(low, high) : std::pair(low - 1.0, low + 1.0);
}

}  // namespace

std::string waterfall_svg(const study::FitResult& fit) {
  Panel panel;
  panel.x_label = "start, best first";
  panel.y_label = "cost above the best + 0.001";
  panel.log_y = true;
  double rank = 0.0;
  for (const std::size_t i : fit.by_cost) {
    const auto& start = fit.starts[i];
    if (!std::isfinite(start.cost)) break;
    PointWithError point;
    point.x = ++rank;
    point.y = start.cost - fit.cost + k_offset;
    point.colour = is_best(fit, start) ? 0 : 1;
    point.tooltip = fmt::format("start {}: {:.10g}", i, start.cost);
    panel.points.push_back(std::move(point));
  }
  const PanelSize size{.width = 560.0, .height = 300.0};
  Sheet sheet{size.width + 2 * k_margin, size.height + 60.0, {}};
  sheet.body = fmt::format(
      "<g transform=\"translate({} 56)\">\n{}</g>\n", coordinate(k_margin),
      panel_elements(panel, linear_axis(0.0, std::max(2.0, rank + 1.0), 6), size, "waterfall-clip"));
  return svg("waterfall", "Costs of the starts",
             fmt::format("{} of {} starts reached the best cost, {:.8g}; {} failed.", fit.reached,
                         fit.starts.size(), fit.cost, fit.starts.size() - static_cast<std::size_t>(rank)),
             sheet);
}

std::string parameters_svg(const study::FitResult& fit) {
  Sheet sheet{k_label_width + k_track_width + 2 * k_margin,
              78.0 + k_row_height * static_cast<double>(fit.parameters.size()),
              {}};
  double y = 70.0;
  for (std::size_t k = 0; k < fit.parameters.size(); ++k, y += k_row_height) {
    const auto& one = fit.parameters[k];
    const auto [low, high] = track(fit, k);
    const auto place = [&, low = low, high = high](double position) {
      return k_margin + k_label_width + k_track_width * (position - low) / (high - low);
    };
    sheet.body += text_at(k_margin + k_label_width - 10.0, y + 4.0, one.parameter.id, "end");
    sheet.body += fmt::format("<line x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\" stroke=\"#cbd2d9\"/>\n",
                              coordinate(place(low)), coordinate(place(high)), coordinate(y), coordinate(y));
    // The worst first, so that the best lie on top.
    for (auto i = fit.by_cost.rbegin(); i != fit.by_cost.rend(); ++i) {
      const auto& start = fit.starts[*i];
      if (!std::isfinite(start.cost)) continue;
      const bool best = is_best(fit, start);
      sheet.body +=
          mark_element(place(start.position[k]), y, best ? 0 : 1, best,
                       fmt::format("start {}: {} = {:.6g}, cost {:.8g}", *i, one.parameter.id,
                                   study::from_scale(one.parameter.scale, start.position[k]), start.cost));
    }
  }
  return svg(
      "parameters", "Where the starts ended",
      "Each line runs from the lower to the upper bound on the scale of estimation; filled: the best cost.",
      sheet);
}

std::string profiles_svg(const study::FitResult& fit) {
  const double threshold = study::profile_threshold(fit.confidence);
  Sheet sheet;
  const int count = static_cast<int>(fit.profiles.size());
  const int columns = std::clamp(count, 1, k_profile_columns);
  for (int i = 0; i < count; ++i) {
    const auto& profile = fit.profiles[static_cast<std::size_t>(i)];
    const auto& parameter = fit.parameters[profile.parameter].parameter;
    Panel panel;
    panel.title = parameter.id;
    panel.description = parameter.id + ": " + study::name_of(profile.verdict);
    panel.x_label =
        parameter.scale == study::EstimationScale::linear ? "value" : study::name_of(parameter.scale);
    panel.y_label = "rise of the cost";
    Line line;
    for (const auto& point : profile.points) {
      line.x.push_back(point.position);
      line.y.push_back(point.cost - fit.cost);
    }
    const double low = line.x.front(), high = line.x.back();
    Line limit;
    limit.x = {low, high};
    limit.y = {threshold, threshold};
    limit.colour = 1;
    panel.lines = {line, limit};
    panel.points.push_back(
        {fit.parameters[profile.parameter].position, 0.0, std::nullopt, 0, true, "optimum"});
    const auto axis = linear_axis(low, high > low ? high : low + 1.0, 4);
    sheet.body += fmt::format("<g transform=\"translate({} {})\">\n{}</g>\n",
                              coordinate(k_margin + (i % columns) * k_profile_size.width),
                              coordinate(56.0 + (i / columns) * k_profile_size.height),
                              panel_elements(panel, axis, k_profile_size, fmt::format("profile-clip-{}", i)));
  }
  sheet.width = std::max(480.0, 2 * k_margin + columns * k_profile_size.width);
  sheet.height = 70.0 + ((count + columns - 1) / columns) * k_profile_size.height;
  return svg("profiles", "Profile likelihoods",
             fmt::format("Least cost for each value of a parameter; the level line is {:g} % confidence.",
                         100.0 * fit.confidence),
             sheet);
}

}  // namespace raad::report
