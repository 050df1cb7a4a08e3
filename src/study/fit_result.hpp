// What a fit found: the optimum with standard errors, all starts, profiles.
#pragma once

#include "study/multi_start.hpp"
#include "study/profiles.hpp"

namespace raad::study {

enum class AtBound { no, lower, upper };
std::string name_of(AtBound place);

struct FittedParameter {
  EstimatedParameter parameter;
  double position = 0.0;
  /// On the scale of estimation, from the inverse information (FitResult::errors_from) of the parameters that
  /// no bound holds; infinite where the information does not determine the parameter, NaN where it stands at
  /// a bound or the information is not known.
  double standard_error = std::numeric_limits<double>::quiet_NaN();
  AtBound at_bound = AtBound::no;
};

/// Observed information is the curvature of the cost itself; Fisher's expected one leaves out what residuals
/// add to it, and stands in where the observed one is not positive beyond its noise: where data leave
/// parameters open.
enum class InformationKind { observed, expected };
std::string name_of(InformationKind kind);

struct FitResult {
  std::vector<FittedParameter> parameters;
  double cost = std::numeric_limits<double>::quiet_NaN();  ///< NaN: every start failed
  std::vector<double> gradient, information;  ///< At the optimum, the latter Fisher's; empty: not known
  InformationKind errors_from = InformationKind::expected;
  std::vector<LocalFit> starts;      ///< In their order
  std::vector<std::size_t> by_cost;  ///< Starts, best first
  std::size_t reached = 0;           ///< Starts within `reach` of the best cost
  std::vector<Profile> profiles;
  double confidence = 0.95;  ///< Of the profiles' intervals

  long evaluations() const;
  long failures() const;
};

/// Starts that end this near the best cost [natural logarithm of the likelihood] found the same optimum: a
/// tenth is far below what data can tell apart (1.92 at 95 %).
inline constexpr double k_same_optimum = 0.1;

/// Takes the best of the starts and works out standard errors, on threads.
FitResult summarise(const Objective& objective, std::vector<LocalFit> starts, int threads = 1);

}  // namespace raad::study
