// A design's result as tables for programs and as text for the terminal.
#pragma once

#include <filesystem>
#include <string>

#include "study/design.hpp"

namespace raad::study {

/// A row a design: number, flag, robustness, goals with intervals, axes, what the constraints ask, nearest
/// compounds.
std::string print_front(const DesignResult& result);
/// A row a design, axis and direction.
std::string print_trade_offs(const DesignResult& result);
/// A row an axis: mean absolute change of each objective for one step, over the front.
std::string print_axes(const DesignResult& result);
/// A row a design and hypothesis.
std::string print_hypotheses(const DesignResult& result);

/// The trade-offs of one row of a finished design as sentences. R147 where there is no such row.
std::string trade_off_text(const std::filesystem::path& trade_off_table, int row);
/// For people: the front in brief, the axes that matter, what is flagged.
std::string print_design_text(const DesignResult& result);

}  // namespace raad::study
