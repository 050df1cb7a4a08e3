// What a candidate does: the human system under its regimen and profile, reduced to effect, onset, durability
// and trip.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/library.hpp"
#include "run/system.hpp"
#include "solve/problem.hpp"
#include "study/design_space.hpp"

namespace raad::study {

/// Of one candidate under one hypothesis. NaN throughout where the run failed.
struct DesignOutcome {
  double effect_points = 0.0;       ///< Greatest fall of the depression score (MADRS)
  double mean_effect_points = 0.0;  ///< Averaged over the run
  double onset_h = 0.0;             ///< From the first dose to half of the greatest effect
  double durability_h = 0.0;        ///< Time with at least half of it
  double intensity_percent = 0.0;   ///< Greatest acute experience, of the scale
  double trip_probability = 0.0;    ///< That it is clearly noticed, people differing as the evidence says
  double plasticity_percent = 0.0;  ///< Greatest change of spine density
  double dose_count = 0.0;
  bool good() const;
};

/// A trip: an experience above this share of the scale is clearly noticed [percent].
inline constexpr double k_trip_percent = 20.0;

struct DesignModelSettings {
  std::vector<std::string> hypotheses = {"default"};
  std::vector<std::pair<std::string, double>> settings;  ///< Parameters of the human system
  double end_h = 2160.0;                                 ///< 90 d
  double trip_spread_percent =
      7.3;  ///< Of measured about predicted intensities (library/prediction_spread.tsv)
  solve::Options solver;
};

/// Made once for a space; native code for each hypothesis. Outcomes depend on the candidate alone.
class DesignModel {
 public:
  /// InputError for regimens that do not parse at some corner of the space.
  DesignModel(const data::Library& library, const run::LoadedSystem& system, const DesignSpace& space,
              const DesignModelSettings& settings);
  ~DesignModel();

  const std::vector<std::string>& hypotheses() const;
  /// Outcomes [candidate][hypothesis], on as many threads.
  std::vector<std::vector<DesignOutcome>> evaluate(const std::vector<Candidate>& candidates,
                                                   int threads) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// Spread of measured about predicted intensities [percent] from library/prediction_spread.tsv; the default
/// of DesignModelSettings where the table has none.
double trip_spread_percent(const data::Library& library);

}  // namespace raad::study
