#include "study/profile_table.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/table.hpp"
#include "study/groups.hpp"

namespace raad::study {
namespace {

/// One measure of the long table.
struct MeasureColumn {
  const char* name;
  double Measures::* member;
  enum class Unit { readout, hours, readout_hours } unit;
};

constexpr MeasureColumn k_measures[] = {
    {"baseline", &Measures::baseline, MeasureColumn::Unit::readout},
    {"peak", &Measures::peak, MeasureColumn::Unit::readout},
    {"peak_time", &Measures::peak_time_h, MeasureColumn::Unit::hours},
    {"duration_above_10_percent", &Measures::duration_h, MeasureColumn::Unit::hours},
    {"area", &Measures::area, MeasureColumn::Unit::readout_hours},
    {"value_2h", &Measures::at_2h, MeasureColumn::Unit::readout},
    {"value_24h", &Measures::at_24h, MeasureColumn::Unit::readout},
    {"value_7d", &Measures::at_7d, MeasureColumn::Unit::readout},
    {"value_28d", &Measures::at_28d, MeasureColumn::Unit::readout},
};

std::string unit_of(const ProfileRow& row, MeasureColumn::Unit unit) {
  switch (unit) {
    case MeasureColumn::Unit::readout:
      return row.unit;
    case MeasureColumn::Unit::hours:
      return "h";
    case MeasureColumn::Unit::readout_hours:
      return row.unit + "*h";
  }
  return "";
}

std::string cell(double value) {
  return std::isfinite(value) ? base::format_number(value) : std::string();
}

constexpr std::size_t k_text_width = 100;

/// Breaks a sentence at blanks to the width of the table.
std::string wrap(const std::string& text, const std::string& indent) {
  std::string out, line = indent;
  for (const std::string& word : base::split(text, ' ')) {
    if (line.size() + 1 + word.size() > k_text_width && line.size() > indent.size()) {
      out += line + "\n";
      line = indent;
    }
    line += (line.size() > indent.size() ? " " : "") + word;
  }
  return out + line + "\n";
}

std::string text_line(int number, const Measures& m) {
  const double scale = value_scale(m);
  return fmt::format("    {}  {:>9} {:>9} {:>8} {:>8} {:>10} {:>9} {:>9} {:>9} {:>9}\n", number,
                     short_number(m.baseline, scale), short_number(m.peak, scale), short_time(m.peak_time_h),
                     short_time(m.duration_h), short_number(m.area), short_number(m.at_2h, scale),
                     short_number(m.at_24h, scale), short_number(m.at_7d, scale),
                     short_number(m.at_28d, scale));
}

std::string header_line() {
  return fmt::format("       {:>9} {:>9} {:>8} {:>8} {:>10} {:>9} {:>9} {:>9} {:>9}\n", "baseline", "peak",
                     "at", "lasts", "area", "2 h", "24 h", "7 d", "28 d");
}

std::string row_text(const ProfileRow& row) {
  const std::string name = fmt::format("  {} [{}]", row.display_name, row.unit);
  const std::string verdict = row.shared == Shared::unmoved
                                  ? std::string(name_of(row.shared))
                                  : fmt::format("{} ({})", name_of(row.shared), describe(row.reason));
  std::string text = fmt::format("{:<60}{}\n", name, verdict);
  text += text_line(1, row.first) + text_line(2, row.second);
  if (!row.assumed.empty()) text += wrap("assumed: " + describe_assumed(row, ", ", 4), "       ");
  return text;
}

}  // namespace

double value_scale(const Measures& measures) {
  const double scale = std::max(std::abs(measures.baseline), std::abs(measures.peak));
  return std::isfinite(scale) ? scale : 0.0;
}

std::string short_number(double value) {
  if (!std::isfinite(value)) return "-";
  if (value == 0.0) return "0";
  const double magnitude = std::abs(value);
  // Outside this span plain digits would be long or all zeros.
  if (magnitude < 1e-3 || magnitude >= 1e5) return fmt::format("{:.1e}", value);
  if (magnitude >= 999.5) return fmt::format("{:.0f}", value);
  return fmt::format("{:.3g}", value);
}

std::string short_number(double value, double scale) {
  return std::abs(value) < 1e-6 * scale ? "0" : short_number(value);
}

std::string with_unit(double value, const std::string& unit) {
  if (unit == "1" || unit.empty()) return short_number(value);
  return short_number(value) + " " + (unit == "percent" ? "%" : unit);
}

std::string short_time(double hours) {
  if (!std::isfinite(hours)) return "-";
  if (hours < 1.0) return fmt::format("{:.0f} min", hours * 60.0);
  if (hours < 48.0) return fmt::format("{:.1f} h", hours);
  return fmt::format("{:.1f} d", hours / 24.0);
}

std::string describe_assumed(const ProfileRow& row, const std::string& separator, std::size_t at_most) {
  if (row.assumed.empty()) return row.depends_on_assumed ? "weakly" : "none";
  std::string text;
  for (std::size_t i = 0; i < row.assumed.size() && i < at_most; ++i) {
    text += (i > 0 ? separator : "") + row.assumed[i].parameter_id;
  }
  if (row.assumed.size() > at_most) text += fmt::format(" and {} more", row.assumed.size() - at_most);
  return text;
}

std::string print_profile_table(const Comparison& comparison) {
  std::string text = "group\treadout\tmeasure\tunit\tvalue_1\tvalue_2\tclass\trule\tassumed\n";
  for (const ProfileRow& row : comparison.rows) {
    const std::string assumed = describe_assumed(row, ";", std::numeric_limits<std::size_t>::max());
    for (const MeasureColumn& column : k_measures) {
      text +=
          fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", row.group, row.observable, column.name,
                      unit_of(row, column.unit), cell(row.first.*column.member),
                      cell(row.second.*column.member), name_of(row.shared), describe(row.reason), assumed);
    }
  }
  return text;
}

