// The report of a comparison: one HTML file that needs nothing else and says its point before anyone clicks.
#pragma once

#include <string>

#include "report/write_comparison.hpp"
#include "study/comparison.hpp"

namespace raad::report {

/// No external request; everything is shown without script and in print, the script adds the hover cursor.
std::string html_report(const study::Comparison& comparison, const Making& making);

}  // namespace raad::report
