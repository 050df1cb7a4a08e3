// The levels of the mechanism, in the order in which a drug acts on them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace raad::study {

struct Group {
  std::string_view id;        ///< As in profile.tsv
  std::string_view title;     ///< For headings
  std::string_view question;  ///< What the level answers, in a few words
};

/// exposure, target, circuit, signalling, plasticity, acute, clinic.
const std::vector<Group>& groups();
/// The group's id for a name in observables.tsv: lower case, with `receptor` and `occupancy` as `target`.
std::string canonical_group(std::string_view name);
/// Position in `groups()`; after the last for any other group.
std::size_t group_position(std::string_view id);
/// Title of a group; the id itself for any other group.
std::string group_title(std::string_view id);

}  // namespace raad::study
