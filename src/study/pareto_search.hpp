// Search for what no other choice beats in every objective: NSGA-II on any function of coordinates in [0, 1].
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace raad::study {

/// What a search gets for one point: objectives, all to be made small, and by how much constraints are
/// missed.
struct Appraisal {
  std::vector<double> objectives;
  double violation = 0.0;  ///< 0: fulfilled; such a point beats every other (Deb 2000)
};
/// Appraises many points at once. Must depend on the points alone, so that the search repeats.
using BatchAppraiser = std::function<std::vector<Appraisal>(const std::vector<std::vector<double>>&)>;

struct SearchSettings {
  std::size_t dimensions = 1, objectives = 1;
  int population = 100;  ///< A multiple of 4
  std::int64_t evaluations = 10'000;
  std::uint64_t seed = 1;
};

struct SearchPoint {
  std::vector<double> coordinates;
  Appraisal appraisal;
};

/// All of a search between two generations; a search goes on from here as if it had not stopped.
struct SearchState {
  std::int64_t generation = 0, evaluations = 0, infeasible = 0;
  std::vector<SearchPoint> population;
  std::vector<SearchPoint> archive;  ///< Feasible points that no evaluated point beats
};
std::string print_search_state(const SearchState& state);
/// Throws InputError R086 when the text is damaged.
SearchState parse_search_state(const std::string& text, const std::string& file);

/// True where `first` is nowhere worse and somewhere better.
bool dominates(const std::vector<double>& first, const std::vector<double>& second);

/// Evolves `state` (empty: a first generation spread over the space) until the number of evaluations is
/// reached. NSGA-II (Deb et al. 2002, doi:10.1109/4235.996017) with one random stream a generation.
/// `after_generation` may keep the state.
void search_pareto(const SearchSettings& settings, const BatchAppraiser& appraise, SearchState& state,
                   const std::function<void(const SearchState&)>& after_generation);

/// At most `count` points of the archive, spread out in objectives scaled by their ranges: the best of each
/// objective, then always the point farthest from those taken. In the order of the first objective.
std::vector<SearchPoint> representative_front(const std::vector<SearchPoint>& archive, std::size_t count);

}  // namespace raad::study
