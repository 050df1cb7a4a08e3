#include "report/bar_chart.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/table.hpp"
#include "report/axis.hpp"
#include "report/markup.hpp"

namespace raad::report {
namespace {

// [user units; about a pixel on screen]
constexpr double k_margin = 16.0, k_plot_width = 460.0, k_row = 22.0, k_double_row = 34.0, k_bar = 11.0;
// Mean width of a character of the sans-serif at 11.5.
constexpr double k_character_width = 6.1;

class Drawing {
 public:
  explicit Drawing(const BarChart& chart) : chart_(chart), axis_(axis_of(chart)) {
    std::size_t longest = 8;
    for (const auto& bar : chart.bars) longest = std::max(longest, bar.label.size());
    left_ = k_margin + k_character_width * static_cast<double>(longest) + 10.0;
  }

  std::string text() {
    head();
    const double top = y_;
    for (const auto& bar : chart_.bars) row(bar);
    grid(top);
    const double width = left_ + k_plot_width + k_margin + 20.0, height = y_ + 44.0;
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
        "width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\" aria-labelledby=\"{id}-title "
        "{id}-desc\" font-family=\"system-ui, 'Helvetica Neue', Arial, sans-serif\">\n<title "
        "id=\"{id}-title\">{title}</title>\n<desc id=\"{id}-desc\">{desc}</desc>\n<rect width=\"{w}\" "
        "height=\"{h}\" fill=\"#ffffff\"/>\n{grid}{body}</svg>\n",
        fmt::arg("w", coordinate(width)), fmt::arg("h", coordinate(height)),
        fmt::arg("id", escape(chart_.id)), fmt::arg("title", escape(chart_.title)),
        fmt::arg("desc", escape(chart_.caption)), fmt::arg("grid", grid_), fmt::arg("body", body_));
  }

 private:
  static Axis axis_of(const BarChart& chart) {
    double low = chart.origin, high = chart.origin;
    const auto include = [&](const std::optional<double>& value) {
      if (value) low = std::min(low, *value), high = std::max(high, *value);
    };
    for (const auto& bar : chart.bars)
      for (const auto& value : {std::optional<double>(bar.value), bar.second, bar.lower, bar.upper,
                                bar.second_lower, bar.second_upper})
        include(value);
    return linear_axis(low, high, 5);
  }

  double place(double value) const { return left_ + k_plot_width * axis_.position(value); }

  void add(const std::string& text) { body_ += text + "\n"; }

  void write(double x, double y, double size, const char* colour, const std::string& text,
             const char* anchor = "start") {
    add(fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"{}\" text-anchor=\"{}\">{}</text>",
                    coordinate(x), coordinate(y), size, colour, anchor, escape(text)));
  }

  void head() {
    add(fmt::format("<text x=\"{}\" y=\"30\" font-size=\"17\" font-weight=\"600\" fill=\"#1f2933\">{}</text>",
                    coordinate(k_margin), escape(chart_.title)));
    y_ = 40.0;
    const auto limit = static_cast<std::size_t>((left_ + k_plot_width) / k_character_width);
    std::string line;
    for (const auto& word : base::split(chart_.caption, ' ')) {
      if (!line.empty() && line.size() + 1 + word.size() > limit) {
        write(k_margin, y_ += 15.0, 11.5, "#52606d", line);
        line.clear();
      }
      line += (line.empty() ? "" : " ") + word;
    }
    write(k_margin, y_ += 15.0, 11.5, "#52606d", line);
    y_ += 10.0;
    double x = left_;
    for (const auto& [name, colour] : {std::pair(chart_.value_name, 0), std::pair(chart_.second_name, 1)}) {
      if (name.empty()) continue;
      add(fmt::format("<rect x=\"{}\" y=\"{}\" width=\"14\" height=\"9\" fill=\"{}\"/>", coordinate(x),
                      coordinate(y_), pen(colour).colour));
      write(x + 19.0, y_ + 9.0, 11.5, "#1f2933", name);
      x += 40.0 + k_character_width * static_cast<double>(name.size());
    }
    y_ += 18.0;
  }

  void bar(double value, double y, int colour, const std::optional<double>& lower,
           const std::optional<double>& upper) {
    const double from = place(std::min(value, chart_.origin)), to = place(std::max(value, chart_.origin));
    add(fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"/>", coordinate(from),
                    coordinate(y), coordinate(std::max(to - from, 0.5)), coordinate(k_bar),
                    pen(colour).colour));
    if (!lower || !upper) return;
    const double middle = y + 0.5 * k_bar;
    add(fmt::format(
        "<path d=\"M{0} {1}H{2}M{0} {3}V{4}M{2} {3}V{4}\" stroke=\"#1f2933\" stroke-width=\"1.2\" "
        "fill=\"none\"/>",
        coordinate(place(*lower)), coordinate(middle), coordinate(place(*upper)), coordinate(middle - 3.5),
        coordinate(middle + 3.5)));
  }

  void row(const Bar& one) {
    const bool two_lines = one.second && !chart_.overlaid;
    write(left_ - 8.0, y_ + (two_lines ? 18.0 : 12.0), 11.5, "#1f2933", one.label, "end");
    bar(one.value, y_ + 2.0, 0, one.lower, one.upper);
    if (one.second)
      bar(*one.second, chart_.overlaid ? y_ + 2.0 : y_ + 4.0 + k_bar, 1, one.second_lower, one.second_upper);
    y_ += two_lines ? k_double_row : k_row;
  }

  void grid(double top) {
    for (std::size_t i = 0; i < axis_.ticks.size(); ++i) {
      const std::string x = coordinate(place(axis_.ticks[i]));
      grid_ +=
          fmt::format("<path d=\"M{} {}V{}\" stroke=\"#e1e6eb\"/>\n", x, coordinate(top), coordinate(y_));
      write(place(axis_.ticks[i]), y_ + 15.0, 11.0, "#52606d", axis_.labels[i], "middle");
    }
    add(fmt::format("<path d=\"M{} {}V{}\" stroke=\"#52606d\"/>", coordinate(place(chart_.origin)),
                    coordinate(top), coordinate(y_)));
    write(left_ + 0.5 * k_plot_width, y_ + 33.0, 11.5, "#1f2933", chart_.x_label, "middle");
  }

  const BarChart& chart_;
  Axis axis_;
  double left_ = 0.0, y_ = 0.0;
  std::string grid_, body_;
};

}  // namespace

std::string to_svg(const BarChart& chart) {
  return Drawing(chart).text();
}

}  // namespace raad::report
