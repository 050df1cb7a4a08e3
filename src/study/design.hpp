// Design: the Pareto front of compounds or regimens for a goal, how sure each design is, and what it hangs
// on.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/compounds.hpp"
#include "data/library.hpp"
#include "run/journal.hpp"
#include "run/ranks.hpp"
#include "run/system.hpp"
#include "study/design_model.hpp"
#include "study/design_space.hpp"
#include "study/pareto_search.hpp"

namespace raad::study {

/// What can be asked of a design.
struct DesignObjective {
  const char* id;
  const char* unit;
  double DesignOutcome::* member;
  bool is_large_good;
  const char* meaning;
};
/// effect, mean_effect, onset, durability, trip, plasticity, doses.
const std::vector<DesignObjective>& design_objectives();
/// Names separated by commas. R146 for unknown and repeated ones, and for none.
std::vector<const DesignObjective*> parse_goal(const std::string& text, base::Diagnostics& findings);
inline constexpr const char* k_default_goal = "effect,onset,durability,trip";

/// How the outcomes under several hypotheses become one.
enum class Combination { mean, worst };

struct DesignSettings {
  std::string regimen = k_design_regimen;
  std::string goal = k_default_goal;
  std::vector<std::string> hypotheses = {"default"};     ///< Searched under
  std::vector<std::pair<std::string, double>> settings;  ///< Parameters of the human system
  Combination combination = Combination::mean;
  // About the least difference that patients notice (Duru and Fantino 2008, doi:10.1185/030079908X291958: 1.6
  // to 1.9 points; trials plan with 3).
  double least_effect_points = 3.0;
  DesignLimits limits;
  double end_h = 2160.0;
  int population = 100;
  std::int64_t evaluations = 4000;
  std::uint64_t seed = 1;
  std::size_t front_size = 24;
  int draws = 12;  ///< Of what is not known of a design, for its intervals
  solve::Options solver;
  int threads = 1;
};

/// A number over draws under the searched hypotheses, with its central 90 %.
struct DesignInterval {
  double value = 0.0, lower90 = 0.0, upper90 = 0.0;
};

/// What one axis does at one design: change of every goal when it moves one step.
struct TradeOff {
  std::size_t axis = 0;
  int direction = 1;
  double from = 0.0, to = 0.0;
  std::vector<double> change;  ///< Of each objective of the goal, in its own direction and unit
  double effect_change = 0.0, trip_change = 0.0, intensity_change = 0.0;
  double violation = 0.0;  ///< Of constraints, after the step
};

struct NearCompound {
  std::string id;
  double distance = 0.0;  ///< Root mean square over the shared properties, in widths of their axes
  int shared = 0;
};

struct Design {
  Candidate candidate;
  std::vector<DesignInterval> objectives;  ///< In the order of the goal
  DesignInterval intensity_percent, effect_points, trip_probability;
  std::vector<DesignOutcome> by_hypothesis;  ///< Of every hypothesis of the library
  std::vector<std::string> good_under;       ///< Effect large enough and, if the goal asks, no trip
  double robustness = 0.0;                   ///< Share of hypotheses that it is good under
  /// Empty, or why one should not rely on it: `only arrestin_route of group route`, `under no hypothesis`.
  std::string flag;
  std::vector<NearCompound> nearest;
  std::vector<TradeOff> trade_offs;
};

/// Grid of effect and trip over Gq and arrestin efficacy with everything else as in the design.
struct BiasPlane {
  std::vector<double> efficacies;                                ///< Of both axes
  std::vector<std::vector<double>> effect_points, trip_percent;  ///< [arrestin][gq]
};

struct DesignResult {
  std::vector<DesignAxis> axes;
  std::vector<const DesignObjective*> goal;
  std::vector<std::string> all_hypotheses;
  std::vector<Design> front;
  /// [axis][objective] Mean over the front of the absolute change for one step.
  std::vector<std::vector<double>> importance;
  std::int64_t evaluations = 0, infeasible = 0, generations = 0, archive_size = 0;
  std::int64_t model_runs = 0;
  /// Around the most robust design, of several the one with the largest effect; of compounds only.
  std::optional<BiasPlane> plane;
  int plane_row = 0;
};

struct DesignProgress {
  std::int64_t evaluations = 0, wanted = 0, front = 0;
};

struct DesignOptions {
  std::filesystem::path journal;  ///< Empty: none
  run::RunIdentity identity;
  bool resume = false;
  std::function<void(const DesignProgress&)> progress;
};

/// Searches, then looks at the front closely. On several ranks every one calls it; each evaluates its part of
/// a generation, and the result is complete on rank 0. Same seed, same result for any number of threads and
/// ranks.
DesignResult design(const data::Library& library, const run::LoadedSystem& system,
                    const std::vector<data::Compound>& compounds, const DesignSettings& settings,
                    const DesignOptions& options, run::Ranks& ranks);

/// What makes a design good under a hypothesis.
bool is_good(const DesignOutcome& outcome, const DesignSettings& settings, bool trip_matters);
/// The flag of a design that is good under these hypotheses.
std::string robustness_flag(const data::Library& library, const std::vector<std::string>& good_under);

BiasPlane bias_plane(const DesignModel& model, const DesignSpace& space, const std::vector<double>& values,
                     int steps, Combination combination, int threads);

}  // namespace raad::study
