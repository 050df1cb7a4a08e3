// The answer of a comparison in words, made from its rows.
#pragma once

#include <string>
#include <vector>

#include "study/comparison.hpp"

namespace raad::report {

struct Findings {
  std::string headline;              ///< How much of each level is shared
  std::string shared, distinct;      ///< A sentence each: what is shared, what sets them apart
  std::vector<std::string> details;  ///< A sentence each, with numbers
};

/// Counts, names and numbers come from the rows alone; nothing is said that they do not show.
Findings find_findings(const study::Comparison& comparison);

/// "a", "a and b", "a, b and c"; after `at_most` names "and 3 more".
std::string join_names(const std::vector<std::string>& names, std::size_t at_most);

}  // namespace raad::report
