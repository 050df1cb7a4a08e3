// Rival hypotheses as a space: one option of every group, and which groups can matter for a quantity at all.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/library.hpp"
#include "run/simulation.hpp"

namespace raad::study {

/// The library's name for "no switch of this group is set".
inline constexpr const char* k_default_option = "default";

/// Rivals of which one holds; the first option is the default.
struct HypothesisGroup {
  std::string id;
  std::vector<std::string> options;
};

/// One option of every group, by its index.
struct HypothesisCombination {
  std::vector<int> options;
};

struct HypothesisSpace {
  std::vector<HypothesisGroup> groups;
  std::vector<HypothesisCombination> combinations;

  /// Names that are not the default, for run::Scenario::hypotheses; groups outside `mask` (bit g for group
  /// g) stay at their default.
  std::vector<std::string> names(const HypothesisCombination& combination, std::uint64_t mask = ~0ULL) const;
  /// The names joined with `+`, or `default`.
  std::string label(const HypothesisCombination& combination, std::uint64_t mask = ~0ULL) const;
  /// Groups in which a combination departs from the default.
  int departures(const HypothesisCombination& combination) const;
};

/// Every admissible combination: one option of each group. An option that sets nothing but the table's own
/// values is the default under another name and is left out.
HypothesisSpace hypothesis_space(const data::Library& library, const run::LoadedSystem& system);

/// The combinations that are named (`a`, `b+c`, `default`); R075 for unknown names and for two of a group.
HypothesisSpace restrict_to(const HypothesisSpace& space, const std::vector<std::string>& names);

/// Groups (as bits) that can change quantities under a scenario: a switch matters only where, with what is
/// not given at rest, its parameter stands upstream of a quantity. Errs on the side of "can".
std::uint64_t groups_behind(const data::Library& library, const run::LoadedSystem& system,
                            const HypothesisSpace& space, const run::Scenario& scenario,
                            const std::vector<std::string>& quantities);

}  // namespace raad::study
