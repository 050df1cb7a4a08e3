// The mechanistic profile as a file for programs and as text for the terminal.
#pragma once

#include <string>

#include "data/series_table.hpp"
#include "study/comparison.hpp"

namespace raad::study {

/// Long format, tab-separated: `group readout measure unit value_1 value_2 class rule assumed`, a row for
/// each read-out and measure. Empty cells: not defined (the run is shorter, or nothing moves). `rule` says
/// why the row got its class, `assumed` names parameters joined by ';', or is `weakly` or `none`.
std::string print_profile_table(const Comparison& comparison);

/// Both treatments on one time grid; columns are `<readout>_1` and `<readout>_2`.
data::SeriesTable series_table(const Comparison& comparison);

/// For people: at most 100 columns wide, grouped by level, followed by the rules.
std::string print_profile_text(const Comparison& comparison);

/// Three significant digits; "-" for NaN; small and large numbers as 1.2e-05.
std::string short_number(double value);
/// The same, with 0 for what is below a millionth of `scale`: the solver's tolerance, so only noise.
std::string short_number(double value, double scale);
/// The larger of baseline and peak in magnitude, for `short_number`; 0 when undefined.
double value_scale(const Measures& measures);
/// Number and unit as written in a sentence: 58.8 %, 12 points, 1.6 (dimensionless).
std::string with_unit(double value, const std::string& unit);
/// 38 min, 2.1 h, 7.0 d; "-" for NaN.
std::string short_time(double hours);
/// What the `assumed` column says: ids joined by `separator`, `weakly` or `none`.
std::string describe_assumed(const ProfileRow& row, const std::string& separator, std::size_t at_most);

}  // namespace raad::study
