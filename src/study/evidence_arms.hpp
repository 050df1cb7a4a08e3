// Arms of studies: what the participants of an evidence row were given, in which kind of trial, and what the
// model makes of it. Arms that several rows share are simulated once.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "data/evidence.hpp"
#include "data/library.hpp"
#include "run/simulation.hpp"
#include "study/arm_cache.hpp"
#include "study/manipulations.hpp"
#include "study/trajectory_measures.hpp"

namespace raad::study {

/// A parameter may have one value in all systems (`ID`) or one in a system (`human:ID`). The flat id that is
/// meant in `system`; empty when another system is.
std::string id_in_system(const std::string& qualified_id, const std::string& system);

/// Those of `settings` that a system has, by its own ids: one set of values serves human and mouse.
std::vector<std::pair<std::string, double>> settings_in(
    const run::LoadedSystem& system, const std::vector<std::pair<std::string, double>>& settings);
/// Throws InputError R079 for a setting that none of the systems has, with the nearest name.
void check_settings(const std::vector<const run::LoadedSystem*>& systems,
                    const std::vector<std::pair<std::string, double>>& settings);

/// When something is given, each time once, ascending [h].
std::vector<double> dose_times_h(const dose::Regimen& regimen);

struct ArmSettings {
  std::vector<std::string> hypotheses;
  std::vector<std::pair<std::string, double>> settings;  ///< By id_in_system
  solve::Options solver;
  int subjects = 400;
  std::uint64_t seed = 1;
  int threads = 1;
  /// Parameters that other evaluations with the same cache set differently: compiled code is then shared.
  std::vector<std::string> also_varying;
  std::shared_ptr<ArmCache> cache;  ///< Null: one of its own
};

/// An arm by what decides its numbers.
struct ArmKey {
  std::string system;
  std::string regimen;   ///< Canonical text, with background treatments written out
  std::string scenario;  ///< Id in scenarios.tsv; empty: no trial layer
  Settings settings;     ///< A genotype, or the profile of a generic compound; they override all others
  auto operator<=>(const ArmKey&) const = default;
};

/// Scores of virtual participants, with the error of measurement of the scale.
struct ArmScores {
  std::vector<double> time_h;
  std::vector<double> mean;    ///< MADRS [points]
  std::vector<double> change;  ///< From each participant's baseline, mean [points]
  std::vector<double> belief;  ///< Mean [1]
  /// MADRS as observed, [participant][time]; the first time is the baseline.
  std::vector<std::vector<double>> observed;
  /// Other quantities that were asked for, [participant][time].
  std::map<std::string, std::vector<std::vector<double>>> courses;
  double at(const std::vector<double>& values, double time_h) const;
};

class Arms {
 public:
  Arms(const data::Library& library, ArmSettings settings);
  ~Arms();

  /// What must be known of an arm before it is run: quantities and times [h] of all rows that use it.
  void want(const ArmKey& key, const std::set<std::string>& quantities, double time_h);
  void want_scores(const ArmKey& key, double time_h);
  /// Ratings of the same participants with errors of their own, and quantities beside the score: measures
  /// over a whole course ask for many times, and the draws of other rows must not depend on it.
  void want_follow_up(const ArmKey& key, const std::set<std::string>& quantities,
                      const std::vector<double>& times_h);
  /// Runs everything that is wanted, in threads.
  void run();

  /// Null when the run failed; `failure` says why.
  const Trajectory* trajectory(const ArmKey& key) const;
  const ArmScores* scores(const ArmKey& key) const;
  const ArmScores* follow_up(const ArmKey& key) const;
  std::string failure(const ArmKey& key) const;
  int count() const;
  int failed_count() const;
  /// System, regimen and reason of the first arm that failed; empty: none did.
  std::string first_failure() const;
  std::uint64_t seed() const;
  const run::LoadedSystem& system(const std::string& name);
  /// What the arm is given, and in a trial what enrolment and visits do; without output times.
  run::Scenario scenario(const ArmKey& key);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// The regimens behind one text: alternatives `a|b` are an equal mixture, a range `a..b` is taken at its ends
/// and its middle (Simpson's rule would weigh 1:4:1; so few doses need no more than equal weights). Empty,
/// with the reason, when a dose is not given or cannot be simulated.
std::vector<std::string> regimens_of(const data::Library& library, const run::LoadedSystem& system,
                                     const dose::Regimen& regimen, std::string& reason);

/// The comparator's regimen: the arm's with its drugs replaced by a control, or by the dose that the
/// comparator names, at the same times. Empty, with the reason, when it names something else.
std::string comparator_regimen(const data::Library& library, const dose::Regimen& arm,
                               const std::string& comparator, std::string& reason);

/// The same doses without 5-HT2A antagonists.
dose::Regimen without_antagonists(const data::Library& library, dose::Regimen regimen);

/// What backgrounds.tsv says about a background treatment; empty: nothing.
std::string background_note(const data::Library& library, const std::string& background);

/// A number of library/trial_layer.tsv by its parameterId. InputError R079 when it is missing.
double trial_layer_value(const data::Library& library, const std::string& id);

/// The trial setting that fits: first match from the top of scenarios.tsv. Null: none.
const data::TrialScenario* scenario_of(const data::Library& library, const std::string& population,
                                       const std::string& comparator, const std::string& arms);

}  // namespace raad::study