data::SeriesTable series_table(const Comparison& comparison) {
  data::SeriesTable table;
  table.time = comparison.courses[0].time_h;
  for (const ProfileRow& row : comparison.rows) {
    for (int i = 0; i < 2; ++i) {
      const run::Series* series = comparison.courses[i].find(row.observable);
      const auto name = fmt::format("{}_{}", row.observable, i + 1);
      table.columns.push_back({name, row.unit, series->values});
      for (std::size_t q = 0; q < std::size(k_band_quantiles); ++q)
        if (const auto* band = comparison.band(i, row.observable, q))
          table.columns.push_back(
              {fmt::format("{}_q{:02.0f}", name, 100.0 * k_band_quantiles[q]), row.unit, *band});
    }
  }
  for (const DerivedCurve& derived : comparison.derived) {
    for (int i = 0; i < 2; ++i) {
      table.columns.push_back({fmt::format("{}_{}", derived.id, i + 1), derived.unit, derived.values[i]});
    }
  }
  return table;
}

std::string print_profile_text(const Comparison& comparison) {
  std::string text =
      fmt::format("  1  {}\n  2  {}\n  system {}, {} simulated\n", comparison.treatments[0],
                  comparison.treatments[1], comparison.system, short_time(comparison.settings.end_h));
  std::string group;
  for (const ProfileRow& row : comparison.rows) {
    if (row.group != group) {
      group = row.group;
      text += fmt::format("\n{}\n{}", group_title(group), header_line());
    }
    text += row_text(row);
  }
  text += '\n';
  text += wrap(comparison.rule, "");
  if (!comparison.assumed_rule.empty()) {
    text += '\n';
    text += wrap(comparison.assumed_rule, "");
  }
  for (const std::string& note : comparison.notes) text += wrap("note: " + note, "");
  return text;
}

}  // namespace raad::study
