// Profile likelihoods: how far each parameter can go while all others make up for it.
//
// From the optimum a parameter is moved step by step to either side and all others are fitted again at each
// step. Where twice the rise of the cost passes the chi-square quantile with one degree of freedom, the
// confidence interval ends (Venzon and Moolgavkar 1988, doi:10.2307/2347496; Raue et al. 2009,
// doi:10.1093/bioinformatics/btp358, whose verdicts on identifiability these are).
#pragma once

#include "study/multi_start.hpp"

namespace raad::study {

struct ProfilePoint {
  double position = 0.0;       ///< Of the parameter, on its scale
  double cost = 0.0;           ///< Least over all other parameters
  std::vector<double> others;  ///< The whole position
};

enum class Identifiability {
  identifiable,                ///< Both ends of the interval lie within the bounds
  practically_unidentifiable,  ///< The cost rises, but at one side at least not enough before the bound
  structurally_unidentifiable  ///< The cost does not rise at all: data of any amount could not tell
};
std::string name_of(Identifiability verdict);

struct Profile {
  std::size_t parameter = 0;
  std::vector<ProfilePoint> points;    ///< By position; the optimum is among them
  std::optional<double> lower, upper;  ///< Ends of the interval, on the scale; nothing: open
  Identifiability verdict = Identifiability::identifiable;
  double least_cost = 0.0;  ///< Below the optimum's where the profile found better
  long evaluations = 0, failures = 0;
  /// Why a side ended before the threshold or the bound; empty: it did not.
  std::string trouble;
};

struct ProfileOptions {
  double confidence = 0.95;
  std::size_t most_points = 60;  ///< A side
  int threads = 1;
  FitOptions fit;
};

/// Profiles of the chosen parameters from an optimum with its information (empty: unknown). In their order;
/// depends on nothing but the arguments. `journal` and `watcher` may be null.
std::vector<Profile> profile(const Objective& objective, const std::vector<double>& optimum, double cost,
                             const std::vector<double>& information, const std::vector<std::size_t>& chosen,
                             const ProfileOptions& options, FitJournal* journal, const FitWatcher& watcher);

/// Rise of the cost at the ends of the confidence interval: half of the chi-square quantile.
double profile_threshold(double confidence);

}  // namespace raad::study
