#include "study/groups.hpp"

#include "base/table.hpp"

namespace raad::study {

const std::vector<Group>& groups() {
  static const std::vector<Group> all = {
      {"exposure", "Exposure", "how much drug, for how long"},
      {"target", "Target", "which receptors it meets"},
      {"circuit", "Circuit", "what the network does"},
      {"signalling", "Signalling", "which pathways answer inside the cell"},
      {"plasticity", "Plasticity", "what stays in the synapse"},
      {"acute", "Acute effect", "what is felt on the day"},
      {"clinic", "Clinic", "what becomes of the symptoms"},
  };
  return all;
}

std::string canonical_group(std::string_view name) {
  const std::string lower = base::to_lower(name);
  if (lower == "receptor" || lower == "occupancy") return "target";
  return lower;
}

std::size_t group_position(std::string_view id) {
  const std::vector<Group>& all = groups();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].id == id) return i;
  }
  return all.size();
}

std::string group_title(std::string_view id) {
  const std::size_t position = group_position(id);
  return std::string(position < groups().size() ? groups()[position].title : id);
}

}  // namespace raad::study
