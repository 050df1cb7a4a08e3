// Compounds screened: what their receptor profile makes of plasticity, mood and trip, with its uncertainty
// and under every rival hypothesis.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/compounds.hpp"
#include "data/library.hpp"
#include "solve/problem.hpp"

namespace raad::study {

/// Mean over the draws of what is not known, with a central 90 % interval.
struct ScreenValue {
  double mean = 0.0, lower90 = 0.0, upper90 = 0.0;
};

/// The mean over the draws at one free concentration, in people.
struct DoseLevel {
  double unbound_over_ki = 0.0;
  double unbound_peak_nM = 0.0, occupancy_percent = 0.0;
  double gq_signal = 0.0, arrestin_signal = 0.0;  ///< Of the surface receptor, greatest [1]
  double intracellular_signal = 0.0;              ///< Of the pool within the cell, greatest [1]
  double plasticity_percent = 0.0, intensity_percent = 0.0, madrs_points = 0.0;
};

struct ScreenRow {
  std::string compound, hypothesis;
  ScreenValue htr_probability;             ///< Mouse: more head twitches than k_twitches at some dose
  ScreenValue hallucinogenic_probability;  ///< Human: intensity above k_intensity_percent at some dose
  ScreenValue plasticity_effect;    ///< Greatest change of spine density at the reference dose [percent]
  ScreenValue onset_h;              ///< Half of the greatest effect on the depression score [h]
  ScreenValue durability_h;         ///< Time with more than half of it [h]
  ScreenValue madrs_effect;         ///< Greatest effect [points]
  ScreenValue intensity_max;        ///< At the reference dose [percent]
  ScreenValue occupancy_5ht2a_max;  ///< Functional occupancy at the reference dose [percent]
  ScreenValue unbound_peak_nM;      ///< At the reference dose
  ScreenValue bias_factor;          ///< log10(tau/KA) of Gq over arrestin against serotonin; NaN without both
  ScreenValue head_twitches;        ///< Mouse, at the reference dose [count in 30 min]
  ScreenValue htr_ed50_mg_per_kg;   ///< Mouse, generic kinetics; NaN without twitches
  std::string assumed;              ///< Properties that were not known
  /// The property whose draws go most with whether there is a trip, and the correlation; empty: none varies
  /// it.
  std::string depends_on;
  double dependence = 0.0;
  std::vector<DoseLevel> dose_response;  ///< One for each free concentration
};

inline constexpr double k_twitches = 5.0;            ///< In a session of 30 min; saline arms show 1 to 2
inline constexpr double k_intensity_percent = 20.0;  ///< Of the scale: clearly noticed
/// Free concentration over the 5-HT2A constant at the reference dose: 80 % occupancy.
inline constexpr double k_reference_over_ki = 4.0;
/// A ligand without measurable affinity is given at no more than this: beyond it everything binds something.
inline constexpr double k_greatest_unbound_nM = 10'000.0;

struct ScreenSettings {
  std::vector<std::string> hypotheses;                   ///< Empty: default and every named hypothesis
  std::vector<std::pair<std::string, double>> settings;  ///< Of people and mice, as far as each has them
  int draws = 24;
  std::uint64_t seed = 1;
  solve::Options solver;
  int threads = 1;
};

/// A row a compound and hypothesis, `default` first. Every compound is given at free concentrations of
/// 1/16, 1/4, 1, 4 and 16 times its 5-HT2A constant, so that profiles are compared at equal occupancy; the
/// reference dose is 4 times (80 %).
std::vector<ScreenRow> screen(const data::Library& library, const std::vector<data::Compound>& compounds,
                              const ScreenSettings& settings);

}  // namespace raad::study
