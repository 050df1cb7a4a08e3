#include <fmt/core.h>

#include <algorithm>

#include "base/table.hpp"
#include "report/figure.hpp"
#include "report/markup.hpp"
#include "report/panel_svg.hpp"

namespace raad::report {
namespace {

constexpr double k_margin = 16.0;
constexpr double k_gap = 18.0;
// Mean width of a character of the sans-serif at 11.5 [user units]: lines are broken before they leave the
// sheet.
constexpr double k_character_width = 6.0;

std::vector<std::string> break_lines(const std::string& text, double width) {
  const auto limit = static_cast<std::size_t>(std::max(20.0, width / k_character_width));
  std::vector<std::string> lines;
  for (const std::string& word : base::split(text, ' ')) {
    if (lines.empty() || lines.back().size() + 1 + word.size() > limit) {
      lines.push_back(word);
    } else {
      lines.back() += " " + word;
    }
  }
  return lines;
}

/// What a screen reader says for the whole figure: its caption and every panel's description.
std::string description_of(const Figure& figure) {
  std::string text = figure.caption;
  for (const Panel& panel : figure.panels) text += (text.empty() ? "" : " ") + panel.description;
  return text;
}

}  // namespace

std::string to_svg(const Figure& figure) {
  PanelSize size;
  size.width = figure.panel_width.value_or(size.width);
  size.height = figure.panel_height.value_or(size.height);
  const Axis time = time_axis(figure);
  const int columns = std::clamp(static_cast<int>(figure.panels.size()), 1, std::max(1, figure.columns));
  const int rows = (static_cast<int>(figure.panels.size()) + columns - 1) / columns;
  const double width = 2 * k_margin + columns * size.width + (columns - 1) * k_gap;

  std::string body =
      fmt::format("<text x=\"{}\" y=\"30\" font-size=\"17\" font-weight=\"600\" fill=\"#1f2933\">{}</text>\n",
                  coordinate(k_margin), escape(figure.title));
  double y = 40.0;
  for (const std::string& line : break_lines(figure.caption, width - 2 * k_margin)) {
    y += 15.0;
    body += fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"11.5\" fill=\"#52606d\">{}</text>\n",
                        coordinate(k_margin), coordinate(y), escape(line));
  }
  const Legend key = legend(figure);
  y += 12.0;
  body += fmt::format("<g transform=\"translate({} {})\">\n{}</g>\n", coordinate(k_margin), coordinate(y),
                      key.elements);
  y += key.height + 14.0;

  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    const int column = static_cast<int>(i) % columns, row = static_cast<int>(i) / columns;
    const double left = k_margin + column * (size.width + k_gap), top = y + row * (size.height + k_gap);
    body +=
        fmt::format("<g transform=\"translate({} {})\">\n{}</g>\n", coordinate(left), coordinate(top),
                    panel_elements(figure.panels[i], time, size, fmt::format("{}-clip-{}", figure.id, i)));
  }
  const double height = y + rows * size.height + std::max(0, rows - 1) * k_gap + k_margin;
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" "
      "role=\"img\" "
      "aria-labelledby=\"{id}-title {id}-desc\" font-family=\"system-ui, 'Helvetica Neue', Arial, "
      "sans-serif\">\n"
      "<title id=\"{id}-title\">{title}</title>\n<desc id=\"{id}-desc\">{desc}</desc>\n"
      "<rect width=\"{w}\" height=\"{h}\" fill=\"#ffffff\"/>\n{body}</svg>\n",
      fmt::arg("w", coordinate(width)), fmt::arg("h", coordinate(height)), fmt::arg("id", escape(figure.id)),
      fmt::arg("title", escape(figure.title)), fmt::arg("desc", escape(description_of(figure))),
      fmt::arg("body", body));
}

}  // namespace raad::report
